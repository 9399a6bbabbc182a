"""What is scored without any training, for the paper's Figure 2, right: CoLA, SST-2, RACE and the Winograd sets."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.data import Origin, load
from harness.record import SplitCount
from harness.runner import label_of
from harness.tasks import TASKS, ZERO_SHOT
from harness.tasks.base import Example, Source, Task

SETS = {name: TASKS[name] for name in ("cola", "sst2", "race")} | ZERO_SHOT
CHOSEN_ON = 2_000  # rows of CoLA's training split at most, at even distances, for its threshold


class Set(NamedTuple):
    """What is scored of a task; parts: the splits it consists of; chosen_on: what CoLA's threshold is chosen on."""

    task: Task
    evaluation: str
    split: str
    parts: Mapping[str, SplitCount]
    examples: list[Example]
    labels: list[float]
    chosen_on: list[Example]
    chosen_labels: list[float]

    @property
    def key(self) -> list[Any]:
        """What of the data could change a score."""
        return [self.task.version, {name: [count.n, count.hash] for name, count in self.parts.items()}]

    @property
    def chance(self) -> float:
        """What guessing gives, in percent."""
        if self.task.form.kind == "choose":
            return 100.0 * statistics.fmean(1 / len(example.sequences) for example in self.examples)
        return 0.0 if self.task.metrics[0] == "mc" else 100.0 / len(self.task.form.names)


def load_sets(
    origin: Origin, limit: int | None = None, allow_subset: bool = False
) -> tuple[dict[str, Set], dict[str, str]]:
    """-> (task -> what is scored, task -> why it cannot be). One broken set does not stop the others."""
    found, problems = {}, {}
    for name, task in SETS.items():
        try:
            found[name] = load_set(task, origin, limit, allow_subset)
        except (ValueError, OSError) as error:
            problems[name] = str(error)
    return found, problems


def load_set(task: Task, origin: Origin, limit: int | None, allow_subset: bool) -> Set:
    """RACE: middle and high school together, each question with the same weight, as in the paper's Table 3.

    Nothing is trained, so where DPR's test file is missing its training file is scored in its place, under its own
    name. Raises ValueError or OSError.
    """

    def splits(sources: Mapping[str, Source]) -> dict[str, Any]:
        return {name: load(task, source, origin, limit, allow_subset) for name, source in sources.items()}

    try:
        parts = splits(task.evaluations)
    except OSError:
        if task.name not in ZERO_SHOT or task.train in task.evaluations.values():
            raise
        parts = splits({"train": task.train})
    counts = {name: part.count for name, part in parts.items()}
    examples = [example for part in parts.values() for example in part.examples]
    labels = [label_of(example, part) for part in parts.values() for example in part.examples]
    chosen_on: list[Example] = []
    chosen_labels: list[float] = []
    if task.name == "cola":
        train = load(task, task.train, origin, limit, allow_subset)
        chosen_on = evenly(train.examples, CHOSEN_ON)
        chosen_labels = [label_of(example, train) for example in chosen_on]
        counts["threshold"] = train.count
    names = list(parts)
    split = next(iter(counts.values())).split if len(names) == 1 else "test"
    return Set(
        task,
        names[0] if len(names) == 1 else "all",
        split,
        counts,
        examples,
        labels,
        chosen_on,
        chosen_labels,
    )


def evenly(examples: list[Example], most: int) -> list[Example]:
    n = min(most, len(examples))
    return [examples[i * len(examples) // n] for i in range(n)]
