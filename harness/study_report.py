"""The study's report, from records alone: tasks by recipes, what collapsed, and whether each finding shows."""

from __future__ import annotations

import statistics as means
import textwrap
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tabulate import tabulate

from harness import crossed, figure_data, record
from harness.arguments import TABULATED
from harness.cells import EMPTY
from harness.crossed import PRETRAININGS, SEEDS
from harness.drawn import Drawn, of_key
from harness.figure_data import ZERO_SHOT
from harness.layout import METRICS
from harness.record import Record
from harness.results import is_whole
from harness.rows import RECIPES
from harness.sheet import WIDTH, visible
from harness.statistics import LEVEL, RESAMPLES
from harness.study_claims import NOT_RUN, Finding, Row, judge_all
from harness.study_scores import COLUMNS, RANDOM, Place, Runs, Scores, collect

HOW = (
    f"mean ± sample standard deviation over runs (n: pre-trainings × fine-tuning seeds that are there), in percent; in "
    f"brackets the {LEVEL:.0%} interval of the mean, both drawn anew ({RESAMPLES:,} times). Three of a kind are few: "
    "such intervals are narrower than they should be. Random starts know no pre-training, so their n is of seeds alone."
)


def command(chosen: Namespace) -> int:
    folder = chosen.runs / chosen.profile
    worlds, pretrainings, seeds = list(dict.fromkeys(chosen.worlds)), range(chosen.pretrain_seeds), range(chosen.seeds)
    print(
        visible(
            "\n".join(text(folder, chosen.profile, worlds, pretrainings, seeds, TABULATED[chosen.format], chosen.scale))
        )
    )
    return 0


def text(
    folder: Path,
    profile: str,
    worlds: Sequence[int],
    pretrainings: Sequence[int],
    seeds: Sequence[int],
    format: str,
    scale: int = 1,
) -> Iterator[str]:
    """Lines. folder: the profile's, below runs/ or results/records/."""
    rows = [(world, pretraining) for world in worlds for pretraining in pretrainings]
    every = (made for made in record.read_all(folder) if made.profile == profile)
    records = [made for made in every if of_key(made.key).scale == scale]
    scores = collect(records, profile)
    left = {row: points for row in rows if (points := layers_of(records, profile, Drawn(*row, scale)))}
    right = {row: points for row in rows if (points := figure_data.zero_shot(folder / ZERO_SHOT, Drawn(*row, scale)))}
    at = f" at scale {scale}" if scale != 1 else ""
    yield (
        f"Study of the {profile} profile{at}: worlds {numbers(worlds)}; pre-training seeds {numbers(pretrainings)}; "
        + (f"fine-tuning seeds {numbers(seeds)}")
    )
    yield from textwrap.wrap(HOW, WIDTH)
    yield from remarks(scores)
    parts = {f"World {world}": [row for row in rows if row[0] == world] for world in worlds}
    if len(worlds) > 1:
        parts["Over worlds"] = rows
    verdicts = {}
    for title, own in parts.items():
        verdicts[title] = judge_all(scores, own, seeds, left, right)
        yield f"\n{title}\n"
        yield from tables(scores, own, seeds, format)
        yield ""
        yield from findings(verdicts[title])
    if len(worlds) > 1:
        yield "\nDo the worlds agree?\n"
        each = zip(*verdicts.values(), strict=True)
        drawn = [(same[0].name, same[0].text, *(finding.verdict for finding in same)) for same in each]
        yield table(drawn, ("", "finding", *verdicts), format)


def layers_of(records: Sequence[Record], profile: str, which: Drawn) -> list[dict[str, object]]:
    """Figure 2, left, of one pre-training."""
    return figure_data.left((made for made in records if which.shows(made.key) and is_whole(made)), profile)


def numbers(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))


def remarks(scores: Scores) -> Iterator[str]:
    """What a reader must know before the numbers."""
    if scores.fragments:
        yield f"Left out: {scores.fragments} records of fragments of the data."
    if scores.left_out:
        yield f"Left out: {scores.left_out} records of other settings, since only the newest of each cell count."
    for recipe, n in scores.settings.items():
        if n > 1:
            yield f"NOT ONE EXPERIMENT: {recipe} was run in {n} settings, in different worlds or tasks."
    if scores.finetunings > 1:
        yield f"NOT ONE EXPERIMENT: {scores.finetunings} settings of fine-tuning, so more than the recipes differ."
    if scores.commits:
        yield f"Made at commit{'s' if len(scores.commits) > 1 else ''} {', '.join(sorted(scores.commits))}."


