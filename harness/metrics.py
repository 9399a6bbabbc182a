"""Scores of a whole split, in percent; never an average over batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def accuracy(labels: Sequence[float], predictions: Sequence[float]) -> float:
    from sklearn.metrics import accuracy_score  # slow to import, and only a run needs it

    return 100.0 * float(accuracy_score(labels, predictions))


METRICS: dict[str, Callable[[Sequence[float], Sequence[float]], float]] = {"acc": accuracy}


def score(names: Sequence[str], labels: Sequence[float], predictions: Sequence[float]) -> dict[str, float]:
    """Each named metric. Raises ValueError where there is nothing to score, or a prediction for every example is not
    there, or one is not a number.
    """
    if not labels or len(labels) != len(predictions):
        raise ValueError(
            f"{len(predictions)} predictions for {len(labels)} labels; expected one each, and at least one"
        )
    if any(prediction != prediction for prediction in predictions):
        raise ValueError("a prediction is not a number")
    return {name: METRICS[name](labels, predictions) for name in names}


def degenerate(predictions: Sequence[float]) -> bool:
    """All predictions alike: the number then says nothing of the model."""
    return len(set(predictions)) < 2
