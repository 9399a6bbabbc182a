"""Agreement with an independent implementation, at full width: 12 layers, 768 wide, the released vocabulary's size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import OpenAIGPTModel

from baselines import weights
from baselines.gpt import GPT
from baselines.recipes import PROFILES
from tests import parity, tiny
from tests.parity import LENGTHS, Pair, examples

N_VOCAB = 40_481


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    made = Pair(PROFILES["paper"].size, N_VOCAB, tmp_path_factory.mktemp("weights"))
    yield made
    made.double.zero_grad()


@pytest.mark.parametrize("batch", LENGTHS)
def test_logits_agree(pair: Pair, batch: str) -> None:
    assert parity.logits_apart(pair, examples(N_VOCAB, LENGTHS[batch])) < 1e-5


@pytest.mark.parametrize("batch", LENGTHS)
def test_losses_and_gradients_agree(pair: Pair, batch: str) -> None:
    """LM and multiple-choice losses to 1e-6, every gradient to 1e-5."""
    found = examples(N_VOCAB, LENGTHS[batch])
    ours, theirs = parity.losses(pair, found), parity.their_losses(pair, found)
    for one, other in zip(ours, theirs, strict=True):
        assert abs(float(one - other)) < 1e-6
    apart, whose = parity.gradients_apart(pair)
    assert apart < 1e-5, whose


def test_their_save_is_read_with_and_without_the_prefix(tmp_path: Path) -> None:
    """A whole model and a bare one, as two kinds of their users save it."""
    size = tiny.PROFILE.size
    made = Pair(size, 60, tmp_path / "ours")
    made.lm.save_pretrained(tmp_path / "whole")
    OpenAIGPTModel.from_pretrained(tmp_path / "whole").save_pretrained(tmp_path / "bare")
    for name in ("whole", "bare"):
        gpt = GPT(size, 60, 0.0)
        weights.load(gpt, tmp_path / name, 60)
        pairs = zip(gpt.parameters(), made.gpt.parameters(), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs), name
