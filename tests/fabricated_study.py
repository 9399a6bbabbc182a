"""Records and zero-shot scores of a study that no run has made."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.data import MiniWorld
from harness.drawn import Drawn
from harness.layout.rows import RECIPES, REFERENCES
from harness.record import Beside, Record, SplitCount, save
from harness.storage.sealed import sealed
from harness.study.study_scores import COLUMNS
from harness.tasks import TASKS
from tests.fabricated import record

Score = Callable[[str, str, Drawn, int], float]  # recipe, task, world and pre-training, seed
FINETUNING = {"epochs": 10}
SIZE = {"n_layer": 4}


def made(task: str, recipe: str, which: Drawn, seed: int, score: float, **more: Any) -> Record:
    """As a run of the miniature leaves it: the metric that the study shows, on all of the task's evaluations."""
    random_start = recipe in ("no_pretraining", *REFERENCES)
    which = which._replace(pretraining=0) if random_start else which
    weights = None if random_start else f"{'lstm' if recipe == 'lstm' else 'gpt'} {which}"
    known = {"recipe": {"name": recipe}, "size": SIZE, "finetuning": FINETUNING}
    baseline = {**known, "weights": weights, "vocabulary": "v", **more.pop("baseline", {})}
    metrics = {name: {COLUMNS[task].metric: score} for name in TASKS[task].evaluations}
    more |= {"baseline": baseline, **which.key}
    found = record(task, seed, recipe=recipe, profile="mini", metrics=metrics, **more)
    return replace(found, train=replace(found.train, origin=MiniWorld(which.world, which.scale).told))


def fill(
    folder: Path,
    score: Score,
    *,
    worlds: Sequence[int] = (10, 11),
    pretrainings: Sequence[int] = (0, 1),
    seeds: Sequence[int] = (0, 1),
    recipes: Sequence[str] = RECIPES,
    tasks: Sequence[str] = tuple(COLUMNS),
) -> Path:
    for world in worlds:
        for pretraining in pretrainings:
            which = Drawn(world, pretraining)
            for seed in seeds:
                for recipe in recipes:
                    for task in tasks:
                        save(made(task, recipe, which, seed, score(recipe, task, which, seed)), folder)
    return folder


def noise(*about: object) -> float:
    return random.Random(repr(about)).uniform(-1.0, 1.0)


def layers(folder: Path, accuracy: Callable[[int], float], which: Drawn, seeds: Sequence[int] = (0, 1)) -> None:
    """Figure 2, left: MNLI and RACE with nothing, the embeddings, 1 to 4 blocks transferred."""
    for task in ("mnli", "race"):
        for transferred in range(-1, 5):
            recipe = {-1: "no_pretraining", 4: "full"}.get(transferred, f"transfer_{transferred}")
            settings = {"recipe": {"transferred": transferred}} if recipe.startswith("transfer") else {}
            for seed in seeds:
                score = accuracy(transferred) + noise(task, transferred, seed)
                one = made(task, recipe, which, seed, score, baseline=settings)
                rows = SplitCount("train", 500, 500, "h", "made")
                beside = {"train": Beside(rows, {"acc": 90.0}, "done")}
                if task == "race":
                    dev = SplitCount("validation", 200, 200, "h", "made")
                    beside["validation"] = Beside(dev, {"acc": score}, "done")
                save(replace(one, beside=beside), folder)


def zero_shot(
    folder: Path,
    ends: dict[str, float],
    which: Drawn,
    updates: Sequence[int] = (0, 8, 64, 512),
    model: str = "gpt",
    **more: Any,
) -> None:
    """Figure 2, right: each task goes from chance to its end in equal steps; 400 rows each."""
    chances = {"cola": 0.0, "sst2": 50.0, "race": 25.0, "dpr": 50.0}
    place = folder / "zero_shot" / f"{model}-{which.world}-{which.pretraining}"
    place.mkdir(parents=True)
    for i, at in enumerate(updates):
        tasks = {
            task: {
                "evaluation": "validation",
                "split": "validation",
                "metric": "mc" if task == "cola" else "acc",
                "score": chance + (ends[task] - chance) * i / (len(updates) - 1),
                "n": 400,
                "of": 400,
                "chance": chance,
            }
            for task, chance in chances.items()
        }
        of = {"profile": "mini", "model": model, "updates": at}
        told = {"key": which.key, **of, "tokens": at, "finished": "2026", **more}
        (place / f"{at}.json").write_text(json.dumps(sealed({**told, "tasks": tasks})))


ENDS = {"cola": 60.0, "sst2": 90.0, "race": 45.0, "dpr": 80.0}


def fill_whole(folder: Path, score: Score, which: Drawn, seeds: Sequence[int] = (0, 1)) -> None:
    """All that a study leaves of one pre-training."""
    worlds, pretrainings = [which.world], [which.pretraining]
    fill(folder, score, worlds=worlds, pretrainings=pretrainings, seeds=seeds)
    fill(folder, score, worlds=worlds, pretrainings=pretrainings, seeds=seeds[:1], recipes=REFERENCES)
    layers(folder, lambda n: 40.0 + 6.0 * n, which, seeds)
    for model in ("gpt", "lstm"):
        facts = {
            "tokens": 9_999_360,
            "held_out_perplexity": 2.5 if model == "gpt" else 3.5,
            "seconds": 300.0,
            "updates": 512,
        }
        zero_shot(folder, ENDS, which, model=model, pretraining=facts)
