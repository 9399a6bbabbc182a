"""A fixed training, number by number: what the code computes, whatever a model has learnt.

A language model is pre-trained for four updates, and fine-tuned for four on a few rows of each input format and recipe,
from starts that seeds alone decide. Losses, rates, gradient norms and probabilities then are the same on every machine
but for the order of float32 sums, so that a fault shows in the first differing number, where a score would need many
runs. Settings are chosen so that each part acts: a decay that is felt within four updates, a partial last batch, blocks
that are not transferred; and a model with dropout that only predicts, which dropout must not touch.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.runner import Data
from harness.tasks import TASKS

CLOSE = 1e-5  # relative: threads and instruction sets differ by 5e-7 at most (measured)
SEEDS = {"initialisation": 1, "order": 2, "dropout": 3}
BATCH, ROWS = 8, 20  # two batches an epoch, and a partial one that is dropped
SHOWN = 6  # rows whose probabilities are kept
MEASURED = ("loss", "task_loss", "lm_loss", "rate", "norm", "perplexity")
TRAINED = {  # a task of each input format and form, and the recipes that differ in what is computed
    "full": ("cola", "rte", "mrpc", "stsb", "race", "story_cloze"),
    "no_pretraining": ("rte",),
    "no_aux": ("rte",),
    "transfer_1": ("rte",),
    "lstm": ("rte",),
}

Numbers = dict[str, list[float]]


def follow(
    door: Any, recipes: Mapping[str, Any], profile: Any, data: Mapping[str, Data], tokens: Path, place: Path
) -> Numbers:
    """What is traced -> its numbers in order. data: of all tasks in TRAINED. tokens: the folder of a tokenised corpus.
    place: an empty folder. Raises what the trainings raise.
    """
    short = small(profile)
    found: Numbers = {}
    for kind in ("full", "lstm"):
        numbers = found[f"pre-training {kind}"] = []
        folder = place / kind
        door.pretrain((), recipes[kind], short, folder, listener(numbers), tokens_dir=tokens, device="cpu", seed=5)
    for recipe, tasks in TRAINED.items():
        weights = place / ("lstm" if recipe == "lstm" else "full")
        for task in tasks:
            numbers = found[f"{recipe} {task}"] = []
            examples = data[task].train.examples[:ROWS]
            form = TASKS[task].form
            at = (recipes[recipe], form, SEEDS, "cpu", weights, place / f"{recipe}-{task}")
            baseline = door.make(at[0], short, *at[1:], listener(numbers))
            baseline.fit(examples)
            numbers += flat(baseline.scores(examples[:SHOWN]))
            if recipe == "full":
                noisy = door.make(at[0], with_dropout(short), *at[1:], listener([]))
                found[f"{recipe} {task}, dropout"] = flat(noisy.scores(examples[:SHOWN]))
    return found


def small(profile: Any) -> Any:
    """The profile's network with trainings of four updates."""
    size = profile.size.n_ctx
    pretraining = replace(profile.pretraining, batch=4, tokens=4 * 4 * size, warmup=2, dropout=0.0)
    settings = {"learning_rate": 1e-2, "weight_decay": 0.1, "warmup": 0.3, "dropout": 0.0, "head_dropout": 0.0}
    finetuning = replace(profile.finetuning, batch=BATCH, epochs=2, **settings)
    return replace(profile, pretraining=pretraining, finetuning=finetuning)


def with_dropout(profile: Any) -> Any:
    return replace(profile, finetuning=replace(profile.finetuning, dropout=0.2, head_dropout=0.2))


def listener(numbers: list[float]) -> Any:
    """A report that adds what each update measured."""

    def report(event: Mapping[str, Any]) -> None:
        numbers.extend(float(event[name]) for name in MEASURED if name in event and "update" in event)

    return report


def flat(rows: Iterable[Sequence[float]]) -> list[float]:
    return [float(number) for row in rows for number in row]


def rounded(found: Numbers) -> Numbers:
    """To eight digits, as they are kept."""
    return {name: [float(f"{number:.8g}") for number in numbers] for name, numbers in found.items()}


def differences(
    expected: Mapping[str, Sequence[float]], found: Mapping[str, Sequence[float]]
) -> Iterator[tuple[str, str]]:
    """(what, its first number that differs) of each traced thing that is not as expected."""
    for name in dict.fromkeys([*expected, *found]):
        ours, theirs = found.get(name, ()), expected.get(name, ())
        far = [i for i, pair in enumerate(zip(ours, theirs, strict=False)) if not is_close(*pair)]
        if len(ours) != len(theirs):
            yield name, f"{len(ours)} numbers, expected {len(theirs)}"
        elif far:
            i, n = far[0], len(ours)
            yield name, f"number {i + 1} is {ours[i]:.6g}, expected {theirs[i]:.6g}; {len(far)} of {n} differ"


def is_close(found: float, expected: float) -> bool:
    return math.isclose(found, expected, rel_tol=CLOSE, abs_tol=CLOSE / 10)
