"""All that a study has left, read once: for its report, its drawings, and to know what need not be run again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from harness import record
from harness.drawn import Drawn, of_key
from harness.evidence.claim import Points
from harness.figure2 import figure_data
from harness.figure2.figure_data import ENDS, NOTHING, TASKS_LEFT, ZERO_SHOT
from harness.layout.rows import RECIPES, REFERENCES
from harness.record import Record
from harness.results import is_whole
from harness.storage.sealed import unsealed
from harness.study.study_claims import ZERO_SHOT as ZERO_SETS
from harness.study.study_claims import Row
from harness.study.study_scores import COLUMNS, Scores, collect, settings_of

MODELS = ("gpt", "lstm")
SETTINGS = ("size", "finetuning")


@dataclass(frozen=True)
class Asked:
    """Which draws a study is of."""

    profile: str
    worlds: Sequence[int]
    pretrainings: Sequence[int]
    seeds: Sequence[int]  # of fine-tuning
    scale: int = 1

    @property
    def rows(self) -> list[Row]:
        return list(product(self.worlds, self.pretrainings))


@dataclass(frozen=True)
class Study:
    """left, right: the points of Figure 2's halves, of each pre-training that has any.

    told: what a language model (row, "gpt" or "lstm") said of itself when it was trained. seconds: of all fine-tuning,
    added up over processes. origins, settings: of the data and of size and fine-tuning; of one experiment there is one.
    """

    asked: Asked
    scores: Scores
    left: Mapping[Row, Points]
    right: Mapping[Row, Points]
    told: Mapping[tuple[Row, str], Mapping[str, Any]]
    seconds: float
    origins: frozenset[str]
    settings: frozenset[str]

    def has_all_of(self, row: Row) -> bool:
        """Each cell and seed of one pre-training, every number of layers, both models' zero-shot scores."""
        seeds = self.asked.seeds
        wanted = dict.fromkeys(RECIPES, seeds) | dict.fromkeys(REFERENCES, seeds[:1])
        return (
            not any(self.scores.lacks(recipe, task, [row], each) for recipe, each in wanted.items() for task in COLUMNS)
            and has_all_layers(self.left.get(row, ()), len(seeds))
            and all(self.is_scored(row, model) for model in MODELS)
        )

    def is_scored(self, row: Row, model: str) -> bool:
        """Zero-shot up to its last update, which is scored last, on every task."""
        last = self.told.get((row, model), {}).get("updates")
        points = self.right.get(row, ())
        return {point["task"] for point in points if (point["model"], point["updates"]) == (model, last)} >= {
            *ZERO_SETS
        }


def has_all_layers(points: Points, seeds: int) -> bool:
    there = {(point["task"], point["transferred"]) for point in points if point["seeds"] >= seeds}
    most = max((point["n_layer"] for point in points), default=0)
    return there >= set(product(TASKS_LEFT, range(NOTHING, most + 1))) and bool(there)


def read(folder: Path, asked: Asked) -> Study:
    """folder: the profile's, below runs/. Raises ValueError for a file there that is not ours."""
    every = (made for made in record.read_all(folder) if made.profile == asked.profile)
    records = [made for made in every if of_key(made.key).scale == asked.scale]
    left, right = {}, {}
    for row in asked.rows:
        which = Drawn(*row, asked.scale)
        points = layers_of(records, asked.profile, which)
        if len({point["transferred"] for point in points}) > len(ENDS):  # the tables' runs are its ends, and no curve
            left[row] = points
        if points := figure_data.zero_shot(folder / ZERO_SHOT, which):
            right[row] = points
    told = {(of[:2], model): facts for of, model, facts in pretrainings(folder / ZERO_SHOT) if of.scale == asked.scale}
    own = [made for made in records if is_of(made, asked)]
    settings = frozenset(settings_of(made, *SETTINGS) for made in own if made.recipe not in REFERENCES)
    return Study(
        asked=asked,
        scores=collect(own, asked.profile),
        left=left,
        right=right,
        told={place: told[place] for place in product(asked.rows, MODELS) if place in told},
        seconds=sum(made.seconds for made in own),
        origins=frozenset(made.train.origin for made in own),
        settings=settings,
    )


def is_of(made: Record, asked: Asked) -> bool:
    return made.seed in asked.seeds and any(Drawn(*row, asked.scale).shows(made.key) for row in asked.rows)


def layers_of(records: Sequence[Record], profile: str, which: Drawn) -> Points:
    """Figure 2, left, of one pre-training."""
    return figure_data.left((made for made in records if which.shows(made.key) and is_whole(made)), profile)


def pretrainings(folder: Path) -> Iterator[tuple[Drawn, str, Mapping[str, Any]]]:
    """Which, model, facts: from the zero-shot scores, since the weights need not be there any more."""
    for path in sorted(folder.glob("*/*.json")):
        found = unsealed(json.loads(path.read_text(encoding="utf-8")))
        if found.get("pretraining"):
            yield of_key(found["key"]), str(found["model"]), found["pretraining"]
