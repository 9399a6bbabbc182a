"""What must be the same to the digit, on every machine: rows, labels, vocabulary, token ids, counts, metrics.

All that leads from a task's rows to what a model reads, and from its answers to a score, learns nothing, so that a
single difference is a change of the experiment.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import metrics, mini_world
from harness.runner import Data
from harness.tasks import TASKS

ENCODED = 50  # rows of each task whose token ids are taken together
ROWS = 250  # answers that each metric scores: no multiple of a batch
Facts = dict[str, Any]  # a name -> a string, a number, or a short list of them, as in JSON


def of_data(data: Mapping[str, Data]) -> Facts:
    """Row counts, contents and label names; and what the commonest answer scores, in percent."""
    found: Facts = {"mini world": mini_world.VERSION}
    for task, loaded in data.items():
        form = TASKS[task].form
        found[f"{task}: form"] = [form.kind, *form.names, form.low, form.high]
        for split in (loaded.train, *loaded.evaluations.values()):
            found[f"{task}: {split.count.split} rows"] = [split.count.n, split.count.hash[:16]]
        for name, split in loaded.evaluations.items():
            labels = [example.label for example in split.examples if example.label is not None]
            commonest = max(sorted(set(labels)), key=labels.count)
            scores = metrics.score(TASKS[task].metrics, labels, [commonest] * len(labels))
            found[f"{task}: {name}, all alike"] = [round(score, 6) for score in scores.values()]
    return found


def of_tokens(door: Any, profile: Any, data: Mapping[str, Data], tokens: Path) -> Facts:
    """The tokenised corpus with its vocabulary, and each task's first rows as a model reads them.

    tokens: the corpus's folder. Raises OSError or ValueError where it is not whole.
    """
    about = json.loads((tokens / "tokens.json").read_text())
    found: Facts = {"vocabulary": door.vocabulary_hash(tokens)[:16]}
    found |= {f"corpus: {name}": about[name] for name in ("documents", "tokens", "unknown")}
    for name in ("train", "held_out"):
        found[f"corpus: {name} ids"] = hash_of((tokens / f"{name}.tokens").read_bytes())
    for task, loaded in data.items():
        ids = door.token_ids(loaded.train.examples[:ENCODED], profile, tokens)
        found[f"{task}: token ids of {len(ids)} rows"] = hash_of(json.dumps(ids).encode())
        found[f"{task}: first sequence's token ids"] = " ".join(map(str, ids[0][0]))
    return found


def of_models(door: Any, recipes: Mapping[str, Any], profile: Any) -> Facts:
    return {f"parameters: {name}": door.parameters(recipes[name], profile) for name in ("full", "lstm")}


def of_metrics() -> Facts:
    """Each metric of made-up answers, most of them right."""
    labels = [float(i * i // 3 % 2) for i in range(ROWS)]
    answers = [1.0 - label if i % 7 in (1, 4) else label for i, label in enumerate(labels)]
    graded = [i * 37 % 101 / 20 for i in range(ROWS)]
    guessed = [value + i * 53 % 89 / 30 for i, value in enumerate(graded)]
    found: Facts = {}
    for name in metrics.METRICS:
        made = (graded, guessed) if name in ("pc", "sc") else (labels, answers)
        found[f"metric: {name}"] = round(metrics.score((name,), *made)[name], 6)
    return found


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(name, expected, found) of each fact that is not as expected; "nothing" for one that only one side has."""
    for name in dict.fromkeys([*expected, *found]):
        before, now = expected.get(name), found.get(name)
        if before != now:
            yield name, shown(before), shown(now)


def shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
