"""Causal attention with dropout on a CPU, where torch's own draws a random number for every place of a full matrix.

Queries go through in blocks, each with the keys that it may see, and one 64-bit random number serves four places. Kept
for the backward pass are the probabilities and a byte a place.

Legend: n sequences of L tokens, H heads, E numbers a head, S = n * H.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from baselines.dropout import STEPS, bits

BLOCK = 32  # queries: fewer waste less on keys that they cannot see, more waste less on starting kernels


class DroppedAttention(torch.autograd.Function):
    """dropout(softmax(q k^T / sqrt(E) + causal mask)) v"""

    @staticmethod
    def forward(ctx: Any, qkv: Tensor, n: int, heads: int, p: float) -> Tensor:
        dropped = round(p * STEPS)
        kept_scale = STEPS / (STEPS - dropped)
        q, k, v = by_head(qkv, n, heads, 3)  # copies
        q *= q.shape[-1] ** -0.5
        v *= kept_scale  # in the place of the probabilities, of which there are more
        y = torch.empty_like(q)
        saved = []
        for rows in blocks(q.shape[1]):
            scores = torch.bmm(q[:, rows], k[:, : rows.stop].transpose(1, 2))  # (S, rows, keys)
            own = scores[:, :, rows]
            own += torch.full(own.shape[1:], float("-inf")).triu_(1)
            probabilities = scores.softmax(-1)
            keep = (bits(scores.numel()) >= dropped - STEPS // 2).view(scores.shape)
            y[:, rows] = torch.bmm(probabilities * keep, v[:, : rows.stop])
            saved += [probabilities, keep]
        attended = by_token(y[None], n, heads)
        ctx.save_for_backward(q, k, v, attended, *saved)  # and not y: the next projection keeps `attended` anyway
        ctx.shape = n, heads, kept_scale
        return attended

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, attended, *saved = ctx.saved_tensors
        n, heads, kept_scale = ctx.shape
        (d_y,) = by_head(gradients[0], n, heads, 1)
        # softmax's backward needs the sum over keys of probability times gradient, which is this
        weighed = (gradients[0] * attended).view(len(attended), heads, -1).sum(2)
        (weighed,) = by_head(weighed, n, heads, 1)
        d_qkv = q.new_zeros(3, *q.shape)
        d_q, d_k, d_v = d_qkv
        for i, rows in enumerate(blocks(q.shape[1])):
            probabilities, keep = saved[2 * i : 2 * i + 2]
            seen = slice(0, rows.stop)
            # not by `baddbmm_`, which goes through a slice head by head
            d_v[:, seen] += torch.bmm((probabilities * keep).transpose(1, 2), d_y[:, rows])
            d_scores = torch.bmm(d_y[:, rows], v[:, seen].transpose(1, 2)).mul_(keep)
            d_scores.sub_(weighed[:, rows]).mul_(probabilities)
            d_q[:, rows] = torch.bmm(d_scores, k[:, seen])
            d_k[:, seen] += torch.bmm(d_scores.transpose(1, 2), q[:, rows])
        d_q *= q.shape[-1] ** -0.5
        d_v *= kept_scale
        return by_token(d_qkv, n, heads), None, None, None


def blocks(length: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, length)) for start in range(0, length, BLOCK))


def by_head(x: Tensor, n: int, heads: int, parts: int) -> Tensor:
    """(n * L, parts * D) -> a contiguous copy, (parts, S, L, E)"""
    split = x.view(n, -1, parts, heads, x.shape[1] // (parts * heads))
    return split.permute(2, 0, 3, 1, 4).clone(memory_format=torch.contiguous_format).flatten(1, 2)


def by_token(x: Tensor, n: int, heads: int) -> Tensor:
    """Back."""
    parts, _, length, each = x.shape
    return x.view(parts, n, heads, length, each).permute(1, 3, 0, 2, 4).reshape(n * length, parts * heads * each)


def dropped_attention(qkv: Tensor, n: int, heads: int, p: float) -> Tensor:
    """(n * L, 3D) of n sequences of one length, on the CPU -> (n * L, D). Differentiable once.

    p: of a probability to be zeroed, to 1/65536; the others are scaled by 1 / (1 - p).
    """
    attended: Tensor = DroppedAttention.apply(qkv, n, heads, p)
    return attended
