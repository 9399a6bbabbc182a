"""Texts to be questioned: who has it, where is she, what got wet; with the answers that each question could have.

The corpus asks so and answers rightly, RACE offers all the answers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from harness.mini_world.consequences import follows
from harness.mini_world.grammar import AT, IS, Clause, a, at, chance, did, is_, pick, shuffled
from harness.mini_world.lexicon import EFFECT, GENERAL, OPPOSITE, PEOPLE, SYNONYM
from harness.mini_world.questions import what_did, where
from harness.mini_world.retelling import of, states
from harness.mini_world.science import generic, left, single
from harness.mini_world.scope import Scope
from harness.mini_world.statements import ENTAILMENT, States, Told, simple

OTHERS = 3  # answers beside the right one


class Asked(NamedTuple):
    """A question, and its answers: as written, and as the statements that they make."""

    question: str
    answers: Sequence[tuple[str, Clause]]


def which(told: Sequence[Told], predicate: Clause) -> Asked:
    """Of which of those told of is it true? Who is in the barn; what is not wet."""
    word = "who" if predicate.who in PEOPLE else "what"
    answers = [(said.who, of(said.who, predicate)) for said in states(told)]
    return Asked(f"{word}{predicate.text.removeprefix(predicate.who)}", answers)


def right_answer(told: Sequence[Told], asked: Asked) -> tuple[str, Clause] | None:
    """The one that follows; None where none or several do, or readers would differ."""
    verdicts = [follows(told, said) for _, said in asked.answers]
    one = verdicts.count(ENTAILMENT) == 1 and None not in verdicts
    return asked.answers[verdicts.index(ENTAILMENT)] if one else None


class Reader(ABC):
    @abstractmethod
    def tell(self, rng: Random, scope: Scope, number: int, negatives: float) -> list[Told]:
        """So many statements, of which a share has a "not"."""

    @abstractmethod
    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Asked:
        """Any question about them, with an answer for each statement."""


class Having(Reader):
    def tell(self, rng: Random, scope: Scope, number: int, negatives: float) -> list[Told]:
        verbs, kinds = shuffled(rng, scope.deeds)[:2], shuffled(rng, scope.kinds)[: pick(rng, (3, 4))]
        said = []
        for i, who in enumerate(shuffled(rng, scope.people)[:number]):
            noun, negative = pick(rng, kinds[i % len(kinds)].nouns), chance(rng, negatives)
            noun = GENERAL[noun] if negative and chance(rng) else noun
            said.append(simple(did(who, pick(rng, verbs).finite, noun, negative)))
        return said

    def ask(self, rng: Random, _scope: Scope, told: Sequence[Told]) -> Asked:
        said = states(told)
        one, general = pick(rng, said), chance(rng, 0.4)
        if chance(rng) and not any(each.negative for each in said):
            things = [GENERAL[each.value] if general else each.value for each in said]
            answers = [(a(thing), did(one.who, one.relation, thing, False)) for thing in things]
            return Asked(what_did(one.who, one.relation).text, answers)
        thing = GENERAL.get(one.value, one.value) if general else one.value
        return which(told, did(one.who, one.relation, thing, one.negative))


class Being(Reader):
    def tell(self, rng: Random, scope: Scope, number: int, negatives: float) -> list[Told]:
        return States(negatives).tell(rng, scope, shuffled(rng, scope.people)[:number])

    def ask(self, rng: Random, _scope: Scope, told: Sequence[Told]) -> Asked:
        one, turned = pick(rng, states(told)), chance(rng, 0.3)
        word = pick(rng, (one.value, SYNONYM[one.value]))
        return which(told, is_(one.who, OPPOSITE[word] if turned else word, one.negative != turned))


class Staying(Reader):
    def tell(self, rng: Random, scope: Scope, number: int, negatives: float) -> list[Told]:
        buildings = shuffled(rng, scope.buildings)
        if chance(rng):  # each in another building, or all in two
            rooms = [pick(rng, building.rooms) for building in buildings[:number]]
        else:
            pool = [room for building in buildings[:2] for room in shuffled(rng, building.rooms)[:2]]
            rooms = [pick(rng, pool) for _ in range(number)]
        cast = shuffled(rng, scope.people)
        return [simple(at(who, room, chance(rng, negatives))) for who, room in zip(cast, rooms, strict=False)]

    def ask(self, rng: Random, _scope: Scope, told: Sequence[Told]) -> Asked:
        said = states(told)
        one, general = pick(rng, said), chance(rng, 0.4)
        if chance(rng) and not any(each.negative for each in said):
            there = [at(one.who, GENERAL[each.value] if general else each.value, False) for each in said]
            return Asked(where(one.who).text, [(each.text.removeprefix(f"{one.who} is "), each) for each in there])
        denied = chance(rng, 0.2)
        place = (pick(rng, said) if denied else one).value
        return which(told, at(one.who, GENERAL[place] if general else place, denied or one.negative))


class Leaving(Reader):
    """What has become of things that were left somewhere."""

    def tell(self, rng: Random, scope: Scope, number: int, _negatives: float) -> list[Told]:
        causes = shuffled(rng, scope.causes)[:number]
        kinds = shuffled(rng, scope.kinds)
        return [simple(left(pick(rng, kind.nouns), cause.where)) for kind, cause in zip(kinds, causes, strict=False)]

    def ask(self, rng: Random, _scope: Scope, told: Sequence[Told]) -> Asked:
        one, turned = pick(rng, states(told)), chance(rng, 0.2)
        become = EFFECT[one.value]
        return which(told, is_(one.who, OPPOSITE[become] if turned else become, turned))


class Learning(Reader):
    """A property of a kind is one of each of its things."""

    def tell(self, rng: Random, scope: Scope, number: int, _negatives: float) -> list[Told]:
        kinds, had = shuffled(rng, scope.kinds)[:number], shuffled(rng, scope.properties)
        return [simple(generic(kind.name, said)) for kind, said in zip(kinds, had, strict=False)]

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Asked:
        said = states(told)
        asked = pick(rng, said).value
        nouns = [pick(rng, next(kind.nouns for kind in scope.kinds if kind.name == one.who)) for one in said]
        return Asked(f"what {asked}", [(a(noun), single(noun, asked)) for noun in nouns])


class Portrait(Reader):
    """Of one person where, how, with what: so that it is enough to know the words."""

    def tell(self, rng: Random, scope: Scope, number: int, _negatives: float) -> list[Told]:
        who, deeds = pick(rng, scope.people), shuffled(rng, scope.deeds)
        one, other = shuffled(rng, scope.kinds)[:2]
        said = (
            at(who, pick(rng, pick(rng, scope.buildings).rooms), False),
            is_(who, pick(rng, pick(rng, scope.states_of("person")).words), False),
            did(who, deeds[0].finite, pick(rng, one.nouns), False),
            did(who, deeds[1].finite, pick(rng, other.nouns), False),
        )
        return [simple(clause) for clause in shuffled(rng, said)[:number]]

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Asked:
        """In other words than the text's: in which building, what kind of thing, what means the same."""
        one = pick(rng, states(told))
        if one.relation == AT:
            names = [building.name for building in scope.buildings if building.name != GENERAL[one.value]]
            there = [at(one.who, name, False) for name in (GENERAL[one.value], *shuffled(rng, names)[:OTHERS])]
            return Asked(where(one.who).text, [(each.text.removeprefix(f"{one.who} is "), each) for each in there])
        if one.relation == IS:
            words = [word for state in scope.states_of("person") for word in state.words if word != one.value]
            wrong = [word for word in shuffled(rng, words) if word != SYNONYM[one.value]][:OTHERS]
            return Asked(
                f"how is {one.who}", [(word, is_(one.who, word, False)) for word in (SYNONYM[one.value], *wrong)]
            )
        had = {GENERAL[each.value] for each in states(told) if each.relation not in (AT, IS)}
        kinds = [kind.name for kind in scope.kinds if kind.name not in had]
        things = (GENERAL[one.value], *shuffled(rng, kinds)[:OTHERS])
        return Asked(
            what_did(one.who, one.relation).text,
            [(a(thing), did(one.who, one.relation, thing, False)) for thing in things],
        )


PORTRAIT = Portrait()
SEVERAL: tuple[Reader, ...] = (Having(), Being(), Staying(), Leaving(), Learning())
