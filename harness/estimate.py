"""The price of a run before it starts: updates, operations, hours, from published sizes and measured lengths."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tabulate import SEPARATING_LINE, tabulate

from harness import plan
from harness.lengths import LENGTHS
from harness.plan import Load
from harness.progress import duration
from harness.tasks import TASKS
from harness.tasks.base import Task

BYTES_A_TOKEN = 4.5  # of English text, a piece with its space
WEIGHTS = 480e6  # bytes of the released weights and vocabulary
FLOOR = 0.015  # seconds an update takes on a GPU however small it is: some 700 kernels to launch; not measured here
FASTEST_CPU = 5e12  # FLOP/s; what is faster is a GPU


class Price(NamedTuple):
    """Of one recipe on one task, one seed."""

    recipe: str
    task: str
    updates: int
    tokens: float  # trained on, all epochs
    flops: float


def load_of(task: Task) -> Load:
    """As `plan.load_of`, of the whole published set."""
    length, sequences = LENGTHS[task.name].tokens, LENGTHS[task.name].sequences
    scored = sum(source.n for source in task.evaluations.values())
    return Load(task.train.n * sequences * length, scored * sequences * length, length)


def prices(
    cells: Mapping[str, Sequence[str]], batch: int, epochs: int, flops: Callable[[str, Load], float]
) -> list[Price]:
    """Of each recipe and task of `cells` (recipe -> tasks). flops: of a recipe on so much data."""
    found = []
    for recipe, names in cells.items():
        for name in names:
            load = load_of(TASKS[name])
            updates = TASKS[name].train.n // batch * epochs
            found.append(Price(recipe, name, updates, load.training * epochs, flops(recipe, load)))
    return found


def text(found: Sequence[Price], seeds: int, rate: float, source: str) -> str:
    """A row a cell, their sum for all seeds, what it rests on. rate: FLOP/s."""
    gpu = rate > FASTEST_CPU

    def row(task: str, recipe: str, some: Sequence[Price], times: int) -> list[str]:
        flops = times * sum(price.flops for price in some)
        updates = times * sum(price.updates for price in some)
        tokens = times * sum(price.tokens for price in some)
        spent = times * sum(max(price.flops / rate, price.updates * FLOOR * gpu) for price in some)
        return [task, recipe, f"{updates:,}", f"{tokens / 1e6:,.1f}", f"{flops / 1e15:,.1f}", duration(spent)]

    rows: list[Any] = [row(price.task, price.recipe, [price], 1) for price in found]
    rows += [SEPARATING_LINE, row("a seed", "", found, 1)]
    if seeds > 1:
        rows.append(row(f"{seeds} seeds", "", found, seeds))
    headings = ["task", "recipe", "updates", "M tokens", "PFLOP", "time"]
    aligned = ("left", "left", *["right"] * 4)
    drawn = tabulate(rows, headings, tablefmt="simple", colalign=aligned, disable_numparse=True)
    tasks = list(dict.fromkeys(p.task for p in found))
    # a sequence an example: the others repeat its texts, in another order or with another answer
    bytes_of_text = sum(TASKS[name].train.n * LENGTHS[name].tokens for name in tasks) * BYTES_A_TOKEN
    few = [f"{name} ({LENGTHS[name].rows} rows)" for name in tasks if LENGTHS[name].rows < 100]
    return "\n".join(
        [
            drawn,
            "",
            f"Time at {rate / 1e12:,.3g} TFLOP/s {source}, for forward and backward over real tokens, and scoring.",
            *([f"No update counted shorter than {FLOOR * 1e3:.0f} ms: a GPU must be told each step."] if gpu else []),
            f"Download: {WEIGHTS / 1e6:.0f} MB of weights, about {bytes_of_text / 1e6:,.0f} MB of text uncompressed; "
            "disk: that, and 1.4 GB for the checkpoint of the cell that is running.",
            *([f"Roughly, since their length was measured on few rows: {', '.join(few)}."] if few else []),
        ]
    )


def report(door: Any, profile: Any, recipes: Mapping[str, Any], chosen: Namespace, probe: Callable[[], float]) -> str:
    """Of the cells that were asked for. probe: measures FLOP/s where no rate is given. Raises ValueError for generated
    sets, which `run --dry-run` prices.
    """
    if profile.name == "mini":
        raise ValueError("the mini profile's sets are generated; 'run --profile mini --dry-run' prices it")
    tables = plan.choose_tables(chosen.table, chosen.task, chosen.ablation)
    cells = plan.choose_cells(tables, chosen.task, chosen.ablation)
    settings = profile.finetuning
    found = prices(cells, settings.batch, settings.epochs, lambda r, load: door.flops(recipes[r], profile, *load))
    rate = 1e12 * chosen.device_tflops if chosen.device_tflops else probe()
    source = "as given" if chosen.device_tflops else "as just measured here"
    return f"profile {profile.name}: {profile.summary}\n{text(found, chosen.seeds, rate, source)}"
