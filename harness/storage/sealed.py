"""JSON that says itself whether it is what was written: a checksum of all else in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SUM = "sha256"


class DamageError(ValueError):
    """What is in a file is not what was written."""


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON gives it back, with its checksum."""
    plain: dict[str, Any] = json.loads(json.dumps(content))
    return {**plain, SUM: sum_of(plain)}


def unsealed(found: Any) -> Any:
    """Without the checksum; what has none, as files of older code, is taken as it is. Raises DamageError."""
    if not isinstance(found, dict) or SUM not in found:
        return found
    if found[SUM] != sum_of(found):
        raise DamageError("its content does not have its checksum")
    return {name: value for name, value in found.items() if name != SUM}


def sum_of(content: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in content.items() if name != SUM}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
