"""The release's Adam, exactly, on torch's fused AdamW; its two schedules.

The release adds epsilon 1e-8 to the uncorrected sqrt(v), and multiplies the decoupled decay (tensors of two or more
dimensions only) by the same bias-corrected rate as the step. With c = sqrt(1 - b2^t), torch's AdamW is that when each
step sets eps = 1e-8 / c and weight_decay = decay * c / (1 - b1^t).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from baselines import tied

B1, B2, EPSILON = 0.9, 0.999, 1e-8


def warmup_linear(x: float, warmup: float) -> float:
    """Share of the peak rate at x = updates done / total; the decay multiplies the warm-up too (released code)."""
    return min(x / warmup, 1.0) * (1.0 - x)


def warmup_cosine(update: int, warmup: int, total: int) -> float:
    """Share of the peak rate: linear over `warmup` updates, then cosine to 0 at `total` (paper, section 4.1)."""
    if update < warmup:
        return update / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (update - warmup) / max(1, total - warmup)))


class Adam:
    """Clip by global norm, then the release's update."""

    def __init__(self, parameters: Iterable[tuple[str, nn.Parameter]], weight_decay: float, clip: float) -> None:
        self.named = dict(parameters)
        self.weight_decay = weight_decay
        self.clip = clip
        self.updates = 0
        matrices = [p for p in self.named.values() if p.dim() > 1]
        vectors = [p for p in self.named.values() if p.dim() <= 1]
        self.torch = torch.optim.AdamW(
            [{"params": matrices, "decay": weight_decay}, {"params": vectors, "decay": 0.0}], betas=(B1, B2), fused=True
        )

    def step(self, rate: float) -> float:
        """One update at learning rate `rate`; clears the gradients.

        Returns the gradients' norm before clipping. Raises FloatingPointError, with nothing updated, if it is not
        finite.
        """
        gradients = [p.grad for p in self.named.values() if p.grad is not None]
        norm = float(torch.nn.utils.get_total_norm(gradients))
        if not math.isfinite(norm):
            raise FloatingPointError(f"the gradients' norm is {norm} at update {self.updates + 1}")
        if norm > self.clip:
            torch._foreach_mul_(gradients, self.clip / norm)
        self.updates += 1
        c = math.sqrt(1.0 - B2**self.updates)
        for group in self.torch.param_groups:
            group["lr"] = rate
            group["eps"] = EPSILON / c
            group["weight_decay"] = group["decay"] * c / (1.0 - B1**self.updates)
        self.torch.step()
        for parameter in self.named.values():
            if parameter.grad is not None and tied.is_kept(parameter):
                parameter.grad.zero_()
            else:
                parameter.grad = None
        return norm

    def state(self) -> dict[str, Tensor]:
        """Both moments of every parameter, for a checkpoint."""
        moments = {}
        for name, parameter in self.named.items():
            for moment, value in self.torch.state[parameter].items():
                if moment != "step":
                    moments[f"{moment}.{name}"] = value
        return moments

    def restore(self, moments: dict[str, Tensor], updates: int) -> None:
        self.updates = updates
        for name, parameter in self.named.items():
            self.torch.state[parameter] = {
                "step": torch.tensor(float(updates), device=parameter.device),
                **{
                    moment: moments[f"{moment}.{name}"].to(parameter.device, copy=True)
                    for moment in ("exp_avg", "exp_avg_sq")
                },
            }
