"""A column filled from records: means, configurations, fragments, reasons."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fabricated import cell, record


def test_mean_and_sample_standard_deviation_over_seeds() -> None:
    found = cell([record(seed=0, score=50.0), record(seed=1, score=53.0), record(seed=2, score=59.0)])
    assert found.mean == pytest.approx(54.0)
    assert found.spread == pytest.approx(21**0.5)  # (16 + 1 + 25) / (3 - 1)
    assert (found.seeds, found.text) == (3, "54.0 ± 4.6")


def test_one_seed_has_no_spread() -> None:
    found = cell([record(score=56.04)])
    assert (found.spread, found.seeds, found.text) == (None, 1, "56.0 ± –")


def test_one_training_fills_both_columns_of_mnli() -> None:
    both = [record("mnli", score={"matched": 82.0, "mismatched": 81.0})]
    assert (cell(both, "MNLI-m").mean, cell(both, "MNLI-mm").mean) == (82.0, 81.0)


def test_other_profiles_recipes_and_tasks_do_not_count() -> None:
    others = [record(profile="mini"), record(recipe="no_aux"), record("qnli")]
    assert cell(others).reason == "not run yet"
    assert cell(others, recipe="no_aux").mean == 60.0


def test_configurations_are_never_averaged() -> None:
    old = [record(seed=seed, score=40.0, finished="2026-01-01", weights="a") for seed in range(3)]
    new = [record(seed=0, score=70.0, finished="2026-02-01", weights="b")]
    found = cell(old + new)
    assert (found.mean, found.seeds, found.left_out) == (70.0, 1, 3)


def test_whole_data_goes_before_a_newer_fragment() -> None:
    whole = record(score=55.0, finished="2026-01-01")
    trial = record(score=90.0, finished="2026-03-01", limit=64, trained=(64, 2490), scored=(64, 277))
    found = cell([trial, whole])
    assert (found.mean, found.left_out, found.whole) == (55.0, 1, True)


def test_of_fragments_the_newest_is_taken() -> None:
    one = record(score=50.0, finished="2026-01-02", limit=64, trained=(64, 2490), scored=(64, 277))
    two = record(score=52.0, finished="2026-01-01", limit=128, trained=(128, 2490), scored=(128, 277))
    assert cell([one, two]).text == "(50.0; 64 of 277)"


def test_a_cell_that_was_redone_counts_once() -> None:
    found = cell([record(score=58.0, finished="2026-02-01"), record(score=50.0, finished="2026-01-01")])
    assert (found.mean, found.seeds, found.left_out) == (58.0, 1, 0)


def test_a_fragment_reads_as_one() -> None:
    part: dict[str, Any] = {"limit": 64, "trained": (64, 2490), "scored": (64, 277)}
    assert cell([record(score=61.3, **part)]).text == "(61.3; 64 of 277)"
    assert cell([record(seed=s, score=60.0 + 2 * s, **part) for s in (0, 1)]).text == "(61.0 ± 1.4; 64 of 277)"
    only_train = record(score=61.3, limit=64, trained=(64, 2490))
    assert cell([only_train]).text == "(61.3; train 64 of 2490)"


@pytest.mark.parametrize(
    ("problems", "reason"),
    [
        ({}, "not run yet"),
        ({"mnli/matched": "MNLI/dev_matched.tsv has 2 of 9815 rows"}, "MNLI/dev_matched.tsv has 2 of 9815 rows"),
        ({"mnli": "train.tsv is missing"}, "train.tsv is missing"),
        ({"mnli": "train.tsv is missing", "mnli/matched": "no dev_matched.tsv"}, "no dev_matched.tsv"),
        ({"mnli/mismatched": "no dev_mismatched.tsv"}, "not run yet"),
    ],
)
def test_an_empty_cell_says_why(problems: dict[str, str], reason: str) -> None:
    found = cell([], "MNLI-m", problems=problems)
    assert (found.mean, found.seeds, found.text, found.reason) == (None, 0, "–", reason)


def test_a_run_that_left_one_evaluation_out() -> None:
    half = [record("mnli", score={"matched": 82.0})]
    assert cell(half, "MNLI-mm").reason == "no run of mnli was scored on mismatched"
    assert cell(half, "MNLI-mm", problems={"mnli/mismatched": "no such file"}).reason == "no such file"


def test_a_number_hides_a_problem_that_came_later() -> None:
    assert cell([record()], problems={"rte": "the directory is gone"}).text == "60.0 ± –"


# The rendered table
