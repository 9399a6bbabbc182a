"""The language model's loss over a large vocabulary, without ever holding all logits.

RACE's batch has 65,536 tokens; times 40,481 logits that is 10 GB. So the states go through in blocks, and each
block's gradient is computed while its logits are at hand.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from baselines import device as devices
from baselines import tied

LOGITS = 1 << 25  # numbers held at once: 128 MB in float32


class ChunkedCrossEntropy(torch.autograd.Function):
    """sum_i weights_i * -log softmax(states_i @ embedding.T)[targets_i]"""

    @staticmethod
    def forward(ctx: Any, states: Tensor, embedding: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        kind = states.device.type
        # under autocast the three products run in its type, everything else in float32
        dtype = devices.casting(kind) or torch.float32
        block = max(1, LOGITS // len(embedding))
        needs_gradient = any(ctx.needs_input_grad[:2])
        # one block's gradient can wait for the backward pass, which adds its product to the embedding's own
        waits = needs_gradient and len(states) <= block and dtype == torch.float32 and tied.takes_sums(embedding)
        with devices.uncast(kind):
            x, table = states.to(dtype), embedding.to(dtype)
            d_states = torch.empty_like(states, dtype=torch.float32) if needs_gradient else None
            d_table = torch.zeros_like(embedding, dtype=torch.float32) if needs_gradient and not waits else None
            loss = states.new_zeros((), dtype=torch.float32)
            buffer = x.new_empty(min(block, len(x)), len(table))
            for start in range(0, len(x), block):
                part = slice(start, min(start + block, len(x)))
                logits = torch.mm(x[part], table.t(), out=buffer[: part.stop - part.start]).float()
                chosen, weight = targets[part, None], weights[part, None]
                log_sum = torch.logsumexp(logits, 1, keepdim=True)
                loss += ((log_sum - logits.gather(1, chosen)) * weight).sum()
                if d_states is None:
                    continue
                gradient = logits.sub_(log_sum).exp_().scatter_add_(1, chosen, -torch.ones_like(log_sum)).mul_(weight)
                gradient = gradient.to(dtype)
                d_states[part] = gradient @ table
                if d_table is None:
                    ctx.waiting = gradient, x
                elif dtype == torch.float32:
                    d_table.addmm_(gradient.t(), x[part])
                else:
                    d_table += gradient.t() @ x[part]
        # not by save_for_backward, whose hold on them keeps autograd from taking them over without a copy
        ctx.gradients = d_states, d_table
        ctx.embedding = embedding
        ctx.dtype = states.dtype
        return loss

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        (d_states, d_table), embedding = ctx.gradients, ctx.embedding
        del ctx.gradients, ctx.embedding
        if d_table is None:
            waiting, x = ctx.waiting
            del ctx.waiting
            embedding.grad.addmm_(waiting.t(), x, alpha=float(gradient))
        else:
            d_table = d_table.mul_(gradient).to(embedding.dtype)
        return d_states.mul_(gradient).to(ctx.dtype), d_table, None, None


def lm_loss(states: Tensor, embedding: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Weighted cross-entropy of the next token, in nats.

    states (N, D), embedding (V, D) tied to the input's, targets (N,) ids, weights (N,) -> scalar. Differentiable once
    in states and embedding.
    """
    loss: Tensor = ChunkedCrossEntropy.apply(states, embedding, targets, weights)
    return loss


@torch.no_grad()
def log_probs(states: Tensor, embedding: Tensor, targets: Tensor) -> Tensor:
    """Natural-log probability of each target: states (N, D), embedding (V, D), targets (N,) ids -> (N,) float32.

    In float32 also under autocast: what is compared may differ by less than bfloat16 can say.
    """
    block = max(1, LOGITS // len(embedding))
    with devices.uncast(states.device.type):
        return torch.cat(
            [
                -F.cross_entropy(part.float() @ embedding.t(), aimed, reduction="none")
                for part, aimed in zip(states.split(block), targets.split(block), strict=True)
            ]
        )
