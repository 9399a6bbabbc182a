"""The rows of WNLI and of DPR: a pronoun, to be resolved by knowing what rain and fire do to things.

Two things are told of, "it" is one of them, and the second sentence says which. Either the causes are told and the
effect is said of "it", or the other way round. WNLI says the second sentence of one of the two, DPR asks of which.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import Clause, chance, held_out, is_, pick, sentence, shuffled
from harness.mini_world.lexicon import CAUSES, KINDS, OPPOSITE
from harness.mini_world.retelling import JOINTS, text
from harness.mini_world.science import left

ENTAILMENT, NOT_ENTAILMENT = "entailment", "not_entailment"
IT = "it"


class Said(NamedTuple):
    """Two things told, in that order; of told[meant] it is said; named: another draw between the two."""

    text: str
    told: list[Clause]
    of_it: Clause
    meant: int
    named: int
    causing: bool  # the causes are told, or the effects


def drawn(rng: Random) -> Iterator[Said]:
    while True:
        nouns = [pick(rng, kind.nouns) for kind in shuffled(rng, KINDS)[:2]]
        causes = shuffled(rng, CAUSES)[:2]
        causing = [left(noun, cause.where) for noun, cause in zip(nouns, causes, strict=True)]
        effects = [is_(said.who, cause.effect, False) for said, cause in zip(causing, causes, strict=True)]
        told, follows = (causing, effects) if chance(rng, 0.6) else (effects, causing)
        if not any(held_out(one.fact) for one in told):
            continue
        meant, named = int(rng.random() * 2), int(rng.random() * 2)
        said = follows[meant]
        if told is causing and chance(rng) and OPPOSITE[causes[0].effect] == causes[1].effect:
            # what is not wet is the one that has dried
            said = is_(said.who, OPPOSITE[said.value], True)
        pronoun = said.text.replace(said.who, IT)
        first = f"{text([one.text for one in told], pick(rng, JOINTS))} {sentence(pronoun)}"
        yield Said(first, told, said, meant, named, told is causing)


def resolved(rng: Random, _split: str) -> Iterator[Candidate]:
    for one in drawn(rng):
        other = one.of_it.text.replace(one.of_it.who, one.told[one.named].who)
        label = ENTAILMENT if one.meant == one.named else NOT_ENTAILMENT
        yield Candidate((one.text, sentence(other)), label, (one.causing, one.of_it.negative, one.named))


def referents(rng: Random, _split: str) -> Iterator[Candidate]:
    for one in drawn(rng):
        candidates = (said.who for said in one.told)
        yield Candidate((one.text, *candidates), str(one.meant), (one.causing, one.of_it.negative))
