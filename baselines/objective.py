"""The pre-training objective: the next token of windows of running text (paper, section 3.1)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from baselines import device as devices
from baselines.batches import windows
from baselines.lm_loss import lm_loss
from baselines.models import LanguageModel
from baselines.report import Report, silent

Ids = np.ndarray[Any, Any]  # (n,) of a corpus


class Objective(nn.Module):
    """(S, L) windows of ids -> the mean loss in nats of every token but each window's first."""

    def __init__(self, model: LanguageModel, place: torch.device) -> None:
        super().__init__()
        self.model = model
        self.place = place

    def forward(self, chosen: Tensor) -> Tensor:
        with devices.autocast(self.place):
            batch = windows(chosen).to(self.place)
            tables = self.model.tables()
            states = self.model(batch, tables).index_select(0, batch.sources)
            return lm_loss(states, tables[0], batch.targets, batch.weights)

    @torch.no_grad()
    def perplexity(self, chosen: Tensor, budget: int, report: Report = silent) -> float:
        """exp of the mean loss a token over (S, L) windows, at most `budget` tokens at a time; dropout off.

        `report` is called after each part, and may raise.
        """
        self.model.eval()
        total = 0.0
        for part in chosen.split(max(1, budget // chosen.shape[1])):
            total += self(part).item() * len(part)
            report({"event": "held-out part"})
        return math.exp(total / len(chosen))


def one_seed(*numbers: int) -> int:
    """A 64-bit seed for each combination of numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])


def places(tokens: Ids, count: int, length: int, seed: tuple[int, int]) -> Ids:
    """(count,) where windows begin, at random; the seed alone decides, so a resumed run sees the same."""
    return np.random.default_rng(seed).integers(0, len(tokens) - length + 1, count)


def sample(tokens: Ids, count: int, length: int, seed: tuple[int, int]) -> Tensor:
    """(count, length) windows from these places."""
    starts = places(tokens, count, length, seed)
    return torch.from_numpy(np.stack([tokens[start : start + length] for start in starts]).astype(np.int64))


def spread(tokens: Ids, length: int, count: int | None = None) -> Tensor:
    """(S, length) consecutive windows: all of them, or `count` at even distances."""
    whole = tokens[: len(tokens) // length * length].reshape(-1, length)
    step = max(1, len(whole) // count) if count else 1
    return torch.from_numpy(whole[::step][:count].astype(np.int64))
