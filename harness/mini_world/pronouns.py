"""The rows of WNLI and of DPR: a pronoun, to be resolved by knowing what can be said of what.

Two things are told of, one of them alive, and then how "it" is, which only one of the two can be: a cup is not asleep,
a dog not cracked. WNLI says the second sentence of one of the two, DPR asks of which.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import CORPUS, NEAR, Clause, belongs, held_out, is_, pick, sentence, shuffled
from harness.mini_world.lexicon import ALIVE, OBJECTS, THINGS
from harness.mini_world.scope import Scope

ENTAILMENT, NOT_ENTAILMENT = "entailment", "not_entailment"
IT = "it"
NEARBY = ("is beside", "is behind", "was left near", "was found with")


class Said(NamedTuple):
    """Two things told of, in that order; of told[meant] it is said; named: another draw between the two."""

    text: str
    told: list[str]
    of_it: Clause
    meant: int
    named: int


def drawn(rng: Random, split: str, scope: Scope) -> Iterator[Said]:
    while True:
        sorts = shuffled(rng, (ALIVE, OBJECTS))
        kinds = [pick(rng, [kind for kind in scope.kinds if kind.name in sort]) for sort in sorts]
        told = [f"the {pick(rng, kind.nouns)}" for kind in kinds]
        if not belongs([(told[0], NEAR, told[1])], split):
            continue
        meant, named = int(rng.random() * 2), int(rng.random() * 2)
        own = [state for state in scope.states_of(kinds[meant].name) if state.of != THINGS]
        said = is_(told[meant], pick(rng, pick(rng, own).words), False)
        if split == CORPUS and held_out(said.fact):
            continue
        first = f"{told[0]} {pick(rng, NEARBY)} {told[1]}"
        yield Said(f"{sentence(first)} {sentence(said.text.replace(said.who, IT))}", told, said, meant, named)


def resolved(rng: Random, split: str, scope: Scope) -> Iterator[Candidate]:
    for one in drawn(rng, split, scope):
        other = one.of_it.text.replace(one.of_it.who, one.told[one.named])
        label = ENTAILMENT if one.meant == one.named else NOT_ENTAILMENT
        yield Candidate((one.text, sentence(other)), label, (one.named,))


def referents(rng: Random, split: str, scope: Scope) -> Iterator[Candidate]:
    for one in drawn(rng, split, scope):
        yield Candidate((one.text, *one.told), str(one.meant))
