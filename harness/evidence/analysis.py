"""What supports the cells of a table: intervals over examples, tests between its rows, and a verdict on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import statistics
from harness.evidence import answers
from harness.evidence.verdicts import INCOMPARABLE, NOT_MEASURED, Interval, Verdict, judge
from harness.layout.layout import signed
from harness.layout.rows import Analysis, Row
from harness.layout.sheet import Entry, Line
from harness.statistics import Comparison
from harness.tables import Table
from harness.tabular import paper
from harness.tabular.cells import EMPTY, Cell

REFERENCE = "full"  # what every other recipe is compared with
HOW = (
    f"Intervals at {statistics.LEVEL:.0%}: percentile bootstrap over examples ({statistics.RESAMPLES:,} resamples, the "
    f"same examples for all seeds). p: paired permutation test over examples ({statistics.PERMUTATIONS:,} exchanges, "
    f"the seeds in common together), two-sided, corrected after Holm for all tests of this table."
)


@dataclass(frozen=True)
class Finding:
    """Of one cell. versus: recipe - full on the seeds that both have, its p not corrected; p: corrected."""

    cell: Cell
    interval: Interval | None
    reason: str  # why there is no interval
    verdict: Verdict
    versus: Comparison | None = None
    seeds_compared: int = 0
    p: float | None = None


Findings = Mapping[tuple[str, str], Finding]  # recipe, column's name


def findings(table: Table, rows: Sequence[Row], profile: str, folder: Path) -> dict[tuple[str, str], Finding]:
    """folder: the profile's, below runs/ or results/records/. Rows of the GLUE server's scores have no answers."""
    found = {}
    ours = [row for row in rows if not row.from_server]
    reference = next((row for row in ours if row.recipe == REFERENCE), None)
    for row in ours:
        for i, cell in enumerate(row.cells):
            interval, reason = interval_of(cell, folder)
            published = paper.rows(table.number)[table.own[row.recipe]][cell.column.name] if own(table, row) else None
            verdict = judge(cell, profile, published, interval, statistics.one_more_run, reason)
            versus, seeds = None, 0
            if reference and row.recipe != REFERENCE and interval:
                versus, seeds = compared(cell, reference.cells[i], folder)
            found[row.recipe, cell.column.name] = Finding(cell, interval, reason, verdict, versus, seeds)
    return corrected(found)


def own(table: Table, row: Row) -> bool:
    return row.recipe in table.own


def interval_of(cell: Cell, folder: Path) -> tuple[Interval | None, str]:
    """-> (interval, why there is none)"""
    if not cell.made:
        return None, ""
    try:
        return statistics.interval(answers.parts(cell, folder)), ""
    except (OSError, ValueError) as error:
        return None, str(error)


def compared(cell: Cell, reference: Cell, folder: Path) -> tuple[Comparison | None, int]:
    """-> (cell - reference, on how many seeds); None where they cannot be paired."""
    seeds = answers.in_common(cell, reference)
    if not seeds:
        return None, 0
    try:
        ours, theirs = (answers.parts(each, folder, seeds) for each in (cell, reference))
        return statistics.compare(ours, theirs), len(seeds)
    except (OSError, ValueError):  # no answers, or of other examples: no pair
        return None, 0


def corrected(found: Mapping[tuple[str, str], Finding]) -> dict[tuple[str, str], Finding]:
    """Each p-value after Holm, over all tests of the table."""
    tested = {key: each.versus.p for key, each in found.items() if each.versus}
    adjusted = dict(zip(tested, statistics.holm(list(tested.values())), strict=True))
    return {key: Finding(**{**vars(each), "p": adjusted.get(key)}) for key, each in found.items()}


def analyse(table: Table, rows: Sequence[Row], profile: str, folder: Path) -> Analysis:
    """As `layout.lay_out` shows it: lines below the table's own, the same as data, and how it was computed."""
    return shown(rows, findings(table, rows, profile, folder))


def shown(rows: Sequence[Row], found: Findings) -> Analysis:
    if not any(each.interval for each in found.values()):
        return Analysis([], {}, "")
    return Analysis(list(lines(rows, found)), data(found), HOW)


def lines(rows: Sequence[Row], found: Findings) -> Iterator[Line]:
    ours = [row for row in rows if any((row.recipe, cell.column.name) in found for cell in row.cells)]
    by_row = {row.recipe: [found[row.recipe, cell.column.name] for cell in row.cells] for row in ours}
    for recipe, each in by_row.items():
        if any(one.interval for one in each):
            yield Line(f"95 % interval, {recipe}", [Entry(interval_text(one.interval)) for one in each], recipe)
    for recipe, each in by_row.items():
        if any(one.versus for one in each):
            yield Line(f"{recipe} - {REFERENCE}, p", [Entry(versus_text(one)) for one in each], recipe)
    for recipe, each in by_row.items():
        if any(one.verdict.word not in (INCOMPARABLE, NOT_MEASURED) for one in each):
            yield Line(f"verdict, {recipe}", [verdict_entry(one.verdict) for one in each], recipe)


def interval_text(interval: Interval | None) -> str:
    return EMPTY if interval is None else f"{interval[0]:.1f} to {interval[1]:.1f}"


def versus_text(finding: Finding) -> str:
    """ "-12.2; p <0.001" """
    if finding.versus is None or finding.p is None:
        return EMPTY
    return f"{signed(finding.versus.difference)}; {p_text(finding.p)}"


def p_text(p: float) -> str:
    return "p <0.001" if p < 0.001 else f"p {p:.3f}" if p < 0.1 else f"p {p:.2f}"


def verdict_entry(verdict: Verdict) -> Entry:
    told = f"{verdict.word[0].upper()}{verdict.word[1:]}: {verdict.reason}."
    return Entry(verdict.word, notes=() if verdict.word == NOT_MEASURED else (told,))


def data(found: Findings) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        key: {
            "low": each.interval and each.interval[0],
            "high": each.interval and each.interval[1],
            "versus": REFERENCE if each.versus else None,
            "versus_difference": each.versus and each.versus.difference,
            "versus_low": each.versus and each.versus.low,
            "versus_high": each.versus and each.versus.high,
            "versus_seeds": each.seeds_compared or None,
            "p": each.p,
            "verdict": each.verdict.word,
            "verdict_reason": each.verdict.reason,
        }
        for key, each in found.items()
    }
