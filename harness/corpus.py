"""Unlabelled text for pre-training: plain-text files, or the mini world's documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from harness import mini_world
from harness.record import ROOT


class TextFiles:
    """Every .txt file below a folder, one document each, in the order of their names.

    Raises FileNotFoundError where there is none; ValueError, naming the file, for one that is not UTF-8 or is empty.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise FileNotFoundError(f"no folder {folder}; --corpus takes a folder of .txt files")
        self.paths = sorted(path for path in folder.rglob("*.txt") if path.is_file())
        if not self.paths:
            raise FileNotFoundError(f"no .txt file in {folder}; --corpus takes a folder of .txt files")
        self.name = f"{folder.resolve().name}, {len(self.paths)} text files"
        self.tokens = sum(path.stat().st_size for path in self.paths) // 4  # roughly, before it is tokenised

    def __iter__(self) -> Iterator[str]:
        for path in self.paths:
            try:
                text = path.read_text(encoding="utf-8-sig")
            except UnicodeDecodeError as error:
                raise ValueError(f"{path} is not UTF-8 at byte {error.start}; convert it, or move it away") from error
            if not text.strip():
                raise ValueError(f"{path} is empty; expected text: fill it, or move it away")
            yield text

    @cached_property
    def hash(self) -> str:
        digest = hashlib.sha256()
        for path in self.paths:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


class MiniCorpus:
    """The mini world's documents, generated anew at each walk."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.name = f"mini world {mini_world.VERSION}, seed {seed}"

    def __iter__(self) -> Iterator[str]:
        return mini_world.corpus(self.seed)

    @cached_property
    def hash(self) -> str:
        """Of the generator's code and seed, which decide the text: hashing 25 MB of it at every start would be slow."""
        digest = hashlib.sha256(f"{mini_world.VERSION} {self.seed}".encode())
        for path in sorted((ROOT / "harness" / "mini_world").glob("*.py")):
            digest.update(path.read_bytes())
        return digest.hexdigest()


Corpus = TextFiles | MiniCorpus
