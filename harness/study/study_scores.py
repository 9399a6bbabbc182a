"""A study's scores from records alone: of each recipe and task, by world, pre-training and fine-tuning seed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from harness import drawn
from harness.layout.rows import RECIPES, REFERENCES
from harness.record import Record
from harness.results import is_whole
from harness.statistics import Numbers
from harness.tables import TABLES, validation
from harness.tabular.cells import choose, is_degenerate
from harness.tabular.columns import Column

RANDOM = -1  # in place of a pre-training: what starts at random is the same for each


def columns() -> dict[str, Column]:
    """Of every task of Tables 2 to 4 the column that has all of its evaluations."""
    found: dict[str, Column] = {"wnli": validation("wnli", "WNLI")}  # in the tables only as a part of GLUE's score
    for number in (5, 2, 3, 4):
        for column in TABLES[number].columns:
            known = found.get(column.name if not isinstance(column, Column) else column.task)
            if isinstance(column, Column) and (known is None or len(column.evaluations) > len(known.evaluations)):
                found[column.task] = column
    tasks = dict.fromkeys(task for number in (2, 3, 4) for task in TABLES[number].tasks)
    return {task: found[task] for task in tasks}


COLUMNS = columns()


class Place(NamedTuple):
    """pretraining: its seed, or RANDOM."""

    world: int
    pretraining: int
    seed: int


@dataclass
class Runs:
    """Of one recipe and task."""

    scores: dict[Place, float] = field(default_factory=dict)
    collapsed: set[Place] = field(default_factory=set)  # predicted one and the same for every example
    diverged: set[Place] = field(default_factory=set)  # without a score


@dataclass
class Scores:
    """runs: (recipe, task) -> its runs. left_out: whole records of other settings; fragments: of a part of the data."""

    runs: dict[tuple[str, str], Runs]
    left_out: int = 0
    fragments: int = 0
    commits: frozenset[str] = frozenset()  # that the records were made at
    settings: Mapping[str, int] = field(default_factory=dict)  # recipe -> in how many settings it was run
    finetunings: int = 0  # in how many all recipes together

    def grid(self, recipe: str, tasks: Sequence[str], rows: Sequence[tuple[int, int]], seeds: Sequence[int]) -> Numbers:
        """(pre-trainings, seeds, tasks), NaN where there is no score. rows: (world, pre-training)."""
        found = np.full((len(rows), len(seeds), len(tasks)), np.nan)
        for t, task in enumerate(tasks):
            scores = self.runs[recipe, task].scores if (recipe, task) in self.runs else {}
            for i, (world, pretraining) in enumerate(rows):
                for j, seed in enumerate(seeds):
                    either = (Place(world, pretraining, seed), Place(world, RANDOM, seed))
                    found[i, j, t] = next((scores[place] for place in either if place in scores), np.nan)
        return found

    def lacks(self, recipe: str, task: str, rows: Sequence[tuple[int, int]], seeds: Sequence[int]) -> bool:
        """Whether any of these runs is missing; one that diverged is not."""
        runs = self.runs.get((recipe, task), Runs())
        there = runs.scores.keys() | runs.diverged
        return any(
            Place(world, pretraining, seed) not in there and Place(world, RANDOM, seed) not in there
            for world, pretraining in rows
            for seed in seeds
        )


def collect(records: Iterable[Record], profile: str) -> Scores:
    """Of each world, recipe and task the newest settings, for all its pre-trainings the same."""
    groups: dict[tuple[int, str, str], list[Record]] = {}
    found = Scores({})
    for made in records:
        if made.profile != profile or made.task not in COLUMNS or made.recipe not in (*RECIPES, *REFERENCES):
            continue
        if is_whole(made):
            groups.setdefault((drawn.of_key(made.key).world, made.recipe, made.task), []).append(made)
        else:
            found.fragments += 1
    settings: dict[str, set[str]] = {}
    commits, finetunings = set(), set()
    for (world, recipe, task), group in groups.items():
        column, runs = COLUMNS[task], found.runs.setdefault((recipe, task), Runs())
        chosen, others = choose(group, column.evaluations, across_pretrainings)
        found.left_out += others
        for made in chosen:
            place = Place(world, RANDOM if starts_at_random(made) else drawn.of_key(made.key).pretraining, made.seed)
            score = column.score(made)
            if made.fault:
                runs.diverged.add(place)
            elif score is not None:
                runs.scores[place] = score
                if any(is_degenerate(made, name) for name in column.evaluations):
                    runs.collapsed.add(place)
            commits.add(str(made.environment.get("commit"))[:12])
            settings.setdefault(recipe, set()).add(settings_of(made, "recipe", "size", "finetuning"))
            if recipe in RECIPES:
                finetunings.add(settings_of(made, "finetuning"))
    found.commits = frozenset(commits)
    found.settings = {recipe: len(each) for recipe, each in settings.items()}
    found.finetunings = len(finetunings)
    return found


def starts_at_random(made: Record) -> bool:
    baseline = made.key.get("baseline", {})
    return "weights" in baseline and baseline["weights"] is None


def across_pretrainings(made: Record) -> str:
    """What the records of one world, recipe and task have in common, whatever pre-training they start from."""
    key = {name: value for name, value in made.key.items() if name not in ("seed", "seeds", drawn.PRETRAINING)}
    baseline = {name: value for name, value in key.get("baseline", {}).items() if name != "weights"}
    return json.dumps({**key, "baseline": baseline}, sort_keys=True)


def settings_of(made: Record, *names: str) -> str:
    """The same in all worlds and tasks: how large the model is, how it is trained."""
    baseline = made.key.get("baseline", {})
    return json.dumps([baseline.get(name) for name in names], sort_keys=True)
