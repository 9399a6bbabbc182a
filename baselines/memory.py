"""How much memory a training takes, from its dimensions: what must fit before it starts. No torch.

Counted is what is kept: weights, gradients, Adam's two moments, and of every token what the backward pass needs. What
comes and goes (an optimizer's or a kernel's temporaries) is covered by the share of the device that is left free.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from baselines import cost
from baselines.recipes import Profile, Size

LOGITS = 1 << 25  # of the LM loss, held at once; see `lm_loss`
SPECIAL = 3  # tokens
DROPOUT_MASKS = 2  # a block
KEPT = 16  # numbers a block keeps of a token and unit of width: inputs of its products, of GELU, and of two LayerNorms
QUERIES = 32  # a block of attention's with dropout on a CPU; see `attention`
TORCH = 0.5e9  # bytes of a process that has imported it
CPU_ACTIVATIONS = 1_500_000_000  # bytes; small enough to stay beside weights, gradients and Adam in 4 GB
SPARE = 0.85  # share of a device's free memory that is planned for


class Memory(NamedTuple):
    """Bytes."""

    weights: float
    gradients: float
    moments: float
    copies: float  # of the weights in bfloat16, under autocast
    logits: float
    activations: float

    @property
    def total(self) -> float:
        return sum(self)


def plan(
    size: Size, tokens: float, length: float, model: str = "gpt", *, gpu: bool = True, dropout: bool = True
) -> Memory:
    """Of one training, with micro-batches of `tokens` tokens in sequences of `length`.

    gpu: bfloat16 products over float32 weights, attention that keeps no matrix of its own; else float32, and attention
    with dropout keeps probabilities and which were dropped.
    """
    parameters = cost.parameters(size, model) + SPECIAL * size.n_embd
    table = (cost.words(size) + SPECIAL) * size.n_embd
    return Memory(
        weights=4.0 * parameters,
        gradients=4.0 * parameters,
        moments=8.0 * parameters,
        copies=2.0 * parameters if gpu else 0.0,
        # a block of logits (under autocast in both types), and the embedding's gradient before it is added
        logits=(8.0 if gpu else 4.0) * min(LOGITS, tokens * cost.words(size)) + 4.0 * table,
        activations=tokens * bytes_a_token(size, length, model, gpu=gpu, dropout=dropout),
    )


def of_process(profile: Profile) -> float:
    """Bytes of a fine-tuning on a CPU, torch itself included: of a batch of full sequences, as far as one is held."""
    size = profile.size
    each = bytes_a_token(size, size.n_ctx, gpu=False)
    tokens = min(profile.finetuning.batch * size.n_ctx, max(size.n_ctx, CPU_ACTIVATIONS / each))
    return TORCH + plan(size, tokens, size.n_ctx, gpu=False).total


def bytes_a_token(size: Size, length: float, model: str = "gpt", *, gpu: bool = True, dropout: bool = True) -> float:
    """What the backward pass needs of one token in a sequence of `length`."""
    if model == "lstm":
        return 4.0 * 20 * size.n_units  # measured: 19 on a CPU, with or without autocast, which the layer ignores
    mask = (1.0 if gpu else 4.0) * dropout
    # under autocast products and GELU keep bfloat16, sums and LayerNorms float32
    block = size.n_embd * ((36.0 if gpu else 4.0 * KEPT) + DROPOUT_MASKS * mask)
    keys = min(length, (length + QUERIES) / 2)  # that a query's block sees, on the average
    attention = 5.0 * size.n_head * keys if dropout and not gpu else 0.0
    return size.n_layer * (block + attention) + 2 * size.n_embd * 4.0 + size.n_embd * mask


def fitting_tokens(size: Size, free: float, model: str = "gpt", *, held: float = 0.0) -> int:
    """How many tokens a micro-batch may hold on a GPU with `free` bytes, of which the training holds `held` already.

    Raises ValueError where not even one sequence of n_ctx fits, with what would.
    """
    each = bytes_a_token(size, size.n_ctx, model)
    # with a whole block of logits, which a batch of any use fills
    fixed = plan(size, LOGITS, size.n_ctx, model).total - LOGITS * each - held
    found = int((SPARE * free - fixed) // each)
    if found < size.n_ctx:
        needed = (fixed + size.n_ctx * each) / SPARE
        raise ValueError(
            f"{free / 1e9:.1f} GB of GPU memory are free, expected {needed / 1e9:.1f} GB for one sequence of "
            f"{size.n_ctx} tokens; close what else runs there, or use another device"
        )
    return found


def of_update(size: Size, tokens: float, length: float, free: float, model: str = "gpt") -> tuple[int, float]:
    """-> (micro-batches, bytes held at most) of an update on `tokens` tokens in sequences of `length`, on a GPU with
    `free` bytes. Raises ValueError where not one sequence of n_ctx fits.
    """
    budget = fitting_tokens(size, free, model)
    return math.ceil(tokens / budget), plan(size, min(tokens, budget), length, model).total
