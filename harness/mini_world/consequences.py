"""What follows from a text by all that the miniature world knows: kinds, places, opposites, causes and properties."""

from __future__ import annotations

from collections.abc import Sequence

from harness.mini_world.grammar import LEFT, PROPERTY, Clause, is_
from harness.mini_world.lexicon import EFFECT
from harness.mini_world.science import INHERITED
from harness.mini_world.statements import Told, judge


def effect(said: Clause) -> Clause:
    """What has become of a thing that was left somewhere."""
    return is_(said.who, EFFECT[said.value], False)


def follows(told: Sequence[Told], asked: Clause) -> str | None:
    """How a statement stands to what was told, be it of one topic or of several; None where readers would differ."""
    if asked.relation == PROPERTY:
        return INHERITED.judge(told, asked)
    known = [
        one._replace(states=(*one.states, *(effect(said) for said in one.states if said.relation == LEFT)))
        for one in told
    ]
    return judge(known, asked)
