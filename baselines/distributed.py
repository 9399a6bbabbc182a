"""Several processes that train one model, as `torchrun` starts them: who they are, what they share, how they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from baselines import device as devices
from baselines import torchrun

PATIENCE = timedelta(days=1)  # while the first process tokenises; a process that dies is noticed at once all the same
Result = TypeVar("Result")


class Team:
    """This process among the `size` that train together; alone, everything here costs nothing."""

    def __init__(self, rank: int, size: int, device: torch.device) -> None:
        self.rank = rank
        self.size = size
        self.device = device

    @property
    def leads(self) -> bool:
        """The first process alone writes files and reports."""
        return self.rank == 0

    def first(self, work: Callable[[], Result]) -> Result:
        """The first process does it, then the others, which find what it left on disk."""
        if self.size > 1 and not self.leads:
            distributed.barrier()
        result = work()
        if self.size > 1 and self.leads:
            distributed.barrier()
        return result

    def sum(self, *numbers: float) -> list[float]:
        """Each number added up over the processes, in float64."""
        if self.size == 1:
            return list(numbers)
        shared = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.all_reduce(shared)
        found: list[float] = shared.tolist()
        return found

    def share(self, rows: torch.Tensor) -> torch.Tensor:
        """This process's part of a batch."""
        return rows[self.rank :: self.size]

    def wrap(self, module: nn.Module) -> nn.Module:
        """Whose backward pass averages the gradients over the processes."""
        if self.size == 1:
            return module
        ids = [self.device.index] if self.device.type == "cuda" else None
        return DistributedDataParallel(module, device_ids=ids, gradient_as_bucket_view=True)


def without_exchange(module: nn.Module, wanted: bool) -> AbstractContextManager[None]:
    """Within: gradients add up here; only the last micro-batch's backward pass exchanges them."""
    if wanted and isinstance(module, DistributedDataParallel):
        held: AbstractContextManager[None] = module.no_sync()
        return held
    return nullcontext()


@contextmanager
def team(device: str) -> Iterator[Team]:
    """Join the others: gloo on CPUs, NCCL on GPUs, where "cuda" is this process's own card.

    Raises ValueError for a device that torch cannot use, OSError, in one line, when another process is lost.
    """
    rank, count = torchrun.rank(), torchrun.processes()
    if count == 1:
        yield Team(0, 1, devices.find(device))
        return
    place = devices.find(f"cuda:{torchrun.local_rank()}" if device == "cuda" else device)
    if place.type == "cuda":
        torch.cuda.set_device(place)
    distributed.init_process_group("nccl" if place.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Team(rank, count, place)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        said = str(error).splitlines()[0][:200]
        raise OSError(
            f"process {rank} of {count} lost the others ({said}); what one of them said comes first; "
            "the same command continues from the last checkpoint"
        ) from error
    finally:
        distributed.destroy_process_group()
