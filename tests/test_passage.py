"""Nonsense is found out before anything is trained on it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from baselines import passage, weights
from baselines.batches import windows
from baselines.finetune import FineTuned
from baselines.gpt import GPT
from baselines.recipes import FULL, PROFILES, RECIPES
from baselines.tokenizer import Tokenizer
from baselines.vocabulary import Vocabulary
from tests import tiny

CPU = torch.device("cpu")
LONG = replace(tiny.PROFILE.size, n_ctx=512, n_vocab=None)
RELEASED = replace(tiny.PROFILE, size=LONG)


def many_pieces() -> Vocabulary:
    """Words of four letters and the like, so that a random start is as lost as with the released vocabulary."""
    ids = dict(tiny.VOCABULARY.ids)
    for i in range(1000):
        ids[f"piece{i}"] = len(ids)
    return Vocabulary(ids, [])


def baseline(folder: Path, recipe: Any = FULL, profile: Any = RELEASED) -> FineTuned:
    return FineTuned(recipe, profile, tiny.FORM, tiny.SEEDS, "cpu", folder, folder / "run", tiny.quiet)


def write(folder: Path, opinion: float) -> GPT:
    """Weights that favour the letters which stand in English words; opinion 0 is a random start."""
    from baselines import vocabulary

    known = many_pieces()
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.write(known, folder)
    model = GPT(LONG, len(known.ids), 0.0)
    model.initialise(torch.Generator().manual_seed(0))
    with torch.no_grad():
        # the last layer norm adds a direction in which the pieces that occur stand out
        last: Any = model.h[-1]
        last.ln_2.bias[0] = 1.0
        model.tokens_embed.weight[: len(tiny.VOCABULARY.ids), 0] = opinion
    weights.save(model, folder)
    return model


def test_the_perplexity_is_the_exponential_of_the_plain_loss(tmp_path: Path) -> None:
    model, tokenizer = write(tmp_path, 2.0), Tokenizer(many_pieces())
    ids = torch.tensor(tokenizer.encode(passage.PASSAGE)[:512])
    with torch.no_grad():
        logits = model(windows(ids[None])) @ model.tokens_embed.weight.T
    expected = math.exp(F.cross_entropy(logits[:-1], ids[1:]).item())
    assert passage.perplexity(model, tokenizer, CPU) == pytest.approx(expected, rel=1e-5)
    assert model.training


def test_weights_that_read_english_are_taken_and_the_figure_recorded(tmp_path: Path) -> None:
    write(tmp_path, 6.0)
    figure = baseline(tmp_path).describe()["passage_perplexity"]
    assert 5 < figure < passage.NONSENSE


def test_nonsense_is_refused_with_the_figure(tmp_path: Path) -> None:
    """A random start knows 1,060 pieces equally well."""
    write(tmp_path, 0.0)
    with pytest.raises(ValueError, match=r"a perplexity of 1,0\d\d a token, expected less than 200 .*get both again"):
        baseline(tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="perplexity of nan"):
        passage.require_sense(math.nan, "somewhere")


@pytest.mark.parametrize("case", ["our own pre-training", "another profile", "no weights"])
def test_only_released_weights_are_asked(tmp_path: Path, case: str) -> None:
    write(tmp_path, 0.0)
    if case == "our own pre-training":
        (tmp_path / "pretraining.json").write_text("{}")
    profile = replace(RELEASED, size=replace(LONG, n_vocab=1060)) if case == "another profile" else RELEASED
    recipe = RECIPES["no_pretraining"] if case == "no weights" else FULL
    assert "passage_perplexity" not in baseline(tmp_path, recipe, profile).describe()


def test_random_weights_of_the_released_size_are_refused(tmp_path: Path, shared_data: Path) -> None:
    """The fabricated release at full shapes, with the released vocabulary: some 40,000."""
    from tests.test_released_weights import write as write_release

    write_release(tmp_path, PROFILES["paper"].size, 40_478)
    for file in ("encoder_bpe_40000.json", "vocab_40000.bpe"):
        (tmp_path / file).write_bytes((shared_data / "gpt1_vocab" / file).read_bytes())
    with pytest.raises(ValueError, match=r"a perplexity of \d\d,\d\d\d a token"):
        baseline(tmp_path, profile=PROFILES["paper"])
