"""The rows of MRPC and STS-B: two texts, and whether, or how far, they state the same.

The second text is the first one told anew in any order, at times with two things exchanged, one denied or one replaced.
The label is found by comparing what the two state. In STS-B half a statement is in common where one text says more
generally what the other says: a dog and a mammal, the kitchen and the house.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import (
    CORPUS,
    DOING,
    IS,
    SCENE,
    WEARS,
    Clause,
    a,
    belongs,
    chance,
    held_out,
    pick,
    shuffled,
)
from harness.mini_world.lexicon import GENERAL, OPPOSITE, PEOPLE, SYNONYM
from harness.mini_world.retelling import (
    JOINTS,
    another,
    clause,
    denied,
    length,
    of,
    reworded,
    saying,
    shared,
    states,
    text,
)
from harness.mini_world.scenes import SCENES
from harness.mini_world.scope import Scope
from harness.mini_world.statements import Deeds, Places, States, Told, Topic, implies

EQUIVALENT, NOT_EQUIVALENT = "equivalent", "not_equivalent"
STATED: tuple[Topic, ...] = (Deeds(), States(), Places(), SCENES)
GRADED: tuple[Topic, ...] = (Deeds(0.2), States(0.2), Places(0.2))
PICTURED = frozenset((DOING, WEARS))
LONGEST = 30  # words and marks of both texts
SCORES = (0.0, 1.25, 2.5, 3.75, 5.0)  # that two statements can have


def exchanged(rng: Random, said: Sequence[Clause]) -> list[Clause]:
    """Two statements change whom they are about, how it is done, or which of them is denied."""
    first, second = shuffled(rng, range(len(said)))[:2]
    one, other = said[first], said[second]
    ways = [(of(other.who, one), of(one.who, other))]
    if one.negative != other.negative:
        ways.append((denied(one), denied(other)))
    if one.relation != other.relation and PICTURED.isdisjoint((one.relation, other.relation)):
        ways.append(
            (
                clause(one.who, other.relation, one.value, one.negative),
                clause(other.who, one.relation, other.value, other.negative),
            )
        )
    made = list(said)
    made[first], made[second] = pick(rng, ways)
    return made


def replaced(rng: Random, scope: Scope, said: Clause, others: Sequence[str]) -> Clause:
    """Of somebody else, of another thing, or denied."""
    way = rng.random()
    if way < 0.4 and said.who in PEOPLE:
        return of(pick(rng, others), said)
    return saying(another(rng, scope, said), said) if way < 0.8 else denied(said)


def one_replaced(rng: Random, scope: Scope, said: Sequence[Clause], others: Sequence[str]) -> list[Clause]:
    made, place = list(said), int(rng.random() * len(said))
    made[place] = replaced(rng, scope, said[place], others)
    return made


def content(said: Sequence[Clause]) -> frozenset[tuple[object, ...]]:
    """What is stated, in whichever words and order."""
    return frozenset(
        (one.who, one.relation, min(one.value, SYNONYM.get(one.value, one.value)), one.negative) for one in said
    )


def told_with(rng: Random, split: str, scope: Scope, topic: Topic, number: int) -> tuple[list[Told], list[str]]:
    """Statements of which the corpus holds one out, and the people who are not in them."""
    while True:
        cast = shuffled(rng, scope.people)
        told = topic.tell(rng, scope, cast[:number])
        if belongs((fact for one in told for fact in one.facts), split):
            return told, cast[number:]


def pictured(said: Clause, indefinite: bool) -> str:
    """A figure is "a man" or "the man"."""
    if indefinite and said.relation in PICTURED:
        return f"{a(said.who.removeprefix('the '))}{said.text.removeprefix(said.who)}"
    return said.text


def paraphrases(rng: Random, split: str, scope: Scope) -> Iterator[Candidate]:
    """MRPC: told again, joined otherwise or in another order."""
    while True:
        topic = pick(rng, STATED)
        told, others = told_with(rng, split, scope, topic, pick(rng, (2, 2, 3)))
        said, way = states(told), rng.random()
        if way < 0.5:
            other = said
        elif way < 0.92 or topic is SCENES:
            other = exchanged(rng, said)
        else:
            other = one_replaced(rng, scope, said, others)
        label = EQUIVALENT if content(said) == content(other) else NOT_EQUIVALENT
        again = [reworded(rng, one) for one in shuffled(rng, other)]
        if split == CORPUS and any(held_out(one.fact) or held_out((one.who, SCENE, one.value)) for one in again):
            continue
        joints = pick(rng, JOINTS), pick(rng, JOINTS)
        figures = chance(rng)
        first = text([one.text for one in told], joints[0])
        second = text([pictured(one, figures) for one in again], joints[1])
        if first != second and length(first, second) <= LONGEST:
            order = [one.who for one in again] == [one.who for one in said]
            nots = sum(one.negative for one in said), sum(one.negative for one in other)
            stratum = (type(topic).__name__, len(said), order, nots, shared(first, second))
            yield Candidate((first, second), label, stratum, tuple(sorted((first, second))))


def likeness(one: Clause, other: Clause) -> int:
    """In halves of a statement."""
    if (one.who, one.relation, one.negative) != (other.who, other.relation, other.negative):
        return 0
    if other.value in (one.value, SYNONYM.get(one.value)):
        return 2
    return int(implies(one.value, other.value) or implies(other.value, one.value))


def score(said: Sequence[Clause], other: Sequence[Clause]) -> float:
    """How much of one text the other states too, from 0 to 5, to the nearest quarter. The texts are equally long."""
    halves = sum(max(likeness(one, two) for two in other) for one in said)
    return round(10 * halves / len(said)) / 4


def related(rng: Random, scope: Scope, said: Clause) -> Clause:
    """The same more generally, or one case of it; of a state, its opposite."""
    if said.relation == IS:
        return saying(OPPOSITE[said.value], said)
    named = [(k.name, k.nouns) for k in scope.kinds] + [(b.name, b.rooms) for b in scope.buildings]
    cases = [one for name, own in named if name == said.value for one in own]
    return saying(GENERAL[said.value] if said.value in GENERAL else pick(rng, cases), said)


def graded(rng: Random, split: str, scope: Scope) -> Iterator[Candidate]:
    """STS-B: told again, and some of it changed, from nothing to all."""
    while True:
        topic = pick(rng, GRADED)
        told, others = told_with(rng, split, scope, topic, 2)
        said = states(told)
        other = exchanged(rng, said) if chance(rng, 0.3) else said
        kept, near = pick(rng, (0.0, 0.3, 0.7, 0.7)), pick(rng, (0.3, 0.7, 1.0))
        for place, one in enumerate(other):
            if not chance(rng, kept):
                one = related(rng, scope, one) if chance(rng, near) else replaced(rng, scope, one, others)
                other = [*other[:place], one, *other[place + 1 :]]
        again = [reworded(rng, one) for one in shuffled(rng, other)]
        if split == CORPUS and any(held_out(one.fact) or held_out((one.who, SCENE, one.value)) for one in again):
            continue
        first = text([one.text for one in said], pick(rng, JOINTS))
        second = text([one.text for one in again], pick(rng, JOINTS))
        if first != second and length(first, second) <= LONGEST and len({one.who for one in other}) == len(other):
            about, nots = tuple(sorted((first, second))), sum(one.negative for one in other)
            yield Candidate(
                (first, second),
                str(score(said, other)),
                (nots, shared(first, second) // 2),
                about,
            )
