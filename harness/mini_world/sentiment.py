"""The rows of SST-2: a review, and whether it is for or against what it is about.

The words for good and bad that evaluation rows use are never those of training rows: which is which has to be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from harness.mini_world.balance import Candidate
from harness.mini_world.grammar import held_out, sentence
from harness.mini_world.reviews import review
from harness.mini_world.scope import Scope


def opinions(rng: Random, _split: str, scope: Scope) -> Iterator[Candidate]:
    while True:
        one = review(rng, scope)
        if any(map(held_out, one.facts)):
            yield Candidate((sentence(one.text),), one.feeling, one.form)
