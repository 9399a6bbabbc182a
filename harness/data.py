"""A Source -> examples, from three origins: the hub, a local directory, the mini world; one path after them.

Each origin yields rows in the hub's columns, labels as names, each with where it came from for messages. `load` makes
them examples and checks what a number rests on: columns, labels, that no text is empty, and the published row count.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Protocol

from harness import hub
from harness.readers import READERS
from harness.record import SplitCount
from harness.tasks.base import Example, Files, Row, Source, Task

ODD = re.compile("[\0\ud800-\udfff]")  # neither can be encoded or read as text
SHOWN = 300  # characters of a message: a damaged file can put anything into it


class Split(NamedTuple):
    """What was read, in a record's words, and the examples."""

    count: SplitCount  # type: ignore[assignment]  # in place of tuple.count
    examples: list[Example]


class Opened(NamedTuple):
    """One split at one origin, about to be read."""

    name: str  # of the whole, for messages: "dev_matched.tsv"
    origin: str  # as recorded: "directory MNLI/dev_matched.tsv"
    of: int  # rows it should have
    rows: Iterator[tuple[str, Row]]  # where ("RTE/dev.tsv line 12"), and the row


class Origin(Protocol):
    def open(self, task: Task, source: Source) -> Opened:
        """Raises OSError if it is not there, ValueError if it is not what was expected; so does reading the rows."""


@dataclass(frozen=True)
class TheHub:
    """The Hugging Face hub, or its local cache. Rows are counted from 0, as the hub's pages do."""

    def open(self, task: Task, source: Source) -> Opened:
        found = hub.load_rows(source.hub)
        name = f"{source.hub.id} {source.hub.config} {source.hub.split}"
        require_columns(found.columns, task.columns, name)
        origin = f"hub {source.hub.id} {source.hub.config} @ {found.commit}"
        return Opened(name, origin, source.n, ((f"{name} row {n}", row) for n, row in enumerate(found.rows)))


@dataclass(frozen=True)
class MiniWorld:
    """The generated miniature of a task, the same rows for the same seed."""

    seed: int = 0

    def open(self, task: Task, source: Source) -> Opened:
        from harness import mini_world

        name, of = f"mini world {task.name} {source.split}", mini_world.SIZES[task.name][source.split]
        rows = enumerate(mini_world.rows(task.name, source.split, self.seed))
        origin = f"mini world {mini_world.VERSION}, seed {self.seed}"
        return Opened(name, origin, of, ((f"{name} row {n}", row) for n, row in rows))


@dataclass(frozen=True)
class Directory:
    """Local files, in the layout in which each set is distributed. `path` holds glue_data/ and the like, or is it."""

    path: Path

    def open(self, task: Task, source: Source) -> Opened:
        file, name = self.find(source), short(source.files)
        return Opened(file.name, f"directory {name}", source.n, self.rows(task, source, file, name))

    def rows(self, task: Task, source: Source, file: Path, name: str) -> Iterator[tuple[str, Row]]:
        """The columns that the task reads, under their names on the hub."""
        own = {there: here for here, there in source.files.columns.items()}
        needed = {column: own.get(column, column) for column in task.columns}
        for number, row in READERS[file.suffix](file, name):
            where = f"{name} line {number}"
            require_columns(row, needed.values(), where)
            yield where, {column: row[here] for column, here in needed.items()}

    def find(self, source: Source) -> Path:
        """The split's file: below `path`, or with the first folder of its path left out. Raises FileNotFoundError."""
        places = [self.path / source.files.path, self.path / short(source.files)]
        if found := [place for place in places if place.is_file()]:
            return found[0]
        if not self.path.is_dir():
            got = f"no data directory {self.path}"
        elif not any(self.path.iterdir()):
            got = f"data directory {self.path} is empty"
        else:
            got = f"{short(source.files)} not found: looked for {' and '.join(map(str, places))}"
        raise FileNotFoundError(
            f"{got}; give the directory that holds {source.files.path} with --data-dir, "
            f"or leave that out to use the hub ({source.hub.id} {source.hub.config})"
        )


def load(task: Task, source: Source, origin: Origin, limit: int | None = None, allow_subset: bool = False) -> Split:
    """Read, check and count one split.

    limit: keep the first so many examples; that the number is then one of a subset is accepted. Rows labelled with one
    of `task.unlabelled` are dropped, not counted. Raises ValueError for bad content and OSError for what is not there,
    with the place, what was got, what was expected and what to do.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit {limit}; expected at least 1 example")
    opened = origin.open(task, source)
    label = task.columns[-1]
    examples = [example_of(task, row, where) for where, row in opened.rows if row[label] not in task.unlabelled]
    n, of = len(examples), opened.of
    if n > of:
        raise ValueError(f"{opened.name} has {n} rows, expected {of}; get the published version of this split")
    if n < of and not (n and (limit or allow_subset)):
        raise ValueError(
            f"{opened.name} has {n} of {of} rows; a fragment gives no number: get the whole set, or pass --allow-subset"
        )
    used = examples[:limit]
    return Split(SplitCount(source.split, len(used), of, content_hash(used), opened.origin), used)


def problem(task: Task, source: Source, origin: Origin) -> str:
    """Why a local file cannot give a number ("dev_matched.tsv has 2 of 9815 rows"), or "" if it looks whole.

    Lines are counted, not read, so that a table can say this of every empty cell. Rows of `task.unlabelled` are among
    them, so more than the published number is no fault where there are such.
    """
    if not isinstance(origin, Directory):
        return ""
    try:
        file = origin.find(source)
        with file.open("rb") as stream:
            n = sum(line not in (b"\n", b"\r\n") for line in stream)
    except FileNotFoundError:
        return f"{short(source.files)} not found"
    except OSError as error:
        return f"{short(source.files)} cannot be read ({error.strerror or error})"
    n -= file.suffix == ".tsv"  # its header
    if n < source.n:
        return f"{file.name} has {max(n, 0)} of {source.n} rows"
    return f"{file.name} has {n} rows, expected {source.n}" if n > source.n and not task.unlabelled else ""


def example_of(task: Task, row: Row, where: str) -> Example:
    """`task.example`, with the place in its error. Raises ValueError also for a text that is no text or is empty."""
    try:
        example = task.example(row)
        for segment in chain(*example.sequences):
            if fault := text_fault(segment):
                column = next((name for name in task.columns if row[name] is segment), "text")
                raise ValueError(f"{column} {fault}")
    except ValueError as error:
        raise ValueError(f"{where}: {str(error)[:SHOWN]}; correct the row or get the set again") from error
    return example


def text_fault(segment: object) -> str:
    """What keeps a value from being a text to read, or ""."""
    if not isinstance(segment, str) or not segment.strip():
        return f"is {segment!r:.40}, expected text"
    odd = ODD.search(segment)
    return f"has the character {odd[0]!a}, expected text" if odd else ""


def content_hash(examples: list[Example]) -> str:
    """sha256 of what the examples say, the same whichever origin they came from."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(example, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def require_columns(found: Collection[str], needed: Iterable[str], where: str) -> None:
    """Raises ValueError if a needed column is not among those found."""
    if missing := [column for column in needed if column not in found]:
        listed = ", ".join(column[:30] for column in list(found)[:20])
        raise ValueError(
            f"{where} has no column {', '.join(missing)}; found {listed}; get the set as it is distributed"
        )


def short(files: Files) -> str:
    """The file's path in its archive, "RTE/dev.tsv": users point at the archive's folder or at what holds it."""
    return files.path.partition("/")[2] or files.path
