"""Does this device compute what a CPU does, and how fast: what to know before hours are spent on it.

Each check is a few seconds of real work at the paper's width, on random weights and tokens: nothing is downloaded. It
runs on any device, so that it is tested on a CPU; what it is for is a GPU.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from baselines import device as devices
from baselines import models
from baselines.batches import Batch, Encoded, collate
from baselines.cost import training_flops
from baselines.heads import Form, Head
from baselines.network import Network
from baselines.optimizer import Adam
from baselines.recipes import RECIPES, Profile, Size

LOSS, GRADIENT, ATTENTION, MEAN, STEPS = 0.01, 0.98, 0.02, 0.02, 1e-6  # bounds, explained where they are used
ROUNDING = 0.03  # bfloat16 makes of ones a spread of 0.004 at most, dropout one of 0.1
TIMED = 5  # updates whose median is a shape's time


class Finding(NamedTuple):
    """One check. remedy: which path to switch off where it failed."""

    name: str
    passed: bool
    found: str
    remedy: str = ""


class Speed(NamedTuple):
    """Of one shape: updates a second, the share of operations a second, peak memory in bytes."""

    updates: float
    flops: float
    memory: float


def checks(profile: Profile, device: torch.device) -> Iterator[Finding]:
    """What could be wrong with the device's arithmetic, one finding each."""
    yield precision(profile.size, device)
    yield attention(profile.size, device)
    yield dropout(profile, device)
    yield optimizer(profile.size, device)


def network_of(size: Size, device: torch.device, p: float, form: Form) -> Network:
    """The full recipe on random weights, the same on every device."""
    generator = torch.Generator().manual_seed(0)
    lm = models.build("gpt", size, (size.n_vocab or 40_478) + 3, p)
    head = Head(form, size.n_embd, p)
    lm.initialise(generator)
    head.initialise(generator)
    return Network(lm, head, RECIPES["full"]).to(device)


class Names(NamedTuple):
    """A form of two names, as it crosses the door."""

    kind: str = "classify"
    names: tuple[str, ...] = ("a", "b")
    low: float = 0.0
    high: float = 0.0


class Choice(NamedTuple):
    kind: str = "choose"
    names: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0


def batch_of(size: Size, length: int, count: int, sequences: int, device: torch.device) -> tuple[Batch, Tensor]:
    """-> (batch, labels) of `count` examples of random tokens."""
    generator = torch.Generator().manual_seed(1)
    high = size.n_vocab or 40_478
    rows = torch.randint(high, (count * sequences, min(length, size.n_ctx)), generator=generator).tolist()
    examples = [Encoded(tuple(rows[i * sequences : (i + 1) * sequences]), float(i % 2), 0) for i in range(count)]
    labels = torch.tensor([example.label for example in examples], device=device)
    return collate(examples, count * sequences).to(device), labels


def step(network: Network, batch: Batch, labels: Tensor) -> Tensor:
    """Loss of one update's forward and backward."""
    with devices.autocast(next(network.parameters()).device):
        task, lm = network.losses(batch, labels, len(labels))
    loss = task + 0.5 * lm
    loss.backward()
    return loss.detach()


def precision(size: Size, device: torch.device) -> Finding:
    """Loss and gradient with the products in bfloat16, against float32: they must point the same way."""
    batch, labels = batch_of(size, 32, 4, 1, device)
    told = []
    for name in ("float32", "bfloat16"):
        network = network_of(size, device, 0.0, Names())
        with devices.using(precision=name):
            loss = step(network, batch, labels)
        told.append((float(loss), [p.grad for p in network.parameters() if p.grad is not None]))
    (exact, straight), (rough, bent) = told
    error = abs(rough - exact) / abs(exact)
    along = cosine(straight, bent)
    bounds = f"at most {LOSS:g}), gradient's cosine {along:.4f} (at least {GRADIENT:g})"
    found = f"loss differs by {error:.1e} of itself ({bounds}"
    return Finding("bfloat16 against float32", error <= LOSS and along >= GRADIENT, found, "--precision float32")


def cosine(some: Sequence[Tensor], others: Sequence[Tensor]) -> float:
    """Of the angle between two gradients, -1 to 1. In float64: over 116 M numbers float32's sums come to 1.03."""
    dot = one = other = 0.0
    for a, b in zip(some, others, strict=True):
        x, y = a.double().flatten(), b.double().flatten()
        dot, one, other = dot + float(x @ y), one + float(x @ x), other + float(y @ y)
    return dot / (one * other) ** 0.5


