"""Telling again: a clause said of another, of another thing, or denied; and clauses made one text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import AT, DOING, IS, WEARS, Clause, a, at, chance, did, is_, pick, sentence
from harness.mini_world.lexicon import SYNONYM
from harness.mini_world.scenes import does, wears
from harness.mini_world.scope import Scope
from harness.mini_world.statements import Told, another_state

STOP = ". "
JOINTS = (" and ", " while ", STOP)
TOKEN = re.compile(r"\w+|[^\w\s]")


def clause(who: str, relation: str, value: str, negative: bool = False) -> Clause:
    """Says it in the grammar's words."""
    if relation == IS:
        return is_(who, value, negative)
    if relation == AT:
        return at(who, value, negative)
    if relation == DOING:
        return does(who, value, negative)
    return wears(who, value) if relation == WEARS else did(who, relation, value, negative)


def of(who: str, said: Clause) -> Clause:
    return clause(who, said.relation, said.value, said.negative)


def saying(value: str, said: Clause) -> Clause:
    return clause(said.who, said.relation, value, said.negative)


def denied(said: Clause) -> Clause:
    return clause(said.who, said.relation, said.value, not said.negative)


def another(rng: Random, scope: Scope, said: Clause) -> str:
    """Any place, thing or state that could be said of the same."""
    if said.relation == AT:
        return pick(rng, pick(rng, scope.buildings).rooms)
    if said.relation == IS:
        return another_state(rng, scope, said)
    noun = pick(rng, pick(rng, scope.kinds).nouns)
    verb = said.value.rpartition(" ")[0] if said.relation == DOING else ""
    return f"{verb.split()[0]} {a(noun)}" if verb else noun


def reworded(rng: Random, said: Clause) -> Clause:
    """The same in other words, where there are any."""
    return saying(SYNONYM[said.value], said) if said.value in SYNONYM and chance(rng) else said


def shared(first: str, second: str) -> int:
    """How many words of either text the other has too."""
    one, other = (TOKEN.findall(text.lower()) for text in (first, second))
    return sum(word in other for word in one) + sum(word in one for word in other)


def states(told: Sequence[Told]) -> list[Clause]:
    return [said for one in told for said in one.states]


def text(clauses: Sequence[str], joint: str) -> str:
    """One sentence each, or all joined in one."""
    if joint == STOP:
        return " ".join(sentence(one) for one in clauses)
    return sentence(joint.join(clauses))


def length(*texts: str) -> int:
    """Words and marks."""
    return sum(len(TOKEN.findall(one)) for one in texts)
