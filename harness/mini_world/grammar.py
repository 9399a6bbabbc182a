"""How the miniature world's facts are said: clauses, sentences, and the draws they are made with.

A clause carries the fact it states. One fact in eight (of some, one in two) is *held out*: the corpus never states it,
and each labelled row rests on at least one of them, so no row can stand in the corpus. What is held out depends on the
fact alone, not on the seed, so any corpus goes with any rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import NamedTuple, TypeVar
from zlib import crc32

from harness.mini_world.lexicon import Building, Deed, Verb

T = TypeVar("T")


Fact = tuple[str, str, str]  # about whom, what is said, of what: the same whichever way it is said, affirmed or not


class Clause(NamedTuple):
    text: str  # without capital and full stop
    fact: Fact | None  # None: what every text may say


def pick(rng: Random, options: Sequence[T]) -> T:
    # random() alone is promised to give the same numbers in every version of Python; choice() is not
    return options[int(rng.random() * len(options))]


def shuffled(rng: Random, items: Sequence[T]) -> list[T]:
    return [item for _, item in sorted(((rng.random(), i), item) for i, item in enumerate(items))]


def chance(rng: Random, share: float = 0.5) -> bool:
    return rng.random() < share


@cache
def held_out(fact: Fact) -> bool:
    # rows rest on one of these alone, so that one in eight would leave too few
    share = 2 if fact[1] in ("property", "scene") else 8
    return crc32("|".join(fact).encode()) % share == 0


@cache
def a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


@cache
def plural(noun: str) -> str:
    if noun == "fish":
        return noun
    if noun == "potato" or noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    if noun[-1] == "y" and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def denied(deed: Deed, verb: Verb) -> str:
    return f"{deed.auxiliary} not {verb.base}"


def did(rng: Random, who: str, deed: Deed, noun: str, negative: bool, adjective: str = "") -> Clause:
    """Anna owns a dog; Anna does not have a dog; nobody found a hat."""
    verb = pick(rng, deed.verbs)
    adjective = "" if negative else adjective
    fact = (who, deed.name, noun)
    if negative and verb.base == "have" and chance(rng):
        return Clause(f"{who} has no {noun}", fact)
    thing = a(f"{adjective} {noun}" if adjective else noun)
    return Clause(f"{who} {denied(deed, verb) if negative else verb.finite} {thing}", fact)


def counted(rng: Random, who: str, deed: Deed, amount: str, noun: str) -> Clause:
    """Anna has three dogs; Anna wants only one dog; Tom found more than one pear."""
    many = amount not in ("only one", "more than one")
    return Clause(
        f"{who} {pick(rng, deed.verbs).finite} {amount} {plural(noun) if many else noun}",
        (who, f"number {deed.name}", noun),
    )


def likes(who: str, verb: Verb, nouns: str, negative: bool) -> Clause:
    """Anna is fond of dogs; Anna does not like dogs."""
    if not negative:
        said = verb.finite
    elif verb.base:
        said = f"does not {verb.base}"
    else:
        said = verb.finite.replace("is ", "is not ")
    return Clause(f"{who} {said} {nouns}", (who, "feels", nouns))


def is_(who: str, adjective: str, negative: bool) -> Clause:
    return Clause(f"{who} is not {adjective}" if negative else f"{who} is {adjective}", (who, "is", adjective))


def at(who: str, building: Building, room: str, negative: bool, posture: str = "") -> Clause:
    """Anna is sitting in the kitchen; without a room, Anna is not in the house."""
    where = f"in the {room}" if room else f"{building.preposition} the {building.name}"
    said = "is not" if negative else f"is {posture}" if posture else "is"
    return Clause(f"{who} {said} {where}", (who, "at", room or building.name))


def would_go(rng: Random, who: str, place: str) -> Clause:
    """Says nothing about where somebody is."""
    return Clause(f"{who} {pick(rng, ('wants', 'does not want'))} to go to the {place}", (who, "go", place))
