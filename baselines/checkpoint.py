"""The state of a training in one safetensors file: tensors, and the rest as JSON in its header. No pickle.

The header also has a checksum over everything else in the file. The last two states are kept.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from baselines.optimizer import Adam
from baselines.report import Report
from baselines.state_files import NEWER, NEWEST, PREVIOUS
from baselines.whole_files import SUM, DamageError, beside, sync_folder

CPU_RANDOM, CUDA_RANDOM = "random.cpu", "random.cuda"


def identity(*parts: Any) -> str:
    """A short hash of everything that a training depends on: a checkpoint of another one is refused."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """Whole or not at all. Raises OSError."""
    try:
        with beside(path) as temporary:
            save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, temporary, dict(header))
    except SafetensorError as error:
        raise OSError(f"cannot write {path}: {error}") from error


def write_sealed(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """`write_tensors` with a checksum of tensors and header in the header. Raises OSError."""
    here = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_tensors(path, here, {**header, SUM: sum_of(here, header)})


def read_sealed(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """-> (tensors, header). A file without a checksum is of older code. Raises OSError, or DamageError."""
    try:
        with safe_open(path, "pt") as file:
            header: dict[str, str] = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
    except SafetensorError as error:
        raise DamageError(f"{path} is damaged ({error})") from error
    expected = header.pop(SUM, None)
    # in older files nothing is as long as a checksum: where one stands under another name, the name is damaged
    known = expected is not None or any(len(value) == 64 for value in header.values())
    if known and expected != sum_of(tensors, header):
        raise DamageError(f"{path} is damaged: its content does not have its checksum")
    return tensors, header


def sum_of(tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> str:
    """sha256 of tensors on the CPU and a header."""
    about = [[name, str(tensor.dtype), list(tensor.shape)] for name, tensor in sorted(tensors.items())]
    digest = hashlib.sha256(json.dumps([about, dict(header)], sort_keys=True).encode())
    for _, tensor in sorted(tensors.items()):
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


class Checkpoint:
    """Where a training keeps its state, and how often.

    `identity` names the training; `folder` need not exist. `report` hears of a damaged file. Saving takes at most a
    twentieth of the time.
    """

    def __init__(self, folder: Path, identity: str, model: nn.Module, optimizer: Adam, report: Report) -> None:
        self.path, self.previous, self.newer = folder / NEWEST, folder / PREVIOUS, folder / NEWER
        self.identity = identity
        self.model = model
        self.optimizer = optimizer
        self.report = report
        self.saved = time.monotonic()
        self.cost = 0.0
        self.whole = True  # False while an update is under way: parameters and moments then do not belong together
        self.stands = False  # whether what is at `path` is known to be whole: only then it may replace `previous`
        self.random = random_states()

    def mark(self) -> None:
        """Call after each update: remembers the random states from which the next update starts."""
        self.random = random_states()
        self.whole = True

    def due(self) -> bool:
        return time.monotonic() - self.saved > max(30.0, 20 * self.cost)

    def save(self, state: Mapping[str, Any]) -> None:
        """State as of the last `mark`; `state` is JSON. The one before is kept beside it. Raises OSError."""
        began = time.monotonic()
        model = {f"model.{name}": parameter for name, parameter in self.model.named_parameters()}
        moments = {f"adam.{name}": moment for name, moment in self.optimizer.state().items()}
        header = {"identity": self.identity, "updates": str(self.optimizer.updates), "state": json.dumps(dict(state))}
        write_sealed(self.newer, {**model, **moments, **self.random}, header)
        if self.stands:
            self.path.replace(self.previous)
        self.newer.replace(self.path)
        sync_folder(self.path.parent)
        self.stands = True
        self.saved = time.monotonic()
        self.cost = self.saved - began

    def save_if_whole(self, state: Mapping[str, Any]) -> None:
        """When stopped: a stop in the midst of an update leaves the last saved state, any other the last update's."""
        if self.whole and self.optimizer.updates:
            self.save(state)

    def restore(self) -> dict[str, Any] | None:
        """Continue from the newest whole state if there is one: its `state`, or None.

        A damaged one is reported and passed over. Raises ValueError, naming the file, for one of another training.
        """
        damaged = 0
        for path in (self.path, self.previous):
            try:
                tensors, header = read_sealed(path)
            except FileNotFoundError:
                continue
            except DamageError as error:
                damaged += 1
                self.report({"event": "damaged", "said": f"{error}; an older state is looked for"})
                continue
            self.take(path, tensors, header)
            self.stands = path == self.path
            state: dict[str, Any] = json.loads(header["state"])
            return state
        if damaged:
            self.report({"event": "damaged", "said": "no whole state of this training is left; it begins anew"})
        return None

    def take(self, path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
        try:
            if header.get("identity") != self.identity:
                raise ValueError("it belongs to another configuration, data set or version of the code")
            with torch.no_grad():
                for name, parameter in self.model.named_parameters():
                    parameter.copy_(tensors[f"model.{name}"])
            moments = {name.removeprefix("adam."): t for name, t in tensors.items() if name.startswith("adam.")}
            self.optimizer.restore(moments, int(header["updates"]))
        except (ValueError, KeyError, RuntimeError) as error:
            raise ValueError(f"cannot continue from {path}: {error}; run with --force to start anew") from error
        torch.set_rng_state(tensors[CPU_RANDOM])
        if CUDA_RANDOM in tensors:
            torch.cuda.set_rng_state(tensors[CUDA_RANDOM])
        self.mark()


def random_states() -> dict[str, Tensor]:
    """Torch's generators, from which dropout draws. Order and initialisation have seeds of their own."""
    states = {CPU_RANDOM: torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states[CUDA_RANDOM] = torch.cuda.get_rng_state()
    return states