def tables(scores: Scores, rows: Sequence[Row], seeds: Sequence[int], format: str) -> Iterator[str]:
    """Tasks by recipes: means, then medians and what collapsed. What has no record is called so."""
    shown, beside = [], []
    for task, column in COLUMNS.items():
        cells = [(scores.runs.get((recipe, task), Runs()), rows_of(scores, recipe, task, rows)) for recipe in RECIPES]
        name = f"{task} ({column.metric})"
        shown.append([name, *(mean_text(runs, own, seeds) for runs, own in cells)])
        beside.append([name, *(median_text(runs, own, seeds) for runs, own in cells)])
    shown.append(["mean over tasks", *(overall(scores, recipe, rows, seeds) for recipe in RECIPES)])
    yield table(shown, ("task", *RECIPES), format)
    yield f"\n{'; '.join(METRICS[name] for name in dict.fromkeys(column.metric for column in COLUMNS.values()))}"
    yield "\nMedians, and runs that collapsed (all predictions alike) or diverged:\n"
    yield table(beside, ("task", *RECIPES), format)


def rows_of(scores: Scores, recipe: str, task: str, rows: Sequence[Row]) -> list[Row]:
    """Of a random start one row a world, or its runs would count once for every pre-training."""
    runs = scores.runs.get((recipe, task), Runs())
    if any(place.pretraining == RANDOM for place in (*runs.scores, *runs.diverged)):
        return [(world, RANDOM) for world in dict.fromkeys(world for world, _ in rows)]
    return list(rows)


def values_of(runs: Runs, rows: Sequence[Row], seeds: Sequence[int]) -> list[float]:
    return [value for place, value in sorted(runs.scores.items()) if place[:2] in rows and place.seed in seeds]


def mean_text(runs: Runs, rows: Sequence[Row], seeds: Sequence[int]) -> str:
    """ "43.1 ± 3.9, n 9 [40.2, 46.0]" """
    values = values_of(runs, rows, seeds)
    if not values:
        return NOT_RUN if not count(runs.diverged, rows, seeds) else "diverged"
    places = [[runs.scores.get(Place(*row, seed), np.nan) for seed in seeds] for row in rows]
    found = crossed.interval(np.array(places, float)[:, :, None], drawn=(PRETRAININGS, SEEDS))
    spread = f"{means.stdev(values):.1f}" if len(values) > 1 else EMPTY
    between = "" if found.low is None or len(values) < 2 else f" [{found.low:.1f}, {found.high:.1f}]"
    return f"{found.mean:.1f} ± {spread}, n {len(values)}{between}"


def median_text(runs: Runs, rows: Sequence[Row], seeds: Sequence[int]) -> str:
    """ "42.9; 1 of 9 collapsed" """
    values, diverged = values_of(runs, rows, seeds), count(runs.diverged, rows, seeds)
    n = len(values) + diverged
    told = [f"{means.median(values):.1f}"] if values else []
    for word, some in (("collapsed", count(runs.collapsed, rows, seeds)), ("diverged", diverged)):
        told += [f"{some} of {n} {word}"] if some else []
    return "; ".join(told) or NOT_RUN


def count(places: set[Place], rows: Sequence[Row], seeds: Sequence[int]) -> int:
    return sum(place[:2] in rows and place.seed in seeds for place in places)


def overall(scores: Scores, recipe: str, rows: Sequence[Row], seeds: Sequence[int]) -> str:
    """Of the tasks that were run; how many, where that is not all."""
    values = scores.grid(recipe, list(COLUMNS), rows, seeds)
    n = int(np.isfinite(values).any(axis=(0, 1)).sum())
    if not n:
        return NOT_RUN
    return f"{float(crossed.mean(values)):.1f}" + (f" ({n} of {len(COLUMNS)} tasks)" if n < len(COLUMNS) else "")


def findings(found: Sequence[Finding]) -> Iterator[str]:
    for each in found:
        yield f"({each.name}) {each.verdict.upper()}: {each.text}"
        yield textwrap.fill(each.measured, WIDTH, initial_indent="    ", subsequent_indent="    ")


def table(rows: Sequence[Sequence[object]], headings: Sequence[str], format: str) -> str:
    return tabulate(rows, headings, tablefmt=format, disable_numparse=True)
