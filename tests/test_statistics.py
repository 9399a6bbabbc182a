"""How sure a number is: the same scores as the metrics, known intervals and p-values, stated rates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from harness import metrics, statistics
from harness.statistics import Numbers, Part
from tests.calibration import WORLDS, World, calibrate


def answers(metric: str, n: int, seeds: int, seed: int = 0) -> tuple[Numbers, Numbers]:
    rng = np.random.default_rng(seed)
    if metric in ("pc", "sc"):
        labels = rng.integers(0, 26, n) / 5  # ties, as STS-B has
        return labels, labels + rng.normal(size=(seeds, n))
    labels = (rng.random(n) < 0.6).astype(float)
    return labels, np.where(rng.random((seeds, n)) < 0.7, labels, 1 - labels)


@pytest.mark.parametrize("metric", metrics.METRICS)
def test_a_score_is_the_metrics_own_averaged_over_seeds(metric: str) -> None:
    labels, predictions = answers(metric, 150, 3)
    expected = np.mean([metrics.METRICS[metric](labels.tolist(), each.tolist()) for each in predictions])
    assert statistics.score([Part((metric,), 1.0, labels, predictions)]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("metric", ["mc", "pc", "sc", "f1"])
def test_constant_predictions_score_as_the_metrics_say(metric: str) -> None:
    labels, _ = answers(metric, 40, 1)
    for value in (0.0,) if metric == "f1" else (0.0, 1.0, 2.7):
        constant = np.full((1, 40), value)
        assert statistics.score([Part((metric,), 1.0, labels, constant)]) == 0.0
        assert statistics.interval([Part((metric,), 1.0, labels, constant)]) == (0.0, 0.0)


def test_a_cell_is_a_weighted_sum_of_splits_and_a_mean_of_metrics() -> None:
    (one, ours), (other, theirs) = answers("acc", 30, 2), answers("f1", 50, 2, seed=1)
    parts = [Part(("acc",), 0.25, one, ours), Part(("acc", "f1"), 0.75, other, theirs)]
    acc = [metrics.accuracy(one.tolist(), each.tolist()) for each in ours]
    both = [
        (metrics.accuracy(other.tolist(), each.tolist()) + metrics.f1(other.tolist(), each.tolist())) / 2
        for each in theirs
    ]
    assert statistics.score(parts) == pytest.approx(0.25 * np.mean(acc) + 0.75 * np.mean(both))


def test_the_interval_of_a_share_is_the_binomials() -> None:
    labels = np.ones(400)
    predictions = np.concatenate([np.ones(300), np.zeros(100)])[None]
    low, high = statistics.interval([Part(("acc",), 1.0, labels, predictions)])
    known = stats.binom(400, 0.75).ppf([0.025, 0.975]) / 4
    assert (low, high) == pytest.approx(tuple(known), abs=0.6)


def test_the_same_draws_serve_all_seeds() -> None:
    """Seeds that answer alike are no more examples: the interval stays as wide."""
    labels, predictions = answers("acc", 200, 1)
    one = statistics.interval([Part(("acc",), 1.0, labels, predictions)])
    five = statistics.interval([Part(("acc",), 1.0, labels, np.repeat(predictions, 5, axis=0))])
    assert one == pytest.approx(five)


def test_splits_of_a_cell_are_drawn_apart() -> None:
    """Two independent halves have the interval of the whole, not one twice as wide."""
    labels, predictions = answers("acc", 400, 1)
    whole = statistics.resampled([Part(("acc",), 1.0, labels, predictions)]).std()
    halves = [Part(("acc",), 0.5, labels[part], predictions[:, part]) for part in (slice(200), slice(200, 400))]
    assert statistics.resampled(halves).std() == pytest.approx(whole, rel=0.1)


def test_one_example_gives_no_interval() -> None:
    with pytest.raises(ValueError, match="1 example; expected at least two"):
        statistics.interval([Part(("acc",), 1.0, np.ones(1), np.ones((1, 1)))])


def test_the_paired_test_is_mcnemars_on_one_seed() -> None:
    """30 examples only ours has right, 12 only theirs: exact two-sided sign test 0.0081."""
    labels = np.ones(200)
    ours, theirs = np.ones((1, 200)), np.ones((1, 200))
    ours[0, :12], theirs[0, 12:42] = 0, 0
    found = statistics.compare([Part(("acc",), 1.0, labels, ours)], [Part(("acc",), 1.0, labels, theirs)])
    assert found.difference == pytest.approx(9.0)
    assert found.p == pytest.approx(stats.binomtest(12, 42).pvalue, abs=0.004)
    assert found.low == pytest.approx(9 - 1.96 * 100 * math.sqrt((42 / 200 - 0.09**2) / 200), abs=0.7)
    assert found.high == pytest.approx(9 + 1.96 * 100 * math.sqrt((42 / 200 - 0.09**2) / 200), abs=0.7)


def test_pairs_that_agree_are_no_evidence_however_many() -> None:
    labels = np.ones(1_000)
    ours, theirs = np.ones((1, 1_000)), np.ones((1, 1_000))
    theirs[0, 0] = 0
    one, other = ([Part(("acc",), 1.0, labels, each)] for each in (ours, theirs))
    assert statistics.compare(one, other).p == 1.0


def test_of_very_few_examples_every_exchange_is_known() -> None:
    """Four pairs, all for ours: of 16 exchanges 2 are as extreme, so p is about 1/8 and not smaller."""
    labels = np.ones(4)
    one, other = ([Part(("acc",), 1.0, labels, each)] for each in (np.ones((1, 4)), np.zeros((1, 4))))
    assert statistics.compare(one, other).p == pytest.approx(0.125, abs=0.015)


def test_other_examples_cannot_be_paired() -> None:
    ours, theirs = (Part(("acc",), 1.0, labels, np.ones((1, 4))) for labels in (np.ones(4), np.zeros(4)))
    with pytest.raises(ValueError, match="other examples"):
        statistics.compare([ours], [theirs])


def test_holm_multiplies_the_smallest_most_and_keeps_the_order() -> None:
    assert statistics.holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert statistics.holm([0.9, 0.6]) == [1.0, 1.0]
    assert statistics.holm([]) == []


def test_seeds_needed_is_the_t_tests_power() -> None:
    """Cohen's table: a difference of one standard deviation takes 17 a group at 80 % power, of half of one 64."""
    assert statistics.seeds_needed(1.0, 1.0) == 17
    assert statistics.seeds_needed(-0.5, 1.0) == 64
    assert statistics.seeds_needed(5.0, 0.0) == 2
    assert statistics.seeds_needed(0.001, 1.0, most=100) is None