def attention(size: Size, device: torch.device) -> Finding:
    """Every attention kernel that the device has, against the plain one, dropout off."""
    generator = torch.Generator().manual_seed(2)
    shape = (3, 2, size.n_head, min(96, size.n_ctx), size.n_embd // size.n_head)
    q, k, v = torch.randn(shape, generator=generator).to(device)
    with sdpa_kernel(SDPBackend.MATH):
        plain = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    worst, tried = 0.0, []
    half = device.type == "cuda"
    for backend in (SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.CUDNN_ATTENTION):
        try:
            with sdpa_kernel(backend):
                a, b, c = (t.bfloat16() if half else t for t in (q, k, v))
                fast = F.scaled_dot_product_attention(a, b, c, is_causal=True)
        except RuntimeError:
            continue  # the device does not have it
        worst = max(worst, float((fast.float() - plain).abs().max()))
        tried.append(backend.name.split("_")[0].lower())
    found = f"{', '.join(tried) or 'no other kernel'}: largest difference {worst:.1e} (at most {ATTENTION:g})"
    return Finding("attention kernels against the plain one", worst <= ATTENTION, found, "--attention math")


def dropout(profile: Profile, device: torch.device) -> Finding:
    """It acts, in attention too, the same for the same seed, and not when a model is scored."""
    size = profile.size
    batch, _ = batch_of(size, 32, 4, 1, device)
    network = network_of(size, device, 0.1, Names())

    def states(seed: int, train: bool) -> Tensor:
        torch.manual_seed(seed)
        network.train(train)
        with torch.no_grad(), devices.autocast(device):
            return network(batch)[0].float()

    thinned = attention_of_ones(size, device)
    acts, mean = bool(thinned.std() > ROUNDING), float(thinned.mean())
    same = torch.equal(states(0, True), states(0, True))
    other = not torch.equal(states(0, True), states(1, True))
    still = torch.equal(states(0, False), states(1, False))
    passed = same and other and still and acts and abs(mean - 1) <= MEAN
    found = f"a seed repeats it: {same}; another changes it: {other}; scoring is free of it: {still}; "
    found += f"in attention it acts: {acts}, and keeps the mean: {mean:.3f} (1 within {MEAN:g})"
    return Finding("dropout", passed, found, "--attention math")


def attention_of_ones(size: Size, device: torch.device) -> Tensor:
    """What attention with dropout makes of values that are all 1: without dropout ones, with it ones on the average.

    By torch's kernel, which training takes but on a CPU in float32 (`baselines.attention`). The rest of a network's
    dropout would hide that attention has none.
    """
    generator = torch.Generator().manual_seed(4)
    shape = (3, 8, size.n_head, min(96, size.n_ctx), size.n_embd // size.n_head)
    q, k, v = torch.randn(shape, generator=generator).to(device)
    torch.manual_seed(0)
    with torch.no_grad(), devices.autocast(device):
        kind = devices.casting(device.type) or torch.float32
        a, b, c = (t.to(kind) for t in (q, k, torch.ones_like(v)))
        return F.scaled_dot_product_attention(a, b, c, is_causal=True, dropout_p=0.1).float()


def optimizer(size: Size, device: torch.device) -> Finding:
    """Ten updates of the fused optimizer with the same gradients, against the CPU's."""
    ends = []
    for place in (torch.device("cpu"), device):
        generator = torch.Generator().manual_seed(3)
        matrix = torch.nn.Parameter(torch.randn(size.n_embd, 64, generator=generator).to(place))
        vector = torch.nn.Parameter(torch.randn(size.n_embd, generator=generator).to(place))
        adam = Adam([("matrix", matrix), ("vector", vector)], 0.01, 1.0)
        for _ in range(10):
            matrix.grad = torch.randn(matrix.shape, generator=generator).to(place)
            vector.grad = torch.randn(vector.shape, generator=generator).to(place)
            adam.step(1e-3)
        ends.append(torch.cat([matrix.detach().cpu().flatten(), vector.detach().cpu()]))
    worst = float((ends[0] - ends[1]).abs().max())
    found = f"largest difference after ten updates {worst:.1e} (at most {STEPS:g})"
    return Finding("optimizer against the CPU's", worst <= STEPS, found, "--device cpu, and tell the authors")


def speeds(
    profile: Profile, device: torch.device, shapes: Mapping[str, tuple[float, int]]
) -> Iterator[tuple[str, Speed]]:
    """Training at each shape (name -> mean length, sequences an example), at the profile's batch, cut if needed."""
    size, count = profile.size, profile.finetuning.batch
    for name, (length, sequences) in shapes.items():
        form = Choice() if sequences > 2 else Names()
        network = network_of(size, device, profile.finetuning.dropout, form)
        adam = Adam(network.named_parameters(), 0.01, 1.0)
        budget = devices.token_budget("gpt", size, network.lm.numbers_a_token, device)
        at_once = max(1, min(count, budget // (min(round(length), size.n_ctx) * sequences)))
        batch, labels = batch_of(size, round(length), at_once, sequences, device)
        devices.reset_peak(device)
        parts = -(-count // at_once)

        def update(
            network: Network = network, adam: Adam = adam, batch: Batch = batch, labels: Tensor = labels, n: int = parts
        ) -> None:
            network.train()
            for _ in range(n):
                step(network, batch, labels)
            adam.step(1e-5)

        seconds = timed(update)
        tokens = float(len(batch.tokens) * parts)
        flops = training_flops(size, tokens, length, lm_loss=True)
        yield name, Speed(1 / seconds, flops / seconds, devices.peak_memory(device))


def timed(update: Callable[[], None]) -> float:
    """Median seconds. An update reads its gradients' norm, so it waits for the device."""
    update()
    taken = []
    for _ in range(TIMED):
        began = time.perf_counter()
        update()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[TIMED // 2]
