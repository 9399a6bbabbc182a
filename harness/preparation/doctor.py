"""What is there and what is missing before a run: memory, disk, versions, data, weights; and what to do next."""

from __future__ import annotations

import os
import platform
import shutil
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from harness import record
from harness.data import Directory, MiniWorld, Origin
from harness.monitoring.progress import duration
from harness.preparation import bundle, estimate, hardware, language_model, plan
from harness.preparation.bundle import Bundle
from harness.sources import hub
from harness.tasks import TASKS, ZERO_SHOT
from harness.tasks.base import ByRequest, Source, Task

GB = 1e9


def machine(runs: Path) -> list[str]:
    """Versions, memory and disk, a line each."""
    versions = {name: record.version(name) for name in record.PACKAGES}
    missing = [name for name, found in versions.items() if found is None]
    there = ", ".join(f"{name} {found}" for name, found in versions.items() if found)
    lines = [f"Python {platform.python_version()} on {platform.platform()}; {there}"]
    if missing:
        lines.append(f"NOT INSTALLED: {', '.join(missing)}; install with nox -s environment")
    folder = next(path for path in (runs.absolute(), *runs.absolute().parents) if path.exists())
    disk = shutil.disk_usage(folder)
    lines.append(f"{os.cpu_count()} cores, {memory()}; {disk.free / GB:,.0f} GB of disk free at {folder}")
    return lines


def memory() -> str:
    """ "24 GB of memory, 20 GB of it available"; Linux tells both."""
    found = hardware.memory()
    if found is None:
        return "memory unknown"
    return f"{found.total / GB:,.0f} GB of memory, {found.available / GB:,.0f} GB of it available"


def of_tasks(origin: Origin, tasks: Iterable[Task]) -> tuple[str, list[str]]:
    """-> (a table of each task's splits, the tasks that cannot be run)."""
    rows, broken = [], []
    for task in tasks:
        sources = {"train": task.train, **task.evaluations}
        faults = {name: fault for name, source in sources.items() if (fault := missing(task, source, origin))}
        hidden = [name for name, source in task.hidden.items() if missing(task, source, origin)]
        if faults:
            broken.append(task.name)
        counts = ", ".join(f"{source.split} {source.n:,}" for source in sources.values())
        there = isinstance(origin, (Directory, MiniWorld, Bundle)) or all(map(is_cached, sources.values()))
        state = "; ".join(dict.fromkeys(faults.values())) or f"{'whole' if there else 'to be downloaded'}: {counts}"
        rows.append([task.name, "no" if faults else "yes", state, "" if hidden or not task.hidden else "yes"])
    headings = ["task", "can run", "", "submission"]
    return tabulate(rows, headings, tablefmt="simple", maxcolwidths=[None, None, 80, None]), broken


def of_figure(origin: Origin) -> list[str]:
    """What Figure 2 reads that no table does, a line a split."""
    found = []
    for task in (*TASKS.values(), *ZERO_SHOT.values()):
        for source in (task.evaluations if task.name in ZERO_SHOT else task.beside).values():
            state = missing(task, source, origin) or "there"
            found.append(f"for figure 2: {task.name} {source.split} {source.n:,}: {state}")
    return found


def missing(task: Task, source: Source, origin: Origin) -> str:
    """Why a split cannot be read, or ""; of the hub's, whether the cache has it, since nothing is downloaded here."""
    if isinstance(origin, MiniWorld):
        from harness.mini_world import SIZES

        if task.name not in SIZES:
            return "not in the mini world"
        return "" if not source.hidden else "generated sets have no hidden splits"
    if isinstance(origin, (Directory, Bundle)):
        return bundle.problem(task, source, origin)
    if isinstance(source.hub, ByRequest):
        return source.hub.how
    if is_cached(source):
        return ""
    return f"not downloaded ({reason})" if (reason := hub.out_of_reach()) else ""


def is_cached(source: Source) -> bool:
    """Whether the hub's set was downloaded before."""
    return not isinstance(source.hub, ByRequest) and any(hub.cache_folder(source.hub).glob("*/*/dataset_info.json"))


def expected(door: Any, profile: Any, recipes: Mapping[str, Any], probe: Callable[[], float]) -> str:
    """How long each table takes here, with the usual seeds, one line."""
    if profile.name == "mini":
        return "time: the sets are generated; 'python -m harness run --profile mini --dry-run' says it"
    rate = probe()
    spent = estimate.of_tables(door, profile, recipes, rate)
    each = ", ".join(f"Table {number} {duration(seconds)}" for number, seconds in spent.items())
    return (
        f"time of fine-tuning on whole data, usual seeds, at the {rate / 1e12:,.3g} TFLOP/s just measured here: "
        f"{each}; by task: python -m harness estimate --profile {profile.name} --table N"
    )


def report(
    door: Any,
    profile: Any,
    recipes: Mapping[str, Any],
    chosen: Namespace,
    say: Callable[[str], None],
    probe: Callable[[], float] | None = None,
) -> None:
    """Say all of it. probe: measures FLOP/s, for the time that the tables take."""
    for line in machine(chosen.runs):
        say(line)
    table, broken = of_tasks(plan.choose_origin(profile.name, chosen.data_dir), TASKS.values())
    say(f"\n{table}\n")
    for line in of_figure(plan.choose_origin(profile.name, chosen.data_dir)):
        say(line)
    for recipe in ("full", "no_pretraining", "lstm"):
        try:
            told = language_model.find_one(door, profile, [recipes[recipe]], chosen).says
        except (ValueError, OSError) as error:
            told = str(error)
        say(f"{recipe}: {told}")
    if probe:
        say(expected(door, profile, recipes, probe))
    say(advice(profile.name, broken, chosen.data_dir, getattr(chosen, "offline", False)))


def advice(profile: str, broken: Sequence[str], data_dir: Path | None, offline: bool = False) -> str:
    """What to do next, one line."""
    able = [name for name in TASKS if name not in broken]
    if not able:
        how = "--data-dir DIR, or a network that reaches the Hugging Face hub"
        if offline:
            how = "--data-dir with a bundle that 'python -m harness fetch' made where there is a network"
        return f"next: no task can be run with the {profile} profile here; give {how}, or begin with --profile mini"
    words = f"--profile {profile}" + (f" --data-dir {data_dir}" if data_dir else "")
    words += " --offline" * offline
    if broken:
        words += "".join(f" --task {name}" for name in able)
    return f"next: python -m harness run {words} --dry-run" + ("" if broken else ", or with --table 2, 3, 4, 5")
