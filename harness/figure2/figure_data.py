"""The data of the paper's Figure 2, tidy: a row a point, from records and zero-shot scores only.

Left: accuracy over how many pre-trained layers are transferred. Right: zero-shot scores along pre-training.
"""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import record
from harness.drawn import FIRST, Drawn
from harness.record import Beside, Record
from harness.tabular.cells import choose
from harness.tasks import TASKS
from harness.tasks.base import Task

LEFT, RIGHT = "2-left", "2-right"
FIGURES = {
    LEFT: "layers transferred against accuracy, RACE and MNLI",
    RIGHT: "zero-shot performance along pre-training, Transformer and LSTM",
}
TASKS_LEFT = ("race", "mnli")  # the paper's
TRAIN = "train"  # the evaluation on training rows; runner.TRAIN
ZERO_SHOT = "zero_shot"  # where `zero_shot_runs` keeps its scores, below a profile's runs
NOTHING = -1  # transferred, as the release has it; 0 is the embeddings only
ENDS = {"no_pretraining": "nothing", "full": "everything"}

Row = Mapping[str, Any]
Rows = Sequence[Row]


def rows(number: str, folder: Path, profile: str, which: Drawn = FIRST) -> list[dict[str, Any]]:
    """The figure's rows from what a profile's runs, or the results accepted of it, hold of a world and pre-training."""
    if number == LEFT:
        return left(record.read_of(folder, which), profile)
    return zero_shot(folder / ZERO_SHOT, which)


def zero_shot(folder: Path, which: Drawn = FIRST) -> list[dict[str, Any]]:
    """What `zero_shot_runs.points` finds in a folder of scores, or in the folders in it; nothing without it."""
    if not folder.is_dir():
        return []
    from harness.figure2 import zero_shot_runs

    return [dict(point) for point in zero_shot_runs.points(folder, which)]


def layers(made: Record) -> int | None:
    """How many blocks were transferred, NOTHING (-1) to n_layer; None of a recipe that is in no such figure."""
    of = n_layer(made)
    found = {"no_pretraining": NOTHING, "full": of}.get(made.recipe, made.transferred)
    return None if made.recipe not in ENDS and found == of else found  # all of them is `full`


def n_layer(made: Record) -> int:
    return int(made.key["baseline"]["size"]["n_layer"])


def chosen(records: Iterable[Record], profile: str) -> dict[tuple[str, int], list[Record]]:
    """(task, layers transferred) -> the records of the one configuration to show, seed by seed."""
    groups: dict[tuple[str, int], list[Record]] = {}
    for made in records:
        if made.profile == profile and TRAIN in made.beside and (found := layers(made)) is not None:
            groups.setdefault((made.task, found), []).append(made)
    return {place: choose(groups[place], ())[0] for place in sorted(groups)}


def diverged(number: str, folder: Path, profile: str, which: Drawn = FIRST) -> list[str]:
    """What the figure leaves out since its training gave no number, a phrase each."""
    records = record.read_of(folder, which) if number == LEFT else ()
    return [
        made.summary
        for made in records
        if made.profile == profile and made.fault and made.task in TASKS_LEFT and layers(made) is not None
    ]


def development(task: Task) -> str:
    """The evaluation that the paper calls dev."""
    return next(iter(task.beside or task.evaluations))


def scored(made: Record, evaluation: str) -> Beside:
    if evaluation in made.beside:
        return made.beside[evaluation]
    return Beside(made.evaluations[evaluation], made.scores[evaluation], made.status[evaluation])


def left(records: Iterable[Record], profile: str) -> list[dict[str, Any]]:
    """A row a task, evaluation and number of layers: mean and sample standard deviation over seeds, in percent."""
    found = []
    every = chosen(records, profile)
    for evaluation_of in (development, lambda _: TRAIN):
        for (task, transferred), made in every.items():
            metric, evaluation = TASKS[task].metrics[0], evaluation_of(TASKS[task])
            parts = [scored(one, evaluation) for one in made]
            values = [part.scores[metric] for part in parts]
            found.append(
                {
                    "figure": LEFT,
                    "profile": profile,
                    "task": task,
                    "evaluation": evaluation,
                    "transferred": transferred,
                    "n_layer": n_layer(made[0]),
                    "metric": metric,
                    "mean": statistics.fmean(values),
                    "spread": statistics.stdev(values) if len(values) > 1 else None,
                    "seeds": len(values),
                    "n": parts[-1].count.n,
                    "of": parts[-1].count.of,
                    "degenerate": sum(part.status == "degenerate" for part in parts),
                }
            )
    return found


def missing(number: str, found: Rows) -> list[str]:
    """What the figure should show and the rows do not have, a phrase each."""
    if number == RIGHT:
        absent = [model for model in ("gpt", "lstm") if not any(row["model"] == model for row in found)]
        return [f"scores of the {model}" for model in absent]
    gaps = [f"any run of {task}" for task in TASKS_LEFT if not any(row["task"] == task for row in found)]
    for task in dict.fromkeys(row["task"] for row in found):
        there = {row["transferred"] for row in found if row["task"] == task}
        most = max(row["n_layer"] for row in found if row["task"] == task)
        if absent := [str(n) for n in range(NOTHING, most + 1) if n not in there]:
            gaps.append(f"{task} with {', '.join(absent)} of {most} layers transferred (-1: nothing)")
    return gaps


def to_csv(found: Rows) -> str:
    """An empty field stands for what there is none of."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(found[0]) if found else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def to_json(found: Rows) -> str:
    return json.dumps(list(found), indent=1) + "\n"
