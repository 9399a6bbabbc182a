"""The tied embedding's gradient is added up in its place, and is the one that autograd would have made."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
import torch
from torch import Tensor

from baselines import models, tied
from baselines.batches import Encoded, collate
from baselines.heads import Head
from baselines.network import Network
from baselines.optimizer import Adam
from baselines.recipes import RECIPES
from harness.tasks.base import classify
from tests import tiny

PARTS = [[([1, 5, 5, 7, 2], 0.0), ([1, 9, 2], 1.0)], [([1, 5, 8, 2], 1.0)]]  # micro-batches; token 5 comes three times
N_VOCAB = 20


def network(recipe: str) -> Network:
    made = RECIPES[recipe]
    lm = models.build(made.model, tiny.PROFILE.size, N_VOCAB, 0.0)
    head = Head(classify("same", "other"), tiny.PROFILE.size.n_embd, 0.0)
    for module in (lm, head):
        module.initialise(torch.Generator().manual_seed(0))
    return Network(lm, head, made)


def gradients(model: Network) -> None:
    """Of all micro-batches."""
    for part in PARTS:
        batch = collate([Encoded((ids,), label, 0) for ids, label in part], 3)
        task, lm = model.losses(batch, torch.tensor([label for _, label in part]), 3)
        loss: Tensor = task + model.recipe.lm_coef * lm
        loss.backward()


def trained(recipe: str) -> tuple[Tensor, Tensor, list[int]]:
    """Three updates and a last gradient -> the embedding, its gradient, and where it lay each time."""
    model = network(recipe)
    optimizer = Adam(model.named_parameters(), 0.01, 1.0)
    places = []
    for _ in range(3):
        gradients(model)
        assert model.lm.tokens_embed.weight.grad is not None
        places.append(model.lm.tokens_embed.weight.grad.data_ptr())
        optimizer.step(1e-2)
    gradients(model)
    table = model.lm.tokens_embed.weight
    assert table.grad is not None
    return table, table.grad, places


@pytest.mark.parametrize("recipe", ["full", "no_aux", "lstm"])
def test_it_is_autograds_and_stays_where_it_is(recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, expected_gradient, _ = trained(recipe)
    monkeypatch.setattr(tied, "LARGE", 1)
    found, gradient, places = trained(recipe)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(gradient, expected_gradient, rtol=0, atol=1e-6)
    assert len(set(places)) == 1


def test_from_the_second_update_on_no_gradient_as_large_as_the_table_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tied, "LARGE", N_VOCAB * tiny.PROFILE.size.n_embd)
    model = network("full")
    table = model.lm.tokens_embed.weight
    gradients(model)
    made: list[Tensor | None] = []
    handle = table.register_hook(made.append)
    gradients(model)
    handle.remove()
    assert made == [None] * len(PARTS)


def test_a_loss_without_a_backward_pass_leaves_the_gradient_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tied, "LARGE", 1)
    model = network("full")
    gradients(model)
    before = model.lm.tokens_embed.weight.grad
    assert before is not None
    kept = before.clone()
    batch = collate([Encoded(([1, 5, 2],), 0.0, 0)], 1)
    model.losses(batch, torch.tensor([0.0]), 1)
    assert torch.equal(before, kept)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator than glibc's")
@pytest.mark.parametrize("kept", [True, False])
def test_memory_that_is_given_back_is_not_fetched_anew(kept: bool) -> None:
    """64 MB are 16,384 pages; without the setting each is touched for the first time, every time.

    With it the heap grows a few times first, for an aligned block needs a little more than one of its size.
    """
    program = f"""
import resource, torch
from baselines import device
if {kept}: device.find("cpu")
def times(n):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(n):
        torch.zeros(16 * 2**20).fill_(1.0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
times(10)
print(times(10))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1_000 if kept else int(done.stdout) > 100_000
