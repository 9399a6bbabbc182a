"""Every way in which the tests damage a file: cut short, or one byte changed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

FLIPS = 20
CUTS = (0.0, 0.01, 0.5, 0.99)  # shares of the length that are left; and all but the last byte


def damages(path: Path, seed: int = 0) -> Iterator[str]:
    """Damages the file in one way after another, says which, and in the end puts the content back."""
    whole = path.read_bytes()
    chance = random.Random(f"{seed} {path.name}")
    try:
        for length in (*(int(share * len(whole)) for share in CUTS), len(whole) - 1):
            replace(path, whole[:length])
            yield f"{path.name} cut to {length} of {len(whole)} bytes"
        for offset in sorted(chance.sample(range(len(whole)), FLIPS)):
            changed = whole[offset] ^ chance.randint(1, 255)
            replace(path, whole[:offset] + bytes([changed]) + whole[offset + 1 :])
            yield f"{path.name} with byte {offset} {changed:#x} for {whole[offset]:#x}"
    finally:
        replace(path, whole)


def replace(path: Path, content: bytes) -> None:
    """As another file, with another inode: hashes are remembered by size, time and inode."""
    beside = path.with_name("beside")
    beside.write_bytes(content)
    beside.replace(path)
