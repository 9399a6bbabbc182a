"""All that differs between a CPU and a GPU, in one place."""

from __future__ import annotations

import ctypes
import resource
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from baselines import cost, memory
from baselines.recipes import Size

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's mallopt


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
    if device.type == "cpu":
        keep_pages()
    return device


@cache
def keep_pages() -> None:
    """Memory that a step gives back stays the process's: to fetch it anew cost a twelfth of a step at full size.

    glibc's allocator alone has the two settings; others do as they do.
    """
    with suppress(OSError, AttributeError, TypeError):  # no such library or function; Windows' CDLL takes no None
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


@dataclass
class Paths:
    """Which way the computation takes where there are several. "auto": bfloat16 and any attention kernel on CUDA."""

    precision: str = "auto"  # or "bfloat16", "float32": of the products; weights are float32
    attention: str = "auto"  # or "math": the plain one, slower, whose memory grows with the square of the length
    compile: bool = False


PATHS = Paths()  # of this process


@contextmanager
def using(**changes: Any) -> Iterator[None]:
    """Other paths for a while."""
    before = asdict(PATHS)
    choose(**changes)
    try:
        yield
    finally:
        choose(**before)


def choose(**changes: Any) -> None:
    for name, value in changes.items():
        setattr(PATHS, name, value)


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 products over float32 weights on CUDA; plain float32 on a CPU, where bfloat16 is slower."""
    stack = ExitStack()
    if precision(device) == "bfloat16":
        stack.enter_context(torch.autocast(device.type, torch.bfloat16))
    if PATHS.attention == "math":
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
    return stack


def casting(kind: str) -> torch.dtype | None:
    """The type that products on this kind of device run in here and now, or None where autocast is off or unknown."""
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        return torch.get_autocast_dtype(kind)
    return None


def uncast(kind: str) -> AbstractContextManager[object]:
    """Within: every product in the type of its operands."""
    return torch.autocast(kind, enabled=False) if torch.amp.is_autocast_available(kind) else nullcontext()


def precision(device: torch.device) -> str:
    """Of the products: "bfloat16" or "float32"."""
    if PATHS.precision == "auto":
        return "bfloat16" if device.type == "cuda" else "float32"
    return PATHS.precision


def reset_peak(device: torch.device) -> None:
    """Begin to measure a peak of memory, where that can begin anew."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def token_budget(model: str, size: Size, numbers_a_token: int, device: torch.device) -> int:
    """How many tokens a micro-batch may hold so that its activations fit; at least one sequence of n_ctx.

    The model's weights are on the device already. numbers_a_token: what it keeps of a token for the backward pass, in
    float32 on a CPU. Raises ValueError where a GPU has too little memory for one sequence.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return memory.fitting_tokens(size, free, model, held=4.0 * cost.parameters(size, model))
    return max(size.n_ctx, memory.CPU_ACTIVATIONS // (numbers_a_token * 4))


def is_out_of_memory(error: BaseException) -> bool:
    """torch has a class for it on CUDA; on a CPU it is any RuntimeError, told by its words."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and "allocate memory" in str(error)


def free_memory(device: torch.device) -> None:
    """Give back what the allocator keeps, so that smaller parts may be laid out anew."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def random_state(device: torch.device) -> list[torch.Tensor]:
    """Of the generators that dropout draws from."""
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device)] if device.type == "cuda" else [])]


def set_random_state(states: list[torch.Tensor], device: torch.device) -> None:
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)


def peak_memory(device: torch.device) -> float:
    """Bytes at most so far: of the whole process on a CPU, of torch's allocator on CUDA."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    try:
        # not getrusage's, which on Linux begins with what the process had that started this one
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024.0 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(peak if sys.platform == "darwin" else peak * 1024)


def describe(device: torch.device) -> list[str]:
    """Build, card, memory: what a report of a fault should say."""
    lines = [f"torch {torch.__version__}, CUDA {torch.version.cuda or 'not built in'}"]
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        major, minor = torch.cuda.get_device_capability(device)
        lines.append(
            f"{name(device)}, compute capability {major}.{minor}, {free / 1e9:.1f} of {total / 1e9:.1f} GB free"
        )
        if not torch.cuda.is_bf16_supported():
            lines.append("no bfloat16 on this card: run with --precision float32")
    else:
        lines.append(name(device))
    return lines


def name(device: torch.device) -> str:
    """For a record: "cpu, 2 threads" or the card's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"
