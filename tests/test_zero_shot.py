from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from harness import metrics
from harness.tasks.base import Example, answers, single
from harness.zero_shot import acceptability, accepted, best_threshold, choose, most_likely_end, sentiment

Pair = tuple[str, str]


class Told:
    """log_probs that somebody wrote down, and what was asked."""

    def __init__(self, known: dict[Pair, list[float]]) -> None:
        self.known = known
        self.asked: list[Pair] = []

    def __call__(self, pairs: Sequence[Pair]) -> list[list[float]]:
        self.asked += pairs
        return [self.known[pair] for pair in pairs]


def test_the_answer_with_the_highest_mean_not_sum() -> None:
    """-2 a token twice is likelier than -3 once, though its sum is lower."""
    told = Told({("D. Q?", "one"): [-3.0], ("D. Q?", "two words"): [-2.0, -2.0], ("D. Q?", "none"): []})
    example = answers(("D.", "Q?"), ("one", "two words", "none"), 1)
    assert most_likely_end(told, [example]) == ([1], 0)
    assert told.asked == [("D. Q?", "one"), ("D. Q?", "two words"), ("D. Q?", "none")]


def test_the_rest_after_each_candidate() -> None:
    example = Example((("because the trophy", "is big."), ("because the suitcase", "is big.")), 0)
    told = Told({("because the trophy", "is big."): [-1.0, -2.0], ("because the suitcase", "is big."): [-1.0, -1.9]})
    assert most_likely_end(told, [example]).predictions == [1]


def test_sentiment_compares_sums_over_a_words_pieces() -> None:
    examples = [single("a joy ", 1), single("a bore", 0)]
    told = Told(
        {
            ("a joy very", "negative"): [-4.0],
            ("a joy very", "positive"): [-1.0, -1.0, -1.5],
            ("a bore very", "negative"): [-3.0],
            ("a bore very", "positive"): [-1.0, -1.0, -1.5],
        }
    )
    assert sentiment(told, examples) == ([1, 0], 0)


def test_acceptability_is_a_mean_without_context() -> None:
    told = Told({("", "a b c"): [-1.0, -2.0], ("", "a"): []})
    assert acceptability(told, [single("a b c", 1), single("a", 1)]) == [-1.5, 0.0]


def test_a_threshold_by_hand() -> None:
    """1 1 0 1 0 from the likeliest on: two accepted, both rightly, correlate better than four, one wrongly."""
    means, labels = [-1.0, -2.0, -3.0, -4.0, -5.0], [1, 1, 0, 1, 0]
    assert best_threshold(means, labels) == -2.5
    assert metrics.matthews(labels, accepted(means, -2.5)) == pytest.approx(66.6667, abs=1e-3)
    assert metrics.matthews(labels, accepted(means, -4.5)) == pytest.approx(61.2372, abs=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_no_other_threshold_is_better(seed: int) -> None:
    chance = random.Random(seed)
    labels = [int(chance.random() < 0.7) for _ in range(60)]
    means = [round(chance.gauss(label, 2), 1) for label in labels]  # rounded: some are equal
    found = metrics.matthews(labels, accepted(means, best_threshold(means, labels)))
    others = [metrics.matthews(labels, accepted(means, value)) for value in means]
    assert found == pytest.approx(max(others), abs=1e-9)


def test_ties_between_thresholds() -> None:
    """What accepts most nearly as many as are acceptable, then the lower one, which accepts more."""
    means, labels = [-1.0, -2.0, -3.0, -4.0], [1, 0, 1, 0]
    assert [round(metrics.matthews(labels, accepted(means, t)), 1) for t in (-1.5, -3.5)] == [57.7, 57.7]
    assert best_threshold(means, labels) == -3.5  # one or three accepted where two are acceptable
    assert best_threshold([-1.0, -2.0, -3.0, -4.0, -5.0, -6.0], [1, 0, 1, 1, 1, 0]) == -5.5


def test_where_nothing_tells_all_are_acceptable() -> None:
    assert best_threshold([-2.0, -2.0, -2.0], [1, 0, 1]) == -2.0
    assert best_threshold([-1.0, -2.0], [0, 1]) == -2.0
    assert best_threshold([-1.0, -2.0], [1, 1]) == -2.0
    with pytest.raises(ValueError, match="no row to choose a threshold on"):
        best_threshold([], [])


def test_a_tie_favours_no_position() -> None:
    examples = [Example(((str(i), "a"), (str(i), "b"), (str(i), "c")), 0) for i in range(600)]
    found = choose(examples, [[-1.0, -2.0, -1.0]] * 600)
    assert found.ties == 600
    assert set(found.predictions) == {0, 2}
    assert 250 < found.predictions.count(0) < 350
    assert found == choose(examples, [[-1.0, -2.0, -1.0]] * 600)


def test_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="a log-probability is not a number"):
        choose([single("a", 1)], [[math.nan, -1.0]])
