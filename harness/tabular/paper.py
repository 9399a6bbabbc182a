"""The published numbers, read from `results/paper.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from harness.record import ROOT

IN_CHECKOUT = ROOT / "results" / "paper.json"
PATH = IN_CHECKOUT if IN_CHECKOUT.exists() else Path(__file__).with_name("paper.json")  # where it was installed


@cache
def figure(half: str) -> Mapping[str, Any]:
    """What can be read off Figure 2, "left" or "right", by eye; see the block's own title."""
    found: Mapping[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))[f"figure2_{half}"]
    return found


@cache
def rows(number: int) -> Mapping[str, Mapping[str, float | None]]:
    """Table `number` as printed: a row's label -> a column's name -> the score; None where the paper prints "-".

    Scores are in percent (correlations and F1 times 100). Raises ValueError if the paper has no such table.
    """
    try:
        table = json.loads(PATH.read_text(encoding="utf-8"))[f"table{number}"]
    except KeyError:
        raise ValueError(f"{PATH} has no table {number}") from None
    names = [name for name, _ in table["columns"]]
    return {label: dict(zip(names, scores, strict=True)) for label, scores in table["rows"]}


FIGURE_2_RIGHT = {  # a task -> its curve in the figure
    "cola": "linguistic_acceptability",
    "sst2": "sentiment_analysis",
    "race": "question_answering",
    "dpr": "winograd_schema_resolution",
}


@cache
def best_single_model(task: str) -> float | None:
    """What Figure 2, right, sets to 1 for a task, in percent; None where the paper does not print it."""
    references = json.loads(PATH.read_text(encoding="utf-8"))["figure2_right"]["references"]
    curve = FIGURE_2_RIGHT.get(task)
    best = references[curve]["best"] if curve else None
    return None if best is None else float(best)
