"""A table filled and put in order: the paper's rows, ours, what tells them apart, and a note for each gap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

from harness.layout.rows import Analysis, Row, difference, measured, measured_data, order, paper_data, server_row
from harness.layout.sheet import FORMATS, Entry, Line, Sheet
from harness.record import Record
from harness.tables import Table, fill
from harness.tabular import paper
from harness.tabular.cells import EMPTY, NO_PROBLEMS, Cell, faults
from harness.tabular.columns import Average, Column, Scores

CAUTIONS = {"best_epoch": "Of its epochs the one that is best on this very split is scored, which flatters the number."}
METRICS = {
    "acc": "accuracy in percent",
    "mc": "Matthews correlation times 100 (mc)",
    "pc": "Pearson correlation times 100 (pc)",
    "sc": "Spearman correlation times 100 (sc)",
    "f1": "F1 in percent",
    "score": "mean over tasks",
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
HIDDEN = "the paper's number is of the hidden test set, scored by the server."
UNRELEASED = {  # whose weights nobody handed out: the recipe -> what can be done
    "lstm": "no LSTM was released; 'python -m harness pretrain --profile paper --ablation lstm --corpus DIR' trains one"
}
NO_SCORES: Mapping[str, Scores] = {}
Analyse = Callable[[Table, Sequence[Row]], Analysis]


def none(_table: Table, _rows: Sequence[Row]) -> Analysis:
    return Analysis()


def render(
    table: Table,
    records: Iterable[Record],
    profile: str,
    problems: Mapping[str, str] = NO_PROBLEMS,
    format: str = "terminal",
    code: str | None = None,
    server: Mapping[str, Scores] = NO_SCORES,
    references: bool = False,
    analyse: Analyse = none,
    which: str = "",
) -> str:
    """The table as text; for the arguments see `lay_out`. Raises ValueError for a format that is not in FORMATS."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; expected one of {', '.join(FORMATS)}")
    return FORMATS[format](lay_out(table, records, profile, problems, code, server, references, analyse, which))


def lay_out(
    table: Table,
    records: Iterable[Record],
    profile: str,
    problems: Mapping[str, str] = NO_PROBLEMS,
    code: str | None = None,
    server: Mapping[str, Scores] = NO_SCORES,
    references: bool = False,
    analyse: Analyse = none,
    which: str = "",
) -> Sheet:
    """The paper's rows, then ours: a row a recipe, differences to the paper, number of seeds, splits.

    problems, code: see `harness.tabular.cells.fill`. server: recipe -> what the GLUE server answered, in rows of their
    own. references: whether to show the models that any learner must beat. analyse: `analysis.analyse`, or nothing.
    which: "world seed 1, pre-training seed 2" of records that are not of the first.
    """
    records = [record for record in records if table.shows(record) and record.profile == profile]
    recipes = order({record.recipe for record in records} | set(table.own) | set(server), references)
    rows = [measured(recipe, fill(table, records, profile, recipe, problems, code)) for recipe in recipes]
    rows = [row for row in rows if row.recipe in table.own or any(c.mean is not None or c.diverged for c in row.cells)]
    answered = [server_row(table, recipe, server[recipe]) for recipe in recipes if recipe in server]
    answered = [row for row in answered if any(score is not None for score in row.scores)]
    several = len(rows) > 1
    analysis = analyse(table, rows)

    def label(text: str, row: Row) -> str:
        of = f"{row.recipe}, test server" if row.from_server else row.recipe
        return f"{text}, {of}" if several or row.from_server else text

    def name(column: Column | Average, recipe: str) -> str:
        return f"{column.heading} of {recipe}" if several else column.heading

    published = paper.rows(table.number)
    own = {text: text.removesuffix(" (ours)") + " (paper)" for text in table.own.values()}
    differences = [
        Line(
            label("difference to the paper", row),
            [Entry(signed(number)) for number in difference(table, row)],
            row.recipe,
        )
        for row in (*rows, *answered)
        if profile == "paper" and row.recipe in table.own
    ]
    uniform = len({(column.split, column.paper_split) for column in table.columns}) == 1
    splits = [
        Line("split (paper)", [Entry(column.paper_split) for column in table.columns]),
        Line("split (measured)", [Entry(column.split) for column in table.columns]),
    ]
    return Sheet(
        title=f"Table {table.number}: {table.title}",
        caption=f"{caption(table, profile, [c for r in rows for c in r.cells], uniform, which)} {analysis.how}".strip(),
        headings=[Entry(c.heading, notes=comparability(c, profile, split_told=uniform)) for c in table.columns],
        blocks=[
            [
                Line(own.get(text, text), [Entry(number_text(scores[column.name])) for column in table.columns])
                for text, scores in published.items()
            ],
            [
                *(Line(f"{r.label}, {profile} profile (measured)", entries(r, profile), r.recipe) for r in rows),
                *(Line(f"{r.label}, {profile} profile (GLUE server)", entries(r, profile), r.recipe) for r in answered),
                *differences,
            ],
            [
                *analysis.lines,
                *(Line(label("seeds", row), list(map(seed_entry, row.cells)), row.recipe) for row in rows),
                *([] if uniform else splits),
            ],
        ],
        remarks=remarks({name(cell.column, row.recipe): cell for row in rows for cell in row.cells}),
        data=[
            *(datum for text, scores in published.items() for datum in paper_data(table, text, scores)),
            *(datum for row in (*rows, *answered) for datum in measured_data(table, row, profile, analysis)),
        ],
    )