def test_one_more_run_falls_within_students_t() -> None:
    """Three runs with a spread of 1: 4.303 * sqrt(4/3) around the mean."""
    low, high = statistics.one_more_run(50.0, 1.0, 3)
    assert (low, high) == pytest.approx((50 - 4.9683, 50 + 4.9683), abs=1e-3)


@pytest.mark.parametrize("world", [WORLDS[0], WORLDS[2]], ids=lambda world: f"{world.metric} {world.n}")
def test_intervals_cover_and_tests_reject_as_stated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`nox -s calibration` gives all of them, of more trials."""
    monkeypatch.setattr(statistics, "RESAMPLES", 400)
    monkeypatch.setattr(statistics, "PERMUTATIONS", 199)
    found = calibrate(world, trials=200)
    assert 0.90 <= found.covered <= 0.99  # 95 %, and three standard errors of 200 trials
    assert found.rejected <= 0.10


def test_values_that_differ_in_their_last_digits_are_shown_alike() -> None:
    """Sums of float64 differ between machines; half a tenth must not be rounded both ways."""
    assert statistics.steady(3.25 + 4e-14) == statistics.steady(3.25 - 4e-14) == 3.25
    assert statistics.ends(np.full(50, 0.1 + 0.2)) == (0.3, 0.3)
