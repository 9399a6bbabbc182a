"""What is known of things: a property of a kind is one of each of its things; a cause has its effect.

Two labels only. Every hypothesis is one that could be true; what is asked is whether the premise says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.mini_world.grammar import Clause, a, chance, pick, plural
from harness.mini_world.lexicon import STATES, Property, Scope
from harness.mini_world.statements import ENTAILMENT, Pair, different, relatives


def generic(rng: Random, kind: str, said: Property) -> Clause:
    """all birds lay eggs; every bird lays eggs"""
    # "all fruits do not last" can be read in two ways, "every fruit does not last" too
    way = "" if " not" in said.many or "cannot" in said.many else pick(rng, ("", "all", "every"))
    if way == "every":
        return Clause(f"every {kind} {said.one}", None)
    return Clause(f"{way} {plural(kind)} {said.many}".strip(), None)


def single(noun: str, thing: str, said: Property) -> Clause:
    return Clause(f"{a(noun)} {said.one}", (thing, "property", said.one))


def inherited(rng: Random, scope: Scope, _cast: Sequence[str], label: str) -> Pair:
    """All birds lay eggs: so does a gull. All fish do: that says nothing of a gull."""
    while True:
        kind, said, other = pick(rng, scope.kinds), pick(rng, scope.properties), pick(rng, scope.properties)
        own = [name for name in relatives(kind) if name in said.of]
        strangers = [name for name in said.of if name not in relatives(kind) and name != "animal"]
        if own and strangers and other != said:
            break
    thing = pick(rng, kind.nouns)
    sibling = different(rng, kind.nouns, thing)
    hypothesis = single(pick(rng, thing), thing[0], said)
    stranger = pick(rng, strangers)
    if label == ENTAILMENT:
        premise = generic(rng, pick(rng, own), said)
        if thing[1:] and chance(rng):
            premise = single(pick(rng, thing), thing[0], said)
        aside = generic(rng, *pick(rng, ((stranger, said), (pick(rng, other.of), other))))
    else:
        way = pick(rng, ("kind", "kind", "thing", "property"))
        if way == "kind":
            premise = generic(rng, stranger, said)
        elif way == "thing":
            premise = single(pick(rng, sibling), sibling[0], said)
        else:
            premise = generic(rng, pick(rng, relatives(kind)) if kind.name in other.of else pick(rng, other.of), other)
        aside = generic(rng, stranger, said) if way == "property" else generic(rng, pick(rng, other.of), other)
    return Pair(label, premise, hypothesis, aside, (kind.name, stranger))


def opposite(adjective: str) -> tuple[str, ...]:
    for state in STATES:
        for side in (0, 1):
            if adjective in state.sides[side]:
                return state.sides[1 - side]
    raise KeyError(adjective)


def caused(rng: Random, scope: Scope, _cast: Sequence[str], label: str) -> Pair:
    """Rain makes things wet: what was left in the rain is wet, and not dry."""
    kind, cause = pick(rng, scope.kinds), pick(rng, scope.causes)
    thing = pick(rng, kind.nouns)
    x, y = pick(rng, thing), pick(rng, different(rng, kind.nouns, thing))
    other = pick(rng, [c for c in scope.causes if c is not cause])
    negative = chance(rng)
    adjective = pick(rng, opposite(cause.effect[0]) if negative else cause.effect)
    hypothesis = Clause(f"the {x} is {'not ' if negative else ''}{adjective}", (f"the {x}", "is", adjective))

    def left(noun: str, where: str, no: bool = False) -> Clause:
        return Clause(f"the {noun} was {'not ' if no else ''}left {where}", (f"the {noun}", "left", where))

    if label == ENTAILMENT:
        premise = left(x, cause.where)
        aside = pick(rng, (left(y, other.where, chance(rng)), left(y, cause.where, chance(rng))))
    elif chance(rng, 0.6):
        premise, aside = left(y, cause.where), left(x, other.where, chance(rng))
    else:
        premise = left(x, cause.where, True) if chance(rng) else left(x, other.where)
        aside = left(y, cause.where, chance(rng))
    return Pair(label, premise, hypothesis, aside, (f"the {x}", f"the {y}"))
