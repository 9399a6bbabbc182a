"""The regression check: does the code as it stands compute what it did, and score what it did?

Everything is made anew in a folder of its own, at the mini profile's size with a shorter pre-training: the miniature's
rows and token ids (`harness.check.facts`), a fixed training (`harness.check.trace`), and the scores of a few cells that
have something to lose (`harness.check.drop`). Which cells: of the miniature's tasks CoLA and MNLI (matched) alone are
learnt above what a constant answer scores in each of ten such short pre-trainings; they have two input formats and two
metrics. STS-B is learnt in nine of ten (-10 to 28), SNLI, QNLI and WNLI in some (WNLI 47 to 96), SciTail in none. What
a fault could not lower is in the fixed training.
"""

from __future__ import annotations

import shutil
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from harness import data, record, runner
from harness.check import facts, trace
from harness.monitoring.progress import duration
from harness.preparation import language_model
from harness.runner import Data
from harness.tasks import TASKS

TOKENS = 3_000_000  # of pre-training: from a fifth of it CoLA varied by 12 points, from these by 7
SCORED = {"cola": "mc", "mnli": "acc"}
DEVICE = "cpu"
TRAINED = "trained: "  # begins the facts that only the trainings for scores give


@dataclass(frozen=True)
class Bench:
    """What the command line hands in: the door to what is measured, and where everything is made."""

    door: Any
    recipes: Mapping[str, Any]
    profile: Any
    folder: Path
    say: Callable[[str], None]
    given: Mapping[int, Path] = field(default_factory=dict)  # seed -> weights, in place of its pre-training

    @property
    def short(self) -> Any:
        """The profile with the check's pre-training; its warm-up stays, since a shorter one fails with some seeds."""
        settings = self.profile.pretraining
        return replace(self.profile, pretraining=replace(settings, tokens=min(TOKENS, settings.tokens)))

    @property
    def settings(self) -> dict[str, Any]:
        """What expected results must have been made with."""
        return {"profile": self.profile.name, "pretraining_tokens": self.short.pretraining.tokens, "cells": SCORED}

    def words(self) -> Namespace:
        """As a command line would ask for a pre-training."""
        return Namespace(runs=self.folder, corpus=None, weights=None)


@dataclass
class Measured:
    """failed: a cell that gives no score, because numbers in it are not finite -> the reason."""

    facts: facts.Facts = field(default_factory=dict)
    traced: trace.Numbers = field(default_factory=dict)
    scores: dict[str, list[float]] = field(default_factory=dict)  # a cell -> one a run
    failed: dict[str, str] = field(default_factory=dict)


def start(bench: Bench) -> dict[str, Data]:
    """An empty folder, all tasks' rows, and the tokenised corpus in the folder. Raises ValueError or OSError."""
    shutil.rmtree(bench.folder, ignore_errors=True)
    return rows(bench)


def rows(bench: Bench) -> dict[str, Data]:
    loaded, problems = runner.load_tasks(TASKS.values(), data.MiniWorld(0), None, False)
    for task, problem in problems.items():
        raise ValueError(f"{task} cannot be run: {problem}")
    language_model.OnlyVocabulary(bench.door, bench.short, bench.words()).prepare(DEVICE)
    bench.say(f"rows of {len(loaded)} tasks, and the corpus tokenised")
    return loaded


def exact(bench: Bench, loaded: Mapping[str, Data], found: Measured) -> None:
    """The facts and the fixed training."""
    door, profile = bench.door, bench.short
    tokens = language_model.OnlyVocabulary(door, profile, bench.words()).folder
    found.facts |= facts.of_data(loaded) | facts.of_metrics() | facts.of_tokens(door, profile, loaded, tokens)
    found.facts |= facts.of_models(door, bench.recipes, profile)
    bench.say(f"{len(found.facts)} facts taken")
    try:
        traced = trace.follow(door, bench.recipes, profile, loaded, tokens, bench.folder / "trace")
        found.traced |= trace.rounded(traced)
    except FloatingPointError as error:
        found.failed["fixed training"] = str(error)
    bench.say(f"{sum(map(len, found.traced.values()))} numbers of a fixed training taken")


def scores(bench: Bench, loaded: Mapping[str, Data], seed: int, found: Measured) -> None:
    """Pre-train and fine-tune, both with this seed; cells that are scored in the folder already are not trained again.

    Raises progress.Stop when stopped.
    """
    door, profile = bench.door, bench.short
    weights = bench.given.get(seed)
    try:
        if weights is None:
            model = language_model.Untrained(door, profile, bench.recipes["full"], bench.words(), seed)
            model.prepare(DEVICE)
            weights = model.folder
        found.facts[f"{TRAINED}updates of pre-training"] = door.pretraining_facts(weights)["updates"]
        fingerprint = door.fingerprint(bench.recipes["full"], profile, weights)
        for task, metric in SCORED.items():
            job = runner.Job(TASKS[task], "full", profile.name, seed, fingerprint, loaded[task])
            make = partial(door.make, bench.recipes["full"], profile, job.task.form, job.seeds, DEVICE, weights)
            name = f"{task} {metric}"
            try:
                is_done = job.is_done(bench.folder)
                made = record.read(job.path(bench.folder)) if is_done else runner.run(job, make, bench.folder)
            except FloatingPointError as error:
                found.failed[name] = str(error)
                continue
            score = round(next(iter(made.scores.values()))[metric], 4)
            found.scores.setdefault(name, []).append(score)
            found.facts[f"{TRAINED}updates of {task}"] = made.baseline["updates"]
            found.facts[f"{TRAINED}parameters"] = made.baseline["parameters"]
            bench.say(f"{name}, seed {seed}: {score:.1f}  ({duration(made.seconds)})")
    except FloatingPointError as error:
        found.failed["pre-training"] = str(error)
