"""What a model is given: a task's rows as published, the examples made of them, their tokens as laid out."""

from __future__ import annotations

import random
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from harness.data import Origin, example_of
from harness.preparation import language_model, plan
from harness.tasks import TASKS, ZERO_SHOT
from harness.tasks.base import HIDDEN, Example, Form, Row, Source, Task

LONGEST = 400  # characters of a text that are shown
Layout = Callable[[Example], list[str]]  # a line a sequence; of no use where there is no vocabulary


class Shown(NamedTuple):
    where: str
    row: Row
    example: Example


def command(chosen: Namespace, door: Any, profile: Any, recipes: Mapping[str, Any], say: Callable[[str], None]) -> int:
    """`show TASK`. Raises ValueError or OSError where there is no such split, or it cannot be read."""
    task = (TASKS | ZERO_SHOT)[chosen.task]
    source = split_of(task, chosen.split)
    origin = plan.choose_origin(profile.name, chosen.data_dir, chosen.world_seed, chosen.scale)
    of, found = rows(task, source, origin, chosen.n, chosen.random)
    layout: Layout | None = None
    try:
        # only a vocabulary is needed, so the recipe that starts at random
        model = language_model.find_one(door, profile, [recipes["no_pretraining"]], chosen)
        if model.ready:
            layout = door.layout(profile, model.folder)
        missing = "it is learnt from the text when something is first trained here"
    except (ValueError, OSError) as error:
        missing = str(error)
    how = f"{len(found)} at random, seed {chosen.random}" if chosen.random is not None else f"the first {len(found)}"
    say(f"{task.name} {source.split}, {of:,} rows when whole, {how}; answered by: {answered_by(task.form)}")
    for shown in found:
        say("\n" + "\n".join(lines(task, shown, layout)))
    if layout is None:
        say(f"\nno tokens, for there is no vocabulary yet: {missing}")
    return 0


def split_of(task: Task, asked: str | None) -> Source:
    """The named split, or what the task trains on (a zero-shot set: is scored on). Raises ValueError."""
    named = {"train": task.train, **task.evaluations, **task.hidden, **task.beside}
    if task.name in ZERO_SHOT:
        named = dict(task.evaluations)
    if asked is None:
        return next(iter(named.values()))
    if asked not in named:
        raise ValueError(f"split {asked!r} of {task.name}; expected one of {', '.join(named)}")
    return named[asked]


def rows(task: Task, source: Source, origin: Origin, n: int, seed: int | None) -> tuple[int, list[Shown]]:
    """-> (how many rows the whole split has, the first n of them or n drawn at random), in the split's order.

    Unlabelled rows are passed over, as where they are read for a training. Raises ValueError or OSError, as reading
    does.
    """
    opened = origin.open(task, source)
    label = task.columns[-1]
    labelled = ((w, row) for w, row in opened.rows if source.hidden or row[label] not in task.unlabelled)
    chance = random.Random(seed)
    kept: list[tuple[int, str, Row]] = []
    for number, (where, row) in enumerate(labelled):
        if seed is None and number >= n:
            break
        # a reservoir: any n of them with the same chance, without holding the set
        place = number if number < n else chance.randrange(number + 1)
        if place < n:
            kept[place : place + 1] = [(number, where, row)]
    shown = [(where, {**row, label: HIDDEN} if source.hidden else row) for _, where, row in sorted(kept, key=first)]
    return opened.of, [Shown(where, row, example_of(task, row, where)) for where, row in shown]


def first(kept: tuple[int, str, Row]) -> int:
    return kept[0]


def lines(task: Task, shown: Shown, layout: Layout | None) -> Iterator[str]:
    """One row: its columns, its label, then each of its sequences in tokens, or in segments."""
    yield shown.where
    for column in task.columns:
        value = shown.row[column]
        yield f"  {column}: {'(hidden)' if value is HIDDEN else printable(str(value))}"
    if shown.example.label is not None:
        yield f"  answer: {answer_text(task.form, shown.example)}"
    for number, sequence in enumerate(shown.example.sequences):
        yield f"  sequence {number}: {' | '.join(map(printable, sequence))}"
    if layout is not None:
        for number, line in enumerate(layout(shown.example)):
            yield f"  tokens {number}: {printable(line, 4 * LONGEST)}"


def answer_text(form: Form, example: Example) -> str:
    assert example.label is not None
    if form.kind == "classify":
        return form.names[int(example.label)]
    return f"sequence {example.label:.0f}" if form.kind == "choose" else f"{example.label:g}"


def answered_by(form: Form) -> str:
    if form.kind == "classify":
        return f"one of {', '.join(form.names)}"
    return "one of its sequences" if form.kind == "choose" else f"a number from {form.low:g} to {form.high:g}"


def printable(text: str, longest: int = LONGEST) -> str:
    """As it stands, but for what a terminal would obey, and for what is too long to read."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[:longest])
    return f"{shown}... ({len(text):,} characters)" if len(text) > longest else shown
