"""Whether the paper's findings show in generated worlds: yes, no or undecided, by rules fixed before the numbers.

- pre-training (a): yes where the mean over tasks is at least ENOUGH points, its interval above 0, and more than half
  of the tasks better; no where the interval is below ENOUGH; else undecided.
- Transformer (b), auxiliary loss (e): yes where the interval of the mean difference is above 0 and more than half of
  the tasks are better; no where it is below 0; else undecided.
- layers (c): yes where both the gain of all layers over none and Kendall's tau along the layers have intervals above
  0; no where one of them has none of it above 0; else undecided.
- zero-shot (d): yes where the mean tau along pre-training has its interval above 0, and in most pre-trainings LEAST
  tasks end above chance; no where nothing of it is above 0, or no pre-training has so many; else undecided.

Intervals are of `harness.study.crossed`. Where a task or a recipe has not been run everywhere, nothing is decided.
"""

from __future__ import annotations

import statistics as means
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from harness.evidence.claim import Points
from harness.evidence.figure_claims import along, beyond_chance, curves_of
from harness.study import crossed
from harness.study.crossed import PRETRAININGS, SEEDS, Mean
from harness.study.study_scores import COLUMNS, Scores

YES, NO, UNDECIDED, NOT_RUN = "yes", "no", "undecided", "not run"
ENOUGH = 10.0  # points
LEAST = 3  # of the four zero-shot tasks
ZERO_SHOT = ("cola", "sst2", "race", "dpr")
LAYERS = ("race", "mnli")
Row = tuple[int, int]  # world, pre-training


class Finding(NamedTuple):
    name: str
    text: str
    verdict: str
    measured: str


class Contrast(NamedTuple):
    name: str
    text: str
    below: str  # the recipe that `full` is above of
    tasks: tuple[str, ...]
    least: float = 0.0


CONTRASTS = (
    Contrast("a", "pre-training against none", "no_pretraining", tuple(COLUMNS), ENOUGH),
    Contrast("b", "Transformer against LSTM", "lstm", tuple(COLUMNS)),
    Contrast(
        "e",
        "with the auxiliary loss against without, on NLI and QQP",
        "no_aux",
        ("mnli", "snli", "scitail", "qnli", "rte", "qqp"),
    ),
)


def judge_all(
    scores: Scores,
    rows: Sequence[Row],
    seeds: Sequence[int],
    left: Mapping[Row, Points],
    right: Mapping[Row, Points],
) -> list[Finding]:
    """rows, seeds: what the study asked for. left, right: of each pre-training the rows of Figure 2's halves."""
    a, b, e = (contrast(each, scores, rows, seeds) for each in CONTRASTS)
    return [a, b, layers({row: left[row] for row in rows if row in left}, len(rows)), zero_shot(right, rows), e]


def contrast(claim: Contrast, scores: Scores, rows: Sequence[Row], seeds: Sequence[int]) -> Finding:
    ours, theirs = (scores.grid(recipe, claim.tasks, rows, seeds) for recipe in ("full", claim.below))
    pairs = ours - theirs
    there = np.isfinite(pairs)
    run = [task for t, task in enumerate(claim.tasks) if there[:, :, t].any()]

    def said(verdict: str, measured: str) -> Finding:
        return Finding(claim.name, f"{claim.text} (full - {claim.below})", verdict, measured)

    if not run:
        return said(NOT_RUN, f"no pair of full and {claim.below}")
    found = crossed.interval(pairs[:, :, there.any(axis=(0, 1))])
    each = {task: float(np.nanmean(pairs[:, :, claim.tasks.index(task)])) for task in run}
    better = sum(value > 0 for value in each.values())
    middle = means.median(each.values())
    draws = [int(there.any(axis=other).any(axis=-1).sum()) for other in (SEEDS, PRETRAININGS)]
    told = (
        f"mean {spelled(found)} over {len(run)} tasks of {counted(draws[0], 'pre-training')} and "
        f"{counted(draws[1], 'seed')}, median {middle:+.1f}, better on {better} of {len(run)}; "
        f"{', '.join(f'{task} {value:+.1f}' for task, value in each.items())}"
    )
    if absent := missing(claim, scores, rows, seeds):
        return said(UNDECIDED, f"not all run ({absent}); so far {told}")
    return said(verdict_of(found, better > len(run) / 2, claim.least), told)


def missing(claim: Contrast, scores: Scores, rows: Sequence[Row], seeds: Sequence[int]) -> str:
    """The tasks of which not every run is there; one that diverged has been run."""
    recipes = ("full", claim.below)
    return ", ".join(task for task in claim.tasks if any(scores.lacks(one, task, rows, seeds) for one in recipes))


def verdict_of(found: Mean, on_most: bool, least: float) -> str:
    if found.low is None or found.high is None:
        return UNDECIDED
    if found.mean >= least and found.low > 0 and on_most:
        return YES
    return NO if found.high < least else UNDECIDED


