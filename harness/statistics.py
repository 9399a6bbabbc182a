"""How sure a number is: intervals over examples, paired tests between recipes, and how many seeds would tell.

A cell's score is a weighted sum over the splits it is scored on, of the mean over seeds and metrics. Resampling draws
the examples of each split, the same for all seeds and metrics; a test exchanges the answers of two recipes to
an example, those of all seeds together. So both speak of the trainings that were made; what another training would
give is the spread over seeds, shown beside.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
RESAMPLES = 2_000
PERMUTATIONS = 4_999
AT_ONCE = 1 << 22  # numbers that a batch of resamples may hold
Numbers = np.ndarray[Any, np.dtype[np.float64]]


class Part(NamedTuple):
    """One scored split in a cell. labels: (n,); predictions: (seeds, n), in the examples' order."""

    metrics: tuple[str, ...]
    weight: float
    labels: Numbers
    predictions: Numbers


class Comparison(NamedTuple):
    """Of two recipes: the difference in percent, its interval over examples, the p-value of there being none."""

    difference: float
    low: float
    high: float
    p: float


# Every metric is a function of means over examples, so a resample costs a mean. A term is (seeds, n).


def correct(labels: Numbers, predictions: Numbers) -> list[Numbers]:
    return [np.equal(predictions, labels).astype(float)]


def hits(labels: Numbers, predictions: Numbers) -> list[Numbers]:
    """Of class 1: found, and half of what was said and what was there."""
    said, there = predictions == 1, np.broadcast_to(labels == 1, predictions.shape)
    return [(said & there).astype(float), (said.astype(float) + there) / 2]


def moments(labels: Numbers, predictions: Numbers) -> list[Numbers]:
    x, y = np.broadcast_to(labels, predictions.shape), predictions
    return [x, y, x * x, y * y, x * y]


def ranked(labels: Numbers, predictions: Numbers) -> list[Numbers]:
    """Ranks in the whole split: a resample does not rank anew."""
    return moments(stats.rankdata(labels), stats.rankdata(predictions, axis=-1))


def ratio(above: Numbers, below: Numbers) -> Numbers:
    """0 where there is nothing below, as `harness.metrics` has it."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def correlation(x: Numbers, y: Numbers, xx: Numbers, yy: Numbers, xy: Numbers) -> Numbers:
    return ratio(xy - x * y, np.sqrt(variance(x, xx) * variance(y, yy)))


def variance(mean: Numbers, square: Numbers) -> Numbers:
    """0 where all are alike, of which the last digits of the two squares would make something."""
    found = square - mean * mean
    return np.where(found > 1e-12 * square, found, 0.0)


Terms = Callable[[Numbers, Numbers], list[Numbers]]
METRICS: Mapping[str, tuple[Terms, Callable[..., Numbers]]] = {
    "acc": (correct, lambda right: right),
    "f1": (hits, ratio),
    "mc": (moments, correlation),  # of two classes, Matthews' is Pearson's correlation
    "pc": (moments, correlation),
    "sc": (ranked, correlation),
}


class Measured:
    """Parts of the same weight and metrics, one behind the other, as terms that can be drawn from."""

    def __init__(self, *parts: Part) -> None:
        self.weight, self.n = parts[0].weight, sum(len(part.labels) for part in parts)
        self.terms = [  # a metric: (n, seeds, terms) and what it makes of their means
            (
                np.concatenate([np.stack(terms(part.labels, part.predictions), -1).swapaxes(0, 1) for part in parts]),
                metric,
            )
            for terms, metric in (METRICS[name] for name in parts[0].metrics)
        ]

    def score(self, draws: Any = None) -> Numbers:
        """In percent; draws: (..., places of examples), by default each once -> (...)."""
        draws = np.arange(self.n) if draws is None else draws
        shares = self.shares(draws.reshape(-1, draws.shape[-1]))
        found = []
        for terms, metric in self.terms:
            # how often each example was drawn times what it adds: a product of matrices, not a copy of each draw
            means = (shares @ terms.reshape(self.n, -1)).reshape(len(shares), *terms.shape[1:])
            found.append(metric(*np.moveaxis(means, -1, 0)).mean(axis=-1))
        return steady(100.0 * np.mean(found, axis=0)).reshape(draws.shape[:-1])

    def shares(self, draws: Numbers) -> Numbers:
        """(many, places) -> (many, n): the share of each example in a draw."""
        many, places = draws.shape
        flat = (draws + np.arange(many)[:, None] * self.n).ravel()
        counts = np.bincount(flat.astype(np.intp), minlength=many * self.n).reshape(many, self.n)
        return np.asarray(counts / places)

    @property
    def batch(self) -> int:
        """Draws at a time."""
        return max(1, AT_ONCE // self.n)

    def resampled(self, rng: np.random.Generator) -> Numbers:
        """(RESAMPLES,) scores. Raises ValueError for fewer than two examples."""
        if self.n < 2:
            raise ValueError(f"{self.n} example; expected at least two to resample")
        made = stats.bootstrap(
            (np.arange(self.n),),
            lambda places, axis: self.score(places),  # noqa: ARG005  (always the last)
            n_resamples=RESAMPLES,
            batch=self.batch,
            vectorized=True,
            method="percentile",
            rng=rng,
        )
        distribution: Numbers = made.bootstrap_distribution
        return distribution


def score(parts: Sequence[Part]) -> float:
    """In percent, as `harness.metrics` computes it, averaged over seeds and put together."""
    return float(sum(part.weight * Measured(part).score() for part in parts))


def interval(parts: Sequence[Part], seed: int = 0) -> tuple[float, float]:
    """The percentile bootstrap's (low, high) over examples, at LEVEL. Raises ValueError for fewer than two."""
    return ends(resampled(parts, seed))


