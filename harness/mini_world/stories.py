"""The rows of Story Cloze: four sentences, an ending that follows from them, and one that does not.

The story is of one person, and of a thing that was left somewhere. Both endings are said as the corpus says what
follows ("So Anna is at the farm."), in other words than the story's: the wrong one could be true of as many stories.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from harness.mini_world.balance import Candidate
from harness.mini_world.consequences import effect, follows
from harness.mini_world.grammar import AT, IS, LEFT, Clause, chance, held_out, is_, pick, sentence, shuffled
from harness.mini_world.lexicon import EFFECT, GENERAL, OPPOSITE, SYNONYM
from harness.mini_world.readers import PORTRAIT
from harness.mini_world.retelling import length, saying, states
from harness.mini_world.science import left
from harness.mini_world.scope import Scope
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, NEUTRAL, simple

LONGEST = 40  # words and marks of a story with an ending


def concluded(rng: Random, said: Clause) -> Clause:
    """What follows from it: the effect, the kind, the building, the same in another word, the opposite denied."""
    if said.relation == LEFT:
        return effect(said)
    if said.relation != IS:
        return saying(GENERAL[said.value], said)
    return saying(SYNONYM[said.value], said) if chance(rng) else is_(said.who, OPPOSITE[said.value], True)


def another(rng: Random, scope: Scope, right: Clause) -> Clause:
    """Of the same, something else that could be; of what was left somewhere the opposite: what is cold may be wet."""
    if right.relation == IS and right.value in EFFECT.values():
        return saying(OPPOSITE[right.value], right)
    if right.relation == IS:
        return saying(pick(rng, pick(rng, scope.states_of("person")).words), right)
    kinds, buildings = [kind.name for kind in scope.kinds], [building.name for building in scope.buildings]
    return saying(pick(rng, buildings if right.relation == AT else kinds), right)


def stories(rng: Random, _split: str, scope: Scope) -> Iterator[Candidate]:
    """Strata are what the two endings say: neither a "not" nor a kind of statement tells which is right."""
    while True:
        told = PORTRAIT.tell(rng, scope, 3, 0.0)
        thing = pick(rng, pick(rng, scope.kinds).nouns)
        told = shuffled(rng, [*told, simple(left(thing, pick(rng, scope.causes).where))])
        if not any(held_out(fact) for one in told for fact in one.facts):
            continue
        right = concluded(rng, pick(rng, states(told)))
        wrong = another(rng, scope, right)
        if follows(told, right) != ENTAILMENT or follows(told, wrong) not in (NEUTRAL, CONTRADICTION):
            continue
        story = [sentence(one.text) for one in told]
        endings = shuffled(rng, (right, wrong))
        written = [sentence(f"so {said.text}") for said in endings]
        if length(*story, max(written, key=length)) <= LONGEST:
            stratum = tuple((said.relation, said.negative) for said in endings)
            yield Candidate((*story, *written), str(endings.index(right) + 1), stratum, tuple(story))
