"""Scores by numbers small enough to count on one hand, and what is no score at all."""

from __future__ import annotations

import pytest

from harness import metrics

ACC = ("acc",)


@pytest.mark.parametrize(
    ("labels", "predictions", "expected"),
    [
        ([0, 1, 2], [0, 1, 2], 100.0),
        ([0, 1, 2], [1, 2, 0], 0.0),
        ([0, 1, 1, 0], [0.0, 1.0, 0.0, 0.0], 75.0),
        ([0, 0, 1], [0, 2, 2], 100 / 3),
        ([1], [1], 100.0),
    ],
)
def test_accuracy_in_percent(labels: list[float], predictions: list[float], expected: float) -> None:
    found = metrics.score(ACC, labels, predictions)
    assert found == {"acc": pytest.approx(expected, abs=1e-12)}
    assert type(found["acc"]) is float  # a record is JSON


@pytest.mark.parametrize(
    ("labels", "predictions", "said"),
    [
        ([], [], "0 predictions for 0 labels"),
        ([0, 1], [0], "1 predictions for 2 labels"),
        ([0], [0, 1], "2 predictions for 1 labels"),
        ([0], [], "0 predictions for 1 labels"),
    ],
)
def test_predictions_must_be_one_for_each_label(labels: list[float], predictions: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}; expected one each, and at least one$"):
        metrics.score(ACC, labels, predictions)


def test_a_prediction_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="a prediction is not a number"):
        metrics.score(ACC, [0, 1], [0.0, float("nan")])


def test_only_the_named_metrics_are_given() -> None:
    assert metrics.score((), [0], [0]) == {}
    with pytest.raises(KeyError, match="bleu"):
        metrics.score(("bleu",), [0], [0])


@pytest.mark.parametrize(
    ("predictions", "expected"), [([1, 1, 1], True), ([1], True), ([0, 0, 1], False), ([0.5, 0.25], False)]
)
def test_predictions_that_are_all_alike_are_degenerate(predictions: list[float], expected: bool) -> None:
    assert metrics.degenerate(predictions) is expected
