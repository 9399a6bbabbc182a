"""What a run will do, said before it starts: which cells, which are done, how long the rest takes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.data import Directory, MiniWorld, Origin, TheHub
from harness.monitoring.progress import duration
from harness.preparation import bundle, hardware
from harness.preparation.bundle import Bundle
from harness.runner import Data
from harness.storage.files import write_atomic
from harness.tables import TABLES, Table
from harness.tasks import TASKS
from harness.tasks.base import Example, Task

TOKENS_A_WORD = 1.3  # byte pairs and punctuation to a word between spaces, on GLUE's sentences
SAMPLED = 500  # examples read to estimate a set's length
SEEDS = 3  # by default; in the paper profile of the sets whose scores vary most and cost least
LARGE = 10_000  # training rows
MINI = "give --profile mini, which generates its own"


def choose_profile(asked: str | None, device: str | None) -> tuple[str, str]:
    """-> (profile, why). Without --profile: paper where there is an NVIDIA GPU to use, else mini."""
    if asked:
        return asked, "as asked"
    if device == "cpu":
        return "mini", "--device cpu; choose another with --profile small or --profile paper"
    if hardware.has_nvidia():
        return "paper", "an NVIDIA GPU is visible; choose another with --profile mini or --profile small"
    return "mini", "no NVIDIA GPU is visible; choose another with --profile small or --profile paper"


def choose_origin(profile: str, data_dir: Path | None, world: int = 0, scale: int = 1) -> Origin:
    """Where rows come from; world, scale: of a generated one. Raises ValueError for real data with the mini profile,
    and for a world or a scale with real data.
    """
    if profile == "mini":
        if data_dir:
            raise ValueError("the mini profile generates its data; --data-dir goes with --profile small or paper")
        return MiniWorld(world, scale)
    if world or scale != 1:
        word = f"--world-seed {world}" if world else f"--scale {scale}"
        raise ValueError(f"{word} with the {profile} profile, whose data is real; leave it out, or {MINI}")
    if data_dir and bundle.is_one(data_dir):
        return Bundle(data_dir)
    return Directory(data_dir) if data_dir else TheHub()


def choose_tables(
    numbers: Sequence[int] | None, tasks: Sequence[str] | None, ablations: Sequence[str] | None
) -> list[Table]:
    """The named ones; for an ablation and nothing else Table 5, which is where the paper has it."""
    if numbers:
        return [TABLES[number] for number in dict.fromkeys(numbers)]
    return [TABLES[5]] if ablations and not tasks else []


def choose_cells(
    tables: Sequence[Table],
    tasks: Sequence[str] | None,
    ablations: Sequence[str] | None,
    references: Sequence[str] = (),
) -> dict[str, list[str]]:
    """Recipe -> its tasks: the tables', each with the recipes of the paper's rows, or the named ones.

    Without tables the named tasks, or all. references: recipes to add to each task. Raises ValueError where a named
    task is in none of the tables.
    """
    offered = {table.number: (table.tasks, tuple(table.own)) for table in tables} or {0: (tuple(TASKS), ("full",))}
    known = list(dict.fromkeys(task for names, _ in offered.values() for task in names))
    if stray := [name for name in tasks or () if name not in known]:
        of = " and ".join(f"Table {table.number}" for table in tables)
        raise ValueError(f"task {stray[0]!r} is not in {of}; it has {', '.join(known)}")
    found: dict[str, dict[str, None]] = {}
    for names, recipes in offered.values():
        wanted = dict.fromkeys(tasks or names)
        for recipe in dict.fromkeys((*(ablations or recipes), *references)):
            found.setdefault(recipe, {}).update({task: None for task in wanted if task in names})
    return {recipe: list(names) for recipe, names in found.items() if names}


def usual_seeds(profile: str, task: Task) -> int:
    """How many seeds are run where none are named: a seed of Table 2 is 100,575 updates at the paper's size."""
    return 1 if profile == "paper" and task.train.n >= LARGE else SEEDS


class Load(NamedTuple):
    """Tokens that a cell trains on in an epoch, tokens that it scores, and a sequence's mean; estimated from words."""

    training: float
    scoring: float
    length: float


