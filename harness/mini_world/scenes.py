"""Pictures: two described figures, and a statement about one thing in them, so that who matters."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import POSTURE, SCENE, WEARS, Clause, a, chance, pick, shuffled
from harness.mini_world.lexicon import COLOURS, FIGURES, GARMENTS, GENERAL, Scope
from harness.mini_world.statements import Told, Topic


def stands(who: str, posture: str, negative: bool) -> Clause:
    return Clause(f"{who} is {'not ' if negative else ''}{posture}", who, POSTURE, posture, negative)


def does(who: str, verb: str, noun: str, negative: bool) -> Clause:
    """the man is washing a plate; the man is not washing a dish"""
    return Clause(f"{who} is {'not ' if negative else ''}{verb} {a(noun)}", who, verb, noun, negative)


def wears(who: str, colour: str, garment: str) -> Clause:
    return Clause(f"{who} wears a {colour} {garment}", who, WEARS, f"{colour} {garment}")


class Scenes(Topic):
    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        """The cast gives only the number: figures have no names."""
        colours, garment = shuffled(rng, COLOURS), pick(rng, GARMENTS)
        told = []
        for figure, colour, _ in zip(shuffled(rng, FIGURES), colours, cast, strict=False):
            who = f"the {figure}"
            if chance(rng):
                doing = stands(who, pick(rng, scope.postures), False)
            else:
                doing = does(who, pick(rng, scope.activities), pick(rng, pick(rng, scope.kinds).nouns), False)
            dressed = wears(who, colour, garment) if chance(rng, 0.4) else None
            text = f"{a(figure)}{f' in a {dressed.value}' if dressed else ''}{doing.text.removeprefix(who)}"
            told.append(Told(text, (doing, dressed) if dressed else (doing,), ((who, SCENE, text),)))
        return told

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        shown = pick(rng, told)
        who = (shown if chance(rng) else pick(rng, told)).states[0].who
        what = pick(rng, shown.states)
        if what.relation == WEARS:
            return wears(who, *what.value.split())
        negative = chance(rng, self.negatives)
        if what.relation == POSTURE:
            other = pick(rng, scope.postures) if chance(rng, 0.3) else what.value
            return stands(who, other, negative)
        noun = GENERAL[what.value] if chance(rng, 0.4) else what.value
        return does(who, what.relation, noun, negative)


SCENES = Scenes()
