"""The state of a training in one safetensors file: tensors, and the rest as JSON in its header. No pickle."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from baselines.optimizer import Adam

CPU_RANDOM, CUDA_RANDOM = "random.cpu", "random.cuda"


def identity(*parts: Any) -> str:
    """A short hash of everything that a training depends on: a checkpoint of another one is refused."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """Beside its place, synced, renamed: a crash leaves the old file whole. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, temporary, dict(header))
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # the library leaves them to their owner alone
        temporary.replace(path)
    except SafetensorError as error:
        raise OSError(f"cannot write {path}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)


class Checkpoint:
    """Where a training keeps its state, and how often.

    `identity` names the training; `path` need not exist. Saving takes at most a twentieth of the time.
    """

    def __init__(self, path: Path, identity: str, model: nn.Module, optimizer: Adam) -> None:
        self.path = path
        self.identity = identity
        self.model = model
        self.optimizer = optimizer
        self.saved = time.monotonic()
        self.cost = 0.0
        self.whole = True  # False while an update is under way: parameters and moments then do not belong together
        self.random = random_states()

    def mark(self) -> None:
        """Call after each update: remembers the random states from which the next update starts."""
        self.random = random_states()
        self.whole = True

    def due(self) -> bool:
        return time.monotonic() - self.saved > max(30.0, 20 * self.cost)

    def save(self, state: Mapping[str, Any]) -> None:
        """State as of the last `mark`; `state` is JSON. Raises OSError."""
        began = time.monotonic()
        model = {f"model.{name}": parameter for name, parameter in self.model.named_parameters()}
        moments = {f"adam.{name}": moment for name, moment in self.optimizer.state().items()}
        header = {"identity": self.identity, "updates": str(self.optimizer.updates), "state": json.dumps(dict(state))}
        write_tensors(self.path, {**model, **moments, **self.random}, header)
        self.saved = time.monotonic()
        self.cost = self.saved - began

    def save_if_whole(self, state: Mapping[str, Any]) -> None:
        """When stopped: a stop in the midst of an update leaves the last saved state, any other the last update's."""
        if self.whole and self.optimizer.updates:
            self.save(state)

    def restore(self) -> dict[str, Any] | None:
        """Continue from the file if there is one: its `state`, or None.

        Raises ValueError, naming the file, if it is unreadable or of another training.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, "pt") as file:
                header = file.metadata() or {}
                if header.get("identity") != self.identity:
                    raise ValueError("it belongs to another configuration, data set or version of the code")
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
            with torch.no_grad():
                for name, parameter in self.model.named_parameters():
                    parameter.copy_(tensors[f"model.{name}"])
            moments = {name.removeprefix("adam."): t for name, t in tensors.items() if name.startswith("adam.")}
            self.optimizer.restore(moments, int(header["updates"]))
            state: dict[str, Any] = json.loads(header["state"])
        except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
            raise ValueError(f"cannot continue from {self.path}: {error}; run with --force to start anew") from error
        torch.set_rng_state(tensors[CPU_RANDOM])
        if CUDA_RANDOM in tensors:
            torch.cuda.set_rng_state(tensors[CUDA_RANDOM])
        self.mark()
        return state

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def random_states() -> dict[str, Tensor]:
    """Torch's generators, from which dropout draws. Order and initialisation have seeds of their own."""
    states = {CPU_RANDOM: torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states[CUDA_RANDOM] = torch.cuda.get_rng_state()
    return states
