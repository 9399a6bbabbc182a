"""What is known of things: a property of a kind is one of each of its things; a cause has its effect.

Two labels only. Every hypothesis is one that could be true; what is asked is whether the text says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import ALL, LEFT, PROPERTY, Clause, a, chance, is_, pick, plural, shuffled
from harness.mini_world.lexicon import EFFECT, GENERAL, OPPOSITE, Property
from harness.mini_world.scope import Scope
from harness.mini_world.statements import CONTRADICTION, ENTAILMENT, NEUTRAL, Told, Topic, is_called, simple, something


def generic(kind: str, said: Property) -> Clause:
    return Clause(f"all {plural(kind)} {said.many}", kind, ALL, said.one)


def single(noun: str, one: str) -> Clause:
    return Clause(f"{a(noun)} {one}", noun, PROPERTY, one)


def left(noun: str, where: str) -> Clause:
    return Clause(f"the {noun} was left {where}", f"the {noun}", LEFT, where)


class Inherited(Topic):
    """All birds absorb heat: so does a gull. All boats do: that says nothing of a gull."""

    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        kinds, properties = shuffled(rng, scope.kinds), shuffled(rng, scope.properties)
        return [simple(generic(kind.name, said)) for kind, said, _ in zip(kinds, properties, cast, strict=False)]

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, what = (pick(rng, told).states[0] for _ in range(2))
        if len(told) == 1 and chance(rng):
            return single(pick(rng, pick(rng, scope.kinds).nouns), what.value)
        nouns = next(kind.nouns for kind in scope.kinds if kind.name == who.who)
        return single(pick(rng, nouns), what.value)

    def judge(self, told: Sequence[Told], asked: Clause) -> str | None:
        said = ((one.who, one.value) for each in told for one in each.states)
        return ENTAILMENT if (GENERAL[asked.who], asked.value) in said else NEUTRAL


class Caused(Topic):
    """Rain makes things wet: what was left in the rain is wet. Whether it is dirty too is not said."""

    def tell(self, rng: Random, scope: Scope, cast: Sequence[str]) -> list[Told]:
        kinds, causes = shuffled(rng, scope.kinds), shuffled(rng, scope.causes)
        return [
            simple(left(pick(rng, kind.nouns), cause.where))
            for kind, cause, _ in zip(kinds, causes, cast, strict=False)
        ]

    def ask(self, rng: Random, scope: Scope, told: Sequence[Told]) -> Clause:
        who, what = (pick(rng, told).states[0] for _ in range(2))
        become = EFFECT[what.value]
        if len(told) == 1 and chance(rng, 0.4):
            become = pick(rng, scope.causes).effect
        return is_(something(rng, scope.kinds, who.who), become, False)

    def judge(self, told: Sequence[Told], asked: Clause) -> str | None:
        effects = {EFFECT[one.value] for each in told for one in each.states if is_called(one.who, asked.who)}
        if OPPOSITE[asked.value] in effects:
            return CONTRADICTION
        return ENTAILMENT if asked.value in effects else NEUTRAL


INHERITED, CAUSED = Inherited(), Caused()
