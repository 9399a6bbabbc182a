"""The paper's tables, its numbers beside ours, filled from records only: to render one needs no model and no data.

A table is a declared value. `lay_out` turns it and the records into a `Sheet`, and a format turns that into text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from harness import paper
from harness.cells import EMPTY, NO_PROBLEMS, Cell, Column
from harness.cells import fill as fill_column
from harness.files import write_atomic
from harness.record import Record
from harness.sheet import FORMATS, Entry, Line, Sheet

RECIPES = ("full", "no_pretraining", "no_aux", "lstm")  # the paper's order; any other follows by name
CAUTIONS = {"best_epoch": "Of its epochs the one that is best on this very split is scored, which flatters the number."}
METRICS = {
    "acc": "accuracy in percent",
    "mc": "Matthews correlation times 100",
    "pc": "Pearson correlation times 100",
    "sc": "Spearman correlation times 100",
    "f1": "F1 in percent",
}
CLOSING = {
    "mini": "The mini profile is a miniature: a tiny model on generated data. "
    "Its numbers show that the code works; none of them reproduces the paper or can be compared with its numbers.",
    "small": "The small profile is a small model with little pre-training: its numbers do not reproduce the paper's.",
    "paper": "A column without a note is scored on the paper's own test split and compares directly.",
}
# what a cell can carry: its symbol, the sentence below the table, how many of its seeds are concerned
MARKS: tuple[tuple[str, str, Callable[[Cell], int]], ...] = (
    ("†", "Made by other code than the present; rerun with --force", attrgetter("other_code")),
    ("‡", "All predictions are alike, so the number says nothing of the model", attrgetter("degenerate")),
)


@dataclass(frozen=True)
class Table:
    """One of the paper's tables. own: a recipe's name -> the label of its row in results/paper.json."""

    number: int
    title: str
    columns: tuple[Column, ...]
    own: Mapping[str, str]


TABLES = {
    2: Table(
        number=2,
        title="Natural language inference",
        columns=(
            Column("mnli_m", "MNLI-m", "mnli", "matched"),
            Column("mnli_mm", "MNLI-mm", "mnli", "mismatched"),
            Column("snli", "SNLI", "snli", "test", paper_split="test"),
            Column("scitail", "SciTail", "scitail", "test", paper_split="test"),
            Column("qnli", "QNLI", "qnli", "validation"),
            Column("rte", "RTE", "rte", "validation"),
        ),
        own={"full": "Finetuned Transformer LM (ours)"},
    ),
}


def fill(
    table: Table,
    records: Iterable[Record],
    profile: str,
    recipe: str = "full",
    problems: Mapping[str, str] = NO_PROBLEMS,
    code: str | None = None,
) -> list[Cell]:
    """The measured row of one recipe, a cell a column. See `harness.cells.fill`."""
    records = list(records)
    return [fill_column(column, records, profile, recipe, problems, code) for column in table.columns]


def render(
    table: Table,
    records: Iterable[Record],
    profile: str,
    problems: Mapping[str, str] = NO_PROBLEMS,
    format: str = "terminal",
    code: str | None = None,
) -> str:
    """The table as text; for code see `harness.cells.fill`. Raises ValueError for a format that is not in FORMATS."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; expected one of {', '.join(FORMATS)}")
    return FORMATS[format](lay_out(table, records, profile, problems, code))


def write(table: Table, text: str, folder: Path) -> Path:
    """Write `text` to `folder/table<number>.md`, whole or not at all. Raises OSError."""
    path = folder / f"table{table.number}.md"
    write_atomic(path, text.rstrip("\n") + "\n")
    return path


def lay_out(
    table: Table,
    records: Iterable[Record],
    profile: str,
    problems: Mapping[str, str] = NO_PROBLEMS,
    code: str | None = None,
) -> Sheet:
    """The paper's rows, then ours: a row a recipe, differences to the paper, number of seeds, splits."""
    tasks = {column.task for column in table.columns}
    records = [record for record in records if record.task in tasks and record.profile == profile]
    recipes = order({record.recipe for record in records})
    rows = {recipe: fill(table, records, profile, recipe, problems, code) for recipe in recipes}
    several = len(rows) > 1

    def label(text: str, recipe: str) -> str:
        return f"{text}, {recipe}" if several else text

    def name(cell: Cell, recipe: str) -> str:
        return f"{cell.column.heading} of {recipe}" if several else cell.column.heading

    own = {text: text.removesuffix(" (ours)") + " (paper)" for text in table.own.values()}
    published = [
        Line(own.get(text, text), [Entry(number(scores[column.name])) for column in table.columns])
        for text, scores in paper.rows(table.number).items()
    ]
    measured = [
        Line(f"{recipe}, {profile} profile (measured)", [entry(cell, CAUTIONS.get(recipe)) for cell in row])
        for recipe, row in rows.items()
    ]
    differences = [
        Line(label("difference to the paper", recipe), difference(row, paper.rows(table.number)[table.own[recipe]]))
        for recipe, row in rows.items()
        if profile == "paper" and recipe in table.own
    ]
    seeds = [Line(label("seeds", recipe), list(map(seed_entry, row))) for recipe, row in rows.items()]
    splits = [
        Line("split (paper)", [Entry(column.paper_split) for column in table.columns]),
        Line("split (measured)", [Entry(column.split) for column in table.columns]),
    ]
    return Sheet(
        title=f"Table {table.number}: {table.title}",
        caption=caption(table, profile, [cell for row in rows.values() for cell in row]),
        headings=[Entry(column.heading, notes=comparability(column, profile)) for column in table.columns],
        blocks=[published, measured + differences, seeds + splits],
        remarks=remarks({name(cell, recipe): cell for recipe, row in rows.items() for cell in row}),
    )


