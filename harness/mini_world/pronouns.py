"""The rows of WNLI: a pronoun, to be resolved by knowing what rain and fire do to things.

Two things are told of, "it" is one of them, and the second sentence says which. Either the causes are told and the
effect is said of "it", or the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import chance, held_out, is_, pick, sentence, shuffled
from harness.mini_world.lexicon import CAUSES, KINDS, OPPOSITE
from harness.mini_world.retelling import JOINTS, text
from harness.mini_world.science import left

ENTAILMENT, NOT_ENTAILMENT = "entailment", "not_entailment"
IT = "it"


def resolved(rng: Random, _split: str) -> Iterator[Candidate]:
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
        pronoun, other = said.text.replace(said.who, IT), said.text.replace(said.who, told[named].who)
        first = f"{text([one.text for one in told], pick(rng, JOINTS))} {sentence(pronoun)}"
        label = ENTAILMENT if meant == named else NOT_ENTAILMENT
        yield Candidate((first, sentence(other)), label, (told is causing, said.negative, named))
