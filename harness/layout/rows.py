"""The rows of a table: which there are, their numbers, how far they are from the paper's, and the same as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from harness.layout.sheet import Line
from harness.tables import Table
from harness.tabular import paper
from harness.tabular.cells import Cell
from harness.tabular.columns import Average, Scores

RECIPES = ("full", "no_pretraining", "no_aux", "lstm")  # the paper's order; any other follows by name
REFERENCES = ("majority", "tfidf")  # what any learner must beat; shown on request, last


@dataclass(frozen=True)
class Row:
    """A measured row: a recipe's cells, or what the GLUE server said of a recipe."""

    recipe: str
    label: str
    cells: Sequence[Cell]
    scores: Sequence[float | None]
    from_server: bool = False


class Analysis(NamedTuple):
    """What `analysis.analyse` adds to a table: lines, the same as data by recipe and column, how it was computed."""

    lines: Sequence[Line] = ()
    data: Mapping[tuple[str, str], Mapping[str, Any]] = MappingProxyType({})
    how: str = ""


def order(recipes: set[str], references: bool) -> list[str]:
    """The paper's recipes in its order, then any others; what must be beaten last, and only on request."""
    others = sorted(recipes - set(RECIPES) - set(REFERENCES))
    last = [name for name in REFERENCES if name in recipes and references]
    return [*(name for name in RECIPES if name in recipes), *others, *last]


def measured(recipe: str, cells: Sequence[Cell]) -> Row:
    if recipe == "majority":  # of which that need not be said
        cells = [replace(cell, degenerate=0) for cell in cells]
    # a number of a fragment has no counterpart in the paper
    return Row(recipe, recipe, cells, [cell.mean if cell.whole else None for cell in cells])


def server_row(table: Table, recipe: str, scores: Scores) -> Row:
    return Row(recipe, recipe, (), [column.server_score(scores) for column in table.columns], from_server=True)


def difference(table: Table, row: Row) -> list[float | None]:
    """Measured minus published, to a tenth."""
    scores = paper.rows(table.number)[table.own[row.recipe]]
    pairs = [(score, scores[column.name]) for score, column in zip(row.scores, table.columns, strict=True)]
    # rounded, and + 0.0, since -0.0 would print as "-0.0"
    return [None if a is None or b is None else round(a - b, 1) + 0.0 for a, b in pairs]


def paper_data(table: Table, label: str, scores: Mapping[str, float | None]) -> Iterator[dict[str, Any]]:
    for column in table.columns:
        if (score := scores[column.name]) is not None:
            told = {"column": column.name, "metric": column.metric, "split": column.paper_split, "score": score}
            yield {"table": table.number, "row": label, "source": "paper"} | told


def measured_data(table: Table, row: Row, profile: str, analysis: Analysis) -> Iterator[dict[str, Any]]:
    """A cell a row, whole or not, empty ones with their reason."""
    compares = profile == "paper" and row.recipe in table.own
    differences = difference(table, row) if compares else [None] * len(table.columns)
    for i, column in enumerate(table.columns):
        told = {
            "table": table.number,
            "row": row.label,
            "source": "GLUE server" if row.from_server else "measured",
            "profile": profile,
            "column": column.name,
            "metric": column.metric,
            "split": column.paper_split if row.from_server else column.split,
            "difference": differences[i],
        }
        if row.from_server:
            yield told | {"score": row.scores[i]}
            continue
        cell = row.cells[i]
        scored = () if isinstance(column, Average) else cell.scored
        yield (
            told
            | {
                "score": cell.mean,
                "spread": cell.spread,
                "seeds": cell.seeds,
                "n": sum(count.n for count in scored) or None,
                "of": sum(count.of for count in scored) or None,
                "whole": cell.whole,
                "degenerate": cell.degenerate,
                "diverged": len(cell.diverged),
                "other_code": cell.other_code,
                "reason": cell.reason,
            }
            | dict(analysis.data.get((row.recipe, column.name), {}))
        )
