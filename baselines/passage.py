"""A fixed passage of prose that tells trained weights from nonsense before anything is trained on them."""

from __future__ import annotations

import math

import torch

from baselines import device as devices
from baselines.batches import windows
from baselines.gpt import GPT
from baselines.lm_loss import lm_loss
from baselines.tokenizer import Tokenizer

# L. Frank Baum, The Wonderful Wizard of Oz (1900), the opening; in the public domain
PASSAGE = """Dorothy lived in the midst of the great Kansas prairies, with Uncle Henry, who was a farmer, and Aunt Em, \
who was the farmer's wife. Their house was small, for the lumber to build it had to be carried by wagon many miles. \
There were four walls, a floor and a roof, which made one room; and this room contained a rusty looking cookstove, a \
cupboard for the dishes, a table, three or four chairs, and the beds. Uncle Henry and Aunt Em had a big bed in one \
corner, and Dorothy a little bed in another corner. There was no garret at all, and no cellar."""
NONSENSE = 200.0  # perplexity a token; the paper's is 18.4 on its books, a random start's that of 40,478 words


@torch.no_grad()
def perplexity(model: GPT, tokenizer: Tokenizer, place: torch.device) -> float:
    """Of the passage a token, the first not scored; the model is on `place` already."""
    ids = torch.tensor([tokenizer.encode(PASSAGE)[: len(model.positions_embed.weight)]])
    training = model.training
    model.eval()
    with devices.autocast(place):
        batch = windows(ids).to(place)
        words = model.tokens_embed.weight[: tokenizer.n_vocab]
        loss = lm_loss(model(batch).index_select(0, batch.sources), words, batch.targets, batch.weights)
    model.train(training)
    return math.exp(min(loss.item(), 700.0))


def require_sense(found: float, where: object) -> None:
    """Raises ValueError with the figure for a perplexity that no trained weights have."""
    if not found <= NONSENSE:
        raise ValueError(
            f"the weights in {where} give a plain English passage a perplexity of {found:,.0f} a token, expected less "
            f"than {NONSENSE:.0f} (the paper's on its books is 18.4): they, or the vocabulary beside them, are not "
            "GPT-1's; get both again"
        )
