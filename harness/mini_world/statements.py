"""Statements, and how one stands to what was told: it follows, it contradicts, or neither.

What is told is one statement, or some about different people or things, in the same few words, so that a reader has to
see who did what and to know which words mean the same. The label of a statement is not drawn but found, by `judge`.

The world has its conventions, which the corpus teaches: a name stands for one person, "the box" for one box; after a
canoe was told of, "the boat" is that canoe and "the dish" something else; somebody is in one place at a time; opposites
exclude each other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from harness.mini_world.grammar import AT, DOING, IS, WEARS, Clause, Fact, at, chance, did, is_, pick, shuffled
from harness.mini_world.lexicon import GENERAL, OPPOSITE, PEOPLE, SYNONYM, Kind
from harness.mini_world.scope import Scope

ENTAILMENT, NEUTRAL, CONTRADICTION = "entailment", "neutral", "contradiction"
LABELS = (ENTAILMENT, NEUTRAL, CONTRADICTION)


class Told(NamedTuple):
    """One clause of a text, all that it states (a picture's says several things of one figure), and what of it can be
    held out.
    """

    text: str
    states: tuple[Clause, ...]
    facts: tuple[Fact, ...]


def excludes(relation: str, one: str, other: str) -> bool:
    """Whether what is `one` is never `other`."""
    if relation == AT:
        return one != other and GENERAL.get(one) != other and GENERAL.get(other) != one
    if relation == WEARS and one.split()[-1] != other.split()[-1]:
        return False
    if relation in (WEARS, DOING):
        return not implies(one, other) and not implies(other, one)
    return one in OPPOSITE and implies(OPPOSITE[one], other)


def implies(one: str, other: str) -> bool:
    """A plate is a dish, the kitchen is at the house, who is glad is happy, who is dancing is moving, a black coat is
    a coat and a dark coat; to wash a plate is to wash a dish.
    """
    if other in (one, GENERAL.get(one), SYNONYM.get(one)):
        return True
    first, second = one.split(), other.split()
    if len(first) == 2 and first[1:] == second:
        return True
    if len(first) == len(second) == 2:
        return first[1] == second[1] and GENERAL.get(first[0]) == second[0]
    return len(first) == len(second) == 3 and first[0] == second[0] and GENERAL.get(first[2]) == second[2]


def is_called(who: str, asked: str) -> bool:
    """Whether `asked` can be said of it: "the boat" of the canoe that was told of."""
    return asked in (who, f"the {GENERAL.get(who.removeprefix('the '))}")


def bearing(said: Clause, asked: Clause) -> str | None:
    """How one statement decides another; None where readers would differ ("not happy": is that "sad"?)."""
    if not is_called(said.who, asked.who) or said.relation != asked.relation:
        return NEUTRAL
    if said.negative:
        if said.relation == IS and excludes(IS, said.value, asked.value):
            return None
        affirmed, denied = False, implies(asked.value, said.value)
    else:
        affirmed = implies(said.value, asked.value)
        denied = excludes(said.relation, said.value, asked.value)
    if not affirmed and not denied:
        return NEUTRAL
    return ENTAILMENT if affirmed != asked.negative else CONTRADICTION


def is_ambiguous(told: Sequence[Told], asked: Clause) -> bool:
    """Whether "the toy" could be the doll or the kite that were told of."""
    return len({said.who for one in told for said in one.states if is_called(said.who, asked.who)}) > 1


def judge(told: Sequence[Told], asked: Clause) -> str | None:
    if is_ambiguous(told, asked):
        return None
    found = {bearing(said, asked) for one in told for said in one.states} - {NEUTRAL}
    return found.pop() if len(found) == 1 else None if found else NEUTRAL


def simple(clause: Clause) -> Told:
    return Told(clause.text, (clause,), (clause.fact,))


class Pair(NamedTuple):
    """What is told and what is asked about it."""

    told: tuple[Told, ...]
    asked: Clause


class Topic(ABC):
    """Draws what is told about some people, and then any number of statements about it."""

    def __init__(self, negatives: float = 0.15, varied: float = 0.6) -> None:
        """negatives: the share of statements with a "not"; varied: of those asked in other words than were told."""
        self.negatives = negatives
        self.varied = varied

    @abstractmethod
    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        """Statements about the cast."""

    @abstractmethod
    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        """Any statement in the words of what was told, whatever its label."""

    def judge(self, told: Sequence[Told], asked: Clause) -> str | None:
        return judge(told, asked)


def something(rng: Random, kinds: Sequence[Kind], who: str) -> str:
    """`who`, mostly by its kind, or something else: the canoe, the boat, the dish, the plate."""
    if chance(rng, 0.25):
        return who
    kind = pick(rng, kinds)
    if chance(rng):
        kind = next(one for one in kinds if who.removeprefix("the ") in one.nouns)
    return f"the {kind.name if chance(rng, 0.8) else pick(rng, kind.nouns)}"


def somebody(rng: Random, scope: Scope, told: Sequence[Told], who: str) -> str:
    """`who`, or, where nobody else is told of, at times somebody else: else all would be about the one."""
    if who not in PEOPLE:
        return something(rng, scope.kinds, who)
    return who if len(told) > 1 or chance(rng, 0.7) else pick(rng, scope.people)


OF_A_CASE = 0.2  # of what is asked in other words: of a noun or a room, not of its kind or its building


class Deeds(Topic):
    """Who has, wants, found, drew what; kinds of things, negation."""

    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        act, other = shuffled(rng, scope.deeds)[:2]
        things = [pick(rng, kind.nouns) for kind in shuffled(rng, scope.kinds)]
        said = []
        for who, noun in zip(cast, things, strict=False):
            negative = chance(rng, self.negatives)
            thing = GENERAL[noun] if negative and chance(rng) else noun
            said.append(simple(did(who, pick(rng, (act, act, other)).finite, thing, negative)))
        return said

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, what, how = (pick(rng, told).states[0] for _ in range(3))
        if chance(rng):
            who = how = what
        elif chance(rng):
            how = what
        noun = what.value
        if chance(rng, self.varied):
            kind = pick(rng, scope.kinds)
            if len(told) > 1 or chance(rng):
                kind = next(one for one in scope.kinds if noun == one.name or noun in one.nouns)
            noun = pick(rng, kind.nouns) if noun == kind.name or chance(rng, OF_A_CASE) else kind.name
        return did(somebody(rng, scope, told, who.who), how.relation, noun, chance(rng, self.negatives))


def another_state(rng: Random, scope: Scope, said: Clause) -> str:
    """Any word for how the same may be."""
    of = "person" if said.who in PEOPLE else GENERAL[said.who.removeprefix("the ")]
    return pick(rng, pick(rng, scope.states_of(of)).words)


class States(Topic):
    """What people and things are like; opposites, negation."""

    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        kind = pick(rng, scope.kinds)
        if chance(rng, 0.6) or len(cast) > len(kind.nouns):
            subjects, states = tuple(cast), scope.states_of("person")
        else:
            subjects, states = tuple(f"the {noun}" for noun in shuffled(rng, kind.nouns)), scope.states_of(kind.name)
        pool = shuffled(rng, states)[:2]
        return [
            simple(is_(who, pick(rng, pick(rng, pool).words), chance(rng, self.negatives)))
            for who, _ in zip(subjects, cast, strict=False)
        ]

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, what = (pick(rng, told).states[0] for _ in range(2))
        if chance(rng):
            who = what
        word = what.value
        if chance(rng, self.varied):
            again = SYNONYM[word], SYNONYM[word], OPPOSITE[word], SYNONYM[OPPOSITE[word]]
            word = pick(rng, (*again, another_state(rng, scope, what)))
        return is_(somebody(rng, scope, told, who.who), word, chance(rng, self.negatives))


class Places(Topic):
    """Where somebody or something is; rooms in buildings, one place at a time."""

    def __init__(self, negatives: float = 0.15, varied: float = 0.6, things: float = 0.0) -> None:
        """things: how often things are told of instead of people, each of another kind."""
        super().__init__(negatives, varied)
        self.things = things

    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        rooms = [room for building in shuffled(rng, scope.buildings)[:2] for room in shuffled(rng, building.rooms)[:2]]
        subjects = cast
        if chance(rng, self.things):
            subjects = [f"the {pick(rng, kind.nouns)}" for kind in shuffled(rng, scope.kinds)]
        said = []
        for who, _ in zip(subjects, cast, strict=False):
            room = pick(rng, rooms)
            said.append(simple(at(who, GENERAL[room] if chance(rng, 0.15) else room, chance(rng, self.negatives))))
        return said

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, what = (pick(rng, told).states[0] for _ in range(2))
        if chance(rng):
            who = what
        place = what.value
        if chance(rng, self.varied):
            building = pick(rng, scope.buildings)
            if len(told) > 1 or chance(rng):
                building = next(one for one in scope.buildings if place == one.name or place in one.rooms)
            place = pick(rng, building.rooms) if place == building.name or chance(rng, OF_A_CASE) else building.name
        return at(somebody(rng, scope, told, who.who), place, chance(rng, self.negatives))


TOPICS: tuple[Topic, ...] = (Deeds(), States(), Places(things=0.5))
