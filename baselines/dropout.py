"""Dropout whose random numbers cost a quarter of `F.dropout`'s on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

STEPS = 1 << 16


def dropout(x: Tensor, p: float) -> Tensor:
    """Zero elements with probability p (to 1/65536), scale the others by 1 / (1 - p). p 0 returns x itself.

    On a CPU one 64-bit random number serves four elements; elsewhere `F.dropout` is already fast.
    """
    if p == 0.0:
        return x
    if x.device.type != "cpu":
        return F.dropout(x, p)
    return x * mask(x.shape, p, x.dtype)


def mask(shape: torch.Size, p: float, dtype: torch.dtype) -> Tensor:
    """Zeros, and 1 / (1 - p) where kept, on the CPU."""
    dropped = round(p * STEPS)
    n = shape.numel()
    return (bits(n) >= dropped - STEPS // 2).to(dtype).mul_(STEPS / (STEPS - dropped)).view(shape)


def bits(n: int) -> Tensor:
    """(n,) random numbers of 16 bits, from -STEPS / 2, on the CPU."""
    return torch.empty((n + 3) // 4, dtype=torch.int64).random_(-(2**63), None).view(torch.int16)[:n]
