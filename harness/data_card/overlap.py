"""What stands in two places word for word: evaluation rows and texts in the corpus, and in the training rows.

A text is taken apart into what it states or asks, freed of capitals, marks, "so" and what joins two clauses. It stands
in a document that says all of it, in whatever order; a row does where one document says all of its texts (of several
answers the right one).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.data_card.shortcuts import words
from harness.tasks.base import Example

JOINT = re.compile("[.?!]| and | while ")
Said = frozenset[str]


class Overlap(NamedTuple):
    """Of one evaluation, in rows: wholly in training, wholly in one document, or some text of it in either."""

    rows: int
    trained: int
    told: int
    text_trained: int
    text_told: int


def said(*texts: str) -> Said:
    clauses = (" ".join(words(clause)).removeprefix("so ") for text in texts for clause in JOINT.split(text))
    return frozenset(clause for clause in clauses if clause)


def texts(example: Example) -> list[str]:
    """Different ones, in order."""
    return list(dict.fromkeys(text for sequence in example.sequences for text in sequence))


def whole(example: Example) -> tuple[str, ...]:
    """All that is said with the right answer: of two orders of one pair, and of one sequence, all of it."""
    first = example.sequences[0]
    chosen = len(example.sequences) > 1 and set(example.sequences[1]) != set(first)
    return example.sequences[int(example.label or 0)] if chosen else first


def row_key(example: Example) -> tuple[str, ...]:
    """Of what is given in both orders, or with several answers, the order says nothing."""
    plain = [" ".join(words(text)) for text in texts(example)]
    return tuple(sorted(plain) if len(example.sequences) > 1 else plain)


class Wanted:
    """What is looked for in the corpus, and what of it was found."""

    def __init__(self) -> None:
        self.waiting: dict[str, set[Said]] = {}  # under one of its clauses
        self.found: set[Said] = set()

    def add(self, *texts: str) -> Said:
        one = said(*texts)
        if one:
            self.waiting.setdefault(min(one), set()).add(one)
        return one

    def look(self, document: str) -> None:
        there = said(document)
        for clause in there & self.waiting.keys():
            hits = {one for one in self.waiting[clause] if one <= there}
            self.found |= hits
            self.waiting[clause] -= hits
            if not self.waiting[clause]:
                del self.waiting[clause]


class Question(NamedTuple):
    """One evaluation, asked before the corpus is read: each row, and each of its texts."""

    train: Sequence[Example]
    test: Sequence[Example]
    rows: Sequence[Said]
    each: Sequence[Sequence[Said]]


def question(train: Sequence[Example], test: Sequence[Example], wanted: Wanted) -> Question:
    rows = [wanted.add(*whole(example)) for example in test]
    return Question(train, test, rows, [[wanted.add(text) for text in texts(example)] for example in test])


def answer(asked: Question, wanted: Wanted) -> Overlap:
    """After `wanted` has looked at every document."""
    trained = {row_key(example) for example in asked.train}
    seen = {" ".join(words(text)) for example in asked.train for text in texts(example)}
    return Overlap(
        rows=len(asked.test),
        trained=sum(row_key(example) in trained for example in asked.test),
        told=count(row in wanted.found for row in asked.rows),
        text_trained=count(any(" ".join(words(text)) in seen for text in texts(one)) for one in asked.test),
        text_told=count(any(text in wanted.found for text in each) for each in asked.each),
    )


def count(hits: Iterable[bool]) -> int:
    return sum(hits)
