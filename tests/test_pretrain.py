from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from baselines import vocabulary, weights
from baselines.batches import windows
from baselines.gpt import GPT
from baselines.pretrain import perplexity, prepare, pretrain, sample
from baselines.recipes import FULL
from baselines.tokenizer import NEWLINE, Tokenizer
from tests import tiny
from tests.test_finetune import StopAt


def train(
    folder: Path, report: Any = tiny.quiet, documents: Iterable[str] = tiny.DOCUMENTS, **how: Any
) -> dict[str, Any]:
    return pretrain(documents, FULL, tiny.PROFILE, folder, report, **how)


def test_it_learns_and_leaves_weights_vocabulary_and_a_report(tmp_path: Path) -> None:
    losses: list[float] = []

    def report(event: Mapping[str, Any]) -> None:
        losses.extend([event["loss"]] if "loss" in event else [])

    result = train(tmp_path, report, corpus="sixty documents")
    assert len(losses) == result["updates"] == 20
    assert losses[0] == pytest.approx(math.log(len(vocabulary.read(tmp_path).ids)), abs=0.1)
    assert sum(losses[-5:]) / 5 < losses[0] - 0.5
    assert result["tokens"] == 20 * 4 * 48
    assert 1 < result["held_out_perplexity"] < len(vocabulary.read(tmp_path).ids)
    assert json.loads((tmp_path / "pretraining.json").read_text()) == result
    model = GPT(tiny.PROFILE.size, len(vocabulary.read(tmp_path).ids) + 3, 0.0)
    weights.load(model, tmp_path, len(vocabulary.read(tmp_path).ids))


@pytest.mark.parametrize("stop", [1, 7, 20])
def test_a_stopped_pretraining_continues_to_the_same_bytes(tmp_path: Path, stop: int) -> None:
    """Dropout is on in this profile."""
    whole = train(tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "b", StopAt(stop, "pre-training"))
    torch.manual_seed(99)
    continued = train(tmp_path / "b")
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()
    assert continued["held_out_perplexity"] == whole["held_out_perplexity"]
    assert not (tmp_path / "b/training.safetensors").exists()


def test_the_seed_decides_the_weights(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 1)):
        train(tmp_path / name, seed=seed)
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in "ab")
    assert not torch.equal(one["transformer.tokens_embed.weight"], other["transformer.tokens_embed.weight"])


def test_a_stop_while_tokenising_leaves_nothing_half_done(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "b", StopAt(1, "tokenising"), documents=tiny.DOCUMENTS * 3)
    train(tmp_path / "b", documents=tiny.DOCUMENTS * 3)
    train(tmp_path / "a", documents=tiny.DOCUMENTS * 3)
    assert (tmp_path / "a/train.tokens").read_bytes() == (tmp_path / "b/train.tokens").read_bytes()


def read(path: Path) -> list[int]:
    return np.fromfile(path, "<u2").tolist()


def test_every_document_is_kept_once_a_newline_after_it(tmp_path: Path) -> None:
    documents = [f"{word} {other}." for word in tiny.WORDS for other in tiny.WORDS]
    tokenizer = prepare(documents, tiny.PROFILE, tmp_path, tiny.quiet)
    held_out, kept = (
        tokenizer.decode(read(tmp_path / f"{name}.tokens")).split(" \n") for name in ("held_out", "train")
    )
    found = [text.strip() for text in held_out + kept if text.strip()]
    assert sorted(found) == sorted(document.replace(".", " .") for document in documents)
    assert 1 <= len([text for text in held_out if text.strip()]) <= 6  # one in fifty or so
    assert read(tmp_path / "train.tokens")[-1] == tokenizer.vocabulary.ids[NEWLINE]


def test_one_document_gives_its_end_for_perplexity(tmp_path: Path) -> None:
    text = " ".join(tiny.DOCUMENTS)
    prepare([text], tiny.PROFILE, tmp_path, tiny.quiet)
    held_out, kept = (len(read(tmp_path / f"{name}.tokens")) for name in ("held_out", "train"))
    assert held_out / (held_out + kept) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([], "holds no text"),
        (["a b c"], "expected more than one window of 48"),
        (iter(["a"]), "can be walked only once"),
    ],
)
def test_too_little_text_is_refused_in_words(tmp_path: Path, documents: Iterable[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        train(tmp_path, documents=documents)


def test_the_paper_profile_wants_the_released_vocabulary(tmp_path: Path) -> None:
    profile = replace(tiny.PROFILE, size=replace(tiny.PROFILE.size, n_vocab=None))
    with pytest.raises(ValueError, match="uses the released vocabulary: give its folder with --weights DIR"):
        prepare(tiny.DOCUMENTS, profile, tmp_path / "a", tiny.quiet)
    given = tiny.weights_folder(tmp_path / "given")
    made = prepare(tiny.DOCUMENTS, profile, tmp_path / "b", tiny.quiet, given)
    assert made.vocabulary == vocabulary.read(tmp_path / "b") == tiny.VOCABULARY


def test_windows_depend_on_seed_and_update_alone() -> None:
    tokens = np.arange(1000, dtype="<u2")
    chosen = sample(tokens, 5, 10, (3, 7))
    assert torch.equal(chosen, sample(tokens, 5, 10, (3, 7)))
    assert not torch.equal(chosen, sample(tokens, 5, 10, (3, 8)))
    assert chosen.shape == (5, 10) and torch.equal(chosen.diff(dim=1), torch.ones(5, 9, dtype=torch.long))


def test_every_window_can_be_drawn() -> None:
    drawn = {int(sample(np.arange(12, dtype="<u2"), 1, 10, (0, update))[0, 0]) for update in range(60)}
    assert drawn == {0, 1, 2}


def test_perplexity_is_of_all_tokens_but_each_windows_first() -> None:
    tokenizer = Tokenizer(tiny.VOCABULARY)
    tokens = np.array(tokenizer.encode(" ".join(tiny.DOCUMENTS[:3])), "<u2")
    model = GPT(tiny.PROFILE.size, tokenizer.n_vocab, 0.5)
    model.initialise(torch.Generator().manual_seed(0))
    found = perplexity(model, tokens, torch.device("cpu"), tiny.PROFILE)
    n = len(tokens) // 48
    losses = []
    with torch.no_grad():
        for i in range(n):
            ids = torch.from_numpy(tokens[48 * i : 48 * i + 48].astype(np.int64))
            logits = model.eval()(windows(ids[None])) @ model.tokens_embed.weight.T
            losses.append(F.cross_entropy(logits[:-1], ids[1:]))
    assert found == pytest.approx(math.exp(torch.stack(losses).mean().item()), rel=1e-5)
