"""Pictures: some described figures, and a statement about one thing in them, so that who matters.

Of each figure a picture shows one thing, what it does or what it wears; nobody does two things at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import DOING, SCENE, WEARS, Clause, a, chance, pick, shuffled
from harness.mini_world.lexicon import COLOURS, FIGURES, GARMENTS, GENERAL, Scope
from harness.mini_world.statements import Told, Topic


def does(who: str, doing: str, negative: bool) -> Clause:
    """the man is dancing; the man is not washing a plate"""
    return Clause(f"{who} is {'not ' if negative else ''}{doing}", who, DOING, doing, negative)


def wears(who: str, dress: str) -> Clause:
    return Clause(f"{who} wears a {dress}", who, WEARS, dress)


class Scenes(Topic):
    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        """The cast gives only the number: figures have no names."""
        garment, told = pick(rng, GARMENTS), []
        for figure, colour, _ in zip(shuffled(rng, FIGURES), shuffled(rng, COLOURS), cast, strict=False):
            who, way = f"the {figure}", rng.random()
            if way < 0.35:
                shown = wears(who, f"{colour} {garment}")
            elif way < 0.7:
                shown = does(who, pick(rng, scope.postures), False)
            else:
                shown = does(who, f"{pick(rng, scope.activities)} {a(pick(rng, pick(rng, scope.kinds).nouns))}", False)
            text = f"{a(figure)}{shown.text.removeprefix(who)}"
            told.append(Told(text, (shown,), ((who, SCENE, shown.value),)))
        return told

    def ask(self, rng: Random, _scope: Scope, told: Sequence[Told]) -> Clause:
        who, what = (pick(rng, told).states[0] for _ in range(2))
        if chance(rng, 0.3):
            who = what
        if what.relation == WEARS:
            return wears(who.who, what.value)
        verb, _, noun = what.value.rpartition(" ")
        doing = f"{verb.split()[0]} {a(GENERAL[noun])}" if verb and chance(rng, self.varied) else what.value
        return does(who.who, doing, chance(rng, self.negatives))


SCENES = Scenes()
