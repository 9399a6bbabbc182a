"""What a baseline tells while it works: a plain dict an event. Who listens may raise KeyboardInterrupt to stop it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Report = Callable[[Mapping[str, Any]], None]


def silent(event: Mapping[str, Any]) -> None:
    """A report that nobody reads."""
