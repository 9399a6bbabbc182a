"""Is there an NVIDIA GPU? Answered without torch, so that a default costs nothing and a broken set-up is noticed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

DEVICES = Path("/dev")
DRIVER = Path("/proc/driver/nvidia/version")
MEMORY = Path("/proc/meminfo")


def has_nvidia(devices: Path = DEVICES) -> bool:
    """A device file that CUDA_VISIBLE_DEVICES does not hide (also under WSL, where it is called dxg)."""
    if re.match(r"$|-1\b", os.environ.get("CUDA_VISIBLE_DEVICES", "all")):
        return False
    return any(devices.glob("nvidia[0-9]*")) or ((devices / "dxg").exists() and Path("/usr/lib/wsl/lib").is_dir())


def driver(path: Path = DRIVER) -> str:
    """ "NVIDIA driver 535.104.05", or the same without a number where it cannot be read."""
    try:
        number = re.search(r"\b\d{3}\.\d+(\.\d+)?", path.read_text())
    except OSError:
        number = None
    return f"NVIDIA driver {number[0]}" if number else "NVIDIA driver (version unknown)"


class Memory(NamedTuple):
    """Bytes."""

    total: float
    available: float


def memory(path: Path = MEMORY) -> Memory | None:
    """Of this machine; None where the system does not say it in Linux's way."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        return Memory(1024.0 * kilobytes["MemTotal"], 1024.0 * kilobytes["MemAvailable"])
    except (OSError, ValueError, KeyError, IndexError):
        return None
