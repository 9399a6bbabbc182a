"""A batch in parts that fit into memory: a plan by tokens, and smaller parts where memory runs out all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from baselines import device as devices
from baselines.batches import within_budget


def in_parts(
    n_tokens: Sequence[int],
    budget: int,
    device: torch.device,
    work: Callable[[list[int]], None],
    again: Callable[[], None],
) -> int:
    """Call `work(indices)` for parts of at most `budget` tokens -> the budget with which memory sufficed.

    Where it does not, all parts are done anew with half the tokens in each and the same noise, after `again()` has
    dropped what was done. n_tokens: how many are computed of each example. Raises ValueError where one example alone is
    too much.
    """
    noise = devices.random_state(device)
    while True:
        parts = list(within_budget(n_tokens, budget))
        try:
            for part in parts:
                work(part)
            return budget
        except Exception as error:  # of several classes, on a CPU a plain RuntimeError
            if not devices.is_out_of_memory(error):
                raise
        # only now, without the error, whose traceback holds the tensors
        again()
        devices.free_memory(device)
        devices.set_random_state(noise, device)
        budget = half_of(n_tokens, parts)


def half_of(n_tokens: Sequence[int], parts: Sequence[Sequence[int]]) -> int:
    """Half the tokens of the largest part."""
    tokens = [sum(n_tokens[i] for i in part) for part in parts]
    if max(map(len, parts)) == 1:
        raise ValueError(
            f"out of memory with one example of {max(tokens)} tokens at a time; free some memory, or use another "
            "device or a smaller profile"
        )
    return max(tokens) // 2
