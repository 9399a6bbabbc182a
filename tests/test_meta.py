"""The training step on a device that holds no numbers, at full size: a tensor left behind on the CPU shows."""

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

META = torch.device("meta")
PAPER = PROFILES["paper"].size
FORMS: dict[str, tuple[Form, int]] = {
    "single": (classify("a", "b", "c"), 1),
    "both orders": (score(0, 5), 2),
    "answers": (choose(), 4),
}


class OnlyMeta(TorchDispatchMode):
    """Within: every operation's tensors are on the meta device, single numbers apart. Some would mix them silently."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        for value in tree_leaves((args, kwargs)):
            if isinstance(value, torch.Tensor):
                assert value.is_meta or value.dim() == 0, (
                    f"{func.overloadpacket.__name__} has a tensor on {value.device}"
                )
        return func(*args, **(kwargs or {}))


def examples(n: int, sequences: int) -> list[Encoded]:
    """Of different lengths, so that attention pads."""
    rows = [[7] * (3 + 5 * (i % 7)) for i in range(n * sequences)]
    return [Encoded(tuple(rows[i * sequences : (i + 1) * sequences]), float(i % 2), 0) for i in range(n)]


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("recipe", ["full", "no_aux", "matrix_dropout", "position_softmax"])
def test_a_fine_tuning_step_stays_on_its_device(kind: str, recipe: str) -> None:
    form, sequences = FORMS[kind]
    with META:
        lm = models.build("gpt", PAPER, 40_481, 0.1, RECIPES[recipe].embedding_dropout)
        head = Head(form, PAPER.n_embd, 0.1)
    network = Network(lm, head, RECIPES[recipe]).train()
    batch = collate(examples(6, sequences), 6 * sequences).to(META)
    assert all(group.padded is None or group.padded.is_meta for group in batch.groups)
    labels = torch.zeros(6, device=META)
    with OnlyMeta():
        task, lm_part = network.losses(batch, labels, 6)
        (task + 0.5 * lm_part).backward()
    assert task.is_meta and lm_part.is_meta and task.shape == lm_part.shape == ()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.is_meta, name
        assert parameter.grad.shape == parameter.shape and parameter.grad.dtype == torch.float32, name
    with torch.no_grad():
        answers = head.answer(network.eval()(batch)[1])
    assert answers.is_meta and answers.shape == (6,)


def test_a_pre_training_step_stays_on_its_device() -> None:
    with META:
        lm = models.build("gpt", PAPER, 40_481, 0.1)
    batch = windows(torch.zeros(2, 512, dtype=torch.long)).to(META)
    with OnlyMeta():
        states = lm.train()(batch).index_select(0, batch.sources)
        loss = lm_loss(states, lm.tables()[0], batch.targets, batch.weights)
        loss.backward()
    assert loss.is_meta and batch.sources.is_meta


def test_a_tensor_that_was_left_behind_shows() -> None:
    """What the tests above rest on."""
    with META:
        lm = models.build("gpt", PAPER, 40_481, 0.1)
    batch = collate(examples(2, 1), 2)
    with pytest.raises(AssertionError, match="embedding has a tensor on cpu"), OnlyMeta():
        lm(batch)


@pytest.mark.parametrize("model", ["gpt", "lstm"])
def test_a_whole_step_under_bfloat16_autocast_is_near_float32(model: str) -> None:
    """On a CPU: the casts are CUDA's, the kernels are not."""
    size = PROFILES["mini"].size
    losses = {}
    for precision in ("float32", "bfloat16"):
        lm = models.build(model, size, 1003, 0.0)
        head = Head(classify("a", "b"), size.n_embd, 0.0)
        generator = torch.Generator().manual_seed(0)
        lm.initialise(generator)
        head.initialise(generator)
        network = Network(lm, head, RECIPES["full"]).train()
        with devices.using(precision=precision), devices.autocast(torch.device("cpu")):
            task, lm_part = network.losses(collate(examples(8, 1), 8), torch.zeros(8), 8)
        (task + 0.5 * lm_part).backward()
        losses[precision] = task.item(), lm_part.item()
        assert task.dtype == lm_part.dtype == torch.float32
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None and parameter.grad.dtype == torch.float32, name
            assert bool(parameter.grad.isfinite().all()), name
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=0.01)
