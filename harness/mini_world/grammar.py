"""How the miniature world's facts are said: clauses, sentences, and the draws they are made with.

A clause carries the fact it states. One fact in four (of some, one in three) is *held out*: the corpus never states it,
and each labelled row rests on at least one of them, so no row can stand in the corpus. What is held out depends on the
fact alone, not on the seed, so any corpus goes with any rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from random import Random
from typing import NamedTuple, TypeVar
from zlib import crc32

from harness.mini_world.lexicon import BUILDINGS

T = TypeVar("T")
Fact = tuple[str, str, str]  # about whom, what is said, of what: the same whichever way it is said, affirmed or not

AT, IS, ALL, PROPERTY, LEFT, NEAR = "at", "is", "all", "property", "left", "near"
DOING, WEARS, SCENE, ASKS = "doing", "wears", "scene", "asks"
NAMES = frozenset(building.name for building in BUILDINGS)


class Clause(NamedTuple):
    """who: the subject as written. relation: AT, IS, ... or the verb."""

    text: str  # without capital and full stop
    who: str
    relation: str
    value: str
    negative: bool = False

    @property
    def fact(self) -> Fact:
        return self.who, self.relation, self.value


def pick(rng: Random, options: Sequence[T]) -> T:
    # random() alone is promised to give the same numbers in every version of Python; choice() is not
    return options[int(rng.random() * len(options))]


def shuffled(rng: Random, items: Sequence[T]) -> list[T]:
    return [item for _, item in sorted(((rng.random(), i), item) for i, item in enumerate(items))]


def chance(rng: Random, share: float = 0.5) -> bool:
    return rng.random() < share


@cache
def held_out(fact: Fact) -> bool:
    # of some there are so few that one in four would leave too little for the rows
    share = 3 if fact[1] in (PROPERTY, LEFT, SCENE, NEAR) else 4
    return crc32("|".join(fact).encode()) % share == 0


def asks(question: str) -> Fact:
    """What can be held out of a question: its words, which state nothing."""
    return "", ASKS, question.lower().rstrip("?")


CORPUS = "corpus"  # in place of a split's name


def belongs(facts: Iterable[Fact], split: str) -> bool:
    """Whether what rests on these facts may stand there: rows need one that is held out, the corpus has none."""
    return any(map(held_out, facts)) == (split != CORPUS)


@cache
def a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


@cache
def plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def sentence(text: str, mark: str = ".") -> str:
    return f"{text[0].upper()}{text[1:]}{mark}"


def did(who: str, verb: str, noun: str, negative: bool) -> Clause:
    """Anna has a dog; Anna bought no dog."""
    return Clause(f"{who} {verb} {f'no {noun}' if negative else a(noun)}", who, verb, noun, negative)


def is_(who: str, adjective: str, negative: bool) -> Clause:
    return Clause(f"{who} is {'not ' if negative else ''}{adjective}", who, IS, adjective, negative)


def at(who: str, place: str, negative: bool) -> Clause:
    """Anna is in the kitchen; Anna is not at the house."""
    where = f"{'at' if place in NAMES else 'in'} the {place}"
    return Clause(f"{who} is {'not ' if negative else ''}{where}", who, AT, place, negative)
