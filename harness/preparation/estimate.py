"""The price of a run before it starts: updates, operations, hours, memory, from published sizes and lengths."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from tabulate import SEPARATING_LINE, tabulate

from harness.monitoring.progress import duration
from harness.preparation import plan
from harness.preparation.lengths import LENGTHS
from harness.preparation.plan import Load
from harness.tables import TABLES
from harness.tasks import TASKS
from harness.tasks.base import Task

BYTES_A_TOKEN = 4.5  # of English text, a piece with its space
WEIGHTS = 480e6  # bytes of the released weights and vocabulary
FLOOR = 0.015  # seconds an update takes on a GPU however small it is: some 700 kernels to launch; not measured here
PARTS = (
    "GB: the most that is planned to be held of a batch of mean length; parts: the micro-batches that an update is "
    "computed in, its result the same. Longer batches are cut into more."
)
FASTEST_CPU = 5e12  # FLOP/s; what is faster is a GPU


class Fit(NamedTuple):
    """Of a batch of mean length on a device whose memory is known."""

    parts: int  # micro-batches an update
    bytes: float  # at most held at once


class Price(NamedTuple):
    """Of one recipe on one task, one seed."""

    recipe: str
    task: str
    updates: int
    tokens: float  # trained on, all epochs
    flops: float
    fit: Fit | None = None  # where the device's memory was given


def load_of(task: Task) -> Load:
    """As `plan.load_of`, of the whole published set."""
    length, sequences = LENGTHS[task.name].tokens, LENGTHS[task.name].sequences
    scored = sum(source.n for source in task.evaluations.values())
    return Load(task.train.n * sequences * length, scored * sequences * length, length)


def prices(
    cells: Mapping[str, Sequence[str]],
    batch: int,
    epochs: int,
    flops: Callable[[str, Load], float],
    fits: Callable[[str, float, float], Fit | None] = lambda *_: None,
) -> list[Price]:
    """Of each recipe and task of `cells` (recipe -> tasks). flops: of a recipe on so much data.

    fits: of a recipe, on batches of so many tokens in sequences of such a length; may raise ValueError.
    """
    found = []
    for recipe, names in cells.items():
        for name in names:
            load = load_of(TASKS[name])
            updates = TASKS[name].train.n // batch * epochs
            fit = fits(recipe, batch * LENGTHS[name].sequences * load.length, load.length)
            found.append(Price(recipe, name, updates, load.training * epochs, flops(recipe, load), fit))
    return found


def seconds(price: Price, rate: float) -> float:
    """At so many FLOP/s; on a GPU no update is shorter than `FLOOR`."""
    return max(price.flops / rate, price.updates * FLOOR * (rate > FASTEST_CPU))


def of_tables(door: Any, profile: Any, recipes: Mapping[str, Any], rate: float) -> dict[int, float]:
    """Table -> seconds of all its cells on whole data, with as many seeds as are usual. rate: FLOP/s."""

    def flops(recipe: str, load: Load) -> float:
        found: float = door.flops(recipes[recipe], profile, *load)
        return found

    settings, spent = profile.finetuning, {}
    for number, table in TABLES.items():
        cells = plan.choose_cells([table], None, None)
        found = prices(cells, settings.batch, settings.epochs, flops)
        seeds = [plan.usual_seeds(profile.name, TASKS[price.task]) for price in found]
        spent[number] = sum(n * seconds(price, rate) for n, price in zip(seeds, found, strict=True))
    return spent


def of_left(
    cells: Sequence[tuple[str, str]],
    rows: Mapping[str, int],
    loads: Mapping[str, Load],
    settings: Any,
    flops: Callable[[str, Load], float],
    rate: float,
) -> str:
    """`text` for the cells (recipe, task) that a run has still to train, a seed each; "" where there are none.

    rows: of training, a task. loads: of the data as it was read. settings: a profile's fine-tuning. rate: FLOP/s.
    """
    found = []
    for (recipe, name), n in Counter(cells).items():
        cost = flops(recipe, loads[name])
        if cost:  # majority and tfidf train in seconds
            updates, tokens = rows[name] // settings.batch * settings.epochs, loads[name].training * settings.epochs
            label = recipe if n == 1 else f"{recipe} × {n}"
            found.append(Price(label, name, n * updates, n * tokens, n * cost))
    return text(found, 1, rate, "as just measured here", total="in all", read=True) if found else ""


def text(
    found: Sequence[Price], seeds: int, rate: float, source: str, *, total: str = "a seed", read: bool = False
) -> str:
    """A row a cell, their sum for all seeds, what it rests on. rate: FLOP/s. read: whether the data is there already,
    so that nothing is estimated of it.
    """
    gpu = rate > FASTEST_CPU

    def row(task: str, recipe: str, some: Sequence[Price], times: int) -> list[str]:
        flops = times * sum(price.flops for price in some)
        updates = times * sum(price.updates for price in some)
        tokens = times * sum(price.tokens for price in some)
        spent = times * sum(seconds(price, rate) for price in some)
        told = [task, recipe, f"{updates:,}", f"{tokens / 1e6:,.1f}", f"{flops / 1e15:,.1f}", duration(spent)]
        return told + (memory(some) if with_memory else [])

    def memory(some: Sequence[Price]) -> list[str]:
        """The most that any of them takes; only of one are its parts told."""
        most = max((price.fit for price in some if price.fit), key=lambda fit: fit.bytes, default=None)
        return ["", ""] if most is None else [f"{most.bytes / 1e9:.1f}", str(most.parts) if len(some) == 1 else ""]

    with_memory = any(price.fit for price in found)
    rows: list[Any] = [row(price.task, price.recipe, [price], 1) for price in found]
    rows += [SEPARATING_LINE, row(total, "", found, 1)]
    if seeds > 1:
        rows.append(row(f"{seeds} seeds", "", found, seeds))
    headings = ["task", "recipe", "updates", "M tokens", "PFLOP", "time", *["GB", "parts"] * with_memory]
    aligned = ("left", "left", *["right"] * (len(headings) - 2))
    drawn = tabulate(rows, headings, tablefmt="simple", colalign=aligned, disable_numparse=True)
    tasks = list(dict.fromkeys(p.task for p in found))
    return "\n".join(
        [
            drawn,
            "",
            f"Time at {rate / 1e12:,.3g} TFLOP/s {source}, for forward and backward over real tokens, and scoring.",
            *([PARTS] if with_memory else []),
            *([f"No update counted shorter than {FLOOR * 1e3:.0f} ms: a GPU must be told each step."] if gpu else []),
            *([] if read else [download(tasks)]),
        ]
    )


def download(tasks: Collection[str]) -> str:
    """What must come before a run on these, and lie on the disk during it."""
    # a sequence an example: the others repeat its texts, in another order or with another answer
    bytes_of_text = sum(TASKS[name].train.n * LENGTHS[name].tokens for name in tasks) * BYTES_A_TOKEN
    few = [f"{name} ({LENGTHS[name].rows} rows)" for name in tasks if LENGTHS[name].rows < 100]
    said = (
        f"Download: {WEIGHTS / 1e6:.0f} MB of weights, about {bytes_of_text / 1e6:,.0f} MB of text uncompressed; "
        "disk: that, and 1.4 GB for the checkpoint of the cell that is running."
    )
    return said + (f"\nRoughly, since their length was measured on few rows: {', '.join(few)}." if few else "")


def report(door: Any, profile: Any, recipes: Mapping[str, Any], chosen: Namespace, probe: Callable[[], float]) -> str:
    """Of the cells that were asked for. probe: measures FLOP/s where no rate is given. Raises ValueError for generated
    sets, which `run --dry-run` prices.
    """
    if profile.name == "mini":
        raise ValueError("the mini profile's sets are generated; 'run --profile mini --dry-run' prices it")
    tables = plan.choose_tables(chosen.table, chosen.task, chosen.ablation)
    cells = plan.choose_cells(tables, chosen.task, chosen.ablation)
    settings = profile.finetuning

    def fits(recipe: str, tokens: float, length: float) -> Fit | None:
        if not chosen.device_memory or recipes[recipe].is_classical:
            return None
        return Fit(*door.memory_of(recipes[recipe], profile, tokens, length, 1e9 * chosen.device_memory))

    def flops(recipe: str, load: Load) -> float:
        found: float = door.flops(recipes[recipe], profile, *load)
        return found

    found = prices(cells, settings.batch, settings.epochs, flops, fits)
    rate = 1e12 * chosen.device_tflops if chosen.device_tflops else probe()
    source = "as given" if chosen.device_tflops else "as just measured here"
    said = f"profile {profile.name}: {profile.summary}\n{text(found, chosen.seeds, rate, source)}"
    return "\n".join([said, *unreleased(door, profile, recipes, cells, rate)])


def unreleased(
    door: Any, profile: Any, recipes: Mapping[str, Any], cells: Mapping[str, Sequence[str]], rate: float
) -> list[str]:
    """What pre-training costs that nobody's weights spare: a line a language model."""
    wanted = {recipes[name].model: recipes[name] for name in cells if recipes[name].pretrained}
    spared = ("gpt",) if profile.name == "paper" else ()
    return [
        f"Not counted: pre-training the {model} first, {profile.pretraining.tokens:,} tokens unless --tokens says "
        f"otherwise: {flops / 1e15:,.0f} PFLOP, {duration(flops / rate)} at that rate."
        for model, recipe in wanted.items()
        if model not in spared and (flops := door.pretraining_flops(recipe, profile))
    ]
