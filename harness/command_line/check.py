"""The command `check`: measure, compare with what is expected, say what is another and since when."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness import record, regression
from harness.check import check_report, drop, expectations, facts, trace
from harness.check.check_report import Finding, Found
from harness.check.expectations import Expectations
from harness.record import ROOT
from harness.regression import Bench, Measured
from harness.storage.files import require_writable

PASSED, REGRESSED, COULD_NOT = 0, 1, 2
RUNS = 12  # for new expectations, unless asked otherwise
COMMITS = 20  # shown at most
LIBRARIES = ("torch", "numpy", "tokenizers", "spacy", "ftfy")  # that expected results name


class Asked(NamedTuple):
    """runs: how many for new expectations. expected: the file. exact: without training for scores."""

    update: bool
    runs: int
    expected: Path
    exact: bool = False


def path_of(profile: str) -> Path:
    return ROOT / "results" / profile / "expected.json"


def run(bench: Bench, asked: Asked) -> int:
    """-> exit code: 0 as expected, or updated; 1 regressed; 2 it could not be found out.

    Leaves check.md and junit.xml in the bench's folder. Raises progress.Stop when stopped; OSError where nothing can be
    written there.
    """
    require_writable(bench.folder)
    began = time.monotonic()
    try:
        if asked.update:
            return update(bench, asked)
        known = expectations.read(asked.expected)
        found = compare(known, measure(bench, known, asked), asked.exact)
        report = Found(found, time.monotonic() - began, since(known))
    except Exception as error:  # whatever broke: 1 is kept for what was measured
        foreseen = isinstance(error, (ValueError, OSError))
        if not foreseen:
            traceback.print_exc()
        if asked.update and foreseen:
            raise
        if asked.update:
            return COULD_NOT
        report = Found([], time.monotonic() - began, [], could_not=f"{type(error).__name__}: {error}")
    check_report.write(report, bench.folder)
    bench.say(check_report.terminal(report))
    bench.say(f"the same as Markdown and JUnit XML: {bench.folder / check_report.MARKDOWN}, {check_report.JUNIT}")
    if report.could_not:
        return COULD_NOT
    return PASSED if report.passed else REGRESSED


def measure(bench: Bench, known: Expectations, asked: Asked) -> Measured:
    """Everything anew. Raises ValueError where the expectations are of other settings, before anything is trained."""
    if dict(known.settings) != bench.settings:
        raise ValueError(
            f"{asked.expected} is of {dict(known.settings)}, this check of {bench.settings}; run check --update"
        )
    found = Measured()
    loaded = regression.start(bench)
    regression.exact(bench, loaded, found)
    if not asked.exact:
        drop.table(known.scores)  # raises where no bound can be had
        for seed in range(drop.NEW):
            regression.scores(bench, loaded, seed, found)
    return found


def compare(known: Expectations, found: Measured, only_exact: bool = False) -> list[Finding]:
    """All that was compared, what is as expected too. A training that failed is no score, and so regressed."""
    expected = {n: v for n, v in known.facts.items() if not (only_exact and n.startswith(regression.TRAINED))}
    odd = {name: (before, now) for name, before, now in facts.differences(expected, found.facts)}
    findings = [
        Finding("facts", name, name not in odd, *odd.get(name, ("", "")))
        for name in dict.fromkeys([*expected, *found.facts])
    ]
    strange = dict(trace.differences(known.traced, found.traced))
    findings += [
        Finding("fixed training", name, name not in strange, "", strange.get(name, ""))
        for name in dict.fromkeys([*known.traced, *found.traced])
    ]
    if not only_exact:
        findings += scored(known, found)
    return [*findings, *(Finding("trainings", name, False, "", why) for name, why in found.failed.items())]


def scored(known: Expectations, found: Measured) -> Iterator[Finding]:
    """Each cell against its bound, and their mean against its own."""
    *cells, every = drop.bounds(known.scores)
    for bound in cells:
        expected = f"{bound.mean:.1f} ± {bound.spread:.1f}, a mean of {bound.low:.1f} at least"
        made = found.scores.get(bound.cell, [])
        if len(made) < drop.NEW:
            yield Finding("scores", bound.cell, False, expected, f"{len(made)} of {drop.NEW} runs gave a score")
            continue
        mean, each = float(np.mean(made)), ", ".join(f"{score:.1f}" for score in made)
        yield Finding(
            "scores", bound.cell, mean >= bound.low, expected, f"{mean:.1f} ({mean - bound.mean:+.1f}; {each})"
        )
    if all(len(found.scores.get(bound.cell, [])) == drop.NEW for bound in cells):
        runs = drop.table(known.scores)
        now = np.array([found.scores[bound.cell] for bound in cells]).mean(1)
        below = float(drop.alarms(drop.expect(runs), now)[-1])
        expected = f"{every.low:.2f} spreads at least"
        yield Finding("scores", drop.ALL, below <= 0, expected, f"{every.low - below:+.2f} spreads from the mean")


def since(known: Expectations) -> list[str]:
    """The commits that may have done it: those since the expectations were made that touch the code."""
    if known.code == record.code_hash():
        return ["the code is what it was when the expectations were made: libraries, or the machine"]
    if known.commit is None or record.git("rev-parse", "HEAD") is None:
        return ["no git history here to look through"]
    found = record.git("log", "--oneline", f"{known.commit}..HEAD", "--", "harness", "baselines")
    if found is None:
        return [f"commit {known.commit[:12]}, at which the expectations were made, is not in this checkout's history"]
    lines = found.splitlines()
    more = [f"and {len(lines) - COMMITS} before"] if len(lines) > COMMITS else []
    changed = record.git("status", "--porcelain", "--", "harness", "baselines")
    return [*(["changes that are not committed"] if changed else []), *lines[:COMMITS], *more]


def update(bench: Bench, asked: Asked) -> int:
    """New expectations from runs of their own; what was done by the same code before a stop is not done again."""
    if asked.runs < drop.LEAST_RUNS:
        raise ValueError(f"{asked.runs} runs; the rule needs {drop.LEAST_RUNS} at least")
    bench = replace(bench, folder=bench.folder.with_name(f"update-{record.code_hash()[:8]}"))
    require_writable(bench.folder)
    loaded = regression.rows(bench)
    found = Measured()
    regression.exact(bench, loaded, found)
    for seed in range(asked.runs):
        regression.scores(bench, loaded, seed, found)
        if found.failed:
            name, why = next(iter(found.failed.items()))
            raise ValueError(f"{name}, seed {seed}: {why}; nothing can be expected of this code")
    environment = record.environment()
    made = Expectations(
        settings=bench.settings,
        facts=found.facts,
        traced=found.traced,
        scores=found.scores,
        seeds=list(range(asked.runs)),
        commit=environment["commit"],
        code=record.code_hash(),
        versions={
            name: environment["packages"].get(name) for name in ("torch", "numpy", "tokenizers", "spacy", "ftfy")
        },
    )
    try:
        bench.say(changes(expectations.read(asked.expected), made))
    except FileNotFoundError:
        bench.say("there were no expectations before")
    expectations.write(asked.expected, made)
    bench.say(f"expected results of {asked.runs} runs: {asked.expected}")
    return PASSED


def changes(before: Expectations, now: Expectations) -> str:
    """What --update changed, a line each."""
    lines = [f"{name}: {old} -> {new}" for name, old, new in facts.differences(before.facts, now.facts)]
    lines += [f"fixed training, {name}: {what}" for name, what in trace.differences(before.traced, now.traced)]
    for name in dict.fromkeys([*before.scores, *now.scores]):
        old, new = (summary(runs.get(name)) for runs in (before.scores, now.scores))
        if old != new:
            lines.append(f"{name}: {old} -> {new}")
    return "\n".join(["changed:", *lines]) if lines else "nothing changed"


def summary(runs: Sequence[float] | None) -> str:
    return f"{np.mean(runs):.1f} ± {np.std(runs, ddof=1):.1f} of {len(runs)} runs" if runs else "nothing"
