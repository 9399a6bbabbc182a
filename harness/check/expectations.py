"""expected.json: what the regression check compares with, and how it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.storage.files import write_atomic

SCHEMA = 1
ABOUT = (
    "Written by 'python -m harness check --update'. Of a shorter pre-training than the mini profile's, "
    "so that no score here is a table's."
)


@dataclass(frozen=True)
class Expectations:
    """facts: equal to the digit; traced: equal but for float32 sums (`harness.check.trace`); scores: a cell -> one a
    run, in percent (`harness.check.drop`). settings: what the numbers are of; another check cannot be compared.
    """

    settings: Mapping[str, Any]
    facts: Mapping[str, Any]
    traced: Mapping[str, Sequence[float]]
    scores: Mapping[str, Sequence[float]]
    seeds: Sequence[int]  # of each run: of its pre-training and of its fine-tunings
    commit: str | None  # of the code that made them; None outside a checkout
    code: str
    versions: Mapping[str, str | None]
    about: str = ABOUT
    schema: int = SCHEMA


def read(path: Path) -> Expectations:
    """Raises FileNotFoundError, or ValueError, naming the file, where it is none of this schema."""
    if not path.is_file():
        raise FileNotFoundError(f"no expected results in {path}; make them with 'python -m harness check --update'")
    try:
        found = Expectations(**json.loads(path.read_text()))
        if found.schema != SCHEMA:
            raise ValueError(f"schema {found.schema}, expected {SCHEMA}")
        if {len(runs) for runs in found.scores.values()} != {len(found.seeds)}:
            raise ValueError("its cells have not one score a seed each")
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} holds no expected results ({error}); make them with check --update") from error
    return found


def write(path: Path, made: Expectations) -> None:
    """With sorted keys and a line a list, so that a change is read in a diff. Raises OSError."""
    write_atomic(path, text_of(asdict(made)) + "\n")


def text_of(value: Any, depth: int = 1) -> str:
    """JSON: a mapping over lines, whatever is in it on one."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    pad = " " * depth
    parts = [f"{pad}{json.dumps(key)}: {text_of(value[key], depth + 1)}" for key in sorted(value)]
    return "{\n" + ",\n".join(parts) + "\n" + pad[1:] + "}"
