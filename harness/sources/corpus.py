"""Unlabelled text for pre-training: plain-text files, a data set on the hub, or the mini world's documents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from harness import mini_world
from harness.record import ROOT
from harness.sources import hub
from harness.tasks.base import Hub

PIECE = 1 << 22  # bytes of a file that are read at once: a longer one is cut at a line's end
DOCUMENT = 100_000  # characters to which a hub corpus's rows are joined: BookCorpus has a sentence in each
LARGER = 12_000_000  # words and marks of a larger mini world's corpus: one pass at that scale's budget
HUB = "hub:"
NAMED = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")  # a repository or configuration of it, and no folder of this machine
DEFAULTS = {"paper": "hub:rojagtap/bookcorpus"}  # the paper's books, as they are left: lower case, a sentence a row


class TextFiles:
    """Every .txt file below a folder, one document each, in the order of their names; 4 MB and more is several.

    Raises FileNotFoundError where there is none; ValueError, naming the file, for one that is not UTF-8 or is empty.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise FileNotFoundError(
                f"no folder {folder}; --corpus takes a folder of .txt files, or {HUB}NAME of a data set on the hub"
            )
        self.paths = sorted(path for path in folder.rglob("*.txt") if path.is_file())
        if not self.paths:
            raise FileNotFoundError(f"no .txt file in {folder}; --corpus takes a folder of .txt files")
        self.name = f"{folder.resolve().name}, {len(self.paths)} text files"

    def __iter__(self) -> Iterator[str]:
        for path in self.paths:
            is_empty = True
            for text in pieces(path):
                if text.strip():
                    is_empty = False
                    yield text
            if is_empty:
                raise ValueError(f"{path} is empty; expected text: fill it, or move it away")

    @cached_property
    def hash(self) -> str:
        digest = hashlib.sha256()
        for path in self.paths:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()


def pieces(path: Path) -> Iterator[str]:
    """A file's text, at most some 4 MB at a time. Raises ValueError, with the byte, where it is not UTF-8."""
    read = 0
    with path.open("rb") as file:
        while raw := file.read(PIECE) + file.readline():
            try:
                text = raw.decode("utf-8").removeprefix("" if read else "\ufeff")
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"{path} is not UTF-8 at byte {read + error.start}; convert it, or move it away"
                ) from error
            read += len(raw)
            yield text.replace("\r\n", "\n").replace("\r", "\n")


class HubCorpus:
    """The rows of a data set's `text` column on the Hugging Face hub, split train: "hub:NAME[:CONFIG][@REVISION]".

    Rows are joined by newlines into documents of some 100,000 characters, so that short ones are read with their
    neighbours. Nothing but its commit is asked for before it is walked. Raises OSError where it cannot be had.
    """

    def __init__(self, text: str) -> None:
        name, _, revision = text.removeprefix(HUB).partition("@")
        repository, _, config = name.partition(":")
        if not NAMED.fullmatch(repository) or not NAMED.fullmatch(config or "default") or ".." in name:
            raise ValueError(
                f"{text[:80]!r} names no data set; expected {HUB}NAME or {HUB}OWNER/NAME[:CONFIG][@REVISION]"
            )
        self.source = Hub(repository, config or "default", "train", revision or "main")
        commit, reason = hub.resolve(repository, "dataset", self.source.revision)
        if reason:
            commit = hub.load_rows(self.source, "--corpus").commit  # from the cache, or says why not
        if commit != "unknown":  # each walk reads the same text, whatever is pushed meanwhile
            self.source = replace(self.source, revision=commit)
        self.name = f"hub {repository} {self.source.config} @ {commit}"

    def __iter__(self) -> Iterator[str]:
        found = hub.load_rows(self.source, "--corpus")
        if "text" not in found.columns:
            raise ValueError(f"{self.name} has no column text; found {', '.join(found.columns)}; name another data set")
        rows: list[str] = []
        size = 0
        for row in found.rows:
            text = row["text"]
            if not isinstance(text, str):
                raise ValueError(f"{self.name}: text is {text!r:.40}, expected a string; name another data set")
            rows.append(text)
            size += len(text)
            if size >= DOCUMENT:
                yield "\n".join(rows)
                rows, size = [], 0
        if size:
            yield "\n".join(rows)

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.name.encode()).hexdigest()


class MiniCorpus:
    """The mini world's documents: generated in a first walk, and kept (25 MB) for a second, which so takes no time."""

    def __init__(self, seed: int = 0, scale: int = 1) -> None:
        self.seed, self.scale = seed, scale
        self.kept: list[str] | None = None  # nothing before a walk has come to the end
        self.larger = "" if scale == 1 else f", scale {scale}"
        self.name = f"mini world {mini_world.VERSION}, seed {seed}{self.larger}"

    def __iter__(self) -> Iterator[str]:
        if self.kept is not None:
            yield from self.kept
            return
        walked = []
        for document in mini_world.corpus(self.seed, LARGER) if self.larger else mini_world.corpus(self.seed):
            walked.append(document)
            yield document
        self.kept = walked

    @cached_property
    def hash(self) -> str:
        """Of the generator's code and seed, which decide the text: hashing 25 MB of it at every start would be slow."""
        digest = hashlib.sha256(f"{mini_world.VERSION} {self.seed}{self.larger}".encode())
        for path in sorted((ROOT / "harness" / "mini_world").glob("*.py")):
            digest.update(path.read_bytes())
        return digest.hexdigest()


Corpus = TextFiles | HubCorpus | MiniCorpus


def find(asked: str | None, profile: str, world: int = 0, scale: int = 1) -> Corpus:
    """What --corpus names; by default the profile's own, of a generated world with that seed. Raises ValueError where
    it has none.
    """
    if asked is None and profile == "mini":
        return MiniCorpus(world, scale)
    asked = asked or DEFAULTS.get(profile)
    if asked is None:
        raise ValueError(f"pre-training at the {profile} profile needs text: give a folder with --corpus DIR")
    return HubCorpus(asked) if asked.startswith(HUB) else TextFiles(Path(asked))
