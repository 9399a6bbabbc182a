"""Is there an NVIDIA GPU? Answered without torch, so that a default costs nothing and a broken set-up is noticed."""

from __future__ import annotations

import os
import re
from pathlib import Path

DEVICES = Path("/dev")
DRIVER = Path("/proc/driver/nvidia/version")


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
