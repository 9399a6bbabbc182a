"""Sequences that begin alike: what they share is computed once, and each goes on from there.

A reading is a list of token sequences: the first stands alone, the others each go on from it. Legend: B examples of C
sequences each, T tokens computed, D = n_embd.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import torch
from torch import Tensor

from baselines.batches import Batch, Encoded, collate
from baselines.models import LanguageModel
from baselines.past import go_on

Ids = Sequence[int]
Reading = Sequence[Ids]
SAVED = 0.3  # of the tokens, at least: with less, one question alone at full size is slower for its second batch


def together(sequences: Sequence[Ids], saved: float = SAVED) -> list[Reading]:
    """An example's C sequences as one reading, where at least the share `saved` of their tokens is spared, else apart.

    Each keeps at least its last token, extract, to itself.
    """
    alike = sum(1 for _ in takewhile(lambda tokens: len(set(tokens)) == 1, zip(*sequences, strict=False)))
    shared = min(alike, min(map(len, sequences)) - 1)
    if (len(sequences) - 1) * shared < max(1, saved * sum(map(len, sequences))):
        return apart(sequences)
    return [[sequences[0][:shared], *(ids[shared:] for ids in sequences)]]


def apart(sequences: Sequence[Ids]) -> list[Reading]:
    """Each by itself."""
    return [[ids] for ids in sequences]


def n_tokens(example: Sequence[Reading]) -> int:
    """How many tokens are computed."""
    return sum(len(ids) for reading in example for ids in reading)


def read(model: LanguageModel, found: Sequence[Reading], place: torch.device) -> tuple[Tensor, list[list[int]]]:
    """-> states (T, D), and for each reading where the last token of each of its sequences stands in them.

    First sequences are one batch, those that go on another. Of these an empty one ends where its first one does.
    """
    first = batch([reading[0] for reading in found], place)
    going_on = [(i, own) for i, reading in enumerate(found) for own in reading[1:] if own]
    kept: list[Tensor] = []
    states = model(first, keep=kept if going_on else None)
    ends: list[int] = []
    if going_on:
        second = batch([own for _, own in going_on], place)
        ranks = first.extract.flatten().argsort().argsort()  # of each first sequence in flat order
        whose = torch.tensor([i for i, _ in going_on], device=place)[second.extract.flatten().argsort()]
        past = go_on(first, kept, second, ranks[whose])
        ends = (second.extract.flatten() + len(states)).tolist()
        states = torch.cat([states, model(second, past=past)])
    after = iter(ends)
    return states, [
        [end, *(next(after) if own else end for own in reading[1:])]
        for reading, end in zip(found, first.extract.flatten().tolist(), strict=True)
    ]


def extracted(model: LanguageModel, examples: Sequence[Sequence[Reading]], place: torch.device) -> Tensor:
    """(B, C, D): the state at the last token of each sequence, of examples that `together` or `apart` arranged."""
    states, ends = read(model, [reading for example in examples for reading in example], place)
    at = [end for each in ends for end in each[1:] or each]
    return states[torch.tensor(at, device=states.device).view(len(examples), -1)]


def batch(sequences: Sequence[Ids], place: torch.device) -> Batch:
    return collate([Encoded((list(ids),), None, 0) for ids in sequences], len(sequences)).to(place)
