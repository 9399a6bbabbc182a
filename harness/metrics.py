"""Scores of a whole split, in percent, never an average over batches; and the paper's two means over tasks."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

# scikit-learn and scipy are slow to import, and only a run needs them


def accuracy(labels: Sequence[float], predictions: Sequence[float]) -> float:
    from sklearn.metrics import accuracy_score

    return 100.0 * float(accuracy_score(labels, predictions))


def matthews(labels: Sequence[float], predictions: Sequence[float]) -> float:
    """Matthews correlation, -100 to 100; 0 where labels or predictions are all alike."""
    from sklearn.metrics import matthews_corrcoef

    return (
        0.0 if degenerate(labels) or degenerate(predictions) else 100.0 * float(matthews_corrcoef(labels, predictions))
    )


def f1(labels: Sequence[float], predictions: Sequence[float]) -> float:
    """Of class 1 (paraphrase, duplicate), as GLUE has it; 0 where it is never predicted."""
    from sklearn.metrics import f1_score

    return 100.0 * float(f1_score(labels, predictions, pos_label=1, zero_division=0.0))


def pearson(labels: Sequence[float], predictions: Sequence[float]) -> float:
    """-100 to 100; 0 where labels or predictions are all alike, for which it is not defined."""
    from scipy.stats import pearsonr

    return 0.0 if degenerate(labels) or degenerate(predictions) else 100.0 * float(pearsonr(labels, predictions)[0])


def spearman(labels: Sequence[float], predictions: Sequence[float]) -> float:
    """Pearson's correlation of the ranks, ties at their mean rank; 0 where it is not defined."""
    from scipy.stats import spearmanr

    return 0.0 if degenerate(labels) or degenerate(predictions) else 100.0 * float(spearmanr(labels, predictions)[0])


METRICS: dict[str, Callable[[Sequence[float], Sequence[float]], float]] = {
    "acc": accuracy,
    "mc": matthews,
    "f1": f1,
    "pc": pearson,
    "sc": spearman,
}


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


# What the two means are taken over: a task's metrics, or for MNLI its two evaluations.
TABLE_5: dict[str, tuple[str, ...]] = {
    "cola": ("mc",),
    "sst2": ("acc",),
    "mrpc": ("f1",),
    "stsb": ("pc",),
    "qqp": ("f1",),
    "mnli": ("matched", "mismatched"),
    "qnli": ("acc",),
    "rte": ("acc",),
}
GLUE = {**TABLE_5, "mrpc": ("acc", "f1"), "stsb": ("pc", "sc"), "qqp": ("acc", "f1"), "wnli": ("acc",)}


def mean_over_tasks(of: Mapping[str, tuple[str, ...]], scores: Mapping[str, Mapping[str, float]]) -> float:
    """Table 5's Avg (`of` TABLE_5, its eight columns) or Table 4's GLUE score (`of` GLUE, nine tasks).

    A task's scores are averaged first, then the tasks. scores: task -> metric -> percent; MNLI's are called matched and
    mismatched. Raises ValueError, naming it, where one is missing: a mean over fewer is another number.
    """
    missing = [f"{task} {name}" for task, names in of.items() for name in names if name not in scores.get(task, {})]
    if missing:
        raise ValueError(f"no score for {', '.join(missing)}; a mean over the others would be another number")
    return statistics.fmean(statistics.fmean(scores[task][name] for name in names) for task, names in of.items())