def load_of(found: Data) -> Load:
    """A task's size, from some of its examples."""

    def tokens(examples: Sequence[Example]) -> tuple[float, float]:
        """-> (tokens of all the examples, mean of a sequence)"""
        some = examples[:: max(1, len(examples) // SAMPLED)]
        lengths = [sum(len(s.split()) * TOKENS_A_WORD + 1 for s in seq) + 1 for e in some for seq in e.sequences]
        mean = statistics.fmean(lengths)
        return mean * len(examples) * len(some[0].sequences), mean

    training, length = tokens(found.train.examples)
    return Load(training, sum(tokens(split.examples)[0] for split in found.asked.values()), length)


def unattempted(origin: Origin, tried: Iterable[str]) -> dict[str, str]:
    """Why the sets that were not asked for could not give a number either, so that a table can say it."""
    if not isinstance(origin, (Directory, Bundle)):
        return {}
    reasons = {}
    for task in (task for name, task in TASKS.items() if name not in set(tried)):
        for name, source in task.evaluations.items():
            if reason := bundle.problem(task, source, origin):
                reasons[f"{task.name}/{name}"] = reason
        if reason := bundle.problem(task, task.train, origin):
            reasons[task.name] = reason
    return reasons


def remember(folder: Path, problems: Mapping[str, str], tried: Iterable[str]) -> None:
    """Keep why cells are empty, for the tables. What was tried now replaces what was known of it. Raises OSError."""
    known = {key: why for key, why in remembered(folder).items() if key.split("/")[0] not in set(tried)}
    write_atomic(folder / "problems.json", json.dumps({**known, **problems}, indent=1) + "\n")


def remembered(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / "problems.json").read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(key): str(why) for key, why in found.items()} if isinstance(found, dict) else {}


def describe_cells(
    cells: Mapping[str, Sequence[str]], seeds: Sequence[int], n: int, done: int, once: Sequence[str] = ()
) -> str:
    """ "15 cells: mnli, snli (full), seeds 0, 1, 2; 3 are done already"; once: tasks with the first seed only."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for recipe, tasks in cells.items():
        groups.setdefault(tuple(tasks), []).append(recipe)
    of = "; ".join(f"{', '.join(tasks)} ({', '.join(recipes)})" for tasks, recipes in groups.items())
    which = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    which += f" (of {', '.join(once)}: {seeds[0]})" if once and len(seeds) > 1 else ""
    already = f"{done or 'none'} {'is' if done == 1 else 'are'} done already"
    return f"{n} cell{'s' if n > 1 else ''}: {of}, {which}; {already}"


def budget(defaults: Any, n_ctx: int, chosen: Any) -> dict[str, Any]:
    """What --tokens, --updates or --minutes change of a profile's pre-training."""
    if chosen.updates:
        return {"tokens": chosen.updates * defaults.batch * n_ctx}
    if chosen.tokens:
        return {"tokens": chosen.tokens}
    return {"minutes": chosen.minutes}


def describe_pretraining(profile: Any, model: str, parameters: int, processes: int) -> str:
    """ "gpt, 116,534,784 parameters; 3,051,757 updates of 64 windows of 512 tokens: 100,000,000,000 tokens" """
    settings, n_ctx = profile.pretraining, profile.size.n_ctx
    said = f"{model}, {parameters:,} parameters; "
    batch = f"{settings.batch} windows of {n_ctx} tokens"
    if settings.minutes is None:
        updates = max(1, settings.tokens // (settings.batch * n_ctx))
        said += f"{updates:,} updates of {batch}: {updates * settings.batch * n_ctx:,} tokens"
    else:
        said += f"updates of {batch}"
    return said + (f", shared by {processes} processes" if processes > 1 else "")


def estimate_pretraining(model: Any, chosen: Any, probe: Callable[[], float]) -> str:
    if not model.ready and chosen.minutes:
        return f"time: about {duration(60 * chosen.minutes)}, as asked; Ctrl-C stops, and the same command continues"
    rate = chosen.device_tflops and chosen.device_tflops * 1e12
    return estimate({"pre-training": model.flops}, probe, rate)


def estimate(
    parts: Mapping[str, float],
    probe: Callable[[], float],
    given: float | None = None,
    processes: int = 1,
    of_each: Callable[[], float] | None = None,
) -> str:
    """FLOPs by part -> "time: about 6 min (pre-training 3 min, ...) ...", or that there is nothing to do.

    probe measures FLOP/s; it is only asked where there is something to estimate, and no rate is given. processes: that
    share the fine-tuning; of_each: measures what each of several has.
    """
    parts = {name: flops for name, flops in parts.items() if flops}
    if not parts:
        return "time: nothing is left to compute"
    rate = given or probe()
    source = "given" if given else "just measured here"
    spent = {name: flops / rate for name, flops in parts.items()}
    told = {name: duration(seconds) for name, seconds in spent.items()}
    if processes > 1 and of_each and "fine-tuning" in parts:
        each = of_each()
        spent["fine-tuning"] = parts["fine-tuning"] / (processes * each)
        shared = f"in {processes} processes of {each / 1e9:,.0f} GFLOP/s"
        told["fine-tuning"] = f"{duration(spent['fine-tuning'])} {shared}"
    said = ", ".join(f"{name} {text}" for name, text in told.items())
    return (
        f"time: about {duration(sum(spent.values()))} ({said}) for {sum(parts.values()) / 1e12:,.1f} TFLOP at the "
        f"{rate / 1e9:,.0f} GFLOP/s {source}; Ctrl-C stops, and the same command continues"
    )
