"""What a training costs in floating-point operations, from its dimensions. No torch."""

from __future__ import annotations

from baselines.recipes import Profile, Size

RELEASED_VOCABULARY = 40_478


def words(size: Size) -> int:
    """Of the vocabulary, special tokens left out."""
    return size.n_vocab or RELEASED_VOCABULARY


def parameters(size: Size, model: str = "gpt") -> int:
    """Of the language model alone: 116,534,784 of the Transformer at the paper's size."""
    d, u = size.n_embd, size.n_units
    if model == "lstm":
        return words(size) * d + 4 * u * (d + u + 2) + u * d + d
    return (words(size) + size.n_ctx) * d + size.n_layer * (12 * d * d + 13 * d)


def forward_flops(size: Size, length: float, lm_loss: bool, model: str = "gpt") -> float:
    """Of one token in a sequence of `length` tokens: matrix products only, a multiply and an add counted as two."""
    d, u = size.n_embd, size.n_units
    body = 2 * (4 * u * (d + u) + u * d) if model == "lstm" else size.n_layer * (2 * 12 * d**2 + 4 * length * d)
    return body + (2 * d * (words(size) + 3) if lm_loss else 0)


def training_flops(size: Size, tokens: float, length: float, lm_loss: bool, model: str = "gpt") -> float:
    """Of forward and backward over `tokens` tokens in sequences of `length`; backward costs twice the forward."""
    return 3 * tokens * forward_flops(size, length, lm_loss, model)


def pretraining_flops(profile: Profile, model: str = "gpt") -> float:
    return training_flops(profile.size, profile.pretraining.tokens, profile.size.n_ctx, lm_loss=True, model=model)
