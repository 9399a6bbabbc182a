"""How fast this machine trains this size of model: real updates for about a second."""

from __future__ import annotations

import time
from dataclasses import replace

import torch

from baselines import device as devices
from baselines import models
from baselines.cost import training_flops
from baselines.objective import Objective
from baselines.optimizer import Adam
from baselines.recipes import Profile

SECONDS = 1.0
LAYERS, VOCABULARY = 2, 4096  # of a large model a slice will do: the rate is per operation


def sustained(profile: Profile, device: str, model: str = "gpt", threads: int | None = None) -> float:
    """FLOP/s of whole updates (forward, backward, clipping, Adam) on windows of the profile's model, cut to two layers.

    Takes about two seconds. threads: of torch on the CPU, by default as many as it has. Raises ValueError for a device
    that torch cannot use.
    """
    place = devices.find(device)
    full = profile.size
    size = replace(full, n_layer=min(full.n_layer, LAYERS), n_vocab=min(full.n_vocab or VOCABULARY, VOCABULARY))
    assert size.n_vocab is not None
    generator = torch.Generator().manual_seed(0)
    network = models.build(model, size, size.n_vocab + 3, profile.finetuning.dropout)
    network.initialise(generator)
    network.to(place)
    objective = Objective(network, place)
    optimizer = Adam(network.named_parameters(), 0.01, 1.0)
    length = min(128, size.n_ctx)
    count = 64 if place.type == "cuda" else 8
    tokens = torch.randint(size.n_vocab, (count, length), generator=generator)
    cost = training_flops(size, count * length, length, lm_loss=True, model=model)

    def update() -> None:
        objective(tokens).backward()
        optimizer.step(0.0)  # reads the gradients' norm, so it waits for the device

    usual = torch.get_num_threads()
    torch.set_num_threads(threads or usual)
    try:
        update()  # the first one allocates
        began, updates = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            update()
            updates += 1
        return updates * cost / (time.perf_counter() - began)
    finally:
        torch.set_num_threads(usual)
