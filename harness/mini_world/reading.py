"""The rows of RACE: four statements, a question about them, and four answers of which one follows.

A question of the middle level is answered in its own words. One of the high level needs what kind a thing is, in which
building a room, what the opposite, what rain does to things, or what a "not" denies. The answers are all of the sort
asked for: the people or things told of, their places, what they have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from harness.mini_world.balance import Candidate
from harness.mini_world.consequences import effect, follows
from harness.mini_world.grammar import Clause, a, at, chance, did, held_out, is_, pick, sentence, shuffled
from harness.mini_world.lexicon import BUILDINGS, CAUSES, DEEDS, GENERAL, KINDS, OPPOSITE, PEOPLE, WORLD
from harness.mini_world.questions import what_did, where
from harness.mini_world.retelling import STOP, length, of, states, text
from harness.mini_world.science import generic, left, single
from harness.mini_world.statements import ENTAILMENT, States, Told, simple

MIDDLE, HIGH = "middle", "high"
LEVELS = {"train": (MIDDLE, HIGH), "test_middle": (MIDDLE,), "test_high": (HIGH,), "validation": (MIDDLE, HIGH)}
LETTERS = "ABCD"
NEGATIVES = {MIDDLE: 0.0, HIGH: 0.15}
LONGEST = 40  # words and marks of article, question and one answer


class Asked(NamedTuple):
    """A question, and its answers: as written, and as the statements that they make."""

    question: str
    answers: Sequence[tuple[str, Clause]]


def which(told: Sequence[Told], predicate: Clause) -> Asked:
    """Of which of those told of is it true? Who is in the barn; what is not wet."""
    word = "who" if predicate.who in PEOPLE else "what"
    answers = [(said.who, of(said.who, predicate)) for said in states(told)]
    return Asked(f"{word}{predicate.text.removeprefix(predicate.who)}", answers)


def deeds(rng: Random, negatives: float) -> tuple[list[Told], Asked]:
    verbs, kinds = shuffled(rng, DEEDS)[:2], shuffled(rng, KINDS)[: pick(rng, (3, 4))]
    said = []
    for i, who in enumerate(shuffled(rng, PEOPLE)[: len(LETTERS)]):
        noun, negative = pick(rng, kinds[i % len(kinds)].nouns), chance(rng, negatives)
        noun = GENERAL[noun] if negative and chance(rng) else noun
        said.append(did(who, pick(rng, verbs).finite, noun, negative))
    told, one, general = [simple(each) for each in said], pick(rng, said), chance(rng)
    if chance(rng, 0.4) and not any(each.negative for each in said):
        things = [GENERAL[each.value] if general else each.value for each in said]
        answers = [(a(thing), did(one.who, one.relation, thing, False)) for thing in things]
        return told, Asked(what_did(one.who, one.relation).text, answers)
    thing = GENERAL.get(one.value, one.value) if general else one.value
    return told, which(told, did(one.who, one.relation, thing, one.negative))


def conditions(rng: Random, negatives: float) -> tuple[list[Told], Asked]:
    told = States(negatives).tell(rng, WORLD, shuffled(rng, PEOPLE)[: len(LETTERS)])
    one = pick(rng, states(told))
    turned = chance(rng)
    return told, which(told, is_(one.who, OPPOSITE[one.value] if turned else one.value, one.negative != turned))


def places(rng: Random, negatives: float) -> tuple[list[Told], Asked]:
    buildings = shuffled(rng, BUILDINGS)
    if chance(rng):  # each in another building, or all in two
        rooms = [pick(rng, building.rooms) for building in buildings[: len(LETTERS)]]
    else:
        pool = [room for building in buildings[:2] for room in shuffled(rng, building.rooms)[:2]]
        rooms = [pick(rng, pool) for _ in LETTERS]
    cast = shuffled(rng, PEOPLE)
    said = [at(who, room, chance(rng, negatives)) for who, room in zip(cast, rooms, strict=False)]
    told, one, general = [simple(each) for each in said], pick(rng, said), chance(rng)
    if chance(rng, 0.4) and not any(each.negative for each in said):
        there = [at(one.who, GENERAL[each.value] if general else each.value, False) for each in said]
        return told, Asked(where(one.who).text, [(each.text.removeprefix(f"{one.who} is "), each) for each in there])
    denied = chance(rng, 0.3)
    place = (pick(rng, said) if denied else one).value
    return told, which(told, at(one.who, GENERAL[place] if general else place, denied or one.negative))


def effects(rng: Random, _negatives: float) -> tuple[list[Told], Asked]:
    causes = shuffled(rng, CAUSES)[: len(LETTERS)]
    said = [left(pick(rng, kind.nouns), cause.where) for kind, cause in zip(shuffled(rng, KINDS), causes, strict=False)]
    told, one, turned = [simple(each) for each in said], pick(rng, said), chance(rng, 0.3)
    wet = effect(one).value
    return told, which(told, is_(one.who, OPPOSITE[wet] if turned else wet, turned))


def properties(rng: Random, _negatives: float) -> tuple[list[Told], Asked]:
    kinds, had = shuffled(rng, KINDS)[: len(LETTERS)], shuffled(rng, WORLD.properties)[: len(LETTERS)]
    told = [simple(generic(kind.name, said)) for kind, said in zip(kinds, had, strict=True)]
    asked = pick(rng, had).one
    nouns = [pick(rng, kind.nouns) for kind in kinds]
    return told, Asked(f"what {asked}", [(a(noun), single(noun, asked)) for noun in nouns])


Maker = Callable[[Random, float], tuple[list[Told], Asked]]
MAKERS: Mapping[str, tuple[Maker, ...]] = {
    MIDDLE: (deeds, conditions, places),
    HIGH: (deeds, conditions, places, effects, properties),
}


def level(told: Sequence[Told], right: Clause) -> str:
    """Of an answer that stands in the text, beside a "not" that has nothing to do with it, neither: ""."""
    said = states(told)
    if right not in said or any(
        (one.relation, one.value, one.negative) == (right.relation, right.value, not right.negative) for one in said
    ):
        return HIGH
    return "" if any(one.negative for one in said) else MIDDLE


def drawn(rng: Random, maker: Maker, wanted: str) -> tuple[list[Told], Asked, Clause]:
    """A text and a question of this level, whose one right answer follows, and no other."""
    while True:
        told, asked = maker(rng, NEGATIVES[wanted])
        if len(set(asked.answers)) < len(LETTERS) or not any(held_out(fact) for one in told for fact in one.facts):
            continue
        verdicts = [follows(told, said) for _, said in asked.answers]
        if verdicts.count(ENTAILMENT) == 1 and None not in verdicts:
            right = asked.answers[verdicts.index(ENTAILMENT)][1]
            if level(told, right) == wanted:
                return told, asked, right


def questions(rng: Random, split: str) -> Iterator[Candidate]:
    while True:
        wanted = pick(rng, LEVELS[split])
        maker = pick(rng, MAKERS[wanted])
        told, asked, right = drawn(rng, maker, wanted)
        answers = shuffled(rng, asked.answers)
        options = [sentence(answer) for answer, _ in answers]
        article, question = text([one.text for one in told], STOP), sentence(asked.question, "?")
        if length(article, question, max(options, key=length)) <= LONGEST:
            label = LETTERS[[said for _, said in answers].index(right)]
            stratum = (wanted, maker.__name__, question.split()[0], right.negative)
            yield Candidate((article, question, *options), label, stratum, (article,))
