"""What a column of a table shows: a score of one task, or a mean over tasks."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from harness import metrics
from harness.record import Record
from harness.tasks import TASKS

Scores = Mapping[str, Mapping[str, float]]  # task -> metric (MNLI: matched, mismatched) -> percent


@dataclass(frozen=True)
class Column:
    """A score of one task. Of several evaluations their mean, each with the same weight or that of its rows."""

    name: str  # as in results/paper.json
    heading: str
    task: str
    evaluations: tuple[str, ...]
    metric: str = "acc"
    paper_split: str = "test server"  # what the paper scored: "test server" (labels hidden) or "test"
    by_rows: bool = False

    @property
    def tasks(self) -> tuple[str, ...]:
        return (self.task,)

    @property
    def split(self) -> str:
        """The split that we score, without the evaluation's own name: "validation", not "validation_matched"."""
        splits = [TASKS[self.task].evaluations[name].split.removesuffix(f"_{name}") for name in self.evaluations]
        return " and ".join(dict.fromkeys(splits))

    @property
    def note(self) -> str:
        """What sets our data apart from the paper's; empty where nothing does."""
        return TASKS[self.task].note

    def score(self, record: Record) -> float | None:
        """In percent; None where the record does not have all of it."""
        found = [record.scores.get(name, {}).get(self.metric) for name in self.evaluations]
        rows = [record.evaluations[name].n if self.by_rows else 1 for name in self.evaluations if name in record.scores]
        values = [value for value in found if value is not None]
        return statistics.fmean(values, rows) if len(values) == len(self.evaluations) else None

    def server_score(self, scores: Scores) -> float | None:
        """The same of what the GLUE server answered."""
        of_task = scores.get(self.task, {})
        names = self.evaluations if len(TASKS[self.task].evaluations) > 1 else (self.metric,)
        values = [of_task[name] for name in names if name in of_task]
        return statistics.fmean(values) if len(values) == len(names) else None


@dataclass(frozen=True)
class Average:
    """A mean over tasks: Table 5's Avg, Table 4's GLUE score (`metrics.TABLE_5`, `metrics.GLUE`)."""

    name: str
    heading: str
    of: Mapping[str, tuple[str, ...]]
    metric: str = "score"
    paper_split: str = "test server"
    note: str = ""

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.of)

    @property
    def split(self) -> str:
        return "validation"

    def server_score(self, scores: Scores) -> float | None:
        try:
            return metrics.mean_over_tasks(self.of, scores)
        except ValueError:
            return None


def by_metric(record: Record) -> dict[str, float]:
    """A record's scores as the means over tasks want them: by metric, of several evaluations by their names."""
    task = TASKS[record.task]
    if len(task.evaluations) == 1:
        return {metric: value for scores in record.scores.values() for metric, value in scores.items()}
    return {name: scores[task.metrics[0]] for name, scores in record.scores.items()}
