"""Questions, and sentences that do or do not answer them. The hypothesis of a pair is here the question."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import Clause, a, at, chance, counted, did, is_, pick, plural, shuffled, would_go
from harness.mini_world.lexicon import NUMBERS, Deed, Scope
from harness.mini_world.statements import ENTAILMENT, Pair, different, elsewhere, relatives, unrelated


def asked(rng: Random, what: str, who: str, deed: Deed) -> str:
    return f"{what} {deed.auxiliary} {who} {pick(rng, deed.verbs).base}"


def about_deed(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """What did Anna find? Which animal does Anna have? Who has a toy? How many dogs does Anna have?"""
    p, q = cast[0], cast[1]
    act, kind = pick(rng, scope.deeds), pick(rng, scope.kinds)
    x = pick(rng, kind.nouns)
    word = pick(rng, x)
    z = pick(rng, pick(rng, unrelated(rng, scope, kind).nouns))
    k = pick(rng, relatives(kind))
    way = pick(rng, ("what", "which", "who", "number"))
    if way == "number":
        question = asked(rng, f"how many {plural(pick(rng, (k, *x)))}", p, act)
        n, m = pick(rng, NUMBERS), pick(rng, NUMBERS)
        yes = counted(rng, p, act, n, word)
        swapped = counted(rng, q, act, n, word), counted(rng, p, act, m, z)
        beside = counted(rng, q, pick(rng, (act, elsewhere(act))), m, pick(rng, (word, z)))
        vague = did(rng, p, elsewhere(act), word, chance(rng)), beside
        no = pick(rng, (swapped, swapped, vague))
    else:
        no_such = chance(rng, 0.3)
        beside = did(rng, q, pick(rng, (act, elsewhere(act))), z, chance(rng, 0.3))
        yes = did(rng, p, act, word, False)
        swapped = did(rng, q, act, word, False), did(rng, p, elsewhere(act), z, no_such)
        wrong_deed = did(rng, p, elsewhere(act), word, no_such), beside
        denied = did(rng, p, act, word, True), beside
        if way == "who":
            question = f"who {pick(rng, act.verbs).finite} {a(pick(rng, (k, *x)))}"
            other = did(rng, p, act, z, False), did(rng, q, elsewhere(act), word, no_such)
            no = pick(rng, (other, other, wrong_deed, denied))
            beside = did(rng, q, pick(rng, (act, elsewhere(act))), z, chance(rng, 0.3))
        elif way == "what":
            question = asked(rng, "what", p, act)
            no = pick(rng, (swapped, swapped, wrong_deed, denied))
        else:
            question = asked(rng, f"which {k}", p, act)
            other = did(rng, p, act, z, False), did(rng, q, act, word, False)
            no = pick(rng, (other, swapped, wrong_deed, denied))
    premise, aside = (yes, beside) if label == ENTAILMENT else no
    return Pair(label, premise, Clause(question, None), aside, (p, q))


def about_place(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """Where is Anna? Who is in the house?"""
    p, q = cast[0], cast[1]
    here, there = shuffled(rng, scope.buildings)[:2]
    room, next_door = shuffled(rng, here.rooms)[:2]
    posture = pick(rng, ("", "waiting"))
    yes = at(p, here, room, False, posture)
    denied = at(p, here, room, True), would_go(rng, q, next_door)
    if chance(rng):
        question = f"where is {p}"
        no = pick(rng, ((at(q, here, room, False, posture), would_go(rng, p, next_door)), denied))
        aside = pick(rng, (at(q, here, next_door, True), would_go(rng, q, next_door)))
    else:
        where = pick(rng, (f"in the {room}", f"{here.preposition} the {here.name}"))
        question = f"who is {where}"
        far = at(p, there, pick(rng, there.rooms), False, posture), would_go(rng, q, room)
        no = pick(rng, (far, far, denied))
        aside = pick(rng, (at(q, there, pick(rng, there.rooms), False), would_go(rng, q, pick(rng, there.rooms))))
    premise, aside = (yes, aside) if label == ENTAILMENT else no
    return Pair(label, premise, Clause(question, None), aside, (p, q))


def about_state(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """Is the box open or shut?"""
    if chance(rng):
        s, t, states = cast[0], cast[1], scope.of_people()
    else:
        kind = pick(rng, scope.kinds)
        first = pick(rng, kind.nouns)
        s, t = f"the {pick(rng, first)}", f"the {pick(rng, different(rng, kind.nouns, first))}"
        states = scope.of(kind)
    one, other = shuffled(rng, states)[:2]
    sides = shuffled(rng, one.sides)
    question = f"is {s} {pick(rng, sides[0])} or {pick(rng, sides[1])}"
    negative = one.exact and chance(rng)
    said, unsaid = pick(rng, pick(rng, sides)), pick(rng, pick(rng, other.sides))
    if label == ENTAILMENT:
        premise = is_(s, said, negative)
        aside = pick(rng, (is_(t, unsaid, chance(rng)), is_(t, pick(rng, pick(rng, sides)), chance(rng))))
    elif chance(rng):
        premise, aside = is_(t, said, negative), is_(s, unsaid, chance(rng))
    else:
        premise, aside = is_(s, unsaid, chance(rng)), is_(t, said, negative)
    return Pair(label, premise, Clause(question, None), aside, (s, t))
