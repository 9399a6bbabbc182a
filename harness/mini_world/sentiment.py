"""The rows of SST-2: how somebody or something is, beside what says nothing of that.

A state is good or bad, "not" turns it round, and what else is told has its own "not". Where two states are told, they
agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import Clause, chance, held_out, is_, pick, shuffled
from harness.mini_world.lexicon import KINDS, PEOPLE, STATES, WORLD, State
from harness.mini_world.retelling import JOINTS, states, text
from harness.mini_world.statements import Deeds, Places, Topic

NEGATIVE, POSITIVE = "negative", "positive"
GOOD = ("happy", "rich", "healthy", "brave", "clean", "new")
FELT = tuple(state for state in STATES if not set(GOOD).isdisjoint(state.sides))
FLAT = tuple(state for state in STATES if state not in FELT)
NEGATIVES = 0.25  # of what is felt as of what is not
BESIDE: tuple[Topic, ...] = (Deeds(NEGATIVES), Places(NEGATIVES))


def state_of(rng: Random, who: str, among: tuple[State, ...]) -> Clause:
    """Of the person, or at times of a thing."""
    kind = "person"
    if chance(rng, 0.4):
        thing = pick(rng, KINDS)
        kind, who = thing.name, f"the {pick(rng, thing.nouns)}"
    said = pick(rng, [state for state in among if kind in state.of])
    return is_(who, pick(rng, said.sides), chance(rng, NEGATIVES))


def feeling(said: Clause) -> str:
    return POSITIVE if (said.value in GOOD) != said.negative else NEGATIVE


def flat(rng: Random, who: str) -> Clause:
    if chance(rng, 0.4):
        return state_of(rng, who, FLAT)
    return states(pick(rng, BESIDE).tell(rng, WORLD, (who,)))[0]


def opinions(rng: Random, _split: str) -> Iterator[Candidate]:
    while True:
        cast = shuffled(rng, PEOPLE)
        felt = [state_of(rng, who, FELT) for who in cast[: pick(rng, (1, 1, 2))]]
        beside = [flat(rng, who) for who in cast[2 : 2 + pick(rng, (1, 2)) - (len(felt) == 2)]]
        said = shuffled(rng, [*felt, *beside])
        labels = {feeling(one) for one in felt}
        if len(labels) > 1 or len({one.who for one in said}) < len(said) or not any(held_out(one.fact) for one in said):
            continue
        joint = pick(rng, JOINTS)
        stratum = (len(felt), len(beside), sum(one.negative for one in felt), sum(one.negative for one in beside))
        yield Candidate((text([one.text for one in said], joint),), labels.pop(), stratum)
