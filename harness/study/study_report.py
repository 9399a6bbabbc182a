"""The study's report, from records alone: tasks by recipes, what collapsed, and whether each finding shows."""

from __future__ import annotations

import statistics as means
import textwrap
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tabulate import tabulate

from harness.command_line.arguments import TABULATED
from harness.layout.layout import METRICS
from harness.layout.rows import RECIPES, REFERENCES
from harness.layout.sheet import WIDTH, visible
from harness.monitoring.progress import duration
from harness.statistics import LEVEL, RESAMPLES
from harness.storage.files import write_atomic
from harness.study import crossed
from harness.study.crossed import PRETRAININGS, SEEDS
from harness.study.study_claims import NOT_RUN, Finding, Row, judge_all
from harness.study.study_data import Asked, Study, read
from harness.study.study_scores import COLUMNS, RANDOM, Place, Runs, Scores
from harness.tabular.cells import EMPTY

SHOWN = (*RECIPES, *REFERENCES)
PRETRAINED = ("world", "pre-training", "model", "tokens", "held-out perplexity", "time of a process")
MARKDOWN = TABULATED["markdown"]

HOW = (
    f"mean ± sample standard deviation over runs (n: pre-trainings × fine-tuning seeds that are there), in percent; in "
    f"brackets the {LEVEL:.0%} interval of the mean, both drawn anew ({RESAMPLES:,} times). Three of a kind are few: "
    "such intervals are narrower than they should be. Random starts know no pre-training, so their n is of seeds "
    "alone; majority and tfidf, which count words and understand nothing, know neither."
)


def command(chosen: Namespace) -> int:
    """Prints; with --to writes it and both drawings too. Raises ValueError, OSError."""
    asked = Asked(
        profile=chosen.profile,
        worlds=list(dict.fromkeys(chosen.worlds)),
        pretrainings=range(chosen.pretrain_seeds),
        seeds=range(chosen.seeds),
        scale=chosen.scale,
    )
    if chosen.to and chosen.to.exists() and not chosen.to.is_dir():
        raise NotADirectoryError(f"--to {chosen.to} is a file, expected a folder to write the report in")
    study = read(chosen.runs / chosen.profile, asked)
    print(visible("\n".join(text(study, TABULATED[chosen.format]))))
    if chosen.to:
        print(f"\nwritten: {', '.join(map(str, write(study, chosen.to)))}")
    return 0


def write(study: Study, folder: Path) -> list[Path]:
    """folder/report.md, and of what there is folder/layers.svg and folder/zero_shot.svg. Raises OSError."""
    from harness.study import study_figures

    files = {"report.md": visible("\n".join(text(study, MARKDOWN))).encode() + b"\n"}
    files |= {f"{name}.svg": image for name, image in study_figures.render(study, "svg").items()}
    for name, content in files.items():
        write_atomic(folder / name, content)
    return [folder / name for name in files]


def text(study: Study, format: str) -> Iterator[str]:
    """Lines. format: tabulate's name of one."""
    asked, scores = study.asked, study.scores
    rows, seeds = asked.rows, asked.seeds
    at = f" at scale {asked.scale}" if asked.scale != 1 else ""
    yield (
        f"Study of the {asked.profile} profile{at}: worlds {numbers(asked.worlds)}; "
        f"pre-training seeds {numbers(asked.pretrainings)}; fine-tuning seeds {numbers(seeds)}"
    )
    yield from spaced(textwrap.wrap(HOW, WIDTH), format)
    yield from spaced(remarks(study), format)
    if study.told:
        yield heading("Language models", format)
        yield table(sorted(language_models(study)), PRETRAINED, format)
    parts = {f"World {world}": [row for row in rows if row[0] == world] for world in asked.worlds}
    if len(asked.worlds) > 1:
        parts["Over worlds"] = rows
    verdicts = {}
    for title, own in parts.items():
        verdicts[title] = judge_all(scores, own, seeds, study.left, study.right)
        yield heading(title, format)
        yield from tables(scores, own, seeds, format)
        yield ""
        yield from findings(verdicts[title], format)
    if len(asked.worlds) > 1:
        yield heading("Do the worlds agree?", format)
        each = zip(*verdicts.values(), strict=True)
        drawn = [(same[0].name, same[0].text, *(finding.verdict for finding in same)) for same in each]
        yield table(drawn, ("", "finding", *verdicts), format)


def heading(title: str, format: str) -> str:
    return f"\n{'## ' if format == MARKDOWN else ''}{title}\n"


def spaced(lines: Iterable[str], format: str) -> Iterator[str]:
    """A paragraph of its own, where lines would run together."""
    yield from ("", *lines) if format == MARKDOWN else lines


def numbers(values: Sequence[int]) -> str:
    return ", ".join(map(str, values))


def remarks(study: Study) -> Iterator[str]:
    """What a reader must know before the numbers."""
    scores = study.scores
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
    if study.seconds:
        pretraining = sum(facts.get("seconds") or 0.0 for facts in study.told.values())
        of_models = f", pre-training {duration(pretraining)}" if pretraining else ""
        yield f"Time, added up over processes: fine-tuning {duration(study.seconds)}{of_models}."


def language_models(study: Study) -> Iterator[list[object]]:
    for ((world, pretraining), model), facts in study.told.items():
        tokens, perplexity = facts.get("tokens"), facts.get("held_out_perplexity")
        yield [
            world,
            pretraining,
            model,
            EMPTY if tokens is None else f"{tokens:,}",
            EMPTY if perplexity is None else f"{perplexity:.2f}",
            duration(facts["seconds"]) if facts.get("seconds") else EMPTY,
        ]


def tables(scores: Scores, rows: Sequence[Row], seeds: Sequence[int], format: str) -> Iterator[str]:
    """Tasks by recipes: means, then medians and what collapsed. What has no record is called so."""
    shown, beside = [], []
    for task, column in COLUMNS.items():
        cells = [(scores.runs.get((recipe, task), Runs()), rows_of(scores, recipe, task, rows)) for recipe in SHOWN]
        name = f"{task} ({column.metric})"
        shown.append([name, *(mean_text(runs, own, seeds) for runs, own in cells)])
        beside.append([name, *(median_text(runs, own, seeds) for runs, own in cells[: len(RECIPES)])])
    shown.append(["mean over tasks", *(overall(scores, recipe, rows, seeds) for recipe in SHOWN)])
    yield table(shown, ("task", *SHOWN), format)
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


def findings(found: Sequence[Finding], format: str) -> Iterator[str]:
    for each in found:
        if format == MARKDOWN:
            yield f"- **({each.name}) {each.verdict}**: {each.text}. {each.measured}"
            continue
        yield f"({each.name}) {each.verdict.upper()}: {each.text}"
        yield textwrap.fill(each.measured, WIDTH, initial_indent="    ", subsequent_indent="    ")


def table(rows: Sequence[Sequence[object]], headings: Sequence[str], format: str) -> str:
    return tabulate(rows, headings, tablefmt=format, disable_numparse=True)
