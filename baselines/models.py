"""The language models by the names that a recipe has for them."""

from __future__ import annotations

from baselines.gpt import GPT
from baselines.lstm import LSTM
from baselines.recipes import Size

LanguageModel = GPT | LSTM
MODELS: dict[str, type[GPT] | type[LSTM]] = {"gpt": GPT, "lstm": LSTM}


def build(kind: str, size: Size, n_vocab: int, p: float, embedding_dropout: str = "vectors") -> LanguageModel:
    """A model whose parameters are not yet set: `initialise` it or load weights."""
    return MODELS[kind](size, n_vocab, p, embedding_dropout)
