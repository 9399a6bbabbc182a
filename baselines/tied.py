"""The gradient of a large embedding that is the softmax's matrix too: added up where it is kept, on a CPU.

It is 124 MB at full size. Autograd makes a fresh one for each use and adds them, which are two more at a step's peak of
memory, and as many first touches of new pages.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

LARGE = 1 << 22  # numbers, from which on it matters


def is_kept(table: Tensor) -> bool:
    """Whether the optimizer keeps this parameter's gradient from update to update, zeroed in its place."""
    return table.is_leaf and table.requires_grad and table.device.type == "cpu" and table.numel() >= LARGE


def takes_sums(table: Tensor) -> bool:
    """Whether a backward pass may add to the gradient itself, for there is one.

    Not where processes exchange gradients, which waits for autograd's own word that one is done.
    """
    return is_kept(table) and table.grad is not None and not torch.compiler.is_compiling() and not exchanging()


def exchanging() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


class Lookup(torch.autograd.Function):
    """`F.embedding`, whose rows' gradients go straight to where the table's is kept."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, ids: Tensor) -> Tensor:
        ctx.save_for_backward(ids)
        ctx.table = table
        return F.embedding(ids, table)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None]:
        (ids,) = ctx.saved_tensors
        ctx.table.grad.index_add_(0, ids, gradients[0])
        return None, None


def lookup(table: Tensor, ids: Tensor) -> Tensor:
    """Rows `ids` (T,) of `table` (V, D) -> (T, D)."""
    if torch.is_grad_enabled() and takes_sums(table):
        rows: Tensor = Lookup.apply(table, ids)
        return rows
    return F.embedding(ids, table)
