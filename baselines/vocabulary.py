"""A byte-pair vocabulary's files, in the hub's or the release's names, and its hash. No torch, no spaCy."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from baselines import hub_cache
from baselines.whole_files import REMEDY, DamageError, read_json, write_text

ABOUT = ("tokens.json", "pretraining.json")  # say which vocabulary it is, where it was trained here
# hub layout, release layout
FILES = (("vocab.json", "merges.txt"), ("encoder_bpe_40000.json", "vocab_40000.bpe"))


class Vocabulary(NamedTuple):
    """Pieces with their ids 0..n-1, and the merges, the first to be applied first."""

    ids: dict[str, int]
    merges: list[tuple[str, str]]

    @property
    def hash(self) -> str:
        """sha256 of pieces and merges, alike for both file layouts."""
        return hashlib.sha256(json.dumps([self.ids, self.merges], sort_keys=True).encode()).hexdigest()


def read(folder: Path) -> Vocabulary:
    """Raises FileNotFoundError or ValueError, with the names of the files and what to do; also where it is not the one
    that a tokenised corpus or a pre-training beside it names.
    """
    for ids, merges in FILES:
        if (folder / ids).is_file() and (folder / merges).is_file():
            found = parse(folder / ids, folder / merges)
            for about in (folder / name for name in ABOUT if (folder / name).is_file()):
                if read_json(about).get("vocabulary", found.hash) != found.hash:
                    raise DamageError(f"the vocabulary in {folder} is damaged: {about.name} names another; {REMEDY}")
            return found
    wanted = " or ".join(" and ".join(names) for names in FILES)
    raise FileNotFoundError(f"no vocabulary in {folder}: expected {wanted}; give its folder with --weights DIR")


def parse(ids_file: Path, merges_file: Path) -> Vocabulary:
    for path in (ids_file, merges_file):
        hub_cache.require_whole(path)
    try:
        ids = json.loads(ids_file.read_text(encoding="utf-8"))
        values = list(ids.values()) if isinstance(ids, dict) else [-1]
        if sorted(values) != list(range(len(values))) or not all(type(value) is int for value in values):
            raise ValueError(f"{ids_file.name} does not give the ids 0..n-1 to pieces")
        lines = merges_file.read_text(encoding="utf-8").split("\n")
        # the first line is "#version: 0.2"; a merge's parts never hold a space
        merges = [(first, second) for first, second in (line.split(" ") for line in lines[1:] if line)]
        stray = next((a + b for a, b in merges if not {a, b, a + b} <= ids.keys()), None)
        if stray is not None:
            raise ValueError(f"merge {stray!r:.60} of {merges_file.name} is outside {ids_file.name}")
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(
            f"no byte-pair vocabulary in {ids_file.parent}, {ids_file.name} and {merges_file.name}: {error}; "
            "download or train it again"
        ) from error
    return Vocabulary(ids, merges)


def write(vocabulary: Vocabulary, folder: Path) -> None:
    """In the hub's names. Raises OSError."""
    ids, merges = FILES[0]
    write_text(folder / ids, json.dumps(vocabulary.ids, ensure_ascii=False))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in vocabulary.merges), ""]
    write_text(folder / merges, "\n".join(lines))
