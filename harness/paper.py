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
