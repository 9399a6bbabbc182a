"""What there is to name on the command line: tasks, ablations, profiles, tables, figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.command_line.arguments import listed
from harness.figure2.figure_data import FIGURES
from harness.tables import TABLES
from harness.tasks import TASKS, ZERO_SHOT
from harness.tasks.base import Hub, Task


def line_of(task: Task) -> str:
    splits = dict.fromkeys(f"{s.split} {s.n:,}" for s in (task.train, *task.evaluations.values()))
    hub = task.train.hub
    where = f"hub {hub.id} {hub.config}" if isinstance(hub, Hub) else "on request"
    return f"  {task.name:12} {', '.join(splits)}; {where}; files {task.train.files.path}"


def show(recipes: Mapping[str, Any], profiles: Mapping[str, Any]) -> int:
    """Print them, with where their data comes from and what each is."""
    print("tasks")
    for task in TASKS.values():
        print(line_of(task))
    print("scored without training, for figure 2-right, beside cola, sst2 and race")
    for task in ZERO_SHOT.values():
        print(line_of(task))
    print("ablations")
    cut = [name for name, recipe in recipes.items() if recipe.transferred is not None]  # alike but for a number
    for name, recipe in recipes.items():
        if name not in cut:
            print(f"  {name:16} {recipe.summary}")
    print(f"  {'; '.join(listed(cut))}: the embeddings and so many of the pre-trained blocks, the rest random")
    print("profiles")
    for name, profile in profiles.items():
        print(f"  {name:16} {profile.summary}")
    print("tables")
    for number, known in TABLES.items():
        print(f"  {number:<16} {known.title}")
    print("figures")
    for half, title in FIGURES.items():
        print(f"  {half:16} {title}")
    return 0
