"""All that differs between a CPU and a GPU, in one place."""

from __future__ import annotations

import resource
import sys
from contextlib import AbstractContextManager, nullcontext

import torch

CPU_ACTIVATIONS = 1_500_000_000  # bytes; small enough to stay beside weights, gradients and Adam in 4 GB
CUDA_SHARE = 0.5  # of the memory that is free when training starts


def find(name: str) -> torch.device:
    """ "cpu", "cuda" or "cuda:1" -> torch.device. Raises ValueError, saying why, where torch cannot use it."""
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device {name!r}; expected cpu, cuda or cuda:N") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f"device {name!r} asked for, but torch {torch.__version__} sees no CUDA device; "
            "check nvidia-smi and that torch is a CUDA build, or run with --device cpu"
        )
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"device {name!r}; expected cuda:0 to cuda:{torch.cuda.device_count() - 1}")
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device {name!r}; expected cpu, cuda or cuda:N")
    return device


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 products over float32 weights on CUDA; plain float32 on a CPU, where bfloat16 is slower."""
    return torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()


def token_budget(numbers_a_token: int, n_ctx: int, device: torch.device) -> int:
    """How many tokens a micro-batch may hold so that its activations fit; at least one sequence of n_ctx.

    numbers_a_token: what the model keeps of a token for the backward pass, in float32.
    """
    room = CPU_ACTIVATIONS
    if device.type == "cuda":
        room = int(torch.cuda.mem_get_info(device)[0] * CUDA_SHARE)
    return max(n_ctx, room // (numbers_a_token * 4))


def peak_memory(device: torch.device) -> float:
    """Bytes at most so far: of the whole process on a CPU, of torch's allocator on CUDA."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


def name(device: torch.device) -> str:
    """For a record: "cpu, 2 threads" or the card's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"
