"""Language-model pre-training on plain text (paper, section 3.1; settings, section 4.1)."""

from __future__ import annotations

import json
import math
import time
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from baselines import device as devices
from baselines import vocabulary, weights
from baselines.batches import windows
from baselines.checkpoint import Checkpoint, identity
from baselines.finetune import Report
from baselines.gpt import GPT
from baselines.lm_loss import lm_loss
from baselines.optimizer import Adam, warmup_cosine
from baselines.recipes import Profile, Recipe
from baselines.tokenizer import NEWLINE, Tokenizer

TRAIN, HELD_OUT = "train.tokens", "held_out.tokens"
HELD_OUT_OF = 50  # one document in so many is kept for perplexity
HELD_OUT_SHARE = 0.05  # of the text, where there is only one document


def prepare(
    documents: Iterable[str], profile: Profile, run_dir: Path, report: Report, vocabulary_dir: Path | None = None
) -> Tokenizer:
    """Train the vocabulary and tokenise once: vocab.json, merges.txt and two files of little-endian uint16 ids.

    documents: an iterable that can be walked twice; they are kept apart by a newline token. vocabulary_dir: the
    released vocabulary, where the profile trains none. Raises ValueError where there is no text.
    """
    if iter(documents) is documents:
        raise ValueError("documents can be walked only once; pass a list or an object whose __iter__ starts anew")
    run_dir.mkdir(parents=True, exist_ok=True)
    if all((run_dir / name).exists() for name in (TRAIN, HELD_OUT, *vocabulary.FILES[0])):
        return Tokenizer(vocabulary.read(run_dir))
    report({"event": "vocabulary"})
    if profile.size.n_vocab is not None:
        tokenizer = Tokenizer.train(documents, profile.size.n_vocab)
    elif vocabulary_dir is not None:
        tokenizer = Tokenizer(vocabulary.read(vocabulary_dir))
    else:
        raise ValueError(f"the {profile.name} profile uses the released vocabulary: give its folder with --weights DIR")
    separator = tokenizer.vocabulary.ids[NEWLINE]
    held_out, last = [], np.zeros(0, np.uint16)
    n_tokens = n_documents = 0
    partial = run_dir / f".{TRAIN}"
    with partial.open("wb") as train:
        for document in documents:
            ids = np.array([*tokenizer.encode(document), separator], "<u2")
            n_documents += 1
            n_tokens += len(ids)
            if n_documents % 100 == 0:
                report({"event": "tokenising", "tokens": n_tokens, "documents": n_documents})
            # by content, so that the choice does not depend on the order of the files
            if zlib.crc32(document.encode()) % HELD_OUT_OF == 0:
                held_out.append(ids)
                continue
            last.tofile(train)
            last = ids
        if not held_out:
            kept = 0 if n_documents > 1 else int(len(last) * (1 - HELD_OUT_SHARE))
            held_out, last = [last[kept:]], last[:kept]
        last.tofile(train)
    if partial.stat().st_size == 0:
        raise ValueError("the corpus holds no text; give a folder of .txt files with --corpus DIR")
    np.concatenate(held_out).tofile(run_dir / HELD_OUT)
    partial.replace(run_dir / TRAIN)
    vocabulary.write(tokenizer.vocabulary, run_dir)
    return tokenizer


