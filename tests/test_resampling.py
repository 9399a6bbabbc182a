"""Draws of many examples at once give what the metric gives of each draw alone."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness import metrics, statistics
from harness.evidence import answers
from harness.statistics import Measured, Part
from harness.storage import predictions
from tests.test_report import run

CHANCE = np.random.default_rng(4)
LABELS = CHANCE.integers(0, 2, 30).astype(float)
SAID = CHANCE.integers(0, 2, (3, 30)).astype(float)


@pytest.mark.parametrize("names", [("acc",), ("f1",), ("mc",), ("pc",), ("f1", "acc")])
def test_a_draws_score_is_the_metrics_of_its_rows(names: tuple[str, ...]) -> None:
    measured = Measured(Part(names, 1.0, LABELS, SAID))
    chosen = CHANCE.integers(0, 30, (4, 30))
    for places, found in zip(chosen, measured.score(chosen), strict=True):
        each = [metrics.score(names, LABELS[places].tolist(), said[places].tolist()) for said in SAID]
        assert found == pytest.approx(np.mean([list(of_seed.values()) for of_seed in each]))
    assert measured.score(chosen[0]) == pytest.approx(measured.score(chosen)[0])
    assert measured.score() == pytest.approx(float(measured.score(np.arange(30))))


def test_the_fewest_seeds_that_see_a_difference_are_found() -> None:
    for difference, spread in ((1.0, 1.0), (2.0, 0.7), (0.3, 1.1)):
        found = statistics.seeds_needed(difference, spread)
        assert found

        def power(seeds: int, ratio: float = difference / spread) -> float:
            bound = stats.t.ppf(0.975, 2 * seeds - 2)
            return float(stats.nct.sf(bound, 2 * seeds - 2, ratio * (seeds / 2) ** 0.5))

        assert power(found) >= 0.8 and (found == 2 or power(found - 1) < 0.8)
    assert statistics.seeds_needed(0.01, 1.0, most=50) is None


def test_answers_made_anew_are_read_anew(tmp_path: Path) -> None:
    made = run(tmp_path, right=40)
    first = answers.of(made, tmp_path, "validation").predictions
    path = predictions.path_of(tmp_path / made.recipe / made.name, "validation")
    path.write_text(path.read_text().replace('"prediction": 1.0', '"prediction": 0.0'))
    os.utime(path, ns=(1, 1))
    assert answers.of(made, tmp_path, "validation").predictions.sum() == 0 < first.sum()