def number_text(score: float | None) -> str:
    return EMPTY if score is None else f"{score:.1f}"


def signed(number: float | None) -> str:
    return EMPTY if number is None else f"{round(number, 1) + 0.0:+.1f}"  # + 0.0: "-0.0" would be odd


def entries(row: Row, profile: str) -> list[Entry]:
    if row.from_server:
        return [Entry(number_text(score)) for score in row.scores]
    return [entry(cell, row.recipe, profile) for cell in row.cells]


def entry(cell: Cell, recipe: str, profile: str) -> Entry:
    symbols = "".join(symbol for symbol, _, count in MARKS if count(cell))
    notes = []
    if reason := cell.reason.rstrip("."):
        unreleased = f"; {UNRELEASED[recipe]}" if profile == "paper" and recipe in UNRELEASED else ""
        notes.append(f"The cell is empty: {reason}{unreleased}.")
    if cell.diverged and cell.seeds:
        n = len(cell.diverged)
        of = "runs below it" if isinstance(cell.column, Average) else plural(cell.seeds + n)
        notes.append(f"Of {of} {n} diverged and left the mean without that seed: {faults(cell.diverged)}.")
    if cell.seeds and recipe in CAUTIONS:
        notes.append(CAUTIONS[recipe])
    if cell.pretraining and profile == "paper":
        notes.append(f"Not from the released weights, but from weights pre-trained on {cell.pretraining}.")
    return Entry(cell.text, symbols, tuple(notes))


def seed_entry(cell: Cell) -> Entry:
    others = "1 record of another configuration" if cell.left_out == 1 else f"{cell.left_out} of other configurations"
    left_out = f"Left out, since configurations are never averaged: {others}."
    return Entry(str(cell.seeds), notes=(left_out,) if cell.left_out else ())


def comparability(column: Column | Average, profile: str, split_told: bool) -> tuple[str, ...]:
    """Why the column's two numbers are not of the same thing. On generated data the caption says it all.

    split_told: whether the caption speaks of the split, the same for all columns.
    """
    if profile == "mini":
        return ()
    split = f"Measured on the {column.split} split; {HIDDEN}"
    told = split_told or column.split == column.paper_split
    return (() if told else (split,)) + ((f"{column.note}.",) if column.note else ())


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
            for rows in cell.trained if len(cell.trained) == 1 else ():
                if rows.n < rows.of:
                    trained.setdefault(f"trained on {rows.n} of {rows.of} rows", []).append(name)
        fragment = "Measured on a fragment of the data (n of N rows), so no result for the set"
        parts = [fragment, *(f"{how}: {', '.join(names)}" for how, names in trained.items())]
        found["( )"] = "; ".join(parts) + "."
    return found


def plural(seeds: int) -> str:
    return "1 seed" if seeds == 1 else f"{seeds} seeds"


def caption(table: Table, profile: str, cells: Sequence[Cell], uniform: bool, which: str = "") -> str:
    """The metrics, the profile, what the spread is over, and in plain words what the numbers are not."""
    counts = sorted({cell.seeds for cell in cells if cell.seeds})
    seeds = f"{counts[0]} to {plural(counts[-1])}" if len(counts) > 1 else plural(counts[0]) if counts else ""
    metrics = "; ".join(dict.fromkeys(METRICS.get(column.metric, column.metric) for column in table.columns))
    spread = f"mean ± sample standard deviation over {seeds}" if counts else "nothing yet"
    first = table.columns[0]
    split = f" on the {first.split} split" if uniform else ""
    measured_how = f"Measured with the {profile} profile{f', {which},' if which else ''}{split}: {spread}."
    hidden = [f"T{HIDDEN[1:]}"] if uniform and first.split != first.paper_split and profile != "mini" else []
    closing = [] if hidden and profile == "paper" else [CLOSING[profile]] if profile in CLOSING else []
    return " ".join([f"Metric: {metrics}.", measured_how, *hidden, *closing])
