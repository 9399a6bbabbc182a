"""What is thought of books and films: good or bad, with a "not" that turns it round.

Of two opinions that differ one is given up by an "although": the other one is what the review comes to.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from harness.mini_world.grammar import IS, Clause, Fact, chance, pick, shuffled
from harness.mini_world.lexicon import OPINION, PARTS, PLAIN_SAID, WORKS
from harness.mini_world.scope import Scope

NEGATIVE, POSITIVE = "negative", "positive"
DENIED = 0.2  # of opinions
FORMS = ("one", "one", "two", "beside", "conceded")


class Review(NamedTuple):
    text: str
    feeling: str
    facts: Sequence[Fact]
    form: tuple[object, ...]  # what of it can be seen without knowing good from bad


def thinks(subject: str, word: str, negative: bool) -> Clause:
    return Clause(f"the {subject} is {'not ' if negative else ''}{word}", subject, IS, word, negative)


def feeling(said: Clause) -> str:
    return POSITIVE if (said.value in OPINION.good) != said.negative else NEGATIVE


def opinion(rng: Random, scope: Scope, subject: str, wanted: str) -> Clause:
    negative = chance(rng, DENIED)
    is_good = (wanted == POSITIVE) != negative
    return thinks(subject, pick(rng, scope.opinion.good if is_good else scope.opinion.bad), negative)


def turned(feels: str) -> str:
    return NEGATIVE if feels == POSITIVE else POSITIVE


def review(rng: Random, scope: Scope) -> Review:
    """One opinion; two that agree; one beside what is neither good nor bad; one in spite of another."""
    form, feels = pick(rng, FORMS), pick(rng, (POSITIVE, NEGATIVE))
    one, other = shuffled(rng, (pick(rng, WORKS), *shuffled(rng, PARTS)[:1]))
    said = [opinion(rng, scope, one, feels)]
    text = said[0].text
    if form == "two":
        said.append(opinion(rng, scope, other, feels))
        text = f"{text} and {said[1].text}"
    elif form == "beside":
        plain = thinks(other, pick(rng, PLAIN_SAID), chance(rng, DENIED))
        text = pick(rng, (" and ", " while ")).join(shuffled(rng, (text, plain.text)))
    elif form == "conceded":
        said.append(opinion(rng, scope, other, turned(feels)))
        given_up = f"although {said[1].text}"
        text = f"{text} {given_up}" if chance(rng) else f"{given_up} {text}"
    nots = tuple(each.negative for each in said)
    return Review(text, feels, [each.fact for each in said], (form, text.startswith("although"), *nots))
