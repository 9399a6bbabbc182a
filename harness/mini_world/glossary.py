"""The documents that say what words mean: kinds, rooms, opposites, causes."""

from __future__ import annotations

from random import Random

from harness.mini_world.grammar import a, pick, plural, sentence
from harness.mini_world.lexicon import BUILDINGS, CAUSES, COLOURS, FIGURES, KINDS, OPPOSITE, POSTURES, STATES, SYNONYM


def words(rng: Random) -> str:
    said = []
    for _ in range(4):
        kind, building, state, cause = pick(rng, KINDS), pick(rng, BUILDINGS), pick(rng, STATES), pick(rng, CAUSES)
        noun, word = pick(rng, kind.nouns), pick(rng, state.words)
        figure, shade, posture = (pick(rng, kinds) for kinds in (FIGURES, COLOURS, POSTURES))
        said.append(
            pick(
                rng,
                (
                    f"{sentence(a(noun), '')} is {a(kind.name)}.",
                    f"{sentence(plural(kind.name), '')}: {a(noun)}.",
                    f"The {pick(rng, building.rooms)} is at the {building.name}.",
                    f"What is {word} is not {SYNONYM[OPPOSITE[word]]}.",
                    f"What is {word} is not {OPPOSITE[word]}.",
                    f"What is {word} is {SYNONYM[word]}.",
                    f"What is left {cause.where} is {cause.effect}.",
                    f"{sentence(a(pick(rng, figure.nouns)), '')} is {a(figure.name)}.",
                    f"What is {pick(rng, shade.nouns)} is {shade.name}.",
                    f"Who is {pick(rng, posture.nouns)} is {posture.name}.",
                ),
            )
        )
    return " ".join(said)
