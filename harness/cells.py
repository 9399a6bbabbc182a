"""A cell: what the records say of one column of a table, or the reason why they say nothing."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.record import Record, SplitCount, key_hash
from harness.tasks import TASKS

EMPTY = "–"
NO_PROBLEMS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Column:
    """One column of a table: which score of which evaluation of which task it shows."""

    name: str  # as in results/paper.json
    heading: str
    task: str
    evaluation: str
    metric: str = "acc"
    paper_split: str = "test server"  # what the paper scored: "test server" (labels hidden) or "test"

    @property
    def split(self) -> str:
        """The split that we score, without the evaluation's own name: "validation", not "validation_matched"."""
        return TASKS[self.task].evaluations[self.evaluation].split.removesuffix(f"_{self.evaluation}")

    @property
    def note(self) -> str:
        """What sets our data apart from the paper's; empty where nothing does."""
        return TASKS[self.task].note


@dataclass(frozen=True)
class Cell:
    """Mean and sample standard deviation over seeds, in percent, or the reason why there is no number.

    Where `scored` or `trained` counts fewer rows than were published, the number is of a fragment (`whole` is False).
    """

    column: Column
    reason: str = ""  # why there is no number; empty where there is one
    mean: float | None = None
    spread: float | None = None  # None with one seed
    seeds: int = 0
    scored: SplitCount | None = None
    trained: SplitCount | None = None
    other_code: int = 0  # how many of the seeds were made by other code than the present
    degenerate: int = 0  # how many of the seeds predicted one and the same for every example
    left_out: int = 0  # records of other configurations

    @property
    def whole(self) -> bool:
        return all(count is None or count.n == count.of for count in (self.scored, self.trained))

    @property
    def text(self) -> str:
        """ "82.1 ± 0.4", "82.1 ± –" with one seed, "(61.3; 64 of 277)" of a fragment, "–" where empty."""
        if self.mean is None or self.scored is None or self.trained is None:
            return EMPTY
        if self.whole:
            return f"{self.mean:.1f} ± {EMPTY if self.spread is None else f'{self.spread:.1f}'}"
        spread = "" if self.spread is None else f" ± {self.spread:.1f}"
        scored_part = self.scored.n < self.scored.of
        part = self.scored if scored_part else self.trained
        return f"({self.mean:.1f}{spread}; {'' if scored_part else 'train '}{part.n} of {part.of})"


def fill(
    column: Column,
    records: Iterable[Record],
    profile: str,
    recipe: str = "full",
    problems: Mapping[str, str] = NO_PROBLEMS,
    code: str | None = None,
) -> Cell:
    """One column from the records of one profile and recipe; any others are ignored.

    problems: why a cell cannot be filled, by "task/evaluation", or by "task" where all of it is concerned (its training
    rows are missing); only asked where no record fills the cell. code: the present code's hash, to mark records made
    by other code; None marks none.
    """
    made = [
        record for record in records if (record.task, record.recipe, record.profile) == (column.task, recipe, profile)
    ]
    usable = [record for record in made if column.metric in record.scores.get(column.evaluation, {})]
    if not usable:
        untold = f"no run of {column.task} was scored on {column.evaluation}" if made else "not run yet"
        return Cell(column, problems.get(f"{column.task}/{column.evaluation}") or problems.get(column.task) or untold)
    chosen, left_out = choose(usable, column.evaluation)
    scores = [record.scores[column.evaluation][column.metric] for record in chosen]
    return Cell(
        column,
        mean=statistics.fmean(scores),
        spread=statistics.stdev(scores) if len(scores) > 1 else None,
        seeds=len(chosen),
        scored=chosen[-1].evaluations[column.evaluation],
        trained=chosen[-1].train,
        other_code=sum(code is not None and record.code != code for record in chosen),
        degenerate=sum(record.status.get(column.evaluation) == "degenerate" for record in chosen),
        left_out=left_out,
    )


def choose(records: Iterable[Record], evaluation: str) -> tuple[list[Record], int]:
    """The records of the one configuration to show, oldest first, and how many records of others there are.

    Whole data goes before a fragment, then the newest. Two records of one key are one result, redone: the newer counts.
    """
    groups: dict[str, dict[str, Record]] = {}
    for record in sorted(records, key=lambda record: record.finished):
        groups.setdefault(configuration(record), {})[key_hash(record.key)] = record

    def rank(group: Mapping[str, Record]) -> tuple[bool, str]:
        counts = [count for record in group.values() for count in (record.train, record.evaluations[evaluation])]
        return all(count.n == count.of for count in counts), max(record.finished for record in group.values())

    best = max(groups.values(), key=rank)
    chosen = sorted(best.values(), key=lambda record: record.finished)
    return chosen, sum(len(group) for group in groups.values() if group is not best)


def configuration(record: Record) -> str:
    """The record's key without its seeds: only numbers that agree in all of it may be averaged."""
    return json.dumps(
        {name: value for name, value in record.key.items() if name not in ("seed", "seeds")}, sort_keys=True
    )
