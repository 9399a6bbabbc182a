"""The rows of Story Cloze: four sentences, an ending that follows from them, and one that does not.

Both endings are said as the corpus says what follows ("So Anna is in the kitchen."), and both are about what the story
tells: the wrong one says of somebody what was said of somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from harness.mini_world.balance import Candidate
from harness.mini_world.consequences import effect, follows
from harness.mini_world.grammar import IS, LEFT, Clause, chance, held_out, is_, pick, sentence, shuffled
from harness.mini_world.lexicon import GENERAL, OPPOSITE, PEOPLE, WORLD
from harness.mini_world.retelling import length, of, saying, states
from harness.mini_world.science import CAUSED
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, NEUTRAL, Deeds, Places, States, Told, Topic

TOPICS: tuple[Topic, ...] = (Deeds(0.1), States(0.1), Places(0.1), CAUSED)
SENTENCES = 4
LONGEST, STORY = 40, 30  # words and marks, with and without an ending


def threads(rng: Random) -> list[list[Told]]:
    """All of one topic; or two of one and two of another, at times about the same two people."""
    cast, (one, other) = shuffled(rng, PEOPLE), shuffled(rng, TOPICS)[:2]
    if chance(rng, 0.3):
        return [one.tell(rng, WORLD, cast[:SENTENCES])]
    two, others = cast[:2], cast[2:SENTENCES]
    return [one.tell(rng, WORLD, two), other.tell(rng, WORLD, two if chance(rng, 0.6) else others)]


def concluded(rng: Random, said: Clause) -> Clause:
    """What follows from it: itself, or the effect, the kind, the building, the opposite denied."""
    if said.relation == LEFT:
        said = effect(said)
    if chance(rng):
        return said
    if said.relation == IS:
        return is_(said.who, OPPOSITE[said.value], not said.negative)
    return saying(GENERAL.get(said.value, said.value), said)


def clash(told: Sequence[Sequence[Told]]) -> bool:
    """Whether one thing is in two threads: it may be dry in one, and left in the rain in the other."""
    things = [{one.who for one in states(thread)} - set(PEOPLE) for thread in told]
    return len(things) == 2 and not things[0].isdisjoint(things[1])


def stories(rng: Random, _split: str) -> Iterator[Candidate]:
    """Strata are what the two endings say: neither a "not" nor a kind of statement tells which is right."""
    while True:
        told = threads(rng)
        every = [one for thread in told for one in thread]
        if clash(told) or not any(held_out(fact) for one in every for fact in one.facts):
            continue
        one, other = shuffled(rng, states(pick(rng, told)))[:2]
        right = concluded(rng, one)
        wrong = of(other.who, right) if chance(rng) else of(one.who, concluded(rng, other))
        verdicts = [follows(every, said) for said in (right, wrong)]
        if verdicts[0] != ENTAILMENT or verdicts[1] not in (NEUTRAL, CONTRADICTION):
            continue
        story = [sentence(one.text) for one in shuffled(rng, every)]
        endings = shuffled(rng, (right, wrong))
        written = [sentence(f"so {said.text}") for said in endings]
        if length(*story) <= STORY and length(*story, max(written, key=length)) <= LONGEST:
            stratum = tuple((said.relation, said.negative) for said in endings)
            yield Candidate((*story, *written), str(endings.index(right) + 1), stratum, tuple(story))
