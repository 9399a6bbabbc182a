"""What a training costs in floating-point operations, from its dimensions. No torch."""

from __future__ import annotations

from baselines.recipes import Profile, Size

RELEASED_VOCABULARY = 40_478


def forward_flops(size: Size, length: float, lm_loss: bool) -> float:
    """Of one token in a sequence of `length` tokens: matrix products only, a multiply and an add counted as two."""
    blocks = size.n_layer * (2 * 12 * size.n_embd**2 + 4 * length * size.n_embd)
    vocabulary = (size.n_vocab or RELEASED_VOCABULARY) + 3
    return blocks + (2 * size.n_embd * vocabulary if lm_loss else 0)


def training_flops(size: Size, tokens: float, length: float, lm_loss: bool) -> float:
    """Of forward and backward over `tokens` tokens in sequences of `length`; backward costs twice the forward."""
    return 3 * tokens * forward_flops(size, length, lm_loss)


def pretraining_flops(profile: Profile) -> float:
    return training_flops(profile.size, profile.pretraining.tokens, profile.size.n_ctx, lm_loss=True)
