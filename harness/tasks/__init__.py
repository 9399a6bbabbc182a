"""The registry: every task by its name."""

from __future__ import annotations

from harness.tasks import glue, nli, qa, winograd
from harness.tasks.base import Task


def by_name(*families: tuple[Task, ...]) -> dict[str, Task]:
    tasks: dict[str, Task] = {}
    for task in (task for family in families for task in family):
        if task.name in tasks:
            raise ValueError(f"two tasks are called {task.name!r}")
        tasks[task.name] = task
    return tasks


TASKS = by_name(nli.TASKS, qa.TASKS, glue.TASKS)
ZERO_SHOT = by_name(winograd.TASKS)  # sets that are scored as pre-training left the model, never trained on
