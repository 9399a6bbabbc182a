"""Attention with cheap dropout: the formula with its own masks, forward and backward; their share and independence."""

from __future__ import annotations

import math

import pytest
import torch

from baselines import attention, memory
from baselines.attention import BLOCK, dropped_attention
from baselines.dropout import STEPS, bits

N, HEADS, EACH = 3, 2, 5


def written_out(qkv: torch.Tensor, keep: torch.Tensor, p: float) -> torch.Tensor:
    """qkv (N * L, 3D), keep (N * H, L, L) -> (N * L, D), head by head."""
    length = len(qkv) // N
    q, k, v = qkv.view(N, length, 3, HEADS, EACH).permute(2, 0, 3, 1, 4)
    scores = q @ k.transpose(-1, -2) / math.sqrt(EACH)
    scores = scores.masked_fill(torch.ones(length, length).triu(1).bool(), -math.inf)
    dropped = scores.softmax(-1) * keep.view(N, HEADS, length, length) / (1 - p)
    return (dropped @ v).transpose(1, 2).reshape(N * length, -1)


@pytest.mark.parametrize("length", [1, 7, BLOCK, BLOCK + 1, 2 * BLOCK + 9])
@pytest.mark.parametrize("p", [0.125, 0.5])
def test_it_is_the_formula_forward_and_backward(length: int, p: float, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[torch.Tensor] = []

    def recorded(n: int) -> torch.Tensor:
        drawn.append(bits(n))
        return drawn[-1]

    monkeypatch.setattr(attention, "bits", recorded)
    torch.manual_seed(length)
    qkv = torch.randn(N * length, 3 * HEADS * EACH, requires_grad=True)
    gradient = torch.randn(N * length, HEADS * EACH)
    ours = dropped_attention(qkv, N, HEADS, p)
    (own_gradient,) = torch.autograd.grad(ours, qkv, gradient)

    keep = torch.zeros(N * HEADS, length, length, dtype=torch.float64)
    for i, numbers in enumerate(drawn):
        rows = slice(i * BLOCK, min(length, (i + 1) * BLOCK))
        keep[:, rows, : rows.stop] = (numbers >= p * STEPS - STEPS / 2).double().view(N * HEADS, -1, rows.stop)
    exact = qkv.detach().double().requires_grad_()
    expected = written_out(exact, keep, p)
    (expected_gradient,) = torch.autograd.grad(expected, exact, gradient.double())
    torch.testing.assert_close(ours.double(), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(own_gradient.double(), expected_gradient, rtol=1e-5, atol=1e-5)


def test_no_product_goes_head_by_head() -> None:
    """torch splits `baddbmm_` into a slice: as many products as sequences times heads."""
    qkv = torch.randn(N * 2 * BLOCK, 3 * HEADS * EACH, requires_grad=True)
    attended = dropped_attention(qkv, N, HEADS, 0.5).sum()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as found:
        attended.backward()
    called = {event.key: event.count for event in found.key_averages()}
    assert "aten::addmm_" not in called
    assert called["aten::bmm"] == 2 * 4  # of each block


def test_memory_is_planned_with_its_blocks() -> None:
    assert memory.QUERIES == BLOCK


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_it_drops_its_share_and_keeps_the_mean(p: float) -> None:
    """Equal scores and values that tell the keys apart: each output is the share of each key."""
    torch.manual_seed(0)
    length, n = 40, 500
    qkv = torch.zeros(n, length, 3, 1, length)
    qkv[:, :, 2, 0] = torch.eye(length)
    shares = dropped_attention(qkv.view(n * length, -1), n, 1, p).view(n, length, length)
    counted = shares * torch.arange(1, length + 1)[:, None]  # 1 / (1 - p) where kept, of the keys that are seen
    seen = counted[:, torch.ones(length, length).tril().bool()]
    assert float((seen == 0).double().mean()) == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / seen.numel()))
    assert float(seen[seen > 0].min()) == pytest.approx(1 / (1 - p), rel=1e-4)
    assert float(seen.max()) == pytest.approx(1 / (1 - p), rel=1e-4)
    kept = (seen[:, :20] != 0).double()
    assert float((torch.corrcoef(kept.T) - torch.eye(20)).abs().max()) < 5 / math.sqrt(n)
