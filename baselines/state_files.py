"""Which files hold the state of a training that has not ended. No torch."""

from __future__ import annotations

from pathlib import Path

from baselines.whole_files import sweep

NEWEST, PREVIOUS = "training.safetensors", "training.previous.safetensors"
NEWER = "training.newer.safetensors"  # for the moment in which the other two change places
BEST = "best.safetensors"  # the network after its best epoch


def remove(folder: Path) -> None:
    """Call when what the training was for is kept. The newest goes last of its states: a kill leaves a whole one."""
    for name in (PREVIOUS, NEWER, NEWEST, BEST):
        (folder / name).unlink(missing_ok=True)
        sweep(folder / name)
