"""Questions, and texts that do or do not answer them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import AT, IS, NAMES, Clause, a, chance, pick, shuffled
from harness.mini_world.lexicon import DEEDS, GENERAL, OPPOSITE, PEOPLE
from harness.mini_world.scope import Scope
from harness.mini_world.statements import (
    ENTAILMENT,
    NEUTRAL,
    Deeds,
    Places,
    States,
    Told,
    another_state,
    implies,
    is_ambiguous,
    is_called,
    somebody,
)

WHO, ANY = "who", ""
OTHER = 0.2  # of what is asked: something else than is told
BASE = {deed.finite: f"{deed.auxiliary} {{}} {deed.base}" for deed in DEEDS}


def where(who: str) -> Clause:
    return Clause(f"where is {who}", who, AT, ANY)


def who_is(place: str) -> Clause:
    return Clause(f"who is {'at' if place in NAMES else 'in'} the {place}", WHO, AT, place)


def which_side(who: str, sides: Sequence[str]) -> Clause:
    return Clause(f"is {who} {sides[0]} or {sides[1]}", who, IS, sides[0])


def what_did(who: str, verb: str) -> Clause:
    return Clause(f"what {BASE[verb].format(who)}", who, verb, ANY)


def who_did(verb: str, noun: str) -> Clause:
    return Clause(f"who {verb} {a(noun)}", WHO, verb, noun)


def answers(said: Clause, question: Clause) -> bool:
    if said.negative or said.relation != question.relation:
        return False
    if said.who not in PEOPLE if question.who == WHO else not is_called(said.who, question.who):
        return False
    if question.value == ANY or implies(said.value, question.value):
        return True
    return said.value in OPPOSITE and implies(OPPOSITE[said.value], question.value)


def judge_question(told: Sequence[Told], question: Clause) -> str | None:
    if is_ambiguous(told, question):
        return None
    return ENTAILMENT if any(answers(said, question) for one in told for said in one.states) else NEUTRAL


class AboutDeeds(Deeds):
    """What did Anna find? Who has a toy?"""

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, how, what = (pick(rng, told).states[0] for _ in range(3))
        verb = pick(rng, scope.deeds).finite if chance(rng, OTHER) else how.relation
        if chance(rng):
            return what_did(somebody(rng, scope, told, who.who), verb)
        noun = pick(rng, pick(rng, scope.kinds).nouns) if chance(rng, OTHER) else what.value
        return who_did(verb, GENERAL.get(noun, noun) if chance(rng, 0.4) else noun)

    def judge(self, told: Sequence[Told], asked: Clause) -> str | None:
        return judge_question(told, asked)


class AboutPlaces(Places):
    """Where is Anna? Where is the boat? Who is at the house?"""

    def __init__(self) -> None:
        super().__init__(things=0.4)

    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        return mixed(rng, super().tell(rng, scope, cast), States.tell(States(), rng, scope, cast))

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        placed = [one.states[0] for one in told if one.states[0].relation == AT and one.states[0].who in PEOPLE]
        if chance(rng) or not placed:
            return where(somebody(rng, scope, told, pick(rng, told).states[0].who))
        place = pick(rng, pick(rng, scope.buildings).rooms) if chance(rng, OTHER) else pick(rng, placed).value
        return who_is(GENERAL.get(place, place) if chance(rng, 0.4) else place)

    def judge(self, told: Sequence[Told], asked: Clause) -> str | None:
        return judge_question(told, asked)


class AboutStates(States):
    """Is the box wet or dry?"""

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, what = (pick(rng, told).states[0] for _ in range(2))
        word = another_state(rng, scope, what) if chance(rng, OTHER) else what.value
        return which_side(somebody(rng, scope, told, who.who), shuffled(rng, (word, OPPOSITE[word])))

    def judge(self, told: Sequence[Told], asked: Clause) -> str | None:
        return judge_question(told, asked)


def mixed(rng: Random, one: Sequence[Told], other: Sequence[Told]) -> list[Told]:
    """One of the two at each place."""
    return [first if chance(rng, 0.6) else second for first, second in zip(one, other, strict=True)]


QUESTIONS = (AboutDeeds(), AboutPlaces(), AboutStates())
