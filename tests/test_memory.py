"""How much memory a training takes, and what is done where it runs out."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from baselines import device as devices
from baselines import memory, models
from baselines.batches import Encoded, collate
from baselines.finetune import FineTuned
from baselines.micro_batches import in_parts
from baselines.network import Network
from baselines.objective import Objective
from baselines.pretrain import pretrain
from baselines.recipes import PROFILES, RECIPES
from tests import tiny

PAPER = PROFILES["paper"].size
NARROW = replace(PAPER, n_layer=3, n_embd=128, n_head=2, n_vocab=1000)


def kept(model: str, n_layer: int, length: int, n: int, p: float, *, half: bool) -> float:
    """Bytes a token that autograd keeps for the backward pass, weights and their copies apart."""
    size = replace(NARROW, n_layer=n_layer)
    network = models.build(model, size, 1003, p)
    network.initialise(torch.Generator().manual_seed(0))
    batch = collate([Encoded(([1] * length,), 0.0, 0)] * n, n)
    weights = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    found: dict[int, tuple[int, torch.Tensor]] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        is_copy = tensor.dtype == torch.bfloat16 and tensor.shape[0] != length * n and tensor.dim() == 2
        if storage.data_ptr() not in weights and not is_copy:
            found[storage.data_ptr()] = storage.nbytes(), tensor  # held, so that no address is used twice
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=half),
    ):
        network.train()(batch)
    return sum(n_bytes for n_bytes, _ in found.values()) / (length * n)


@pytest.mark.parametrize("p", [0.0, 0.1])
@pytest.mark.parametrize("length", [16, 64, 256])
def test_what_a_block_keeps_of_a_token_is_what_is_planned(length: int, p: float) -> None:
    measured = (kept("gpt", 4, length, 8, p, half=False) - kept("gpt", 2, length, 8, p, half=False)) / 2
    planned = [memory.bytes_a_token(replace(NARROW, n_layer=n), length, gpu=False, dropout=p > 0) for n in (2, 4)]
    assert measured == pytest.approx((planned[1] - planned[0]) / 2, rel=0.02)


def test_what_a_block_keeps_in_bfloat16_is_what_is_planned_for_a_gpu() -> None:
    """A CPU under autocast keeps what a GPU does, but for attention's own, which is left out here without dropout."""
    measured = (kept("gpt", 4, 60, 9, 0.0, half=True) - kept("gpt", 2, 60, 9, 0.0, half=True)) / 2
    planned = [memory.bytes_a_token(replace(NARROW, n_layer=n), 60, dropout=False) for n in (2, 4)]
    assert measured == pytest.approx((planned[1] - planned[0]) / 2, rel=0.05)


def test_the_lstm_keeps_what_is_planned() -> None:
    size = replace(NARROW, n_units=512)
    network = kept("lstm", 1, 64, 8, 0.1, half=False)
    assert network == pytest.approx(memory.bytes_a_token(replace(size, n_units=NARROW.n_units), 64, "lstm"), rel=0.1)


STEP = """
import json, sys
import torch
from dataclasses import replace
torch.set_num_threads(1)
from baselines import device as devices, models
from baselines.batches import Encoded, collate
from baselines.heads import Head
from baselines.network import Network
from baselines.optimizer import Adam
from baselines.recipes import PROFILES, RECIPES
from harness.tasks.base import classify

device = torch.device(sys.argv.pop(1))

def trained(layers, width, vocabulary, length, n):
    size = replace(PROFILES["paper"].size, n_layer=layers, n_embd=width, n_head=width // 64, n_vocab=vocabulary)
    lm = models.build("gpt", size, vocabulary + 3, 0.1)
    lm.initialise(torch.Generator().manual_seed(0))
    network = Network(lm, Head(classify("a", "b"), width, 0.1), RECIPES["full"]).train().to(device)
    optimizer = Adam(network.named_parameters(), 0.01, 1.0)
    rows = torch.randint(vocabulary, (n, length)).tolist()
    batch, labels = collate([Encoded((row,), 0.0, 0) for row in rows], n).to(device), torch.zeros(n, device=device)
    for _ in range(2):
        with devices.autocast(device):
            task, lm_loss = network.losses(batch, labels, n)
        (task + lm_loss).backward()
        optimizer.step(1e-4)

def peak():
    return devices.peak_memory(device)

trained(1, 64, 50, 4, 4)  # libraries are loaded by the first step
before = peak()
trained(*map(int, sys.argv[1:]))
print(json.dumps(peak() - before))
"""


