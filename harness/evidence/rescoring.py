"""A record's numbers once more, from the predictions kept beside it: without the model, and they must agree."""

from __future__ import annotations

from pathlib import Path

from harness.record import Record
from harness.storage import predictions
from harness.tasks import TASKS

SAME = 1e-9  # percent


def disagreements(made: Record, run: Path) -> list[str]:
    """Where a record's numbers are not those of the predictions in its folder, or its key is of other data than its
    counts or of an earlier version of the task, a phrase each.

    Raises FileNotFoundError where predictions were not kept, ValueError where a file of them is damaged.
    """
    from harness import metrics

    found = stale(made)
    recorded = {name: (scores, made.evaluations[name].n) for name, scores in made.scores.items()}
    recorded |= {name: (other.scores, other.count.n) for name, other in made.beside.items()}
    for name, (scores, n) in recorded.items():
        kept = predictions.read(run, name)
        if len(kept) != n:
            found.append(f"{name} has {len(kept)} predictions, recorded are {n}")
            continue
        labels = [line.label for line in kept if line.label is not None]
        again = metrics.score(tuple(scores), labels, [line.prediction for line in kept])
        found += [
            f"{name} {metric} is {again[metric]:.4f}, recorded is {value:.4f}"
            for metric, value in scores.items()
            if abs(again[metric] - value) > SAME
        ]
    return found


def stale(made: Record) -> list[str]:
    """What of a record's key does not hold: the task's version is another now, or the data that it names."""
    found = []
    version, task = made.key.get("task_version"), TASKS.get(made.task)  # None: no task of ours, so nothing to compare
    if task and version != task.version:
        found.append(f"it is of version {version} of {made.task}, the present one is {task.version}")
    splits = {"train": made.train, **made.evaluations}
    named = {"train": made.key.get("train"), **made.key.get("evaluations", {})}
    for name, count in splits.items():
        if (known := named.get(name)) and list(known) != [count.n, count.hash]:
            found.append(f"its key names other data of {name} than it says it has read")
    return found
