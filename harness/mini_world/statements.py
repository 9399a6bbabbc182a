"""Pairs of statements, and how the second stands to the first: it follows, it contradicts, or neither.

Each family draws the hypothesis before it looks at the label, and only then a premise that gives this label. So a
hypothesis by itself says nothing about the label, and neither does a "not" in it. Every pair also brings an aside: a
statement that settles nothing, about somebody or something else, in the words of the pair. With it a reader has to see
who did what; the words alone are the same.

The world has its conventions, which the corpus teaches: a name stands for one person, "the box" for one box; somebody
is in one place at a time; states without a middle (open or shut) exclude each other and leave nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from harness.mini_world.grammar import Clause, at, chance, counted, did, is_, likes, pick, plural, shuffled, would_go
from harness.mini_world.lexicon import COLOURS, HAVE, LIKES, NUMBERS, WANT, WOMEN, Deed, Kind, Scope, State

ENTAILMENT, NEUTRAL, CONTRADICTION = "entailment", "neutral", "contradiction"
LABELS = (ENTAILMENT, NEUTRAL, CONTRADICTION)


class Pair(NamedTuple):
    label: str
    premise: Clause
    hypothesis: Clause
    aside: Clause
    topics: tuple[str, ...]  # whom and what it is about: pairs that share none do not meet


Family = Callable[[Random, Scope, Sequence[str], str], Pair]


def relatives(kind: Kind) -> tuple[str, ...]:
    return (kind.name, *kind.parents)


def unrelated(rng: Random, scope: Scope, kind: Kind) -> Kind:
    """A kind that has no more general kind in common with this one."""
    while True:
        other = pick(rng, scope.kinds)
        if not any(name in relatives(kind) for name in relatives(other)):
            return other


def different(rng: Random, options: Sequence[tuple[str, ...]], this: tuple[str, ...]) -> tuple[str, ...]:
    return pick(rng, [other for other in options if other != this])


def elsewhere(deed: Deed) -> Deed:
    """A deed from which the other neither follows nor is excluded."""
    return HAVE if deed is WANT else WANT


def deed(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """Who has, wants, found, drew what; kinds of things, synonyms, negation."""
    p, q = cast[0], cast[1]
    act, kind = pick(rng, scope.deeds), pick(rng, scope.kinds)
    x = pick(rng, kind.nouns)
    y = pick(rng, different(rng, kind.nouns, x))
    z = pick(rng, pick(rng, unrelated(rng, scope, kind).nouns))
    general, negative = chance(rng), chance(rng)
    k = pick(rng, relatives(kind))
    hypothesis = did(rng, p, act, k if general else pick(rng, x), negative)
    colour = pick(rng, COLOURS) if chance(rng, 0.3) else ""
    word = pick(rng, x)
    if label == NEUTRAL:
        no = chance(rng)
        way = pick(rng, ("who", "who", "what", "deed", "detail"))
        if way == "who":
            premise, aside = did(rng, q, act, word, no, colour), did(rng, p, act, z, chance(rng))
        else:
            aside = did(rng, q, act, word, chance(rng))
            if way == "deed":
                premise = did(rng, p, elsewhere(act), word, no, colour)
            elif way == "what":
                premise = did(rng, p, act, z if general else y, no, colour)
            elif general:
                premise = did(rng, p, act, word, True) if negative or chance(rng) else did(rng, p, act, z, no)
            else:
                premise = did(rng, p, act, k, False)
    else:
        aside = did(rng, q, pick(rng, (act, act, elsewhere(act))), y if chance(rng) else z, chance(rng))
        # a thing follows from itself and excludes its denial; a denied kind denies each thing of the kind
        affirmed = (label == ENTAILMENT) != negative
        if affirmed:
            premise = did(rng, p, act, word, False, colour)
        else:
            premise = did(rng, p, act, k if general or chance(rng) else word, True)
    return Pair(label, premise, hypothesis, aside, (p, q))


def state(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """What people and things are like; opposites, synonyms, negation."""
    if chance(rng):
        s, t = cast[0], cast[1]
        states: Sequence[State] = scope.of_people()
    else:
        kind = pick(rng, scope.kinds)
        first = pick(rng, kind.nouns)
        s, t = f"the {pick(rng, first)}", f"the {pick(rng, different(rng, kind.nouns, first))}"
        states = scope.of(kind)
    one, other = shuffled(rng, states)[:2]
    side = int(chance(rng))
    same, opposite, else_ = one.sides[side], one.sides[1 - side], pick(rng, pick(rng, other.sides))
    negative = chance(rng)
    hypothesis = is_(s, pick(rng, same), negative)
    if label == NEUTRAL:
        no = chance(rng)
        word = pick(rng, pick(rng, one.sides))
        if chance(rng):
            premise, aside = is_(t, word, no), is_(s, else_, chance(rng))
        else:
            premise, aside = is_(s, else_, no), is_(t, word, chance(rng))
    else:
        aside = is_(t, pick(rng, pick(rng, pick(rng, (one, other)).sides)), chance(rng))
        affirmed = (label == ENTAILMENT) != negative
        # "short" is enough for "not tall", but "not short" is not enough for "tall"
        across = chance(rng) if one.exact else not affirmed and chance(rng)
        premise = is_(s, pick(rng, opposite if across else same), affirmed == across)
    return Pair(label, premise, hypothesis, aside, (s, t))


def place(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """Where somebody is; rooms in buildings, one place at a time."""
    p, q = cast[0], cast[1]
    here, there = shuffled(rng, scope.buildings)[:2]
    room, next_door = shuffled(rng, here.rooms)[:2]
    far = pick(rng, there.rooms)
    posture = pick(rng, ("", "", "waiting"))
    general, negative = chance(rng), chance(rng)
    hypothesis = at(p, here, "" if general else room, negative)
    if label == NEUTRAL:
        no = chance(rng)
        way = pick(rng, ("who", "who", "go", "detail"))
        if way == "detail":
            premise = at(p, here, room, True) if general else at(p, here, "", False, posture)
        elif way == "go":
            premise = would_go(rng, p, room)
        else:
            premise = at(q, here, room, no, posture)
        beside = at(q, here, pick(rng, (room, next_door)), chance(rng))
        aside = would_go(rng, p, next_door) if way == "who" else beside
        return Pair(label, premise, hypothesis, aside, (p, q))
    aside = at(q, here, pick(rng, (room, next_door)), chance(rng)) if chance(rng) else would_go(rng, q, next_door)
    if (label == ENTAILMENT) != negative:
        premise = at(p, here, room, False, posture)
    elif chance(rng):
        premise = at(p, here, "" if general or chance(rng) else room, True)
    elif general or chance(rng):
        premise = at(p, there, pick(rng, ("", far)), False, posture)
    else:
        premise = at(p, here, next_door, False, posture)
    return Pair(label, premise, hypothesis, aside, (p, q))


def number(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """How many; one or more than one, of a thing or of a kind."""
    p, q = cast[0], cast[1]
    act, kind = pick(rng, scope.deeds), pick(rng, scope.kinds)
    x = pick(rng, kind.nouns)
    z = pick(rng, pick(rng, unrelated(rng, scope, kind).nouns))
    single, some = chance(rng), pick(rng, NUMBERS)
    amount = "only one" if single else "more than one"
    # "only one animal" would not follow from "only one dog"
    word = pick(rng, x) if single or chance(rng) else pick(rng, relatives(kind))
    hypothesis = counted(rng, p, act, amount, word)
    if label == NEUTRAL:
        how_many = pick(rng, ("only one", some))
        if chance(rng, 0.7):
            premise = counted(rng, q, act, how_many, pick(rng, x))
            aside = counted(rng, p, act, pick(rng, (some, "only one")), z)
        else:
            premise = counted(rng, p, elsewhere(act), how_many, pick(rng, x))
            aside = counted(rng, q, act, pick(rng, (some, "only one")), pick(rng, x))
    else:
        beside = pick(rng, (act, act, elsewhere(act)))
        aside = counted(rng, q, beside, pick(rng, (some, "only one")), pick(rng, (z, pick(rng, x))))
        if (label == ENTAILMENT) == single:
            premise = counted(rng, p, act, "only one", pick(rng, x) if label == ENTAILMENT or word in x else word)
        else:
            premise = counted(rng, p, act, some, pick(rng, x))
    return Pair(label, premise, hypothesis, aside, (p, q))


def feeling(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """Who likes and hates what; a feeling for all of a kind is one for each."""
    p, q = cast[0], cast[1]
    kind = pick(rng, scope.kinds)
    x = pick(rng, kind.nouns)
    y = plural(pick(rng, different(rng, kind.nouns, x)))
    z = plural(pick(rng, pick(rng, unrelated(rng, scope, kind).nouns)))
    side, negative = int(chance(rng)), chance(rng)
    hypothesis = likes(p, pick(rng, LIKES[side]), plural(pick(rng, x)), negative)
    word = plural(pick(rng, x)) if chance(rng) else f"all {plural(pick(rng, relatives(kind)))}"
    verb = pick(rng, LIKES[int(chance(rng))])
    if label == NEUTRAL:
        if chance(rng):
            # "does not like all dogs" can be read in two ways
            premise = likes(q, verb, word, not word.startswith("all") and chance(rng))
            aside = likes(p, pick(rng, LIKES[side]), pick(rng, (y, z)), chance(rng))
        else:
            premise = likes(p, verb, pick(rng, (y, z)), chance(rng))
            aside = likes(q, pick(rng, LIKES[side]), plural(pick(rng, x)), chance(rng))
    else:
        aside = likes(q, verb, pick(rng, (plural(pick(rng, x)), y, z)), chance(rng))
        affirmed = (label == ENTAILMENT) != negative
        if affirmed:
            premise = likes(p, pick(rng, LIKES[side]), word, False)
        elif chance(rng):
            premise = likes(p, pick(rng, LIKES[1 - side]), word, False)
        else:
            premise = likes(p, pick(rng, LIKES[side]), plural(pick(rng, x)), True)
    return Pair(label, premise, hypothesis, aside, (p, q))


def somebody(rng: Random, scope: Scope, cast: Sequence[str], label: str) -> Pair:
    """From names to "somebody", "a woman", "nobody"."""
    p, q = cast[0], cast[1]
    act, kind = pick(rng, scope.deeds), pick(rng, scope.kinds)
    x = pick(rng, kind.nouns)
    y = pick(rng, different(rng, kind.nouns, x))
    z = pick(rng, pick(rng, unrelated(rng, scope, kind).nouns))
    k = pick(rng, relatives(kind))
    sex, none_of = ("a woman", "no woman") if p in WOMEN else ("a man", "no man")
    general = chance(rng)
    who = pick(rng, ("somebody", "nobody", sex))
    hypothesis = did(rng, who, act, k if general else pick(rng, x), False)
    word = pick(rng, x)
    if label == NEUTRAL:
        way = pick(rng, ("none", "deed", "not"))
        if way == "none":
            premise = did(rng, pick(rng, ("nobody", none_of)), act, z if general else y, False)
        elif way == "deed":
            premise = did(rng, p, elsewhere(act), word, False)
        else:
            premise = did(rng, p, act, word, True)
    elif (label == ENTAILMENT) != (who == "nobody"):
        premise = did(rng, p, act, word, False)
    else:
        none = pick(rng, ("nobody", none_of)) if who == sex else "nobody"
        premise = did(rng, none, act, k if general or chance(rng) else word, False)
    aside = did(rng, q, pick(rng, (act, elsewhere(act))), z, chance(rng))
    return Pair(label, premise, hypothesis, aside, (p, q, "somebody"))


FAMILIES: tuple[Family, ...] = (deed, deed, state, state, place, place, number, feeling, somebody)
