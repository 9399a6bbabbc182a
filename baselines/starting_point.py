"""What a fine-tuning starts from: random numbers, and over them the pre-trained weights or some of their blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from baselines import models, passage, weight_files, weights
from baselines.gpt import GPT
from baselines.heads import Form, Head
from baselines.models import LanguageModel
from baselines.network import Network
from baselines.recipes import Profile, Recipe
from baselines.tokenizer import Tokenizer


def build(
    recipe: Recipe,
    profile: Profile,
    form: Form,
    seed: int,
    device: torch.device,
    weights_dir: Path,
    tokenizer: Tokenizer,
) -> tuple[Network, dict[str, Any]]:
    """The network, and what was found on the way.

    Raises ValueError where released weights do not read plain English, or blocks are to be transferred that are not
    there.
    """
    size, settings, n_vocab = profile.size, profile.finetuning, tokenizer.n_vocab
    recipe.require_fits(size)
    facts: dict[str, Any] = {}
    lm = models.build(recipe.model, size, n_vocab + 3, settings.dropout, recipe.embedding_dropout)
    head = Head(form, size.n_embd, settings.head_dropout, recipe.score_loss)
    generator = torch.Generator().manual_seed(seed)
    lm.initialise(generator)
    head.initialise(generator)
    random = untransferred(lm, recipe.transferred)
    if recipe.pretrained:
        weights.load(lm, weights_dir, n_vocab)
    network = Network(lm, head, recipe).to(device)
    own = size.n_vocab is not None or (weights_dir / weight_files.OWN).exists()
    if recipe.pretrained and isinstance(lm, GPT) and not own:
        # of the whole model, before blocks are taken out of it again
        found = passage.perplexity(lm, tokenizer, device)
        passage.require_sense(found, weights_dir)
        facts["passage_perplexity"] = round(found, 2)
    with torch.no_grad():
        for name, parameter in lm.named_parameters():
            if name in random:
                parameter.copy_(random[name])
    return network, facts


def untransferred(lm: LanguageModel, transferred: int | None) -> dict[str, Tensor]:
    """Copies of the blocks' parameters that pre-trained ones must not replace: of all but the first `transferred`."""
    if transferred is None:
        return {}
    later = tuple(f"h.{block}." for block in range(transferred, len(lm.h))) if isinstance(lm, GPT) else ()
    return {name: parameter.detach().clone() for name, parameter in lm.named_parameters() if name.startswith(later)}
