"""Pictures: some described figures, and a statement about one thing in them, so that who matters.

Of each figure a picture shows one thing, what it does or what it wears; nobody does two things at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import DOING, SCENE, WEARS, Clause, a, chance, pick, shuffled
from harness.mini_world.lexicon import GARMENTS, GENERAL, Scope
from harness.mini_world.statements import Told, Topic


def does(who: str, doing: str, negative: bool) -> Clause:
    """the man is dancing; the man is not washing a plate"""
    return Clause(f"{who} is {'not ' if negative else ''}{doing}", who, DOING, doing, negative)


def wears(who: str, dress: str) -> Clause:
    return Clause(f"{who} wears a {dress}", who, WEARS, dress)


def doing(rng: Random, scope: Scope, like: str) -> str:
    """Anything of that sort: with a thing, or without."""
    if " " not in like:
        return pick(rng, scope.postures)
    return f"{pick(rng, scope.activities)} {a(pick(rng, pick(rng, scope.kinds).nouns))}"


class Scenes(Topic):
    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        """The cast gives only the number: figures have no names."""
        garment, told = pick(rng, GARMENTS), []
        for figure, colour, _ in zip(shuffled(rng, scope.figures), shuffled(rng, scope.colours), cast, strict=False):
            who, way = f"the {figure}", rng.random()
            if way < 0.35:
                shown = wears(who, f"{colour} {garment}")
            else:
                shown = does(who, doing(rng, scope, "washing a plate" if way > 0.7 else ""), False)
            text = f"{a(figure)}{shown.text.removeprefix(who)}"
            told.append(Told(text, (shown,), ((who, SCENE, shown.value),)))
        return told

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, what = (pick(rng, told).states[0] for _ in range(2))
        if chance(rng, 0.3):
            who = what
        subject = f"the {pick(rng, scope.figures)}" if chance(rng, 0.25) else who.who
        varied, other = chance(rng, self.varied), chance(rng)
        if what.relation == WEARS:
            garment = what.value.split()[1]
            dress = f"{pick(rng, scope.colours)} {garment}" if other else garment
            return wears(subject, dress if varied else what.value)
        said, (verb, _, noun) = what.value, what.value.rpartition(" ")
        if varied and other:
            said = doing(rng, scope, said)
        elif varied and verb:
            said = f"{verb.split()[0]} {a(GENERAL[noun] if chance(rng) else pick(rng, scope.kinds).name)}"
        return does(subject, said, chance(rng, self.negatives))


SCENES = Scenes()
