"""What there is to name on the command line: tasks, ablations, profiles, tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.tables import TABLES
from harness.tasks import TASKS
from harness.tasks.base import Hub


def show(recipes: Mapping[str, Any], profiles: Mapping[str, Any]) -> int:
    """Print them, with where their data comes from and what each is."""
    print("tasks")
    for task in TASKS.values():
        splits = ", ".join(f"{s.split} {s.n:,}" for s in (task.train, *task.evaluations.values()))
        hub = task.train.hub
        where = f"hub {hub.id} {hub.config}" if isinstance(hub, Hub) else "on request"
        print(f"  {task.name:12} {splits}; {where}; files {task.train.files.path}")
    print("ablations")
    for name, recipe in recipes.items():
        print(f"  {name:16} {recipe.summary}")
    print("profiles")
    for name, profile in profiles.items():
        print(f"  {name:16} {profile.summary}")
    print("tables")
    for number, known in TABLES.items():
        print(f"  {number:<16} {known.title}")
    return 0
