"""The rows of QQP: two questions, and whether they ask the same.

Most are asked in two parts, so that the same words may ask something else: "Where is Anna and is Tom rich or poor?" A
duplicate is worded otherwise: the parts change places, "rich or poor" turns round, "what does Anna have" becomes "Anna
has what". The label is found, by comparing what is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import AT, CORPUS, IS, asks, chance, held_out, is_, pick, sentence, shuffled
from harness.mini_world.lexicon import OPPOSITE, SYNONYM, Kind
from harness.mini_world.questions import BASE, what_did, where, which_side, who_did, who_is
from harness.mini_world.retelling import clause, length, reworded, shared
from harness.mini_world.scope import Scope

DUPLICATE, NOT_DUPLICATE = "duplicate", "not_duplicate"
WHERE, SIDE, WHAT, WHETHER, WHO_IS, WHO_DID = "where", "side", "what", "whether", "who is", "who did"
OF_PEOPLE, OF_THINGS = (WHERE, SIDE, WHAT, WHETHER), (WHERE, SIDE, WHETHER)
ALONE = (*OF_PEOPLE, WHO_IS, WHO_DID)
LONGEST = 30  # words and marks of both questions


class Part(NamedTuple):
    """One question: all that is asked, however it is worded. Of a side the relation is one of the two states."""

    kind: str
    who: str
    relation: str
    value: str


def room(rng: Random, scope: Scope) -> str:
    return pick(rng, pick(rng, scope.buildings).rooms)


def noun(rng: Random, scope: Scope) -> str:
    return pick(rng, pick(rng, scope.kinds).nouns)


def part(rng: Random, scope: Scope, kind: str, who: str, what: str) -> Part:
    """Any question of its kind. what: "person", or the kind of thing that `who` is."""
    if kind == WHERE:
        return Part(kind, who, AT, "")
    if kind == SIDE:
        return Part(kind, who, pick(rng, scope.states_of(what)).sides[0], "")
    if kind == WHAT:
        return Part(kind, who, pick(rng, scope.deeds).finite, "")
    if kind == WHO_IS:
        return Part(kind, "", AT, room(rng, scope))
    if kind == WHO_DID:
        return Part(kind, "", pick(rng, scope.deeds).finite, noun(rng, scope))
    relation = pick(rng, (IS, AT, pick(rng, scope.deeds).finite)) if what == "person" else IS
    if relation == IS:
        return Part(kind, who, IS, pick(rng, pick(rng, scope.states_of(what)).sides))
    return Part(kind, who, relation, room(rng, scope) if relation == AT else noun(rng, scope))


def worded(rng: Random, asked: Part) -> str:
    kind, who, relation, value = asked
    if kind == SIDE:
        word = reworded(rng, is_(who, relation, False)).value
        sides = shuffled(rng, (word, OPPOSITE[word]))
        return which_side(who, sides).text if chance(rng) else f"{who} is {sides[0]} or {sides[1]}"
    if kind == WHERE:
        return where(who).text if chance(rng) else f"{who} is where"
    if kind == WHAT:
        return what_did(who, relation).text if chance(rng) else f"{who} {relation} what"
    if kind == WHO_DID:
        return who_did(relation, value).text
    if kind == WHO_IS:
        place = who_is(value).text
        return place if chance(rng) else f"{place.removeprefix('who is ')} is who"
    said = reworded(rng, clause(who, relation, value)).text
    if chance(rng):
        return said
    rest = said.removeprefix(f"{who} ").removeprefix(f"{relation if relation in BASE else 'is'} ")
    return f"{BASE[relation].format(who)} {rest}" if relation in BASE else f"is {who} {rest}"


def drawn(rng: Random, scope: Scope) -> tuple[list[Part], list[str], str]:
    """One or two questions, others whom they might have been about, and what those are."""
    if chance(rng, 0.15):
        people = shuffled(rng, scope.people)
        return [part(rng, scope, pick(rng, ALONE), people[0], "person")], people[1:], "person"
    if chance(rng, 0.2):
        return [part(rng, scope, WHO_DID, "", "") for _ in range(2)], [], ""
    thing: Kind | None = pick(rng, scope.kinds) if chance(rng, 0.3) else None
    cast = [f"the {one}" for one in shuffled(rng, thing.nouns)] if thing else shuffled(rng, scope.people)
    what = thing.name if thing else "person"
    return (
        [part(rng, scope, pick(rng, OF_THINGS if thing else OF_PEOPLE), who, what) for who in cast[:2]],
        cast[2:],
        what,
    )


def exchanged(asked: Sequence[Part]) -> list[Part]:
    one, other = asked
    if one.kind == WHO_DID:
        return [one._replace(value=other.value), other._replace(value=one.value)]
    return [one._replace(who=other.who), other._replace(who=one.who)]


def replaced(rng: Random, scope: Scope, asked: Part, others: Sequence[str], what: str) -> Part:
    """Another question of its kind: about somebody else, or about something else."""
    if asked.who and chance(rng):
        return asked._replace(who=pick(rng, others))
    return part(rng, scope, asked.kind, asked.who, what)


def question(rng: Random, parts: Sequence[str]) -> str:
    lead = "so " if chance(rng, 0.1) else ""
    return sentence(lead + " and ".join(parts), "?")


def hidden(asked: Part) -> bool:
    """Whether "Anna is happy?" would say what the corpus holds out, in either word for it."""
    return asked.kind == WHETHER and any(
        held_out((asked.who, asked.relation, value)) for value in (asked.value, SYNONYM.get(asked.value, asked.value))
    )


def pairs(rng: Random, split: str, scope: Scope) -> Iterator[Candidate]:
    while True:
        asked, others, what = drawn(rng, scope)
        way = rng.random()
        if way < 0.4:
            other = asked
        elif way < 0.8 and len(asked) == 2:
            other = exchanged(asked)
        else:
            place = int(rng.random() * len(asked))
            other = [replaced(rng, scope, one, others, what) if i == place else one for i, one in enumerate(asked)]
        label = DUPLICATE if sorted(asked) == sorted(other) else NOT_DUPLICATE
        one, two = ([worded(rng, part) for part in shuffled(rng, parts)] for parts in (asked, other))
        held = any(map(hidden, (*asked, *other))) or any(held_out(asks(part)) for part in (*one, *two))
        if held == (split == CORPUS):
            continue
        first, second = question(rng, one), question(rng, two)
        if first != second and length(first, second) <= LONGEST:
            kinds = sorted(one.kind for one in asked)
            yield Candidate(
                (first, second), label, (what, *kinds, shared(first, second)), tuple(sorted((first, second)))
            )
