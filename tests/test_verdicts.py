"""Was it reproduced: each word of the rule, at its bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.evidence.verdicts import WORDS, Verdict, judge
from harness.record import SplitCount
from harness.statistics import one_more_run
from harness.tables import TABLES
from harness.tabular.cells import Cell

COLUMNS = {column.name: column for number in (2, 4) for column in TABLES[number].columns}


def cell(column: str = "snli", mean: float = 89.0, spread: float | None = 0.2, seeds: int = 3, n: int = 9824) -> Cell:
    counts = (SplitCount("test", n, 9824, "d" * 64, "hub"),)
    return Cell(COLUMNS[column], mean=mean, spread=spread, seeds=seeds, scored=counts)


def verdict(
    found: Cell,
    interval: tuple[float, float] | None = (88.4, 89.6),
    published: float | None = 89.9,
    profile: str = "paper",
) -> Verdict:
    return judge(found, profile, published, interval, one_more_run)


def test_inside_the_interval_is_reproduced_its_ends_included() -> None:
    assert verdict(cell(), (88.4, 89.9)).word == "reproduced"
    told = verdict(cell(), (88.4, 90.1))
    assert told == Verdict("reproduced", "published 89.9, measured 89.0 with 88.4 to 90.1 over examples")


def test_where_one_more_run_could_fall_is_within_noise() -> None:
    """Three runs with a spread of 0.2 reach 4.97 * 0.2 = 0.99 around 89.0: to 89.99, and not with 0.18."""
    found = verdict(cell(spread=0.2))
    assert found.word == "within noise"
    assert found.reason.endswith("one more of our runs could fall between 88.0 and 90.0")
    assert verdict(cell(spread=0.18)).word == "not reproduced"


def test_further_away_is_not_reproduced_and_says_on_which_side() -> None:
    assert verdict(cell(mean=85.0, spread=0.1)).reason.startswith("below: published 89.9, measured 85.0")
    better = verdict(cell(mean=93.0, spread=0.1), (92.5, 93.5))
    assert better.word == "not reproduced" and better.reason.startswith("above:")


def test_one_seed_has_no_spread_to_excuse_it() -> None:
    found = verdict(cell(spread=None, seeds=1))
    assert found.word == "not reproduced" and found.reason.endswith("one seed, so its spread is unknown")


@pytest.mark.parametrize(
    ("changed", "profile", "reason"),
    [
        (cell(), "mini", "the mini profile is a tiny model on generated data"),
        (cell(), "small", "the small profile is a small model with little pre-training"),
        (cell("rte"), "paper", "measured on the validation split, published of the test server"),
        (cell("sst2"), "paper", "measured on the validation split, published of the test server"),
        (cell(n=64), "paper", "measured on a fragment (64 of 9824)"),
        (
            replace(cell(), pretraining="1,000 tokens of novels"),
            "paper",
            "pre-trained on 1,000 tokens of novels, not from the released weights",
        ),
    ],
)
def test_numbers_of_other_things_are_not_compared(changed: Cell, profile: str, reason: str) -> None:
    assert verdict(changed, profile=profile, interval=(0.0, 100.0)) == Verdict("not comparable", reason)


def test_without_an_interval_or_a_published_number_nothing_is_compared() -> None:
    assert verdict(cell(), None).reason == "no interval: the predictions were not kept"
    assert verdict(cell(), published=None) == Verdict("not comparable", "the paper has no number there")


def test_an_empty_cell_says_why() -> None:
    assert verdict(Cell(COLUMNS["snli"], "not run yet")) == Verdict("not measured", "not run yet")


def test_collapsed_runs_are_counted_in_the_reason() -> None:
    assert "2 of 3 seeds answered the same to all" in verdict(replace(cell(mean=60.0), degenerate=2)).reason


def test_every_word_is_listed() -> None:
    assert WORDS == ("reproduced", "within noise", "not reproduced", "not comparable", "not measured")
