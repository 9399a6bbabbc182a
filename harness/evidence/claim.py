"""A claim of the paper and the rule by which it is judged.

A claim holds where its mean difference is above 0 (paired permutation test, p below 0.05) and so is every single one it
speaks of; in part where only the mean is; it does not hold where the mean is below 0 by the same test; else it is
undecided. What a figure shows is judged by Kendall's rank correlation along its axis in the same way; of layers only
where the two ends are further apart than their rows make by chance. These tests are not corrected for each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

HOLDS, PARTLY, FAILS = "holds", "holds in part", "does not hold"
UNDECIDED, NOT_MEASURED = "undecided", "not measured"
ALPHA = 0.05
Points = Sequence[Mapping[str, Any]]  # tidy rows of a figure


class Claim(NamedTuple):
    """text: in the paper's sense, where: its place there. published, measured: the evidence."""

    name: str
    text: str
    where: str
    published: str
    verdict: str
    measured: str


def verdict_of(difference: float, p: float, everywhere: bool) -> str:
    if p >= ALPHA:
        return UNDECIDED
    return FAILS if difference <= 0 else HOLDS if everywhere else PARTLY


def together(verdicts: Sequence[str]) -> str:
    """Of several curves: what all say; one that holds among others makes it part."""
    if len(set(verdicts)) == 1:
        return verdicts[0]
    return PARTLY if HOLDS in verdicts or PARTLY in verdicts else UNDECIDED
