"""The hashes of the generated rows and of the corpus's beginning.

`python -m tests.mini_world_pins` writes them anew: together with another VERSION.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from harness.mini_world import SIZES, corpus, rows

FILE = Path(__file__).with_suffix(".json")
CORPUS = "corpus"  # its first 2000 documents
NAMES = (CORPUS, *(f"{task} {split}" for task in SIZES for split in SIZES[task]))


def made(name: str) -> object:
    task, _, split = name.partition(" ")
    return list(islice(corpus(), 2000)) if name == CORPUS else rows(task, split)


def sha256(name: str) -> str:
    return hashlib.sha256(json.dumps(made(name)).encode()).hexdigest()


def pinned() -> dict[str, str]:
    found: dict[str, str] = json.loads(FILE.read_text())
    return found


def lines() -> Iterator[str]:
    yield json.dumps({name: sha256(name) for name in NAMES}, indent=2)
    yield ""


if __name__ == "__main__":
    FILE.write_text("\n".join(lines()))
