"""What is fine-tuned: a language model, a head on its states at extract, and the two losses (paper, section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from baselines.batches import Batch
from baselines.heads import Head
from baselines.lm_loss import lm_loss
from baselines.models import LanguageModel
from baselines.recipes import Recipe


class Network(nn.Module):
    """L3 = L2 + lm_coef * L1: L2 of the answers, L1 the mean over sequences of each one's mean next-token loss."""

    def __init__(self, lm: LanguageModel, head: Head, recipe: Recipe) -> None:
        super().__init__()
        self.lm = lm
        self.head = head
        self.recipe = recipe

    def forward(self, batch: Batch, tables: tuple[Tensor, ...] | None = None) -> tuple[Tensor, Tensor]:
        """-> states (T, D), logits (B, K or C)."""
        states = self.lm(batch, tables)
        return states, self.head(states[batch.extract])

    def losses(self, batch: Batch, labels: Tensor, n_examples: int) -> tuple[Tensor, Tensor]:
        """This part's share of (L2, L1) of an effective batch of n_examples; L1 is skipped where it has no weight."""
        tables = self.lm.tables()
        states, logits = self(batch, tables)
        task = self.head.loss(logits.float(), labels) / n_examples
        if self.recipe.lm_coef == 0.0:
            return task, task.new_zeros(())
        # the release's position rows stand in the same matrix as its words, so they are classes of its softmax too
        classes = torch.cat(tables) if self.recipe.lm_softmax == "positions" else tables[0]
        return task, lm_loss(states.index_select(0, batch.sources), classes, batch.targets, batch.weights)
