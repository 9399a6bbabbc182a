"""What was answered in the cells that a table shows, as numbers to resample and to compare.

A run's answers are in files beside its record; those of an accepted record are within it, in a line each, for the files
stay where the run was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.record import Record
from harness.statistics import Numbers, Part
from harness.storage import predictions
from harness.tabular.cells import Cell
from harness.tabular.columns import Average, Column
from harness.tasks import TASKS


class Answers(NamedTuple):
    """Labels and predictions of one split, (n,) each, in its order."""

    labels: Numbers
    predictions: Numbers


def of(made: Record, folder: Path, evaluation: str) -> Answers:
    """folder: the profile's, below runs/ or results/records/.

    Raises FileNotFoundError where they were not kept, ValueError where there are more or fewer than the record counts.
    """
    if evaluation in made.answers:
        lines = made.answers[evaluation]
        labels, answered = (np.array(lines[name].split(), float) for name in ("labels", "predictions"))
    else:
        run = folder / made.recipe / made.name
        path = predictions.path_of(run, evaluation)
        labels, answered = kept(run, evaluation, path.stat().st_mtime_ns if path.exists() else 0)
    if not len(labels) == len(answered) == made.evaluations[evaluation].n:
        raise ValueError(
            f"{made.recipe} {made.name} has {len(answered)} predictions and {len(labels)} labels of {evaluation}, "
            f"recorded are {made.evaluations[evaluation].n}; run the cell again"
        )
    return Answers(labels, answered)


@lru_cache(maxsize=1024)
def kept(run: Path, evaluation: str, _time: int) -> tuple[Numbers, Numbers]:
    """Labels and predictions in a run's file. Several cells and tests rest on the same, so it is read once."""
    lines = predictions.read(run, evaluation)
    labels = np.array([line.label for line in lines if line.label is not None], float)
    return labels, np.array([line.prediction for line in lines], float)


def parts(cell: Cell, folder: Path, seeds: Iterable[int] | None = None) -> list[Part]:
    """A cell's splits with the answers of its records, those of `seeds` alone where they are named.

    Raises what `of` raises, ValueError also where a seed was scored on other labels than the first.
    """
    wanted = None if seeds is None else set(seeds)
    made = sorted((r for r in cell.made if wanted is None or r.seed in wanted), key=lambda record: record.seed)
    if isinstance(cell.column, Column):
        return parts_of_column(cell.column, made, folder)
    return [part for task in cell.column.of for part in parts_of_task(cell.column, task, made, folder)]


def parts_of_column(column: Column, made: Sequence[Record], folder: Path) -> list[Part]:
    rows = [made[0].evaluations[name].n if column.by_rows else 1 for name in column.evaluations]
    return [
        part((column.metric,), weight / sum(rows), made, folder, name)
        for name, weight in zip(column.evaluations, rows, strict=True)
    ]


def parts_of_task(column: Average, task: str, made: Sequence[Record], folder: Path) -> list[Part]:
    """Its metrics on one split, or the mean of its splits; see `columns.by_metric`."""
    names, weight = column.of[task], 1 / len(column.of)
    own = [record for record in made if record.task == task]
    evaluations = list(TASKS[task].evaluations)
    if len(evaluations) == 1:
        return [part(names, weight, own, folder, evaluations[0])]
    return [part(TASKS[task].metrics[:1], weight / len(names), own, folder, name) for name in names]


def part(metrics: tuple[str, ...], weight: float, made: Sequence[Record], folder: Path, evaluation: str) -> Part:
    found = [of(record, folder, evaluation) for record in made]
    labels = found[0].labels
    if not all(np.array_equal(each.labels, labels) for each in found):
        raise ValueError(f"{made[0].task} {evaluation}: seeds with other labels; they cannot be one cell")
    return Part(metrics, weight, labels, np.stack([each.predictions for each in found]))


def seeds_of(cell: Cell) -> dict[int, None]:
    """In their order."""
    return dict.fromkeys(sorted(record.seed for record in cell.made))


def in_common(one: Cell, other: Cell) -> list[int]:
    return [seed for seed in seeds_of(one) if seed in seeds_of(other)]
