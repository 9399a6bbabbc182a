"""The training step on a device that holds no numbers, at full size: a tensor left behind on the CPU shows.

On a GPU, where there is one, the same.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from baselines import device as devices
from baselines import models
from baselines.batches import Encoded, collate, windows
from baselines.heads import Form, Head
from baselines.lm_loss import lm_loss
from baselines.network import Network
from baselines.recipes import PROFILES, RECIPES
from harness.tasks.base import choose, classify, score
from tests import tiny

META = torch.device("meta")
DEVICES = ["meta", pytest.param("cuda", marks=pytest.mark.gpu)]
PAPER = PROFILES["paper"].size
FORMS: dict[str, tuple[Form, int]] = {
    "single": (classify("a", "b", "c"), 1),
    "both orders": (score(0, 5), 2),
    "answers": (choose(), 4),
}


class OnlyOn(TorchDispatchMode):
    """Within: every operation's tensors are on this kind of device, single numbers apart. Some would mix silently."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.kind = device.type

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        for value in tree_leaves((args, kwargs)):
            if isinstance(value, torch.Tensor):
                assert value.device.type == self.kind or value.dim() == 0, (
                    f"{func.overloadpacket.__name__} has a tensor on {value.device}"
                )
        return func(*args, **(kwargs or {}))


def examples(n: int, sequences: int) -> list[Encoded]:
    """Of different lengths, so that attention pads."""
    rows = [[7] * (3 + 5 * (i % 7)) for i in range(n * sequences)]
    return [Encoded(tuple(rows[i * sequences : (i + 1) * sequences]), float(i % 2), 0) for i in range(n)]


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("recipe", ["full", "no_aux", "matrix_dropout", "position_softmax"])
def test_a_fine_tuning_step_stays_on_its_device(kind: str, recipe: str, name: str) -> None:
    form, sequences = FORMS[kind]
    device = torch.device(name)
    with device:
        lm = models.build("gpt", PAPER, 40_481, 0.1, RECIPES[recipe].embedding_dropout)
        head = Head(form, PAPER.n_embd, 0.1)
    network = Network(lm, head, RECIPES[recipe]).train()
    batch = collate(examples(6, sequences), 6 * sequences).to(device)
    assert all(group.padded is None or group.padded.device.type == name for group in batch.groups)
    labels = torch.zeros(6, device=device)
    with OnlyOn(device):
        task, lm_part = network.losses(batch, labels, 6)
        (task + 0.5 * lm_part).backward()
    assert task.device.type == lm_part.device.type == name and task.shape == lm_part.shape == ()
    for of, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.device.type == name, of
        assert parameter.grad.shape == parameter.shape and parameter.grad.dtype == torch.float32, of
    with torch.no_grad():
        answers = head.answer(network.eval()(batch)[1])
    assert answers.device.type == name and answers.shape == (6,)


@pytest.mark.parametrize("name", DEVICES)
def test_a_pre_training_step_stays_on_its_device(name: str) -> None:
    device = torch.device(name)
    with device:
        lm = models.build("gpt", PAPER, 40_481, 0.1)
    batch = windows(torch.zeros(2, 512, dtype=torch.long)).to(device)
    with OnlyOn(device):
        states = lm.train()(batch).index_select(0, batch.sources)
        loss = lm_loss(states, lm.tables()[0], batch.targets, batch.weights)
        loss.backward()
    assert loss.device.type == batch.sources.device.type == name


def test_a_tensor_that_was_left_behind_shows() -> None:
    """What the tests above rest on."""
    with META:
        lm = models.build("gpt", PAPER, 40_481, 0.1)
    batch = collate(examples(2, 1), 2)
    with pytest.raises(AssertionError, match="embedding has a tensor on cpu"), OnlyOn(META):
        lm(batch)


@pytest.mark.parametrize("name", tiny.DEVICES)
@pytest.mark.parametrize("model", ["gpt", "lstm"])
def test_a_whole_step_under_bfloat16_autocast_is_near_float32(model: str, name: str) -> None:
    """On a CPU the casts are CUDA's, the kernels are not."""
    device = torch.device(name)
    size = PROFILES["mini"].size
    losses = {}
    for precision in ("float32", "bfloat16"):
        lm = models.build(model, size, 1003, 0.0)
        head = Head(classify("a", "b"), size.n_embd, 0.0)
        generator = torch.Generator().manual_seed(0)
        lm.initialise(generator)
        head.initialise(generator)
        network = Network(lm, head, RECIPES["full"]).train().to(device)
        with devices.using(precision=precision), devices.autocast(device):
            batch = collate(examples(8, 1), 8).to(device)
            task, lm_part = network.losses(batch, torch.zeros(8, device=device), 8)
        (task + 0.5 * lm_part).backward()
        losses[precision] = task.item(), lm_part.item()
        assert task.dtype == lm_part.dtype == torch.float32
        for of, parameter in network.named_parameters():
            assert parameter.grad is not None and parameter.grad.dtype == torch.float32, of
            assert bool(parameter.grad.isfinite().all()), of
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.01)
