"""A cell: what the records say of one column of a table, or the reason why they say nothing."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from harness import metrics
from harness.record import Record, SplitCount, key_hash
from harness.tabular.columns import Average, Column, by_metric

EMPTY = "–"
NO_PROBLEMS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Cell:
    """Mean and sample standard deviation over seeds, in percent, or the reason why there is no number.

    Where `scored` or `trained` counts fewer rows than were published, the number is of a fragment (`whole` is False).
    """

    column: Column | Average
    reason: str = ""  # why there is no number; empty where there is one
    mean: float | None = None
    spread: float | None = None  # None with one seed
    seeds: int = 0
    scored: tuple[SplitCount, ...] = ()
    trained: tuple[SplitCount, ...] = ()
    other_code: int = 0  # how many of the seeds were made by other code than the present
    degenerate: int = 0  # how many of the seeds predicted one and the same for every example
    left_out: int = 0  # records of other configurations
    made: tuple[Record, ...] = ()  # what it rests on
    diverged: tuple[Record, ...] = ()  # of the same configuration, whose training gave no number
    pretraining: str = ""  # "1,000,000 tokens of books, 14 text files" where weights of our own were started from

    @property
    def whole(self) -> bool:
        return all(count.n == count.of for count in (*self.scored, *self.trained))

    @property
    def text(self) -> str:
        """ "82.1 ± 0.4", "82.1 ± –" with one seed, "(61.3; 64 of 277)" of a fragment, "–" where empty."""
        if self.mean is None:
            return EMPTY
        if self.whole:
            return f"{self.mean:.1f} ± {EMPTY if self.spread is None else f'{self.spread:.1f}'}"
        spread = "" if self.spread is None else f" ± {self.spread:.1f}"
        return f"({self.mean:.1f}{spread}; {self.part})"

    @property
    def part(self) -> str:
        """ "64 of 277", "train 64 of 2490": what a fragment is of."""
        if isinstance(self.column, Average):
            return "fragments"
        scored, of = (sum(getattr(count, name) for count in self.scored) for name in ("n", "of"))
        trained, trained_of = (sum(getattr(count, name) for count in self.trained) for name in ("n", "of"))
        return f"{scored} of {of}" if scored < of else f"train {trained} of {trained_of}"


def fill(
    column: Column | Average,
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
    made = [record for record in records if (record.recipe, record.profile) == (recipe, profile)]
    if isinstance(column, Average):
        return fill_average(column, made, code)
    of_task = [record for record in made if record.task == column.task]
    usable = [record for record in of_task if record.fault or column.score(record) is not None]
    if not usable:
        evaluation = " and ".join(column.evaluations)
        untold = f"no run of {column.task} was scored on {evaluation}" if of_task else "not run yet"
        known = (problems.get(f"{column.task}/{name}") for name in column.evaluations)
        return Cell(column, next(filter(None, known), None) or problems.get(column.task) or untold)
    every, left_out = choose(usable, column.evaluations)
    chosen, diverged = whole_and_diverged(every)
    if not chosen:
        return Cell(column, f"diverged: {faults(diverged)}", left_out=left_out, diverged=diverged)
    scores = [score for record in chosen if (score := column.score(record)) is not None]
    return Cell(
        column,
        mean=statistics.fmean(scores),
        spread=statistics.stdev(scores) if len(scores) > 1 else None,
        seeds=len(chosen),
        scored=tuple(chosen[-1].evaluations[name] for name in column.evaluations),
        trained=(chosen[-1].train,),
        other_code=sum(code is not None and record.code != code for record in chosen),
        degenerate=sum(any(is_degenerate(record, name) for name in column.evaluations) for record in chosen),
        left_out=left_out,
        made=tuple(chosen),
        diverged=diverged,
        pretraining=pretraining_of(chosen[-1]),
    )


def fill_average(column: Average, made: Sequence[Record], code: str | None) -> Cell:
    """A mean over tasks, seed by seed: of the seeds that every task has."""
    chosen: dict[str, dict[int, Record]] = {}
    diverged: list[Record] = []
    for task, names in column.of.items():
        of_task = [r for r in made if r.task == task and (r.fault or by_metric(r).keys() >= set(names))]
        whole, faulty = whole_and_diverged(choose(of_task, ())[0]) if of_task else ((), ())
        chosen[task] = {record.seed: record for record in whole}
        diverged += faulty
    if missing := [task for task, by_seed in chosen.items() if not by_seed]:
        said = f"a mean over {len(column.of)} tasks; without a number here: {', '.join(missing)}"
        return Cell(column, said, diverged=tuple(diverged))
    seeds = sorted(set.intersection(*(set(by_seed) for by_seed in chosen.values())))
    rows = {seed: [by_seed[seed] for by_seed in chosen.values()] for seed in seeds}
    scores = [metrics.mean_over_tasks(column.of, {r.task: by_metric(r) for r in row}) for row in rows.values()]
    if not scores:
        return Cell(column, f"a mean over {len(column.of)} tasks, which have no seed in common")
    every = [record for row in rows.values() for record in row]
    return Cell(
        column,
        mean=statistics.fmean(scores),
        spread=statistics.stdev(scores) if len(scores) > 1 else None,
        seeds=len(scores),
        scored=tuple(count for record in every for count in record.evaluations.values()),
        trained=tuple(record.train for record in every),
        other_code=sum(code is not None and any(record.code != code for record in row) for row in rows.values()),
        degenerate=sum(any(is_degenerate(r, name) for r in row for name in r.scores) for row in rows.values()),
        made=tuple(every),
        diverged=tuple(diverged),
    )


def whole_and_diverged(records: Iterable[Record]) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    records = list(records)
    return tuple(r for r in records if not r.fault), tuple(r for r in records if r.fault)


def faults(diverged: Sequence[Record]) -> str:
    """ "rte seed 0, the loss is nan at update 12 of 300; ..." """
    return "; ".join(f"{record.task} seed {record.seed}, {record.fault}" for record in diverged)


def pretraining_of(record: Record) -> str:
    told = record.baseline.get("pretraining")
    return f"{told['tokens']:,} tokens of {told['corpus']}" if told else ""


def is_degenerate(record: Record, evaluation: str) -> bool:
    return record.status.get(evaluation) == "degenerate"


def configuration(record: Record) -> str:
    """The record's key without its seeds: only numbers that agree in all of it may be averaged."""
    return json.dumps(
        {name: value for name, value in record.key.items() if name not in ("seed", "seeds")}, sort_keys=True
    )


def choose(
    records: Iterable[Record], evaluations: Sequence[str], same: Callable[[Record], str] = configuration
) -> tuple[list[Record], int]:
    """The records of the one configuration to show, oldest first, and how many records of others there are.

    same: what records of one configuration have in common. Whole data (of `evaluations`, or of all where none is named)
    goes before a fragment, then the newest. Two records of one key are one result, redone: the newer counts.
    """
    groups: dict[str, dict[str, Record]] = {}
    for record in sorted(records, key=lambda record: record.finished):
        groups.setdefault(same(record), {})[key_hash(record.key)] = record

    def rank(group: Mapping[str, Record]) -> tuple[bool, str]:
        counts = [
            count
            for record in group.values()
            for count in (record.train, *(record.evaluations[name] for name in evaluations or record.evaluations))
        ]
        return all(count.n == count.of for count in counts), max(record.finished for record in group.values())

    best = max(groups.values(), key=rank)
    chosen = sorted(best.values(), key=lambda record: record.finished)
    return chosen, sum(len(group) for group in groups.values() if group is not best)
