"""Pictures: some described figures, and a statement about one thing in them, so that who matters.

Of each figure a picture shows one thing, what it does or what it wears; nobody does two things at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import DOING, SCENE, WEARS, Clause, a, chance, pick, shuffled
from harness.mini_world.lexicon import GARMENTS, GENERAL
from harness.mini_world.scope import Scope
from harness.mini_world.statements import Told, Topic, something


def does(who: str, doing: str, negative: bool) -> Clause:
    """the man is dancing; the man is not washing a plate"""
    return Clause(f"{who} is {'not ' if negative else ''}{doing}", who, DOING, doing, negative)


def wears(who: str, dress: str) -> Clause:
    return Clause(f"{who} wears a {dress}", who, WEARS, dress)


def doing(rng: Random, scope: Scope) -> str:
    return f"{pick(rng, scope.activities)} {a(pick(rng, pick(rng, scope.kinds).nouns))}"


class Scenes(Topic):
    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        """The cast gives only the number: figures have no names, and each is of another kind."""
        garment, told = pick(rng, GARMENTS), []
        for kind, _ in zip(shuffled(rng, scope.figures), cast, strict=False):
            figure, way = pick(rng, kind.nouns), rng.random()
            who = f"the {figure}"
            if way < 0.35:
                shown = wears(who, f"{pick(rng, pick(rng, scope.colours).nouns)} {garment}")
            elif way < 0.65:
                shown = does(who, pick(rng, pick(rng, scope.postures).nouns), False)
            else:
                shown = does(who, doing(rng, scope), False)
            text = f"{a(figure)}{shown.text.removeprefix(who)}"
            told.append(Told(text, (shown,), ((who, SCENE, shown.value),)))
        return told

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, what = (pick(rng, told).states[0] for _ in range(2))
        if chance(rng, 0.3):
            who = what
        subject = something(rng, scope.figures, who.who)
        value = varied(rng, scope, what) if chance(rng, self.varied) else what.value
        return wears(subject, value) if what.relation == WEARS else does(subject, value, chance(rng, self.negatives))


def varied(rng: Random, scope: Scope, said: Clause) -> str:
    """What else of that sort a figure may do or wear, mostly in general words."""
    verb, _, noun = said.value.rpartition(" ")
    if said.relation == WEARS:
        shade = pick(rng, scope.colours)
        return pick(rng, (noun, f"{shade.name} {noun}", f"{shade.name} {noun}", f"{pick(rng, shade.nouns)} {noun}"))
    if not verb:
        posture = pick(rng, scope.postures)
        return posture.name if chance(rng, 0.8) else pick(rng, posture.nouns)
    if chance(rng, 0.2):
        return doing(rng, scope)
    return f"{verb.split()[0]} {a(GENERAL[noun] if chance(rng) else pick(rng, scope.kinds).name)}"


SCENES = Scenes()
