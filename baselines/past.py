"""Contexts that a language model has read, so that several continuations go on from each without reading it again.

Legend: S sequences of a batch of continuations, T their tokens, D = n_embd, U = n_units of the LSTM.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from baselines.batches import Batch


@dataclass(frozen=True)
class Past:
    """Where the sequences of one batch go on from; padding comes before a context's keys, never among the batch's own.

    places, masks: for each group of the batch, of n sequences, the longest with L tokens, the longest context with C:
    which rows of the kept keys stand before the group's own, and what each token may look at.
    """

    kept: list[Tensor]  # GPT: a block's keys and values, (tokens of all contexts, 2D); LSTM: last states, 2 x (S', U)
    of: Tensor  # (S,) which context, in the order in which the contexts lay in their batch
    offsets: Tensor  # (T,) the length of each token's context
    places: list[Tensor]  # (n * C,) each
    masks: list[Tensor]  # (n, 1, L, C + L) each, true where a token may look


def go_on(contexts: Batch, kept: list[Tensor], batch: Batch, of: Tensor) -> Past:
    """The past of `batch`, whose s-th sequence in flat order goes on from the of[s]-th one of `contexts` in flat order.

    All on one device; kept: what the model kept of `contexts`.
    """
    stops = contexts.extract.flatten().sort().values + 1
    lengths = stops.diff(prepend=stops.new_zeros(1))
    ends = batch.extract.flatten().sort().values + 1
    own = ends.diff(prepend=ends.new_zeros(1))
    before, firsts = lengths[of], (stops - lengths)[of]
    places, masks, done = [], [], 0
    for group in batch.groups:
        part = slice(done, done := done + group.n)
        at = torch.arange(int(before[part].max()), device=of.device)
        is_there = at < before[part, None]  # (n, C)
        places.append(torch.where(is_there, at + firsts[part, None], firsts[part, None]).flatten())
        causal = torch.ones(group.length, group.length, dtype=torch.bool, device=of.device).tril()
        shape = (group.n, 1, group.length, -1)
        masks.append(torch.cat([is_there[:, None, None].expand(shape), causal.expand(shape)], 3))
    return Past(kept, of, before.repeat_interleave(own), places, masks)
