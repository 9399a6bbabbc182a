"""Do the intervals hold what they promise, and does the paired test reject as rarely as it says? By simulation.

`nox -s calibration` prints the table of results/README.md: worlds are drawn whose true score is known, each with two
recipes that are equally good and err on partly the same examples, as trainings of one model do.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness import statistics
from harness.statistics import Numbers, Part

Draw = Callable[[np.random.Generator, int, int], tuple[Numbers, Numbers]]  # rng, n, seeds -> labels, predictions


class World(NamedTuple):
    """truth: the score of infinitely many examples, in percent."""

    metric: str
    n: int
    truth: float
    draw: Draw


class Found(NamedTuple):
    """Shares of the trials: intervals that hold the truth, tests below 0.05."""

    covered: float
    rejected: float


def binary(positive: float, right: float) -> Draw:
    """Labels are 1 with that share; an answer is right with that share, more or less so as the example is easy."""

    def draw(rng: np.random.Generator, n: int, seeds: int) -> tuple[Numbers, Numbers]:
        labels = (rng.random(n) < positive).astype(float)
        # half of the examples are answered alike by every training
        shared = rng.random(n) < right
        own = rng.random((seeds, n)) < right
        correct = np.where(rng.random(n) < 0.5, shared, own)
        return labels, np.where(correct, labels, 1 - labels)

    return draw


def graded(correlation: float) -> Draw:
    def draw(rng: np.random.Generator, n: int, seeds: int) -> tuple[Numbers, Numbers]:
        labels, shared = rng.normal(size=(2, n))
        noise = (shared + rng.normal(size=(seeds, n))) * math.sqrt(0.5)
        return labels, correlation * labels + math.sqrt(1 - correlation**2) * noise

    return draw


def f1_of(positive: float, right: float) -> float:
    hits, false = positive * right, (1 - positive) * (1 - right)
    return 100 * 2 * hits / (positive + hits + false)


def matthews_of(positive: float, right: float) -> float:
    said = positive * right + (1 - positive) * (1 - right)
    covariance = positive * right - positive * said
    return 100 * covariance / math.sqrt(positive * (1 - positive) * said * (1 - said))


WORLDS = (
    World("acc", 277, 60.0, binary(0.5, 0.6)),  # RTE
    World("mc", 1_043, matthews_of(0.69, 0.75), binary(0.69, 0.75)),  # CoLA
    World("f1", 408, f1_of(0.68, 0.75), binary(0.68, 0.75)),  # MRPC
    World("pc", 1_500, 80.0, graded(0.8)),  # STS-B
    World("acc", 71, 55.0, binary(0.5, 0.55)),  # WNLI
)


def trial(world: World, rng: np.random.Generator, seeds: int) -> tuple[bool, bool]:
    """-> (is the truth in the interval, does the test of two equal recipes reject)"""
    labels, answers = world.draw(rng, world.n, 2 * seeds)
    ours, theirs = ([Part((world.metric,), 1.0, labels, each)] for each in (answers[:seeds], answers[seeds:]))
    draw = int(rng.integers(2**31))
    low, high = statistics.interval(ours, draw)
    return low <= world.truth <= high, statistics.compare(ours, theirs, draw).p < 0.05


def calibrate(world: World, trials: int, seeds: int = 1, seed: int = 0) -> Found:
    rng = np.random.default_rng(seed)
    covered, rejected = zip(*(trial(world, rng, seeds) for _ in range(trials)), strict=True)
    return Found(sum(covered) / trials, sum(rejected) / trials)


def main(trials: int = 1_000) -> None:
    statistics.RESAMPLES, statistics.PERMUTATIONS = 500, 499  # a quarter of a run's: its rates are the same
    print(f"{trials:,} worlds each; of one seed and of three. Stated: 95 % covered, 5 % rejected.")
    print("| metric | n | true score | seeds | covered | rejected |\n|---|---|---|---|---|---|")
    for world in WORLDS:
        for seeds in (1, 3):
            found = calibrate(world, trials, seeds)
            shares = f"{100 * found.covered:.1f} % | {100 * found.rejected:.1f} %"
            print(f"| {world.metric} | {world.n} | {world.truth:.1f} | {seeds} | {shares} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