def test_a_peak_is_of_this_process_and_not_of_the_one_that_started_it() -> None:
    held = torch.ones(75_000_000)  # 300 MB
    program = "import torch; from baselines import device; print(device.peak_memory(torch.device('cpu')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) < devices.peak_memory(torch.device("cpu")) - 100e6
    assert held.sum() > 0


def measured(device: str, length: int, n: int) -> float:
    """Bytes that training at the paper's full size takes at most, in a process of its own."""
    words = [device, "12", "768", "40478", str(length), str(n)]
    done = subprocess.run([sys.executable, "-c", STEP, *words], capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.parametrize(("length", "n"), [(11, 32), (70, 16), (250, 4)])
def test_the_plan_is_within_a_tenth_of_a_measured_peak(length: int, n: int) -> None:
    """116 M parameters, released vocabulary."""
    assert measured("cpu", length, n) == pytest.approx(memory.plan(PAPER, length * n, length, gpu=False).total, rel=0.1)


@pytest.mark.gpu
@pytest.mark.parametrize(("length", "n"), [(11, 32), (70, 64), (512, 16)])
def test_a_gpus_peak_is_at_most_what_the_plan_leaves_room_for(length: int, n: int) -> None:
    assert measured("cuda", length, n) < memory.plan(PAPER, length * n, length).total / memory.SPARE


def test_race_fits_into_24_gb_and_all_else_into_12() -> None:
    """By micro-batches of the effective batch, 32 questions of four answers of up to 512 tokens."""
    race = 32 * 4 * 512
    for card, parts in ((80, 1), (24, 2), (12, 5)):
        tokens = memory.fitting_tokens(PAPER, 0.95 * card * 1e9)
        assert memory.plan(PAPER, tokens, 512).total < 0.85 * card * 1e9
        assert -(-race // tokens) <= parts
    assert memory.fitting_tokens(PAPER, 0.95 * 12e9) > 2 * 32 * 53 * 2  # MRPC, the next longest batch, twice over
    assert memory.fitting_tokens(PAPER, 0.95 * 12e9, "lstm") > 32 * 4 * 300


def test_too_small_a_device_is_told_how_much_it_lacks() -> None:
    with pytest.raises(ValueError, match=r"^2\.0 GB of GPU memory are free, expected 3\.\d GB for one sequence of 512"):
        memory.fitting_tokens(PAPER, 2e9)


def test_what_is_there_already_is_not_planned_twice() -> None:
    held = 4.0 * 116_534_784
    with_weights, without = (memory.fitting_tokens(PAPER, 10e9, held=h) for h in (held, 0.0))
    assert (with_weights - without) * memory.bytes_a_token(PAPER, 512) == pytest.approx(held, rel=0.01)


def test_a_gpus_budget_is_of_its_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (22_000_000_000, 24_000_000_000))
    found = devices.token_budget("gpt", PAPER, 0, torch.device("cuda"))
    assert found == memory.fitting_tokens(PAPER, 22e9, held=4.0 * 116_534_784)
    assert devices.token_budget("gpt", PAPER, 40 * 12 * 768, torch.device("cpu")) == 1017


# Where it runs out


def full() -> Exception:
    return RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")


class Narrow:
    """Work that fails on parts of more than so many tokens."""

    def __init__(self, n_tokens: list[int], fits: int) -> None:
        self.n_tokens, self.fits = n_tokens, fits
        self.done: list[int] = []
        self.noise: list[float] = []

    def __call__(self, part: list[int]) -> None:
        self.noise.append(float(torch.rand(())))
        if sum(self.n_tokens[i] for i in part) > self.fits:
            raise full()
        self.done += part

    def again(self) -> None:
        self.done.clear()
        self.noise.clear()


TOKENS = [8, 8, 6, 4, 4, 2]  # of each example


def test_parts_are_halved_until_they_fit_and_all_are_done_once() -> None:
    torch.manual_seed(3)
    first = float(torch.rand(()))
    torch.manual_seed(3)
    work = Narrow(TOKENS, fits=9)
    assert in_parts(TOKENS, 1000, torch.device("cpu"), work, work.again) == 8  # 32, 16, 8 tokens
    assert sorted(work.done) == list(range(6))
    assert work.noise[0] == first  # every attempt draws the same


@pytest.mark.gpu
def test_a_gpu_that_runs_out_is_given_smaller_parts() -> None:
    """32 tokens ask for 1.6 times all the memory there is, 8 for 0.4."""
    device = torch.device("cuda")
    _, total = torch.cuda.mem_get_info(device)

    def work(part: list[int]) -> None:
        torch.empty(total * sum(TOKENS[i] for i in part) // 20, dtype=torch.uint8, device=device)

    assert in_parts(TOKENS, 1000, device, work, lambda: None) in (8, 16)


def test_one_example_that_does_not_fit_is_said() -> None:
    work = Narrow(TOKENS, fits=7)
    with pytest.raises(ValueError, match="out of memory with one example of 8 tokens at a time; free some memory"):
        in_parts(TOKENS, 1000, torch.device("cpu"), work, work.again)


def test_any_other_failure_is_its_own() -> None:
    def work(_: list[int]) -> None:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        in_parts(TOKENS, 1000, torch.device("cpu"), work, lambda: None)


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (full(), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (MemoryError(), True),
        (RuntimeError("shapes"), False),
        (ValueError("cannot allocate memory"), False),
    ],
)
def test_what_counts_as_out_of_memory(error: Exception, is_one: bool) -> None:
    assert devices.is_out_of_memory(error) is is_one


def test_a_training_that_ran_out_ends_with_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout 0: smaller parts change nothing but the order of sums."""

    def trained(name: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        weights = tiny.weights_folder(tmp_path / "weights")
        settings = RECIPES["no_pretraining"], tiny.NO_DROPOUT, tiny.FORM, tiny.SEEDS
        model = FineTuned(*settings, "cpu", weights, tmp_path / name, tiny.quiet)
        model.fit(tiny.examples(32))
        return model.network.state_dict(), model.describe()

    whole, told = trained("whole")
    original = Network.losses

    def narrow(self: Network, batch: Any, labels: Any, n_examples: int) -> Any:
        if len(batch.tokens) > 60:
            raise full()
        return original(self, batch, labels, n_examples)

    monkeypatch.setattr(Network, "losses", narrow)
    parted, told_parted = trained("parted")
    assert told_parted["micro_batch_tokens"] < 120 < told["micro_batch_tokens"]
    for name, tensor in whole.items():
        assert torch.allclose(tensor, parted[name], atol=1e-6), name


@pytest.mark.parametrize("kind", ["full", "lstm"])
def test_a_pretraining_that_ran_out_ends_with_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Dropout 0; and where one window is too much it says so."""
    profile = replace(tiny.PROFILE, pretraining=replace(tiny.PROFILE.pretraining, dropout=0.0))
    original, at_once = Objective.forward, [4]

    def narrow(self: Objective, chosen: torch.Tensor) -> torch.Tensor:
        if self.model.training and len(chosen) > at_once[0]:
            raise full()
        return original(self, chosen)

    monkeypatch.setattr(Objective, "forward", narrow)

    def trained(fits: int) -> dict[str, torch.Tensor]:
        at_once[0] = fits
        pretrain(tiny.DOCUMENTS, RECIPES[kind], profile, tmp_path / str(fits), tiny.quiet)
        return load_file(tmp_path / str(fits) / "model.safetensors")

    whole, parted = trained(4), trained(1)
    for name, tensor in whole.items():
        torch.testing.assert_close(parted[name], tensor, rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="out of memory with 1 windows of 48 tokens at a time; free some"):
        trained(0)


def test_an_update_is_cut_into_as_many_parts_as_memory_asks_for() -> None:
    race = 32 * 4 * 299.5
    parts, at_once = memory.of_update(PAPER, race, 299.5, 24e9)
    assert parts == 1 and at_once == memory.plan(PAPER, race, 299.5).total < 24e9
    assert memory.of_update(PAPER, 32 * 4 * 512, 512, 24e9)[0] == 2  # nothing but the longest
    parts, at_once = memory.of_update(PAPER, race, 299.5, 8e9)
    assert parts == 4 and at_once <= memory.SPARE * 8e9
    with pytest.raises(ValueError, match=r"2\.0 GB of GPU memory are free"):
        memory.of_update(PAPER, race, 299.5, 2e9)


@pytest.mark.parametrize(("profile", "measured"), [("paper", 4.22e9), ("small", 1.18e9), ("mini", 0.6e9)])
def test_what_a_process_is_said_to_need_is_near_what_was_measured(profile: str, measured: float) -> None:
    """Peaks of RTE, of SST-2 with the LSTM, and of the miniature's RTE, one thread (2026-11-25)."""
    assert memory.of_process(PROFILES[profile]) == pytest.approx(measured, rel=0.25)
