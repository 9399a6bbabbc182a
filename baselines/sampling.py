"""Text from a language model: greedy, or drawn from the softmax."""

from __future__ import annotations

from pathlib import Path

import torch

from baselines import device as devices
from baselines import models, vocabulary, weights
from baselines.batches import windows
from baselines.recipes import Profile
from baselines.tokenizer import NEWLINE, Tokenizer


@torch.no_grad()
def continue_text(
    prompt: str,
    kind: str,
    profile: Profile,
    folder: Path,
    length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> str:
    """The prompt and `length` more tokens, as the tokenizer's pieces spell them (lower case, punctuation apart).

    kind: "gpt" or "lstm"; folder: weights and vocabulary. temperature 0 takes the likeliest token each time; top_k
    draws among the k likeliest. Without a prompt the text starts after a newline, as a document does. Only the last
    n_ctx tokens are looked back at. Raises ValueError or OSError for weights that do not fit.
    """
    place = devices.find(device)
    tokenizer = Tokenizer(vocabulary.read(folder))
    model = models.build(kind, profile.size, tokenizer.n_vocab, 0.0)
    weights.load(model, folder, tokenizer.n_vocab)
    model.to(place).eval()
    generator = torch.Generator().manual_seed(seed)
    ids = tokenizer.encode(prompt) or [tokenizer.vocabulary.ids[NEWLINE]]
    for _ in range(length):
        with devices.autocast(place):
            state = model(windows(torch.tensor([ids[-profile.size.n_ctx :]])).to(place))[-1]
            logits = (model.tokens_embed.weight @ state).float().cpu()
        ids.append(int(logits.argmax()) if temperature == 0 else draw(logits / temperature, top_k, generator))
    return tokenizer.decode(ids)


def draw(logits: torch.Tensor, top_k: int | None, generator: torch.Generator) -> int:
    """(V,) logits -> an id, by their softmax, of the k likeliest only."""
    kept, places = logits.topk(min(top_k or len(logits), len(logits)))
    return int(places[torch.multinomial(kept.softmax(0), 1, generator=generator)])
