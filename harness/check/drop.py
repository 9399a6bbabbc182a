"""Has a score dropped? The rule by which the regression check says so, its false alarms and its power.

Expected are n runs, each with a pre-training and a fine-tuning seed of its own. A check makes r more. With the same
code these are further draws, so that their mean lies below mean - t * sqrt(1/r + 1/n) * spread with the probability
that t (n - 1 degrees of freedom) is chosen for: the one-sided prediction bound. Each cell has such a bound, and so has
the mean over the cells in units of their spreads, which sees a small drop of all of them. FALSE_ALARMS, the chance that
a check fails without a fault, is shared evenly between the bounds (Bonferroni). Only drops count: what is better than
expected is no regression.

Spreads are themselves estimated, and scores near their ceiling are skewed, so that the rate is not taken on trust:
`resampled` draws runs and expectations from the expected ones and counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

FALSE_ALARMS = 0.005  # of a check in all
LEAST_SPREAD = 1.0  # points: at a ceiling a few runs can be all but alike by chance
LEAST_RUNS = 10
NEW = 3  # runs of a check
ALL = "all cells"
POWER = 0.9


class Bound(NamedTuple):
    """What is expected of a cell: mean and spread of the runs, and the lowest mean of NEW that is no drop. In points;
    of ALL in spreads from the mean.
    """

    cell: str
    mean: float
    spread: float
    low: float


class Expected(NamedTuple):
    """Of each cell in order, and of their mean."""

    mean: Numbers
    spread: Numbers
    low: Numbers
    mean_spread: float
    mean_low: float


def expect(runs: Numbers) -> Expected:
    """(n, k) scores, a row a run -> the bounds. Raises ValueError for fewer than two runs."""
    n, k = runs.shape
    if n < 2:
        raise ValueError(f"{n} run; expected two at least to know a spread")
    mean = runs.mean(0)
    spread = np.maximum(runs.std(0, ddof=1), LEAST_SPREAD)
    of_mean = ((runs - mean) / spread).mean(1)
    # cells go together as they share a pre-training; were they independent, this is their mean's spread
    mean_spread = max(float(of_mean.std(ddof=1)), float((runs.std(0, ddof=1) / spread).mean()) / math.sqrt(k))
    reach = times(n, k)
    return Expected(mean, spread, mean - reach * spread, mean_spread, -reach * mean_spread)


def times(n: int, k: int) -> float:
    """How many spreads below the mean of n runs that of NEW may be; k cells and their mean share the false alarms."""
    from scipy.stats import t  # slow to import

    return float(t.isf(FALSE_ALARMS / (k + 1), n - 1)) * math.sqrt(1 / NEW + 1 / n)


def alarms(expected: Expected, found: Numbers) -> Numbers:
    """(..., k) means of NEW runs -> (..., k + 1) how far each is below its bound, in points; above 0 it has dropped.

    The last is that of ALL, in spreads.
    """
    of_mean = ((found - expected.mean) / expected.spread).mean(-1)
    below: Numbers = np.concatenate([expected.low - found, (expected.mean_low - of_mean)[..., None]], -1)
    return below


def table(scores: Mapping[str, Sequence[float]]) -> Numbers:
    """Cell -> a score a run, as they are kept -> (n, k). Raises ValueError where that is fewer than LEAST_RUNS."""
    runs = np.array(list(scores.values()), float).T
    if runs.ndim != 2 or len(runs) < LEAST_RUNS:
        n = len(runs) if runs.ndim == 2 else "an uneven number of"
        raise ValueError(f"{n} runs are expected results; the rule needs {LEAST_RUNS} at least: run check --update")
    return runs


def bounds(scores: Mapping[str, Sequence[float]]) -> list[Bound]:
    """Of each cell, and last of ALL. Raises ValueError as `table` does."""
    found = expect(table(scores))
    each = zip(scores, found.mean.tolist(), found.spread.tolist(), found.low.tolist(), strict=True)
    return [*(Bound(*one) for one in each), Bound(ALL, 0.0, found.mean_spread, found.mean_low)]


def resampled(rng: np.random.Generator, runs: Numbers, count: int) -> Numbers:
    """(count, k) new runs like the given ones: a smoothed bootstrap.

    One of them at random, moved by normal noise of a fraction of their covariance, and drawn in so that mean and
    covariance stay theirs (Silverman and Young 1987). Drawn without the noise, a new run would be one of a dozen.
    """
    n, k = runs.shape
    h = (4 / (n * (k + 2))) ** (1 / (k + 4))  # Silverman's rule
    covariance = np.atleast_2d(np.cov(runs.T, ddof=1))
    mean = runs.mean(0)
    drawn = runs[rng.integers(0, n, count)] + h * rng.multivariate_normal(np.zeros(k), covariance, count)
    # a resampled run has the covariance (n - 1) / n, with the noise h^2 more
    found: Numbers = mean + (drawn - mean) / math.sqrt((n - 1) / n + h * h)
    return found


def false_alarm_rate(runs: Numbers, count: int = 2_000, seed: int = 0) -> float:
    """Share of resampled checks that fail though nothing is wrong, each against n expected runs resampled likewise."""
    rng = np.random.default_rng(seed)
    n = len(runs)
    failed = 0
    for _ in range(count):
        drawn = resampled(rng, runs, n + NEW)
        failed += bool((alarms(expect(drawn[:n]), drawn[n:].mean(0)) > 0).any())
    return failed / count


def detected(runs: Numbers, count: int = 2_000, seed: int = 0) -> Numbers:
    """(k + 1,) the drop in points that is found with POWER: in each cell alone, and last in all cells alike.

    Against the bounds of `runs`, over resampled checks: of each the least drop at which some bound is passed.
    """
    drawn = resampled(np.random.default_rng(seed), runs, count * NEW).reshape(count, NEW, -1).mean(1)
    expected = expect(runs)
    k = runs.shape[1]
    moves = np.vstack([np.eye(k), np.ones(k)])
    found = []
    for move in moves:
        # a drop of one point in the moved cells takes this much from each distance to a bound
        slope = np.append(move, (move / expected.spread).mean())
        with np.errstate(divide="ignore", invalid="ignore"):
            needed = np.where(slope > 0, -alarms(expected, drawn) / slope, np.inf)
        found.append(np.quantile(np.maximum(needed.min(-1), 0.0), POWER))
    return np.array(found)
