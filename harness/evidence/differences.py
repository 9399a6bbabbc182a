"""Two runs of one task: what differs in their settings, how far their scores are apart, which examples flipped."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness import record, statistics
from harness.evidence.analysis import p_text
from harness.layout.layout import signed
from harness.layout.sheet import visible
from harness.record import Record
from harness.statistics import Part
from harness.storage import predictions
from harness.storage.predictions import Answered
from harness.tasks import TASKS
from harness.tasks.base import Form

MISSING = "nothing"
SAME = 1e-4


def command(chosen: Namespace) -> int:
    """`diff ONE OTHER`. Raises ValueError for records of two tasks, FileNotFoundError where there is no record."""
    print(visible("\n".join(difference(chosen.one, chosen.other, chosen.flips))))
    return 0


def difference(one: Path, other: Path, flips: int) -> Iterator[str]:
    """Lines. one, other: a record.json or its folder; flips: examples to show of each kind."""
    paths = [record.find(path) for path in (one, other)]
    ours, theirs = (record.read(path) for path in paths)
    if ours.task != theirs.task:
        raise ValueError(f"{paths[0]} is of {ours.task}, {paths[1]} of {theirs.task}; give two runs of one task")
    yield f"A: {ours.summary}"
    yield f"B: {theirs.summary}"
    yield "settings (A -> B)"
    told = list(changed(settings(ours), settings(theirs)))
    yield from (f"  {line}" for line in told or ["no difference"])
    for name in ours.scores:
        if name in theirs.scores:
            yield from scored(ours, theirs, name, [path.parent for path in paths], flips)


def settings(made: Record) -> dict[str, Any]:
    """All that a reader would want to know first if two numbers differ."""
    facts = {name: made.baseline.get(name) for name in ("device", "precision", "torch", "batch", "micro_batch_tokens")}
    told = {name: made.environment.get(name) for name in ("commit", "dirty", "python", "platform", "packages")}
    return {**made.key, "recipe": made.recipe, **facts, "code": made.code, "environment": told}


def changed(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """ "baseline.recipe.lm_coef: 0.5 -> 0.0" for each leaf that differs."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys([*one, *other]):
            yield from changed(one.get(name, MISSING), other.get(name, MISSING), f"{place}.{name}" if place else name)
    elif one != other:
        yield f"{place}: {one} -> {other}"


def scored(ours: Record, theirs: Record, name: str, folders: Sequence[Path], flips: int) -> Iterator[str]:
    """One split: each metric with its paired interval and test, and what flipped."""
    yield f"{ours.evaluations[name].split} (B - A)"
    if ours.evaluations[name].hash != theirs.evaluations[name].hash:
        for metric, value in ours.scores[name].items():
            yield f"  {metric} {value:.1f} -> {theirs.scores[name][metric]:.1f}; of other rows, so not paired"
        return
    kept, others = (
        predictions.kept(made.answers, folder, name) for made, folder in zip((ours, theirs), folders, strict=True)
    )
    labels = np.array([line.label for line in kept], float)
    for metric, value in ours.scores[name].items():
        b, a = (
            [Part((metric,), 1.0, labels, np.array([[line.prediction for line in lines]]))] for lines in (others, kept)
        )
        found = statistics.compare(b, a)
        yield (
            f"  {metric} {value:.1f} -> {theirs.scores[name][metric]:.1f}: {signed(found.difference)} "
            f"({found.low:.1f} to {found.high:.1f}), {p_text(found.p)}, {len(kept)} examples"
        )
    yield from flipped(kept, others, TASKS[ours.task].form, flips)


def flipped(ours: Sequence[Answered], theirs: Sequence[Answered], form: Form, most: int) -> Iterator[str]:
    """Examples that are answered differently, by kind, or of graded scores the furthest apart."""
    pairs = [(row, a, b) for row, (a, b) in enumerate(zip(ours, theirs, strict=True)) if differ(a, b)]
    if form.kind == "score":
        furthest = sorted(pairs, key=lambda pair: -abs(pair[1].prediction - pair[2].prediction))
        kinds = {"the furthest apart": furthest}
    else:
        kinds = {
            "only A has right": [pair for pair in pairs if pair[1].prediction == pair[1].label],
            "only B has right": [pair for pair in pairs if pair[2].prediction == pair[1].label],
            "both wrong, differently": [
                pair for pair in pairs if pair[1].label not in (pair[1].prediction, pair[2].prediction)
            ],
        }
    yield f"  answered differently: {len(pairs)} of {len(ours)}"
    for kind, found in kinds.items():
        yield f"  {kind}: {len(found)}" + (f", the first {most}" if len(found) > most else "")
        for row, a, b in found[:most]:
            label, one, other = (answer(form, value) for value in (a.label, a.prediction, b.prediction))
            yield f"    row {row:<6} {a.key or b.key}  label {label}, A {one}, B {other}"


def differ(one: Answered, other: Answered) -> bool:
    """By more than the digits that an accepted record keeps."""
    return abs(one.prediction - other.prediction) > SAME


def answer(form: Form, value: float | None) -> str:
    """As its name, or the number of the answer from 1, or the score."""
    if value is None:
        return MISSING
    if form.kind == "score":
        return f"{value:.2f}"
    return form.names[int(value)] if form.names else str(int(value) + 1)
