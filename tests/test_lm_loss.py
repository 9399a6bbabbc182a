from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from baselines import lm_loss as module
from baselines.batches import Encoded, collate
from baselines.lm_loss import lm_loss


def test_by_hand() -> None:
    """Two states, three tokens: logits (1, 0, 0) and (0, 0, 2) with targets 0 and 1."""
    states = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    embedding = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    loss = lm_loss(states, embedding, torch.tensor([0, 1]), torch.tensor([0.5, 0.25]))
    first = -math.log(math.e / (math.e + 2))
    second = -math.log(1 / (2 + math.exp(2)))
    assert loss.item() == pytest.approx(0.5 * first + 0.25 * second, abs=1e-6)


@pytest.mark.parametrize("held", [1 << 25, 300, 1])
def test_equals_the_plain_loss_and_its_gradients_however_it_is_cut(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOGITS", held)
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(23, 8, generator=generator, requires_grad=True)
    embedding = torch.randn(50, 8, generator=generator, requires_grad=True)
    targets = torch.randint(50, (23,), generator=generator)
    weights = torch.rand(23, generator=generator) / 23
    plain = (F.cross_entropy(states @ embedding.T, targets, reduction="none") * weights).sum()
    expected = torch.autograd.grad(plain * 0.5, (states, embedding))
    loss = lm_loss(states, embedding, targets, weights)
    found = torch.autograd.grad(loss * 0.5, (states, embedding))
    assert loss.item() == pytest.approx(plain.item(), abs=1e-6)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_the_mean_is_over_a_sequences_targets_then_over_sequences() -> None:
    """Not over the batch's tokens: sequences of 2 and 5 tokens count alike (released code)."""
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(10, 4, generator=generator)
    batch = collate([Encoded(([3, 4],), 0.0, 0), Encoded(([5, 6, 7, 8, 9],), 0.0, 0)], 2)
    states = torch.randn(7, 4, generator=generator)  # flat: the longer sequence first
    nll = F.cross_entropy(states @ table.T, torch.tensor([6, 7, 8, 9, 0, 4, 0]), reduction="none")
    expected = (nll[:4].mean() + nll[5]) / 2
    loss = lm_loss(states[batch.sources], table, batch.targets, batch.weights)
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6)


def test_under_bfloat16_autocast_only_the_products_are_rounded() -> None:
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(40, 16, generator=generator, requires_grad=True)
    embedding = torch.randn(30, 16, generator=generator, requires_grad=True)
    targets, weights = torch.randint(30, (40,), generator=generator), torch.full((40,), 1 / 40)
    exact = lm_loss(states, embedding, targets, weights)
    expected = torch.autograd.grad(exact, (states, embedding))
    with torch.autocast("cpu", torch.bfloat16):
        rounded = lm_loss(states, embedding, targets, weights)
    found = torch.autograd.grad(rounded, (states, embedding))
    assert rounded.dtype == torch.float32
    assert rounded.item() == pytest.approx(exact.item(), rel=5e-3)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        assert (one - other).norm().item() < 0.02 * other.norm().item()
