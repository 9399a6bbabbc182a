"""How sure a mean over crossed draws is: pre-trainings, fine-tuning seeds and tasks are each drawn anew.

One pre-training serves all tasks, and a fine-tuning seed all pre-trainings, so a resample draws whole rows, columns and
tasks of the array, not single runs. Three of a kind are few: the interval then spans little more than what was seen,
and is narrower than one over many would be.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from harness import statistics
from harness.statistics import Numbers

PRETRAININGS, SEEDS, TASKS = range(3)  # the axes of an array of scores or of differences; NaN where there is none
EVERY = (PRETRAININGS, SEEDS, TASKS)


class Mean(NamedTuple):
    """low, high: the percentile bootstrap's interval at `statistics.LEVEL`; None where nothing could be drawn anew."""

    mean: float
    low: float | None
    high: float | None


def mean(values: Numbers) -> Numbers:
    """(..., pre-trainings, seeds, tasks) -> (...): of each task the mean of its runs, of these the mean."""
    there = np.isfinite(values)
    runs = there.sum(axis=(-3, -2))
    each = np.divide(np.where(there, values, 0.0).sum(axis=(-3, -2)), runs, out=np.zeros(runs.shape), where=runs > 0)
    tasks = (runs > 0).sum(axis=-1)
    found: Numbers = np.divide(each.sum(axis=-1), tasks, out=np.full(tasks.shape, np.nan), where=tasks > 0)
    return found


def interval(values: Numbers, drawn: tuple[int, ...] = EVERY, seed: int = 0) -> Mean:
    """values: (pre-trainings, seeds, tasks), at least one of them a number.

    drawn: the axes along which there could have been others; of the rest the claim speaks of these alone.
    """
    for axis in EVERY:  # what has not been run at all could not have been drawn
        others = tuple(other for other in EVERY if other != axis)
        values = values.compress(np.isfinite(values).any(axis=others), axis=axis)
    axes = [axis for axis in drawn if values.shape[axis] > 1]
    observed = float(mean(values))
    if not axes:
        return Mean(observed, None, None)

    def of(*places: Any, axis: int = -1) -> Numbers:  # noqa: ARG001  (always the last)
        chosen = [np.arange(n) for n in values.shape]
        for which, place in zip(axes, places, strict=True):
            chosen[which] = place
        rows, columns, tasks = chosen
        return mean(values[rows[..., :, None, None], columns[..., None, :, None], tasks[..., None, None, :]])

    with warnings.catch_warnings():  # of draws that hit missing runs alone, which are left out
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        made = stats.bootstrap(
            [np.arange(values.shape[axis]) for axis in axes],
            of,
            n_resamples=statistics.RESAMPLES,
            vectorized=True,
            method="percentile",
            rng=np.random.default_rng(seed),
        )
    distribution = made.bootstrap_distribution
    return Mean(observed, *statistics.ends(distribution[np.isfinite(distribution)]))
