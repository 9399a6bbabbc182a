"""The study: does the miniature show what the paper found? Several generated worlds, pre-trainings and seeds of each.

Each Table 2 to 4 task by the four recipes, what only counts words beside them, and both halves of Figure 2, through the
same cells as `run` and `figure`: what is done is not done again, and what is stopped goes on. One pre-training of each
world comes before the second of any, so that a study that is cut short still has all of its worlds. Of a pre-training
whose records are all there the weights need not be: it goes on where only records were brought.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product

from harness import launch
from harness.data import MiniWorld
from harness.drawn import NAMES, Drawn
from harness.figure2 import figure_runs
from harness.figure2.figure_data import LEFT, RIGHT
from harness.launch import Reply
from harness.layout.rows import RECIPES, REFERENCES
from harness.many_cells import cell_runs
from harness.many_cells.cell_runs import Place
from harness.many_cells.cell_words import option, reason
from harness.preparation import language_model, plan
from harness.study import study_data
from harness.study.study_data import Asked
from harness.tables import TABLES

TABLES_RUN = (2, 3, 4)
MODELS = ("full", "lstm")  # whose language models are pre-trained


def command(chosen: Namespace, place: Place) -> int:
    """Exit code 1 where a cell or a pre-training failed. Raises Stop, ValueError, OSError as `run` does."""
    failed = False
    for seed in range(chosen.pretrain_seeds):
        every = [of(place, Drawn(world, seed, chosen.scale)) for world in dict.fromkeys(chosen.worlds)]
        places = []
        for each in every:
            if is_done(each):
                place.say(f"\n{told(each)}: all of its records are there")
            else:
                places.append(each)
        if chosen.jobs is not None and not chosen.dry_run:
            failed |= pretrain(places)
        for each in places:
            try:
                failed |= run(each)
            except FloatingPointError as error:  # of its pre-training; the other worlds still can be run
                place.explain(error, f"{told(each)} failed")
                failed = True
    return 1 if failed else 0


def of(place: Place, which: Drawn) -> Place:
    """The same place with the words of `run` for one world and one pre-training."""
    return replace(place, chosen=Namespace(**{**vars(place.chosen), **dict(zip(NAMES, which, strict=True))}))


def told(place: Place) -> str:
    return f"world {place.chosen.world_seed}, pre-training {place.chosen.pretrain_seed}"


def is_done(place: Place) -> bool:
    """Whether all records are there, of the data and the settings of now."""
    chosen, profile = place.chosen, place.profile
    row, seeds = (chosen.world_seed, chosen.pretrain_seed), range(chosen.seeds)
    try:
        found = study_data.read(place.folder, Asked(profile.name, row[:1], row[1:], seeds, chosen.scale))
    except ValueError:  # who goes through the cells says of which file, and makes again what is damaged
        return False
    if chosen.limit or not found.has_all_of(row):
        return False
    settings = json.dumps([asdict(getattr(profile, name)) for name in study_data.SETTINGS], sort_keys=True)
    return found.origins == {MiniWorld(chosen.world_seed, chosen.scale).told} and found.settings == {settings}


def run(place: Place) -> bool:
    """All cells of one world and pre-training -> whether any failed."""
    place.say(f"\n{told(place)}")
    layers = figure_runs.layers(with_number(place, LEFT))  # first: what it scores besides, a table would leave out
    cells = plan.choose_cells([TABLES[number] for number in TABLES_RUN], None, RECIPES, REFERENCES)
    found = cell_runs.run(place, cells)
    checkpoints = figure_runs.zero_shot(with_number(place, RIGHT))
    return bool(layers or found.failed or checkpoints)


def with_number(place: Place, number: str) -> Place:
    """As `figure` asks for it; its right half is one process."""
    jobs = place.chosen.jobs if number == LEFT else None
    return replace(place, chosen=Namespace(**{**vars(place.chosen), "number": number, "jobs": jobs}))


@dataclass(frozen=True)
class Pretraining:
    place: Place
    recipe: str

    @property
    def label(self) -> str:
        return f"{told(self.place)}, {self.recipe}"

    @property
    def words(self) -> list[str]:
        chosen = self.place.chosen
        found = ["pretrain", "--profile", self.place.profile.name, "--ablation", self.recipe]
        for name in (*NAMES, "runs", "precision", "attention"):
            found += [option(name), str(getattr(chosen, name))]
        return found + [option(name) for name in ("compile", "offline", "debug") if getattr(chosen, name)]

    @property
    def ready(self) -> bool:
        place = self.place
        recipe = place.recipes[self.recipe]
        return language_model.Untrained(place.door, place.profile, recipe, place.chosen).ready


class Queue:
    """The pre-trainings that are left, for `launch.serve`."""

    def __init__(self, left: Sequence[Pretraining], place: Place) -> None:
        self.left, self.place, self.failed = list(left), place, False

    def take(self) -> Pretraining | None:
        try:
            return self.left.pop(0)  # which no other thread can come between
        except IndexError:
            return None

    def enter(self, cell: Pretraining, reply: Reply) -> None:
        if reply.code:
            self.failed = True
            self.place.say(f"pre-training failed, {cell.label}: {reason(reply.said, cell.label)}")
        else:
            self.place.say(f"{cell.label}: {reply.said.strip().splitlines()[-1]}")


def missing(places: Sequence[Place]) -> Iterator[Pretraining]:
    """A world's two models are apart: both would wait for its tokens."""
    for recipe, place in product(MODELS, places):
        if not (found := Pretraining(place, recipe)).ready:
            yield found


def pretrain(places: Sequence[Place]) -> bool:
    """--jobs at a time -> whether any failed. Raises Stop."""
    queue = Queue(list(missing(places)), places[0])
    if queue.left:
        places[0].say(f"{len(queue.left)} pre-trainings first, several at a time")
        launch.serve(places[0], queue, len(queue.left))
    return queue.failed
