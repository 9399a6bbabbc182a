"""What torchrun tells a process that it starts: which of how many it is. No torch."""

from __future__ import annotations

import os


def rank() -> int:
    """0 is the first process, and one that torchrun did not start."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """The same, among those of this machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def processes() -> int:
    """How many train together; 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))