def pretrain(
    documents: Iterable[str],
    recipe: Recipe,
    profile: Profile,
    run_dir: Path,
    report: Report,
    device: str = "cpu",
    seed: int = 0,
    corpus: str = "",
    vocabulary_dir: Path | None = None,
) -> dict[str, Any]:
    """Train a language model; leave weights, vocabulary and `pretraining.json` in run_dir.

    Continues from a checkpoint there. corpus: its name, for the record. `report` is called after every update and may
    raise (KeyboardInterrupt, say): the state is saved first. Returns what `pretraining.json` says: tokens, updates,
    seconds, held-out perplexity per token. Raises ValueError for a corpus too short for one window.
    """
    settings, size = profile.pretraining, profile.size
    place = devices.find(device)
    tokenizer = prepare(documents, profile, run_dir, report, vocabulary_dir)
    train, held_out = (np.memmap(run_dir / name, "<u2", "r") for name in (TRAIN, HELD_OUT))
    if min(len(train), len(held_out)) <= size.n_ctx:
        raise ValueError(
            f"the corpus gives {len(train)} training and {len(held_out)} held-out tokens; "
            f"expected more than one window of {size.n_ctx} each"
        )
    total = max(1, settings.tokens // (settings.batch * size.n_ctx))
    model = GPT(size, tokenizer.n_vocab, settings.dropout)
    model.initialise(torch.Generator().manual_seed(seed))
    model.to(place)
    optimizer = Adam(model.named_parameters(), settings.weight_decay, settings.clip)
    torch.manual_seed(seed)
    known = identity(recipe.model, asdict(profile), seed, tokenizer.vocabulary.hash, len(train))
    checkpoint = Checkpoint(run_dir / "training.safetensors", known, model, optimizer)
    state = checkpoint.restore() or {"seconds": 0.0}
    model.train()
    began = time.monotonic() - state["seconds"]
    try:
        while optimizer.updates < total:
            rate = settings.learning_rate * warmup_cosine(optimizer.updates, settings.warmup, total)
            loss = accumulate(
                model, sample(train, settings.batch, size.n_ctx, (seed, optimizer.updates)), place, profile
            )
            checkpoint.whole = False
            norm = optimizer.step(rate)
            state["seconds"] = time.monotonic() - began
            checkpoint.mark()
            seen = optimizer.updates * settings.batch * size.n_ctx
            progress = {"update": optimizer.updates, "of": total, "tokens": seen}
            report({"event": "pre-training", **progress, "loss": loss, "rate": rate, "norm": norm})
            if checkpoint.due():
                checkpoint.save(state)
    except KeyboardInterrupt:
        checkpoint.save_if_whole(state)
        raise
    weights.save(model, run_dir)
    result = {
        "model": recipe.model,
        "profile": profile.name,
        "seed": seed,
        "corpus": corpus,
        "updates": total,
        "tokens": total * settings.batch * size.n_ctx,
        "corpus_tokens": len(train),
        "held_out_tokens": len(held_out),
        "held_out_perplexity": round(perplexity(model, held_out, place, profile), 3),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "seconds": round(state["seconds"], 1),
        "device": devices.name(place),
    }
    (run_dir / "pretraining.json").write_text(json.dumps(result, indent=1) + "\n")
    checkpoint.remove()
    return result


def sample(tokens: np.ndarray[Any, Any], count: int, length: int, seed: tuple[int, int]) -> torch.Tensor:
    """(count, length) windows from random places; the seed alone decides which, so a resumed run sees the same."""
    starts = np.random.default_rng(seed).integers(0, len(tokens) - length + 1, count)
    return torch.from_numpy(np.stack([tokens[start : start + length] for start in starts]).astype(np.int64))


def accumulate(model: GPT, chosen: torch.Tensor, place: torch.device, profile: Profile) -> float:
    """Gradients of one batch of windows, as many at a time as fit -> mean loss in nats a token."""
    total = 0.0
    for part in in_parts(chosen, place, profile):
        loss = next_token_loss(model, part, place) * (len(part) / len(chosen))
        loss.backward()
        total += loss.item()
    return total


def next_token_loss(model: GPT, part: torch.Tensor, place: torch.device) -> torch.Tensor:
    """Mean loss in nats of every token of (S, L) windows but each one's first."""
    with devices.autocast(place):
        batch = windows(part).to(place)
        states = model(batch).index_select(0, batch.sources)
        return lm_loss(states, model.tokens_embed.weight, batch.targets, batch.weights)


def in_parts(chosen: torch.Tensor, place: torch.device, profile: Profile) -> tuple[torch.Tensor, ...]:
    return chosen.split(max(1, devices.token_budget(profile.size, place) // chosen.shape[1]))


@torch.no_grad()
def perplexity(model: GPT, tokens: np.ndarray[Any, Any], place: torch.device, profile: Profile) -> float:
    """exp of the mean loss a token over consecutive windows of n_ctx; each window's first token is not scored."""
    model.eval()
    length = profile.size.n_ctx
    whole = torch.from_numpy(tokens[: len(tokens) // length * length].astype(np.int64)).view(-1, length)
    parts = in_parts(whole, place, profile)
    return math.exp(sum(next_token_loss(model, part, place).item() * len(part) for part in parts) / len(whole))
