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

from harness.record import SplitCount
from harness.sources import hub
from harness.sources.readers import read
from harness.tasks.base import HIDDEN, ByRequest, Example, Files, Part, Row, Source, Task

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
        if isinstance(source.hub, ByRequest):
            raise FileNotFoundError(f"{source.hub.how}, and give the directory that holds them with --data-dir")
        found = hub.load_rows(source.hub)
        name = f"{source.hub.id} {source.hub.config} {source.hub.split}"
        require_columns(found.columns, task.reads(source), name)
        origin = f"hub {source.hub.id} {source.hub.config} @ {found.commit}"
        rows = ((f"{name} row {n}", row) for n, row in enumerate(found.rows))
        return Opened(name, origin, source.n, part_of(rows, source.part, name))


@dataclass(frozen=True)
class MiniWorld:
    """The generated miniature of a task, the same rows for the same seed."""

    seed: int = 0
    scale: int = 1

    @property
    def told(self) -> str:
        from harness import mini_world

        return f"mini world {mini_world.VERSION}, seed {self.seed}{f', scale {self.scale}' if self.scale != 1 else ''}"

    def open(self, task: Task, source: Source) -> Opened:
        from harness import mini_world

        name = f"mini world {task.name} {source.split}"
        larger = () if self.scale == 1 else (self.scale,)
        rows = enumerate(mini_world.rows(task.name, source.split, self.seed, *larger))
        of = mini_world.SIZES[task.name][source.split]
        if larger:
            of = mini_world.size_of(task.name, source.split, self.scale)
        return Opened(name, self.told, of, ((f"{name} row {n}", row) for n, row in rows))


@dataclass(frozen=True)
class Directory:
    """Local files, in the layout in which each set is distributed. `path` holds glue_data/ and the like, or is it."""

    path: Path

    def open(self, task: Task, source: Source) -> Opened:
        file, name = self.find(source), short(source.files)
        rows = part_of(self.rows(task, source, file, name), source.part, name)
        return Opened(name, f"directory {name}", source.n, rows)

    def rows(self, task: Task, source: Source, file: Path, name: str) -> Iterator[tuple[str, Row]]:
        """The columns that the task reads, under their names on the hub, and the labels too."""
        own = {there: here for here, there in source.files.columns.items()}
        needed = {column: own.get(column, column) for column in task.reads(source)}
        label, names = task.columns[-1], source.files.labels
        for where, row in read(file, name, source.files):
            require_columns(row, needed.values(), where)
            found = {column: row[here] for column, here in needed.items()}
            if names and label in found:
                found[label] = names.get(found[label], found[label])
            yield where, found

    def find(self, source: Source) -> Path:
        """The split's file or folder: below `path`, or with the first folder of its path left out.

        Raises FileNotFoundError.
        """
        places = [self.path / source.files.path, self.path / short(source.files)]
        if found := [place for place in places if (place.is_file() if place.suffix else place.is_dir())]:
            return found[0]
        if not self.path.is_dir():
            got = f"no data directory {self.path}"
        elif not any(self.path.iterdir()):
            got = f"data directory {self.path} is empty"
        else:
            got = f"{short(source.files)} not found: looked for {' and '.join(map(str, places))}"
        remedy = f"give the directory that holds {source.files.path} with --data-dir"
        if isinstance(source.hub, ByRequest):
            raise FileNotFoundError(f"{got}; {remedy}. {source.hub.how}")
        raise FileNotFoundError(
            f"{got}; {remedy}, or leave that out to use the hub ({source.hub.id} {source.hub.config})"
        )


def part_of(rows: Iterator[tuple[str, Row]], part: Part | None, name: str) -> Iterator[tuple[str, Row]]:
    """Raises ValueError where there are more rows than were published: the part would be another one."""
    if part is None:
        yield from rows
        return
    kept = frozenset(part.rows())
    for number, row in enumerate(rows):
        if number >= part.of:
            raise ValueError(f"{name} has more than {part.of} rows; get the published version of this split")
        if number in kept:
            yield row


def load(task: Task, source: Source, origin: Origin, limit: int | None = None, allow_subset: bool = False) -> Split:
    """Read, check and count one split.

    limit: keep the first so many examples; that the number is then one of a subset is accepted. Rows labelled with one
    of `task.unlabelled` are dropped, not counted; those of a hidden split lose their label if they have one. Raises
    ValueError for bad content and OSError for what is not there, with the place, what was got, what was expected and
    what to do.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit {limit}; expected at least 1 example")
    opened = origin.open(task, source)
    label = task.columns[-1]
    rows = ((where, {**row, label: HIDDEN}) for where, row in opened.rows) if source.hidden else opened.rows
    examples = [example_of(task, row, where) for where, row in rows if row[label] not in task.unlabelled]
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

    Lines are counted where a line is a row, so that a table can say this of every empty cell. Rows that are dropped
    (`task.unlabelled`, `files.ragged`) are among them, so more than the published number is no fault where there are
    such.
    """
    if not isinstance(origin, Directory):
        return ""
    files, of = source.files, source.part.of if source.part else source.n
    try:
        file = origin.find(source)
        if file.suffix in (".tsv", ".jsonl", ".txt") and not files.format:
            with file.open("rb") as stream:
                n = sum(line not in (b"\n", b"\r\n") for line in stream)
            n -= file.suffix == ".tsv" and not files.header
        else:
            n = sum(1 for _ in read(file, short(files), files))
    except FileNotFoundError:
        return f"{short(files)} not found"
    except OSError as error:
        return f"{short(files)} cannot be read ({error.strerror or error})"
    except ValueError as error:
        return str(error)
    if n < of:
        return f"{short(files)} has {max(n, 0)} of {of} rows"
    more = n > of and not task.unlabelled and not files.ragged
    return f"{short(files)} has {n} rows, expected {of}" if more else ""


def example_of(task: Task, row: Row, where: str) -> Example:
    """`task.example`, with the place in its error. Raises ValueError also for a text that is no text or is empty."""
    try:
        example = task.example(row)
        for segment in chain(*example.sequences):
            if fault := text_fault(segment, task.may_be_empty):
                column = next((name for name in task.columns if row[name] is segment), "text")
                raise ValueError(f"{column} {fault}")
    except ValueError as error:
        raise ValueError(f"{where}: {str(error)[:SHOWN]}; correct the row or get the set again") from error
    return example


def text_fault(segment: object, may_be_empty: bool = False) -> str:
    """What keeps a value from being a text to read, or ""."""
    if not isinstance(segment, str) or not (segment.strip() or may_be_empty):
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
    """The path in its archive, "RTE/dev.tsv": users point at the archive's folder or at what holds it."""
    inner = files.path.partition("/")[2]
    return inner if Path(inner).suffix else files.path  # RACE's folders say nothing without its name
