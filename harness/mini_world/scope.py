"""The part of the lexicon that a text may use.

The corpus speaks with all of it (`WORLD`), labelled training rows with one half of the words that bear meaning,
evaluation rows with the other (`halves`): what those mean can only be learnt from the corpus.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import NamedTuple

from harness.mini_world.lexicon import (
    ACTIVITIES,
    BUILDINGS,
    CAUSES,
    COLOURS,
    DEEDS,
    EFFECT,
    FIGURES,
    KINDS,
    OPINION,
    PEOPLE,
    POSTURES,
    PROPERTIES,
    STATES,
    Building,
    Cause,
    Deed,
    Kind,
    Opinion,
    Property,
    State,
)


class Scope(NamedTuple):
    """The words that one text may use. Function words and garments belong to all."""

    people: tuple[str, ...]
    figures: tuple[Kind, ...]
    colours: tuple[Kind, ...]
    kinds: tuple[Kind, ...]
    states: tuple[State, ...]
    buildings: tuple[Building, ...]
    deeds: tuple[Deed, ...]
    properties: tuple[Property, ...]
    causes: tuple[Cause, ...]
    postures: tuple[Kind, ...]
    activities: tuple[str, ...]
    opinion: Opinion

    def states_of(self, kind: str) -> tuple[State, ...]:
        return tuple(state for state in self.states if kind in state.of)

    def of_domains(self, domains: tuple[str, ...]) -> Scope:
        """Its words of some domains: their kinds and buildings. What can be said of things belongs to all."""
        return self._replace(
            kinds=tuple(kind for kind in self.kinds if kind.domain in domains),
            buildings=tuple(building for building in self.buildings if building.domain in domains),
        )


WORLD = Scope(
    PEOPLE, FIGURES, COLOURS, KINDS, STATES, BUILDINGS, DEEDS, PROPERTIES, CAUSES, POSTURES, ACTIVITIES, OPINION
)


SHOWN, FRESH = "shown", "fresh"


@cache
def halves(seed: int) -> dict[str, Scope]:
    """The words that labelled training rows may use, and those that they never show. Kinds and buildings are in
    both; of the words of each kind, and so on, half is in either, by the seed.
    """
    rng = Random(f"halves {seed}")

    def parted(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        drawn = [word for _, word in sorted((rng.random(), word) for word in words)]
        chosen = {SHOWN: set(drawn[: len(drawn) // 2]), FRESH: set(drawn[len(drawn) // 2 :])}
        return {half: tuple(word for word in words if word in chosen[half]) for half in chosen}

    nouns = {kind.name: parted(kind.nouns) for kind in (*KINDS, *FIGURES, *COLOURS, *POSTURES)}
    rooms = {building.name: parted(building.rooms) for building in BUILDINGS}
    states = {of: parted([state.sides[0] for state in STATES if state.of == of]) for of in {s.of: 0 for s in STATES}}
    causes = {
        effect: parted([c.where for c in CAUSES if c.effect == effect]) for effect in dict.fromkeys(EFFECT.values())
    }
    properties = parted([said.one for said in PROPERTIES])
    people, deeds = parted(PEOPLE), parted([deed.finite for deed in DEEDS])
    good, bad = parted(OPINION.good), parted(OPINION.bad)

    def half_of(kinds: Sequence[Kind], half: str) -> tuple[Kind, ...]:
        return tuple(kind._replace(nouns=nouns[kind.name][half]) for kind in kinds)

    return {
        half: Scope(
            people[half],
            half_of(FIGURES, half),
            half_of(COLOURS, half),
            half_of(KINDS, half),
            tuple(state for state in STATES if state.sides[0] in states[state.of][half]),
            tuple(building._replace(rooms=rooms[building.name][half]) for building in BUILDINGS),
            tuple(deed for deed in DEEDS if deed.finite in deeds[half]),
            tuple(said for said in PROPERTIES if said.one in properties[half]),
            tuple(cause for cause in CAUSES if cause.where in causes[cause.effect][half]),
            half_of(POSTURES, half),
            ACTIVITIES,
            Opinion(good[half], bad[half]),
        )
        for half in (SHOWN, FRESH)
    }
