"""Text from a language model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from baselines import models, vocabulary, weights
from baselines.sampling import continue_text, draw
from baselines.tokenizer import Tokenizer
from tests import tiny


@pytest.fixture(params=["gpt", "lstm"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def write(folder: Path, kind: str) -> Path:
    tiny.weights_folder(folder)
    model = models.build(kind, tiny.PROFILE.size, len(tiny.VOCABULARY.ids), 0.0)
    model.initialise(torch.Generator().manual_seed(3))
    with torch.no_grad():
        model.tokens_embed.weight.mul_(20)  # opinions
    weights.save(model, folder)
    return folder


def pieces(text: str) -> list[int]:
    return Tokenizer(tiny.VOCABULARY).encode(text)


def test_greedy_text_is_the_argmax_each_time(tmp_path: Path, kind: str) -> None:
    folder = write(tmp_path, kind)
    text = continue_text("cat", kind, tiny.PROFILE, folder, 5, temperature=0.0)
    assert text == continue_text("cat", kind, tiny.PROFILE, folder, 5, temperature=0.0, seed=9)
    longer = continue_text("cat", kind, tiny.PROFILE, folder, 8, temperature=0.0)
    assert longer.startswith(text) and text.startswith("cat")
    assert text == continue_text("cat", kind, tiny.PROFILE, folder, 5, temperature=1.0, top_k=1)


def test_the_seed_decides_what_is_drawn(tmp_path: Path, kind: str) -> None:
    folder = write(tmp_path, kind)
    drawn = {seed: continue_text("cat", kind, tiny.PROFILE, folder, 12, seed=seed) for seed in range(4)}
    assert drawn[0] == continue_text("cat", kind, tiny.PROFILE, folder, 12, seed=0)
    assert len(set(drawn.values())) == 4


def test_it_goes_on_past_the_context(tmp_path: Path, kind: str) -> None:
    """48 positions, of which the last are looked back at; a prompt of none starts after a newline."""
    folder = write(tmp_path, kind)
    prompt = " ".join("catdog" for _ in range(10))
    assert len(continue_text(prompt, kind, tiny.PROFILE, folder, 8, seed=1)) > len(prompt)
    assert isinstance(continue_text("", kind, tiny.PROFILE, folder, 50), str)


def test_draws_keep_to_the_softmax_of_the_k_likeliest() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.tensor([0.0, 3.0, 2.0, -1.0]).log_softmax(0)
    drawn = [draw(logits, 2, generator) for _ in range(2000)]
    assert set(drawn) == {1, 2}
    assert drawn.count(1) / 2000 == pytest.approx(1 / (1 + torch.tensor(-1.0).exp().item()), abs=0.035)
    assert {draw(logits, None, generator) for _ in range(500)} == {0, 1, 2, 3}


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, "lstm")
    with pytest.raises(ValueError, match="does not fit this model"):
        continue_text("cat", "gpt", tiny.PROFILE, folder, 1)
    assert vocabulary.read(folder) == tiny.VOCABULARY
