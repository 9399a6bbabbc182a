"""The labelled rows of every task, in the columns in which the real set is published.

No row is in two splits. What a row rests on is told in the task's own module.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from random import Random
from typing import NamedTuple

from harness.mini_world import (
    acceptability,
    duplicates,
    entailment,
    pronouns,
    reading,
    reviews,
    sentiment,
    similarity,
    stories,
)
from harness.mini_world.balance import Candidate, evened
from harness.mini_world.grammar import shuffled
from harness.mini_world.scope import FRESH, SHOWN, Scope, halves


class Rows(NamedTuple):
    """How a task's rows come about. drawn: candidates without end, of one split's sort."""

    drawn: Callable[[Random, str, Scope], Iterator[Candidate]]
    shares: Mapping[str, int]  # of each label in a group
    row: Callable[[Candidate], dict[str, object]]
    sizes: Mapping[str, int]
    indexed: bool = True  # whether the hub has a column idx


def columns(
    *texts: str, label: str = "label", value: Callable[[str], object] = str
) -> Callable[[Candidate], dict[str, object]]:
    """One text a column, and the label."""
    return lambda one: dict(zip(texts, one.texts, strict=True)) | {label: value(one.label)}


def multiple_choice(one: Candidate) -> dict[str, object]:
    article, question, *options = one.texts
    return {"article": article, "question": question, "options": options, "answer": one.label}


def referents(one: Candidate) -> dict[str, object]:
    sentence, *candidates = one.texts
    return {"sentence": sentence, "pronoun": pronouns.IT, "candidates": candidates, "label": one.label}


SENTENCES = ("sentence1", "sentence2")
STORY = (*(f"input_sentence_{i}" for i in range(1, 5)), "sentence_quiz1", "sentence_quiz2")

ROWS: Mapping[str, Rows] = {
    "cola": Rows(
        acceptability.sentences,
        {acceptability.UNACCEPTABLE: 3, acceptability.ACCEPTABLE: 7},
        columns("sentence"),
        {"train": 800, "validation": 400},
    ),
    "sst2": Rows(
        sentiment.opinions,
        {reviews.NEGATIVE: 1, reviews.POSITIVE: 1},
        columns("sentence"),
        {"train": 400, "validation": 400},
    ),
    "mrpc": Rows(
        similarity.paraphrases,
        {similarity.NOT_EQUIVALENT: 1, similarity.EQUIVALENT: 2},
        columns(*SENTENCES),
        {"train": 500, "validation": 300},
    ),
    "qqp": Rows(
        duplicates.pairs,
        {duplicates.NOT_DUPLICATE: 5, duplicates.DUPLICATE: 3},
        columns("question1", "question2"),
        {"train": 700, "validation": 400},
    ),
    "stsb": Rows(
        similarity.graded,
        dict.fromkeys(map(str, similarity.SCORES), 1),
        columns(*SENTENCES, value=float),
        {"train": 600, "validation": 400},
    ),
    "wnli": Rows(
        pronouns.resolved,
        {pronouns.NOT_ENTAILMENT: 1, pronouns.ENTAILMENT: 1},
        columns(*SENTENCES),
        {"train": 300, "validation": 100},
    ),
    "dpr": Rows(pronouns.referents, {"0": 1, "1": 1}, referents, {"train": 300, "test": 400}, indexed=False),
    "race": Rows(
        reading.questions,
        dict.fromkeys(reading.LETTERS, 1),
        multiple_choice,
        {"train": 480, "test_middle": 200, "test_high": 200, "validation": 200},
        indexed=False,
    ),
    "story_cloze": Rows(
        stories.stories,
        {"1": 1, "2": 1},
        columns(*STORY, label="answer_right_ending", value=int),
        {"train": 500, "test": 400},
        indexed=False,
    ),
}

SIZES: Mapping[str, Mapping[str, int]] = {**entailment.SIZES, **{task: made.sizes for task, made in ROWS.items()}}


def size_of(task: str, split: str, scale: int = 1) -> int:
    """Rows. A larger model is scored on more of them, as many as half of the words give; training sets stay as they
    are.
    """
    return SIZES[task][split] * (1 if split == "train" else math.isqrt(scale))


def rows(task: str, split: str, seed: int = 0, scale: int = 1) -> list[dict[str, object]]:
    """One split's rows, shuffled. Raises ValueError for a task or a split that the mini world has not."""
    if task not in SIZES:
        raise ValueError(f"the mini world has no task {task!r}; expected one of {', '.join(SIZES)}")
    if split not in SIZES[task]:
        raise ValueError(f"the mini world's {task} has no split {split!r}; expected one of {', '.join(SIZES[task])}")
    if task in entailment.SIZES:
        return entailment.rows(task, split, seed, size_of(task, split, scale))
    scope = halves(seed)[SHOWN if split == "train" else FRESH]
    made, rng = ROWS[task], Random(f"{task} {split} {seed}")
    stream = evened(made.drawn(rng, split, scope), made.shares)
    chosen = shuffled(rng, [made.row(one) for one in islice(stream, size_of(task, split, scale))])
    return [row | {"idx": i} for i, row in enumerate(chosen)] if made.indexed else chosen
