"""Was a published number reproduced? One rule for every cell, and the reason in words.

- not measured: there is no number.
- not comparable: the two numbers are not of the same thing: another profile, split, version or part of the data, other
  pre-training than the paper's, or no interval because the predictions were not kept.
- reproduced: the published number lies in the interval over examples around ours, at 95 %.
- within noise: outside of it, but one more training of ours could fall there, by the spread over seeds, at 95 %.
- not reproduced: further away, above or below.

The published number is one run on the same test examples, so of its own noise only the spread over seeds counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from harness.tabular.cells import Cell

NOT_MEASURED, INCOMPARABLE = "not measured", "not comparable"
REPRODUCED, NOISE, NOT_REPRODUCED = "reproduced", "within noise", "not reproduced"
WORDS = (REPRODUCED, NOISE, NOT_REPRODUCED, INCOMPARABLE, NOT_MEASURED)

Interval = tuple[float, float]
OTHER_PROFILE = {
    "mini": "a tiny model on generated data",
    "small": "a small model with little pre-training",
}


class Verdict(NamedTuple):
    word: str
    reason: str


def difference_in_kind(cell: Cell, profile: str) -> str:
    """Why the cell's number is not of the same thing as the paper's, or ""."""
    column = cell.column
    if profile != "paper":
        return f"the {profile} profile is {OTHER_PROFILE.get(profile, 'another experiment')}"
    if column.split != column.paper_split:
        return f"measured on the {column.split} split, published of the {column.paper_split}"
    if column.note:
        return column.note
    if not cell.whole:
        return f"measured on a fragment ({cell.part})"
    return f"pre-trained on {cell.pretraining}, not from the released weights" if cell.pretraining else ""


def judge(
    cell: Cell,
    profile: str,
    published: float | None,
    interval: Interval | None,
    one_more_run: Callable[[float, float, int], Interval],
    no_interval: str = "",
) -> Verdict:
    """interval: over examples. one_more_run: mean, spread, seeds -> where another training would fall. no_interval: why
    there is none.
    """
    if cell.mean is None:
        return Verdict(NOT_MEASURED, cell.reason)
    if published is None:
        return Verdict(INCOMPARABLE, "the paper has no number there")
    if other := difference_in_kind(cell, profile):
        return Verdict(INCOMPARABLE, other)
    if interval is None:
        return Verdict(INCOMPARABLE, f"no interval: {no_interval or 'the predictions were not kept'}")
    alike = f"; {cell.degenerate} of {cell.seeds} seeds answered the same to all" if cell.degenerate else ""
    low, high = interval
    around = f"published {published:.1f}, measured {cell.mean:.1f} with {low:.1f} to {high:.1f} over examples{alike}"
    if low <= published <= high:
        return Verdict(REPRODUCED, around)
    side = "above" if cell.mean > published else "below"
    if cell.spread is None:
        return Verdict(NOT_REPRODUCED, f"{side}: {around}; one seed, so its spread is unknown")
    low, high = one_more_run(cell.mean, cell.spread, cell.seeds)
    if low <= published <= high:
        return Verdict(NOISE, f"{around}; one more of our runs could fall between {low:.1f} and {high:.1f}")
    return Verdict(NOT_REPRODUCED, f"{side}: {around}; one more run would fall between {low:.1f} and {high:.1f}")
