"""The whole chain of one cell: its number, the published one, verdict, test, records, data, training, departures.

As data, which the terminal and the page show.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from harness import record, statistics
from harness.evidence import analysis, departures
from harness.evidence.analysis import Finding, Findings
from harness.evidence.departures import Departure
from harness.layout.layout import signed
from harness.layout.rows import measured as measured_row
from harness.layout.rows import order
from harness.layout.sheet import visible
from harness.preparation import plan
from harness.record import Record
from harness.tables import TABLES, Table, fill
from harness.tabular import paper
from harness.tabular.cells import NO_PROBLEMS, Cell, faults
from harness.tabular.columns import Average, Column

INDENT, LABEL = "  ", 14


class Fact(NamedTuple):
    label: str  # empty where it goes on
    text: str


class Section(NamedTuple):
    title: str
    facts: Sequence[Fact]


class Explanation(NamedTuple):
    """The first section has no title: what the number is worth."""

    title: str
    sections: Sequence[Section]
    departures: Sequence[Departure]


def command(chosen: Namespace) -> int:
    """`explain TABLE CELL`. Raises ValueError for a cell that the table has not."""
    table = TABLES[chosen.number]
    profile, _ = plan.choose_profile(chosen.profile, None)
    column, recipe = find(table, chosen.cell)
    print(visible("\n".join(explain(table, column, recipe, profile, chosen.runs / profile))))
    return 0


def find(table: Table, cell: str) -> tuple[Column | Average, str]:
    """ "cola/lstm" -> (its column, "lstm"); without a recipe it is full. Raises ValueError for an unknown column."""
    name, _, recipe = cell.partition("/")
    for column in table.columns:
        if name in (column.name, column.heading):
            return column, recipe or "full"
    raise ValueError(
        f"Table {table.number} has no column {name!r}; expected one of "
        f"{', '.join(column.name for column in table.columns)}, perhaps with a recipe: {table.columns[0].name}/lstm"
    )


def explain(table: Table, column: Column | Average, recipe: str, profile: str, folder: Path) -> Iterator[str]:
    """Lines. folder: the profile's, below runs/ or results/records/. Raises ValueError where the recipe has no row."""
    records = [made for made in record.read_of(folder) if table.shows(made)]
    recipes = order({made.recipe for made in records} | set(table.own), references=True)
    if recipe not in recipes:
        raise ValueError(f"no row {recipe!r} in Table {table.number} of {folder}; there are: {', '.join(recipes)}")
    known = plan.remembered(folder) or NO_PROBLEMS
    rows = [measured_row(each, fill(table, records, profile, each, known)) for each in recipes]
    found = analysis.findings(table, rows, profile, folder)
    yield from terminal(of_cell(table, column, recipe, profile, found, folder))


def of_cell(
    table: Table, column: Column | Average, recipe: str, profile: str, found: Findings, folder: Path
) -> Explanation:
    """found: of the whole table. folder: where the records are said to be."""
    finding = found[recipe, column.name]
    cell = finding.cell
    seeds = f" over {cell.seeds} seed{'s' if cell.seeds > 1 else ''}" if cell.seeds else ""
    tests = sum(each.versus is not None for each in found.values())
    return Explanation(
        f"Table {table.number}, {column.heading}, {recipe}, {profile} profile: {cell.text}{seeds}",
        [
            Section("", list(told(table, column, recipe, finding, tests))),
            *(chain(cell, column, folder) if cell.made else ()),
        ],
        departures.concerning(column.tasks, recipe, profile),
    )


def terminal(told: Explanation) -> Iterator[str]:
    yield told.title
    for title, facts in told.sections:
        if title:
            yield title
        yield from (f"{INDENT}{label:<{LABEL}} {text}" for label, text in facts)
    yield "departures that concern it"
    for each in told.departures:
        yield f"{INDENT}{each.where}: {each.theirs} -> {each.here}"


def told(table: Table, column: Column | Average, recipe: str, finding: Finding, tests: int) -> Iterator[Fact]:
    cell = finding.cell
    if recipe in table.own:
        published = paper.rows(table.number)[table.own[recipe]][column.name]
        number = "nothing" if published is None else f"{published:.1f}"
        yield Fact("published", f"{number} ({table.own[recipe]}; {column.paper_split})")
    yield Fact("verdict", f"{finding.verdict.word}: {finding.verdict.reason}")
    if finding.interval:
        low, high = finding.interval
        of = "" if isinstance(column, Average) else f"the {sum(count.n for count in cell.scored)} "
        yield Fact("interval", f"{low:.1f} to {high:.1f} over {of}examples ({statistics.LEVEL:.0%})")
    elif finding.reason:
        yield Fact("interval", f"none: {finding.reason}")
    if cell.diverged:
        yield Fact("diverged", faults(cell.diverged))
    if cell.degenerate:
        yield Fact("degenerate", f"{cell.degenerate} of {cell.seeds} seeds answered the same to every example")
    if finding.versus and finding.p is not None:
        versus, n = finding.versus, finding.seeds_compared
        yield Fact(
            f"against {analysis.REFERENCE}",
            f"{signed(versus.difference)} ({versus.low:.1f} to {versus.high:.1f}), p {versus.p:.4f} alone, "
            f"{finding.p:.4f} after Holm over {tests} tests; {n} seed{'s' if n > 1 else ''} in common",
        )
        if cell.spread:
            needed = statistics.seeds_needed(versus.difference, cell.spread)
            number = f"{needed} seeds a recipe" if needed else "more than 10,000 seeds a recipe"
            yield Fact("seeds needed", f"{number} to see such a difference between trainings (t-test, 80 % power)")


def chain(cell: Cell, column: Column | Average, folder: Path) -> Iterator[Section]:
    made = sorted(cell.made, key=lambda each: (each.task, each.seed))
    left_out = [Fact("left out", f"{cell.left_out} of other configurations, which are never averaged")]
    records = [fact for each in made for fact in of_record(each, column, folder)]
    yield Section("records", [*records, *(left_out if cell.left_out else ())])
    yield Section(
        "data",
        [
            Fact(
                f"{each.task} {count.split}",
                f"{count.n} of {count.of} rows, sha256 {count.hash[:16]}, {count.origin}",
            )
            for each in {each.task: each for each in made}.values()
            for count in (each.train, *each.evaluations.values())
        ],
    )
    facts = made[-1].baseline
    yield Section("training", [Fact(name, str(facts[name])) for name in sorted(facts)])


def of_record(made: Record, column: Column | Average, folder: Path) -> Iterator[Fact]:
    commit = str(made.environment.get("commit") or "unknown")[:8] + (" dirty" if made.environment.get("dirty") else "")
    code = "the present code" if made.code == record.code_hash() else "other code than the present"
    score = column.score(made) if isinstance(column, Column) else None
    number = "" if score is None else f"{score:.1f}, "
    where = made.name if not made.answers else f"{made.task}-seed{made.seed}.json"
    yield Fact(f"seed {made.seed}", f"{number}{folder / made.recipe / where}")
    status = ", ".join(dict.fromkeys(made.status.values()))
    yield Fact("", f"{status}; {made.finished}; {made.seconds:.0f} s; commit {commit}, {code}")
    for evaluation, scores in made.scores.items():
        metric = column.metric if isinstance(column, Column) else next(iter(scores))
        if isinstance(column, Average) or evaluation in column.evaluations:
            yield Fact("", made.signature(evaluation, metric))
