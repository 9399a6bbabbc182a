"""Which predictions a page shows: errors first, a sample of the rest, as many as fit; and their data for its script."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.record import Record
from harness.storage import predictions
from harness.storage.predictions import Answered
from harness.tabular.cells import choose
from harness.tasks import TASKS
from harness.tasks.base import Example, Form

HALF = 0.5  # a score further from its label than this counts as an error
A_PREDICTION = 64  # bytes that one takes at most, its key, label and place among the examples with it
A_RUN = 200  # bytes of what is said of each run, its recipe's name aside
Parts = Mapping[str, Sequence[str]]  # an example's key -> its text, in parts
Texts = Mapping[tuple[str, str], Parts]  # task and evaluation -> its examples'


def wrong(form: Form, line: Answered) -> bool:
    if line.label is None:
        return False
    return abs(line.prediction - line.label) > HALF if form.kind == "score" else line.prediction != line.label


def shares(needs: Sequence[int], room: int) -> list[int]:
    """Bytes for each: what it needs, or the same as all others that need more than there is."""
    given = [0] * len(needs)
    left = max(0, room)
    order = sorted(range(len(needs)), key=lambda i: needs[i])
    for place, i in enumerate(order):
        given[i] = min(needs[i], left // (len(order) - place))
        left -= given[i]
    return given


def sample(errors: Sequence[bool], cost: Callable[[int], int], room: int) -> list[int]:
    """Places to show, in order: errors before anything right, each kind at random where not all fit."""
    chosen: list[int] = []
    for kind in (True, False):
        places = [i for i, error in enumerate(errors) if error is kind]
        for i in random.Random(0).sample(places, len(places)):
            room -= cost(i)
            if room < 0:
                return sorted(chosen)
            chosen.append(i)
    return sorted(chosen)


@dataclass
class Set:
    """One scored split: its examples, each once, and what the runs answered."""

    title: str
    kind: str
    names: Sequence[str]
    examples: list[list[Any]] = field(default_factory=list)  # key, label, text
    places: dict[tuple[str, float | None, int], int] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)

    def add(self, made: Record, lines: Sequence[Answered], chosen: Sequence[int], texts: Parts) -> None:
        form = TASKS[made.task].form
        shown = [(self.place(lines[i], i, texts), lines[i]) for i in chosen]
        self.runs.append(
            {
                "recipe": made.recipe,
                "seed": made.seed,
                "n": len(lines),
                "wrong": sum(wrong(form, line) for line in lines),
                "at": [place for place, _ in shown],
                "said": [number(line.prediction) for _, line in shown],
                "sure": [probability(line.score) for _, line in shown],
            }
        )

    def place(self, line: Answered, row: int, texts: Parts) -> int:
        identity = (line.key, line.label, row)
        if identity not in self.places:
            self.places[identity] = len(self.examples)
            told = [row + 1, line.key[:8], number(line.label)]
            self.examples.append([*told, list(texts[line.key])] if line.key in texts else told)
        return self.places[identity]

    def as_data(self) -> dict[str, Any]:
        told = {"title": self.title, "kind": self.kind, "names": list(self.names)}
        return told | {"examples": self.examples, "runs": self.runs}


def number(value: float | None) -> float | None:
    """Whole numbers without a point, others to three digits; what is no number is nothing."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else round(value, 3)


def probability(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)


def chosen_records(records: Iterable[Record]) -> list[Record]:
    """Those that the tables show, by task, recipe and seed."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for made in records:
        if made.task in TASKS:
            groups.setdefault((made.task, made.recipe), []).append(made)
    found = [made for group in groups.values() for made in choose(group, ())[0]]
    return sorted(found, key=lambda made: (list(TASKS).index(made.task), made.recipe, made.seed))


def gather(records: Sequence[Record], folder: Path, texts: Texts, room: int) -> list[Set]:
    """What the page's script shows, in at most `room` bytes by `embedded`. Those that were not kept are left out."""
    wanted = [(made, name) for made in records for name in made.scores]
    known = {
        of: {key: len(embedded(list(parts)).encode()) + 1 for key, parts in texts[of].items()}
        for of in {(made.task, name) for made, name in wanted} & texts.keys()
    }
    room -= sum(A_RUN + len(embedded(made.recipe).encode()) for made, _ in wanted)
    given = shares(
        [
            made.evaluations[name].n * A_PREDICTION + sum(known.get((made.task, name), {}).values())
            for made, name in wanted
        ],
        room,
    )
    sets: dict[tuple[str, str], Set] = {}
    for (made, name), share in zip(wanted, given, strict=True):
        try:
            lines = predictions.kept(made.answers, folder / made.recipe / made.name, name)
        except (OSError, ValueError):  # the cell's own chain says why
            continue
        form = TASKS[made.task].form
        lengths = known.get((made.task, name), {})
        costs = [A_PREDICTION + lengths.get(line.key, 0) for line in lines]
        places = sample([wrong(form, line) for line in lines], costs.__getitem__, share)
        of = sets.setdefault((made.task, name), Set(f"{made.task}, {name}", form.kind, form.names))
        of.add(made, lines, places, texts.get((made.task, name), {}))
    return list(sets.values())


def embedded(data: object) -> str:
    """JSON that cannot end or open anything in the page around it."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def parts_of(example: Example, form: Form) -> list[str]:
    """An example as one reads it: its segments; what the answers share once, then each answer."""
    first = example.sequences[0]
    if form.kind != "choose":
        return list(first)
    return [*first[:-1], *(f"{i}: {sequence[-1]}" for i, sequence in enumerate(example.sequences, 1))]


def texts_of(examples: Iterable[Example], form: Form) -> dict[str, list[str]]:
    return {predictions.key_of(example): parts_of(example, form) for example in examples}
