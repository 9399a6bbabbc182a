"""What a task is: a declared value, and one pure function from a published row to an Example.

An Example is a tuple of sequences, each a tuple of text segments, and a label. That one shape carries the four input
transformations of the paper's Figure 1; how many sequences there are, and how many segments in each, is all that
distinguishes them. Start, delimiter and extract tokens are the baseline's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

Row = Mapping[str, Any]
HIDDEN = object()  # in a row's label column: the label is not known, or must not be


class Example(NamedTuple):
    """One thing to answer.

    label: for `classify` the index of the label's name, for `choose` the index of the right sequence, for `score` the
    score itself; None where the label is hidden.
    """

    sequences: tuple[tuple[str, ...], ...]
    label: float | None


class Form(NamedTuple):
    """What a baseline must answer, in plain values, so that it crosses the door between the two packages.

    kind: "classify" among `names`, "choose" one of an example's sequences, or "score" between `low` and `high`.
    """

    kind: str
    names: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0


def classify(*names: str) -> Form:
    return Form("classify", names)


def choose() -> Form:
    return Form("choose")


def score(low: float, high: float) -> Form:
    return Form("score", (), low, high)


# The four input transformations (paper, section 3.3 and Figure 1).


def single(text: str, label: float | None) -> Example:
    """Classification: one sequence of one segment."""
    return Example(((text,),), label)


def pair(first: str, second: str, label: float | None) -> Example:
    """Entailment: one sequence, premise then hypothesis."""
    return Example(((first, second),), label)


def both_orders(first: str, second: str, label: float | None) -> Example:
    """Similarity has no order, so both are given; their representations are added before the head."""
    return Example(((first, second), (second, first)), label)


def answers(context: tuple[str, ...], options: tuple[str, ...], label: float | None) -> Example:
    """Multiple choice: the context (document, or document and question) with each answer in turn."""
    return Example(tuple((*context, option) for option in options), label)


@dataclass(frozen=True)
class Hub:
    """A split on the Hugging Face hub: `datasets.load_dataset(id, config, split=split, revision=revision)`."""

    id: str
    config: str
    split: str
    revision: str = "main"


@dataclass(frozen=True)
class ByRequest:
    """A set that is on no hub, since its authors hand it out themselves. how: how to ask for it."""

    how: str


NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Files:
    """A split in a local directory, in the layout in which the set is distributed."""

    path: str  # below --data-dir: "glue_data/RTE/train.tsv", or a folder; its first folder may be left out
    columns: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # the file's name -> the hub's
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # the file's value -> its name on the hub
    header: tuple[str, ...] = ()  # the columns of a file that does not name them
    ragged: bool = False  # rows that lack a field are dropped, as they were on the hub; else they are an error
    format: str = ""  # of `harness.sources.readers`, where the name's ending does not tell


@dataclass(frozen=True)
class Part:
    """Some rows of a published split. of: how many that has; rows: which are taken, counted from 0."""

    of: int
    rows: Callable[[], Iterable[int]]


@dataclass(frozen=True)
class Source:
    """Where one split's rows come from. All origins yield the hub's columns, labels as names."""

    split: str  # as it is reported: "train", "validation", "test"
    n: int  # published number of rows, unlabelled ones (`Task.unlabelled`) left out
    hub: Hub | ByRequest
    files: Files
    part: Part | None = None  # where not all of the file's or hub's rows are taken
    hidden: bool = False  # its labels are the GLUE server's: it is predicted, never scored, whatever the file holds


@dataclass(frozen=True)
class Task:
    """One data set: where it is, how a row reads, what is asked, how the answer is scored."""

    name: str
    version: int  # raised whenever a score of the older version can no longer be compared
    form: Form
    columns: tuple[str, ...]  # the hub's columns that `example` reads, the label's last
    example: Callable[[Row], Example]
    train: Source
    evaluations: Mapping[str, Source]  # one training may be scored on several
    metrics: tuple[str, ...]  # the first is the table's
    hidden: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))  # what a submission needs
    beside: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))  # a figure shows, no table
    unlabelled: tuple[str, ...] = ()  # labels that mean "no agreement": such rows are dropped
    may_be_empty: bool = False  # whether the published set has rows with an empty text
    note: str = ""  # what a reader of its number must know: "v2; the paper's was v1"

    def reads(self, source: Source) -> tuple[str, ...]:
        """The columns that are asked for: never the labels of a hidden split, even if they are there (hub's MRPC)."""
        return self.columns[:-1] if source.hidden else self.columns


def label_index(names: Sequence[str], row: Row, column: str = "label") -> int | None:
    """The index of the row's label. Labels go by name: sets order the same names differently (WNLI against RTE).

    None for HIDDEN. Raises ValueError for a label outside `names`, with both in the message.
    """
    value = row[column]
    if value is HIDDEN:
        return None
    if value not in names:
        raise ValueError(f"label {value!r} in column {column!r}; expected one of {', '.join(names)}")
    return names.index(value)
