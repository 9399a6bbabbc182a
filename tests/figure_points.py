"""Points of Figure 2 that no run has made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.record import Beside, Record, SplitCount
from harness.tasks import TASKS
from tests.fabricated import record

CHANCE_AND_BEST = {"sst2": (50.0, 93.2), "cola": (0.0, 35.0), "race": (25.0, None), "dpr": (50.0, None)}


def of_layers(
    task: str, layers: int, seed: int = 0, dev: float = 60.0, train: float = 90.0, *, n_layer: int = 4, **changes: Any
) -> Record:
    """A record as the figure's run leaves it; RACE's dev split stands beside its evaluations, MNLI's among them."""
    recipe = {-1: "no_pretraining", n_layer: "full"}.get(layers, f"transfer_{layers}")
    settings = {"transferred": layers} if recipe.startswith("transfer") else {}
    scores = {"matched": dev, "mismatched": 1.0} if task == "mnli" else {"middle": 2.0, "high": 3.0}
    baseline = {"recipe": settings, "size": {"n_layer": n_layer}, "vocabulary": "v", "weights": "w"}
    found = record(task, seed, scores, recipe=recipe, profile=changes.pop("profile", "mini"), baseline=baseline)
    n = TASKS[task].train.n
    beside = {"train": Beside(SplitCount("train", 5_000, n, "h", "hub"), {"acc": train}, "done")}
    if task == "race":
        beside["validation"] = Beside(SplitCount("validation", 4_887, 4_887, "h", "hub"), {"acc": dev}, "done")
    return replace(found, **{"beside": beside, **changes})


def zero_shot(
    profile: str = "mini", updates: tuple[int | None, ...] = (0, 1, 2, 4, 64, 512, 5859)
) -> list[dict[str, Any]]:
    """A row a task, model and checkpoint; the Transformer rises with its updates, the LSTM half as far."""
    return list(rows(profile, updates))


def rows(profile: str, updates: tuple[int | None, ...]) -> Iterator[dict[str, Any]]:
    for task, (chance, best) in CHANCE_AND_BEST.items():
        for model, slope in (("gpt", 2.0), ("lstm", 1.0)):
            for i, at in enumerate(updates):
                score = chance + slope * i
                yield {
                    "figure": "2-right",
                    "profile": profile,
                    "model": model,
                    "updates": at,
                    "tokens": None if at is None else 1024 * at,
                    "task": task,
                    "evaluation": "validation",
                    "split": "validation",
                    "metric": "mc" if task == "cola" else "acc",
                    "score": score,
                    "n": 400,
                    "of": 400,
                    "chance": chance,
                    "best": best,
                    "scaled": None if best is None else (score - chance) / (best - chance),
                }
