"""The rule for drops: its bounds by hand, its false alarms and its power by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from harness.check import drop, expectations
from harness.command_line import check

CHANCE = np.random.default_rng(7)
SHARED = CHANCE.normal(size=(12, 1))  # a good pre-training is good for every cell
RUNS = np.array([80.0, 96.0, 25.0]) + (SHARED + CHANCE.normal(size=(12, 3))) * np.array([4.0, 1.5, 3.0])
SCORES = {name: RUNS[:, i].tolist() for i, name in enumerate(("cola mc", "sst2 acc", "stsb pc"))}


def test_a_bound_is_the_one_sided_prediction_bound() -> None:
    first = drop.bounds(SCORES)[0]
    t = stats.t.ppf(1 - drop.FALSE_ALARMS / 4, 11)
    spread = RUNS[:, 0].std(ddof=1)
    assert first.cell == "cola mc"
    assert [first.mean, first.spread] == pytest.approx([RUNS[:, 0].mean(), spread])
    assert first.low == pytest.approx(RUNS[:, 0].mean() - t * spread * math.sqrt(1 / drop.NEW + 1 / 12))


def test_a_spread_below_a_point_is_not_believed() -> None:
    flat = {"a": [99.0] * 11 + [99.1], "b": SCORES["cola mc"]}
    assert drop.bounds(flat)[0].spread == drop.LEAST_SPREAD


def test_what_drops_is_found_and_what_rises_is_not() -> None:
    expected = drop.expect(RUNS)
    at_bound = np.array([expected.low[0], *RUNS.mean(0)[1:]])
    for moved, failed in ((+0.01, False), (-0.01, True)):
        assert (drop.alarms(expected, at_bound + np.array([moved, 0, 0]))[0] > 0) == failed
    assert (drop.alarms(expected, RUNS.mean(0) + 30) < 0).all()
    # a drop that no cell shows alone: each by less than its own bound, but all of them
    together = expected.mean - 0.8 * (expected.mean - expected.low)
    assert (drop.alarms(expected, together)[:-1] < 0).all() and drop.alarms(expected, together)[-1] > 0


def test_resampled_runs_have_the_means_and_covariance_of_the_runs() -> None:
    drawn = drop.resampled(np.random.default_rng(0), RUNS, 40_000)
    assert drawn.mean(0) == pytest.approx(RUNS.mean(0), abs=0.1)
    assert np.cov(drawn.T) == pytest.approx(np.cov(RUNS.T), rel=0.1, abs=0.2)
    assert len(np.unique(drawn, axis=0)) == 40_000


def test_fewer_than_one_check_in_a_hundred_fails_without_a_fault() -> None:
    assert drop.false_alarm_rate(RUNS, 1_000) < 0.01


def test_the_drop_that_is_found_with_the_stated_power_is_found_so_often() -> None:
    found = drop.detected(RUNS, 2_000)
    expected = drop.expect(RUNS)
    drawn = drop.resampled(np.random.default_rng(3), RUNS, 6_000).reshape(2_000, drop.NEW, -1).mean(1)
    for cell, least in enumerate(found):
        move = np.ones(3) if cell == 3 else np.eye(3)[cell]
        caught = (drop.alarms(expected, drawn - least * move) > 0).any(-1).mean()
        assert caught == pytest.approx(drop.POWER, abs=0.03)
    assert found[3] < found[:3].max()  # all cells together show less


def test_too_few_runs_give_no_rule() -> None:
    with pytest.raises(ValueError, match="9 runs are expected results; the rule needs 10 at least"):
        drop.bounds({name: runs[:9] for name, runs in SCORES.items()})
    with pytest.raises(ValueError, match="1 run; expected two"):
        drop.expect(RUNS[:1])


def test_the_expected_results_of_the_repository_fail_fewer_than_one_check_in_a_hundred() -> None:
    known = expectations.read(check.path_of("mini"))
    runs = drop.table(known.scores)
    assert len(runs) >= drop.LEAST_RUNS and len(set(known.seeds)) == len(runs)
    assert drop.false_alarm_rate(runs, 1_000) < 0.01
    for bound, found in zip(drop.bounds(known.scores)[:-1], drop.detected(runs), strict=False):
        assert found < 30, bound  # a cell that could not drop so far would tell nothing