def ends(distribution: Numbers) -> tuple[float, float]:
    low, high = steady(np.quantile(distribution, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    return float(low), float(high)


def steady(values: Numbers | float) -> Numbers:
    """Without the last digits, in which machines differ that add up in another order: 3.25 would be shown as 3.2 or
    as 3.3.
    """
    return np.round(np.asarray(values, float), 9)


def resampled(parts: Sequence[Part], seed: int = 0) -> Numbers:
    """(RESAMPLES,) scores of a cell. Splits are drawn apart, since their examples are others."""
    drawn = [part.weight * Measured(part).resampled(np.random.default_rng([seed, i])) for i, part in enumerate(parts)]
    return np.sum(drawn, axis=0)  # type: ignore[no-any-return]


def compare(ours: Sequence[Part], theirs: Sequence[Part], seed: int = 0) -> Comparison:
    """Two recipes on the same examples and seeds: ours - theirs, by a permutation test, two-sided.

    The parts of both stand in the same order. The interval draws the same examples for both. Raises ValueError
    where the labels differ: then they were not asked the same.
    """
    for mine, other in zip(ours, theirs, strict=True):
        if not np.array_equal(mine.labels, other.labels):
            raise ValueError("the two were scored on other examples, so they cannot be paired")
    # equal seeds draw equal examples
    low, high = ends(resampled(ours, seed) - resampled(theirs, seed))
    observed = float(steady(score(ours) - score(theirs)))
    null = np.zeros(PERMUTATIONS)
    for i, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        null += mine.weight * exchanged(mine, other, np.random.default_rng([seed, i]))
    # of scores that are sums of hundredths, equal ones differ in their last digits
    extreme = int((np.abs(null) >= abs(observed) - 1e-9).sum())
    return Comparison(observed, low, high, (extreme + 1) / (PERMUTATIONS + 1))


def exchanged(mine: Part, other: Part, rng: np.random.Generator) -> Numbers:
    """(PERMUTATIONS,) differences where each example's answers are exchanged or not, at random."""
    both, n = Measured(mine, other), len(mine.labels)
    null: Numbers = stats.permutation_test(
        (np.arange(n), np.arange(n, 2 * n)),
        lambda a, b, axis: both.score(a) - both.score(b),  # noqa: ARG005
        permutation_type="samples",
        n_resamples=PERMUTATIONS,
        batch=both.batch,
        vectorized=True,
        rng=rng,
    ).null_distribution
    # of very few examples it has each exchange once, and parts are put together draw by draw
    return null if len(null) == PERMUTATIONS else rng.choice(null, PERMUTATIONS)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that all tests together err at the stated rate (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, worst = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = worst
    return adjusted


def one_more_run(mean: float, spread: float, seeds: int) -> tuple[float, float]:
    """Between what one more training would fall, at LEVEL, from the spread over `seeds` (Student's t)."""
    reach = float(stats.t.ppf((1 + LEVEL) / 2, seeds - 1)) * spread * math.sqrt(1 + 1 / seeds)
    return mean - reach, mean + reach


def seeds_needed(difference: float, spread: float, power: float = 0.8, most: int = 10_000) -> int | None:
    """Seeds a recipe with which a t-test sees the difference with this power, both having that spread over seeds.

    None where `most` would not do.
    """
    if spread <= 0:
        return 2

    def seen(seeds: int) -> bool:
        freedom, shift = 2 * seeds - 2, abs(difference) / spread * math.sqrt(seeds / 2)
        bound = stats.t.ppf((1 + LEVEL) / 2, freedom)
        # what falls below the other bound is negligible, and no sight of the difference
        return bool(stats.nct.sf(bound, freedom, shift) >= power)

    seeds = 2 + bisect_left(range(2, most + 1), True, key=seen)  # the power only rises with them
    return seeds if seeds <= most else None
