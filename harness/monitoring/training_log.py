"""What is kept of a training as it goes: a JSON line an event, and TensorBoard's scalars."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.monitoring.scalars import Scalars
from harness.storage.files import write_atomic

PLACE = {"event", "update", "of", "tokens", "seconds"}  # where an event stands; the rest of it is measured


class TrainingLog:
    """`path` (log.jsonl) and the folder tensorboard/ beside it.

    A training that was killed goes on from its last checkpoint: what is logged of later updates is dropped, so that no
    update stands there twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.scalars: Scalars | None = None

    def write(self, event: Mapping[str, Any]) -> None:
        """Raises OSError."""
        if self.scalars is None:
            self.scalars = self.open(event["update"])
        with self.path.open("a") as file:
            file.write(json.dumps(dict(event)) + "\n")
        measured = {f"{event['event']}/{name}": event[name] for name in event.keys() - PLACE}
        self.scalars.add(measured, event["update"])

    def open(self, first: int) -> Scalars:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            lines = self.path.read_text().splitlines(keepends=True)
            kept = [line for line in lines if line.endswith("\n") and update_of(line) < first]
            if len(kept) < len(lines):
                write_atomic(self.path, "".join(kept))
        return Scalars(self.path.parent / "tensorboard", first)

    def close(self) -> None:
        if self.scalars is not None:
            self.scalars.close()


def update_of(line: str) -> float:
    """Of a logged event; a line that a crash cut short counts as later than any."""
    try:
        return int(json.loads(line)["update"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return float("inf")
