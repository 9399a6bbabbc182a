from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from baselines.batches import Encoded, collate, windows
from baselines.dropout import dropout
from baselines.gpt import GPT
from tests import tiny


def model(p: float = 0.0) -> GPT:
    made = GPT(tiny.PROFILE.size, 60, p)
    made.initialise(torch.Generator().manual_seed(0))
    return made


def states_alone(gpt: GPT, ids: list[int]) -> torch.Tensor:
    return gpt(windows(torch.tensor([ids])))


def test_parameter_count_is_the_released_one() -> None:
    with torch.device("meta"):
        gpt = GPT(tiny.FULL_SIZE, 40_478, 0.1)
    assert sum(p.numel() for p in gpt.parameters()) == 116_534_784


def test_initialisation_is_the_papers() -> None:
    gpt = GPT(replace(tiny.PROFILE.size, n_embd=128), 500, 0.0)
    gpt.initialise(torch.Generator().manual_seed(0))
    for name, parameter in gpt.named_parameters():
        if parameter.dim() > 1:
            assert float(parameter.detach().std()) == pytest.approx(0.02, rel=0.05), name
        else:
            assert set(parameter.tolist()) == ({1.0} if "ln_" in name and name.endswith("weight") else {0.0}), name


def test_one_block_equals_the_formula_written_out() -> None:
    """Post-norm, tanh GELU, causal, scaled by the square root of the head's width; two heads."""
    gpt = GPT(replace(tiny.PROFILE.size, n_layer=1), 60, 0.0)
    gpt.initialise(torch.Generator().manual_seed(0))
    with torch.no_grad():
        for parameter in gpt.parameters():  # biases and norms that do something
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    ids = [5, 9, 9, 30, 2]
    block: Any = gpt.h[0]
    x = gpt.tokens_embed.weight[ids] + gpt.positions_embed.weight[: len(ids)]
    q, k, v = (x @ block.attn.c_attn.weight.T + block.attn.c_attn.bias).split(16, 1)
    heads = []
    for h in range(2):
        part = slice(8 * h, 8 * h + 8)
        scores = q[:, part] @ k[:, part].T / math.sqrt(8)
        scores = scores.masked_fill(torch.ones(5, 5).triu(1).bool(), -math.inf)
        heads.append(scores.softmax(1) @ v[:, part])
    attended = torch.cat(heads, 1) @ block.attn.c_proj.weight.T + block.attn.c_proj.bias
    x = F.layer_norm(x + attended, (16,), block.ln_1.weight, block.ln_1.bias, 1e-5)
    inner = x @ block.mlp.c_fc.weight.T + block.mlp.c_fc.bias
    inner = 0.5 * inner * (1 + torch.tanh(math.sqrt(2 / math.pi) * (inner + 0.044715 * inner**3)))
    x = F.layer_norm(
        x + inner @ block.mlp.c_proj.weight.T + block.mlp.c_proj.bias, (16,), block.ln_2.weight, block.ln_2.bias, 1e-5
    )
    torch.testing.assert_close(states_alone(gpt, ids), x, rtol=1e-5, atol=1e-6)


def test_neighbours_and_padding_change_nothing() -> None:
    """A sequence has the same states alone, and among others of other lengths."""
    gpt = model()
    sequences = [[7] * 3, list(range(2, 40)), [9, 8, 7, 6, 5], [50, 1], list(range(10, 30))]
    batch = collate([Encoded((s,), 0.0, 0) for s in sequences], len(sequences))
    together = gpt(batch)[batch.extract[:, 0]]
    for sequence, state in zip(sequences, together, strict=True):
        torch.testing.assert_close(state, states_alone(gpt, sequence)[-1], rtol=1e-5, atol=1e-6)


def test_no_token_sees_a_later_one() -> None:
    gpt = model()
    before, after = states_alone(gpt, [5, 6, 7, 8]), states_alone(gpt, [5, 6, 9, 9])
    torch.testing.assert_close(before[:2], after[:2])
    assert not torch.allclose(before[2:], after[2:])


def test_dropout_acts_in_training_and_not_in_scoring() -> None:
    gpt = model(p=0.5)
    first, second = states_alone(gpt, [5, 6, 7]), states_alone(gpt, [5, 6, 7])
    assert not torch.allclose(first, second)
    gpt.eval()
    torch.testing.assert_close(states_alone(gpt, [5, 6, 7]), states_alone(gpt, [5, 6, 7]))


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_dropout_zeroes_its_share_and_keeps_the_mean(p: float) -> None:
    torch.manual_seed(0)
    dropped = dropout(torch.ones(401, 1001), p)
    n = dropped.numel()
    assert float((dropped == 0).sum()) / n == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / n))
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / (1 - p)], rel=1e-4)
    assert dropout(dropped, 0.0) is dropped


def test_dropout_of_neighbours_is_independent() -> None:
    """Four elements share a 64-bit random number: their masks must not go together."""
    torch.manual_seed(0)
    kept = (dropout(torch.ones(100_000, 4), 0.3) != 0).double()
    correlation = torch.corrcoef(kept.T) - torch.eye(4)
    assert float(correlation.abs().max()) < 0.015  # 1 / sqrt(100,000) is 0.003
