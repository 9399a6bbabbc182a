"""How often does the regression check fail without a fault, and how small a drop does it find?

`nox -s regression_power` prints the table of results/README.md from the expected results: by resampling them
(`harness.check.drop`), by leaving out each few of the runs in turn, and by runs drawn from a normal distribution like
theirs.

usage: python -m tests.regression_power [RESAMPLINGS]
"""

from __future__ import annotations

import sys
from itertools import combinations

import numpy as np

from harness.check import drop, expectations
from harness.check.drop import Numbers
from harness.command_line import check


def left_out(runs: Numbers) -> tuple[int, int]:
    """Each NEW of the runs against the others -> (failed, all)."""
    n = len(runs)
    failed = count = 0
    for chosen in combinations(range(n), drop.NEW):
        others = np.delete(runs, chosen, 0)
        failed += bool((drop.alarms(drop.expect(others), runs[list(chosen)].mean(0)) > 0).any())
        count += 1
    return failed, count


def normal_rate(runs: Numbers, count: int, seed: int = 0) -> float:
    """Share of checks that fail where expected and new runs are drawn from a normal distribution like the runs'."""
    rng = np.random.default_rng(seed)
    n = len(runs)
    drawn = rng.multivariate_normal(runs.mean(0), np.cov(runs.T), (count, n + drop.NEW))
    return sum(bool((drop.alarms(drop.expect(d[:n]), d[n:].mean(0)) > 0).any()) for d in drawn) / count


def main(count: int = 2_000) -> None:
    known = expectations.read(check.path_of("mini"))
    runs = drop.table(known.scores)
    print(
        f"{len(runs)} expected runs, {drop.NEW} a check; stated: {100 * drop.FALSE_ALARMS:.1f} % false alarms a check"
    )
    print(f"resampled: {100 * drop.false_alarm_rate(runs, count):.2f} % of {count:,}")
    print(f"normal: {100 * normal_rate(runs, count):.2f} % of {count:,}")
    print("left out: {} of {:,}".format(*left_out(runs)))
    print(f"| cell | mean | spread | fails below | drop found with {100 * drop.POWER:.0f} % |\n|---|---|---|---|---|")
    found = drop.detected(runs, count)
    for bound, power in zip(drop.bounds(known.scores), found, strict=True):
        unit = " spreads" if bound.cell == drop.ALL else ""
        numbers = f"{bound.mean:.1f} | {bound.spread:.1f} | {bound.low:.1f}"
        numbers = f"0 | {bound.spread:.2f} | {bound.low:.2f}" if unit else numbers
        print(f"| {bound.cell}{' alike' if unit else ''} | {numbers}{unit} | {power:.1f} points |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
