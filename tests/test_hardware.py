"""Whether there is an NVIDIA GPU, from device files in a folder made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.preparation import hardware

WSL = "/usr/lib/wsl/lib"
VERSION = """\
NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
"""


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def devices(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), False),
        (("null", "tty0", "dri"), False),
        (("nvidiactl", "nvidia-uvm", "nvidia-modeset"), False),  # a driver without a device
        (("nvidia0",), True),
        (("nvidia12", "nvidiactl"), True),
    ],
)
def test_a_numbered_device_file_is_a_gpu(tmp_path: Path, names: tuple[str, ...], expected: bool) -> None:
    assert hardware.has_nvidia(devices(tmp_path, *names)) is expected


@pytest.mark.parametrize(("there", "expected"), [(True, True), (False, False)])
def test_under_wsl_the_device_counts_with_its_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, expected: bool
) -> None:
    devices(tmp_path, "dxg")
    real = Path.is_dir
    monkeypatch.setattr(Path, "is_dir", lambda self: there if str(self) == WSL else real(self))
    assert hardware.has_nvidia(tmp_path) is expected


@pytest.mark.parametrize(("hidden", "expected"), [("", False), ("-1", False), ("0", True), ("1,0", True)])
def test_a_device_can_be_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: str, expected: bool) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert hardware.has_nvidia(devices(tmp_path, "nvidia0", "dxg")) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (VERSION, "NVIDIA driver 535.104.05"),
        (VERSION.replace("535.104.05", "550.54"), "NVIDIA driver 550.54"),
        ("GCC version:  gcc version 12.2.0", "NVIDIA driver (version unknown)"),
        ("", "NVIDIA driver (version unknown)"),
    ],
)
def test_the_drivers_version_is_read_from_its_text(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "version"
    path.write_text(text)
    assert hardware.driver(path) == said


def test_a_driver_that_does_not_say_its_version(tmp_path: Path) -> None:
    assert hardware.driver(tmp_path / "none") == "NVIDIA driver (version unknown)"


def test_memory_is_in_bytes_and_unknown_where_it_is_not_told(tmp_path: Path) -> None:
    told = tmp_path / "meminfo"
    assert hardware.memory(told) is None
    told.write_text("MemTotal:        2000 kB\nMemFree:          100 kB\n")
    assert hardware.memory(told) is None
    told.write_text("MemTotal:        2000 kB\nMemFree:          100 kB\nMemAvailable:    1500 kB\n")
    assert hardware.memory(told) == (2_048_000.0, 1_536_000.0)