def layers(left: Mapping[Row, Points], asked: int) -> Finding:
    def said(verdict: str, measured: str) -> Finding:
        return Finding("c", "each transferred layer helps, on RACE and MNLI", verdict, measured)

    gains, taus, told = [], [], []
    for points in left.values():
        curves: dict[str, dict[int, float]] = {task: {} for task in LAYERS}
        for point in points:
            if point["evaluation"] != "train" and point["task"] in curves:
                curves[point["task"]][point["transferred"]] = point["mean"]
        if all(len(curve) > 2 for curve in curves.values()):
            places = {task: sorted(curve) for task, curve in curves.items()}
            gains.append([curves[task][places[task][-1]] - curves[task][places[task][0]] for task in LAYERS])
            taus.append([along(places[task], [curves[task][i] for i in places[task]])[0] for task in LAYERS])
            told.append(curves)
    if not gains:
        return said(NOT_RUN, "no pre-training with all numbers of layers on both")
    gain, tau = (of_pretrainings(values) for values in (gains, taus))
    steps = "; ".join(f"{task} {along_layers([curves[task] for curves in told])}" for task in LAYERS)
    measured = f"all - none {spelled(gain)}, tau {spelled(tau, 2)}, {counted(len(gains), 'pre-training')}; {steps}"
    if len(gains) < asked:
        return said(UNDECIDED, f"{len(gains)} of {asked} pre-trainings run; so far {measured}")
    return said(together(gain, tau), measured)


def along_layers(curves: Sequence[Mapping[int, float]]) -> str:
    """ "22.3, 23.0, 26.8": the mean over pre-trainings, from none to all."""
    places = sorted(set.intersection(*(set(curve) for curve in curves)))
    return ", ".join(f"{means.fmean(curve[place] for curve in curves):.1f}" for place in places)


def together(*found: Mean) -> str:
    if any(each.low is None or each.high is None for each in found):
        return UNDECIDED
    if all(each.low is not None and each.low > 0 for each in found):
        return YES
    return NO if any(each.high is not None and each.high <= 0 for each in found) else UNDECIDED


def zero_shot(right: Mapping[Row, Points], rows: Sequence[Row]) -> Finding:
    def said(verdict: str, measured: str) -> Finding:
        return Finding("d", "zero-shot rises along pre-training and ends above chance", verdict, measured)

    taus, above, ends = [], [], []
    for row in rows:
        named = {name.split()[0]: points for name, points in curves_of(right.get(row, ()), "gpt").items()}
        curves = {task: named[task] for task in ZERO_SHOT if len(named.get(task, ())) > 2}
        if len(curves) == len(ZERO_SHOT):
            each = {
                task: along([at for at, *_ in curve], [score for _, score, *_ in curve])
                for task, curve in curves.items()
            }
            taus.append([each[task][0] for task in ZERO_SHOT])
            above.append({task for task, curve in curves.items() if beyond_chance(*curve[-1][1:])})
            ends.append({task: (curve[0][1], curve[-1][1]) for task, curve in curves.items()})
    if not taus:
        return said(NOT_RUN, f"no pre-training with checkpoints scored on {', '.join(ZERO_SHOT)}")
    tau = of_pretrainings(taus)
    enough = sum(len(each) >= LEAST for each in above)
    told = ", ".join(
        f"{task} {means.fmean(e[task][0] for e in ends):.1f} to {means.fmean(e[task][1] for e in ends):.1f} "
        f"(above chance in {sum(task in each for each in above)} of {len(above)})"
        for task in ZERO_SHOT
    )
    measured = f"tau {spelled(tau, 2)}; {LEAST} of {len(ZERO_SHOT)} above chance in {enough} of {len(above)}; {told}"
    if len(taus) < len(rows):
        return said(UNDECIDED, f"{len(taus)} of {len(rows)} pre-trainings run; so far {measured}")
    if tau.low is None or tau.high is None:
        return said(UNDECIDED, measured)
    if tau.low > 0 and enough > len(above) / 2:
        return said(YES, measured)
    return said(NO if tau.high <= 0 or not enough else UNDECIDED, measured)


def of_pretrainings(values: Sequence[Sequence[float]]) -> Mean:
    """(pre-trainings, tasks), the tasks being those that the claim is about -> their mean."""
    return crossed.interval(np.array(values, float)[:, None, :], drawn=(PRETRAININGS,))


def counted(n: int, name: str) -> str:
    return f"{n} {name}" if n == 1 else f"{n} {name}s"


def spelled(found: Mean, digits: int = 1) -> str:
    if found.low is None or found.high is None:
        return f"{found.mean:+.{digits}f} (one draw: no interval)"
    return f"{found.mean:+.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"