def order(recipes: set[str]) -> list[str]:
    """full always, the paper's other recipes and then any others where there are records."""
    return ["full", *(name for name in RECIPES[1:] if name in recipes), *sorted(recipes - set(RECIPES))]


def number(score: float | None) -> str:
    return EMPTY if score is None else f"{score:.1f}"


def entry(cell: Cell, caution: str | None = None) -> Entry:
    symbols = "".join(symbol for symbol, _, count in MARKS if count(cell))
    reason = cell.reason.rstrip(".")
    notes = (f"The cell is empty: {reason}.",) if reason else ()
    return Entry(cell.text, symbols, notes + ((caution,) if caution and cell.seeds else ()))


def seed_entry(cell: Cell) -> Entry:
    others = "1 record of another configuration" if cell.left_out == 1 else f"{cell.left_out} of other configurations"
    left_out = f"Left out, since configurations are never averaged: {others}."
    return Entry(str(cell.seeds), notes=(left_out,) if cell.left_out else ())


def difference(row: Sequence[Cell], scores: Mapping[str, float | None]) -> list[Entry]:
    """Measured minus published. A number of a fragment has no counterpart in the paper."""
    pairs = [(cell.mean if cell.whole else None, scores[cell.column.name]) for cell in row]
    # rounded first, and + 0.0, since -0.0 would print as "-0.0"
    return [Entry(EMPTY if a is None or b is None else f"{round(a - b, 1) + 0.0:+.1f}") for a, b in pairs]


def comparability(column: Column, profile: str) -> tuple[str, ...]:
    """Why the column's two numbers are not of the same thing. On generated data the caption says it all."""
    if profile == "mini":
        return ()
    split = f"Measured on the {column.split} split; the paper's number is of the hidden test set, scored by the server."
    return ((split,) if column.split != column.paper_split else ()) + ((f"{column.note}.",) if column.note else ())


def remarks(cells: Mapping[str, Cell]) -> dict[str, str]:
    """The symbols that the named cells carry, each with a sentence that says which cells and how many seeds."""
    found = {}
    for symbol, sentence, count in MARKS:
        concerned = [f"{name} ({count(cell)} of {plural(cell.seeds)})" for name, cell in cells.items() if count(cell)]
        if concerned:
            found[symbol] = f"{sentence}: {', '.join(concerned)}."
    if not all(cell.whole for cell in cells.values()):
        trained: dict[str, list[str]] = {}
        for name, cell in cells.items():
            if cell.trained and cell.trained.n < cell.trained.of:
                trained.setdefault(f"trained on {cell.trained.n} of {cell.trained.of} rows", []).append(name)
        fragment = "Measured on a fragment of the data (n of N rows), so no result for the set"
        parts = [fragment, *(f"{how}: {', '.join(names)}" for how, names in trained.items())]
        found["( )"] = "; ".join(parts) + "."
    return found


def plural(seeds: int) -> str:
    return "1 seed" if seeds == 1 else f"{seeds} seeds"


def caption(table: Table, profile: str, cells: Sequence[Cell]) -> str:
    """The metric, the profile, what the spread is over, and in plain words what the numbers are not."""
    counts = sorted({cell.seeds for cell in cells if cell.seeds})
    seeds = f"{counts[0]} to {plural(counts[-1])}" if len(counts) > 1 else plural(counts[0]) if counts else ""
    metrics = "; ".join(dict.fromkeys(METRICS.get(column.metric, column.metric) for column in table.columns))
    measured = f"mean ± sample standard deviation over {seeds}" if counts else "nothing yet"
    return f"Metric: {metrics}. Measured with the {profile} profile: {measured}. {CLOSING.get(profile, '')}".rstrip()
