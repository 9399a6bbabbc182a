"""From the states at extract to an answer: one class, one fork (paper, section 3.3).

Legend: B examples, C sequences each, D width, K outputs.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.dropout import dropout


class Form(Protocol):
    """What crosses the door: "classify" among names, "choose" a sequence, "score" between low and high."""

    @property
    def kind(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


class Head(nn.Module):
    """Choose among the C sequences, or add them up and classify.

    A score is a classification too: the release encodes it over the whole numbers low..high, split between its two
    neighbours, and predicts the expected number. score_loss "squared" instead fits the number itself.
    """

    def __init__(self, form: Form, n_embd: int, p: float, score_loss: str = "shares") -> None:
        super().__init__()
        if form.kind not in ("classify", "choose", "score"):
            raise ValueError(f"form {form.kind!r}; expected classify, choose or score")
        self.form = form
        self.p = p
        self.is_number = form.kind == "score" and score_loss == "squared"
        scores = 1 if self.is_number else round(form.high - form.low) + 1
        outputs = {"choose": 1, "classify": len(form.names), "score": scores}
        self.linear = nn.Linear(n_embd, outputs[form.kind])

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        self.linear.weight.normal_(0.0, 0.02, generator=generator)
        self.linear.bias.zero_()

    def forward(self, extracted: Tensor) -> Tensor:
        """(B, C, D) -> (B, C) for `choose`, else (B, K) logits."""
        p = self.p if self.training else 0.0
        if self.form.kind == "choose":
            # one dropout mask for all of an example's choices (released code), so that it cannot tell them apart
            shared = dropout(torch.ones_like(extracted[:, :1]), p)
            return self.linear(extracted * shared).squeeze(-1)
        return self.linear(dropout(extracted.sum(1), p))

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Summed over the examples: cross-entropy in nats, or squared errors. labels: (B,) float, as at the door."""
        if self.is_number:
            return (logits.squeeze(1) - labels).square().sum()
        if self.form.kind == "score":
            return F.cross_entropy(logits, self.spread(labels), reduction="sum")
        return F.cross_entropy(logits, labels.long(), reduction="sum")

    def spread(self, labels: Tensor) -> Tensor:
        """(B,) scores -> (B, K) shares on the two neighbouring whole numbers: 3.25 is 0.75 on 3 and 0.25 on 4."""
        numbers = torch.arange(self.linear.out_features, device=labels.device) + self.form.low
        return (1 - (labels[:, None] - numbers).abs()).clamp(min=0)

    def answer(self, logits: Tensor) -> Tensor:
        """Logits -> (B,) numbers: the index of the name or of the sequence, or the expected score."""
        if self.is_number:
            return logits.float().squeeze(1).clamp(self.form.low, self.form.high)
        if self.form.kind == "score":
            numbers = torch.arange(logits.shape[1], device=logits.device) + self.form.low
            return logits.float().softmax(1) @ numbers.float()
        return logits.argmax(1).float()

    def scores(self, logits: Tensor) -> Tensor:
        """Logits -> the probability of each name, sequence or whole score; with squared errors (B, 1) scores."""
        return self.answer(logits)[:, None] if self.is_number else logits.float().softmax(1)
