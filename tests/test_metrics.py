"""Scores by numbers small enough to count on one hand, and what is no score at all."""

from __future__ import annotations

import math

import pytest

from harness import metrics
from harness.metrics import GLUE, TABLE_5
from harness.tabular import paper

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


# By hand: 6 rows, true positives 2, false positives 1, false negatives 1, true negatives 2
LABELS, ANSWERS = [1, 1, 1, 0, 0, 0], [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]


def test_matthews_and_f1_by_hand() -> None:
    found = metrics.score(("mc", "f1"), LABELS, ANSWERS)
    assert found["mc"] == pytest.approx(100 * (2 * 2 - 1 * 1) / math.sqrt(3 * 3 * 3 * 3))
    assert found["f1"] == pytest.approx(100 * 2 * 2 / (2 * 2 + 1 + 1))


def test_f1_is_of_class_one() -> None:
    """Three of four are class 1: always saying so gives recall 1 and precision 0.75."""
    assert metrics.f1([1, 1, 1, 0], [1, 1, 1, 1]) == pytest.approx(100 * 1.5 / 1.75)
    assert metrics.f1([0, 0, 0, 1], [0, 0, 0, 0]) == 0.0


def test_correlations_by_hand() -> None:
    labels, answers = [1.0, 2.0, 3.0, 4.0], [1.0, 4.0, 9.0, 100.0]
    mean = 28.5
    covariance = sum((x - 2.5) * (y - mean) for x, y in zip(labels, answers, strict=True))
    spread = math.sqrt(5.0 * sum((y - mean) ** 2 for y in answers))
    found = metrics.score(("pc", "sc"), labels, answers)
    assert found["pc"] == pytest.approx(100 * covariance / spread)
    assert found["sc"] == pytest.approx(100.0)
    assert metrics.score(("sc",), [1, 2, 3, 4], [2, 1, 4, 3])["sc"] == pytest.approx(100 * (1 - 6 * 4 / (4 * 15)))
    assert metrics.score(("sc",), [1, 1, 2], [5, 5, 7])["sc"] == pytest.approx(100.0)  # ties share a rank


@pytest.mark.parametrize("name", ["mc", "pc", "sc"])
@pytest.mark.parametrize(
    ("labels", "predictions"), [([0, 1, 1], [1.0, 1.0, 1.0]), ([1, 1, 1], [0.0, 1.0, 1.0]), ([1], [1.0])]
)
def test_what_is_not_defined_is_zero_and_no_warning(name: str, labels: list[float], predictions: list[float]) -> None:
    assert metrics.score((name,), labels, predictions) == {name: 0.0}


@pytest.mark.parametrize("name", metrics.METRICS)
def test_batches_are_not_averaged(name: str) -> None:
    """The mean over two halves is another number."""
    half = slice(0, 3), slice(3, 7)
    labels, answers = [1, 0, 0, 1, 1, 0, 0], [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0]
    whole = metrics.score((name,), labels, answers)[name]
    halves = [metrics.score((name,), labels[part], answers[part])[name] for part in half]
    assert name == "acc" or whole != pytest.approx(sum(halves) / 2)


# The paper's two means


def printed(label: str) -> dict[str, dict[str, float]]:
    """A row of Table 5, its MNLI column standing for both."""
    row = paper.rows(5)[label]
    found = {task: {name: float(row[task] or 0.0) for name in names} for task, names in TABLE_5.items()}
    return found | {"mnli": {"matched": float(row["mnli"] or 0.0), "mismatched": float(row["mnli"] or 0.0)}}


@pytest.mark.parametrize(
    ("label", "average"),
    [
        ("Transformer w/ aux LM (full)", 74.65),
        ("Transformer w/o pre-training", 59.925),
        ("Transformer w/o aux LM", 75.025),
        ("LSTM w/ aux LM", 69.1625),  # printed as 69.1
    ],
)
def test_table_5s_average_comes_out_of_its_columns(label: str, average: float) -> None:
    assert metrics.mean_over_tasks(TABLE_5, printed(label)) == pytest.approx(average)
    assert average == pytest.approx(float(paper.rows(5)[label]["avg"] or 0.0), abs=0.065)


def test_the_glue_score_comes_out_of_the_published_components() -> None:
    """72.8 in Table 4; the components that it does not print are in MT-DNN's Table 2 (arXiv 1901.11504)."""
    scores = printed("Transformer w/ aux LM (full)") | {
        "mnli": {"matched": 82.1, "mismatched": 81.4},
        "mrpc": {"f1": 82.3, "acc": 75.7},
        "stsb": {"pc": 82.0, "sc": 80.0},
        "qqp": {"f1": 70.3, "acc": 88.5},
        "wnli": {"acc": 53.4},
    }
    assert metrics.mean_over_tasks(GLUE, scores) == pytest.approx(72.816, abs=1e-3)
    del scores["wnli"]
    with pytest.raises(ValueError, match="no score for wnli acc; a mean over the others would be another number"):
        metrics.mean_over_tasks(GLUE, scores)
