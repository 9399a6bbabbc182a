"""Files are there whole or not at all, and say so themselves: renamed into place, JSON with a checksum of its content.

Written beside their place as `.NAME.HOST-PID`, synced, renamed. What a killed process has left there is swept when the
same place is next written. No torch.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

SUM = "sha256"
REMEDY = "make it again with 'python -m harness pretrain --force'"  # of all that a pre-training leaves
DAY = 86_400.0  # after which what another machine was writing is taken for left behind
UNSYNCED = {errno.EINVAL, errno.ENOTSUP, errno.EACCES}  # from file systems that have no folders to sync


class DamageError(ValueError):
    """What is in a file is not what was written."""


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Yields where to write what shall be at `path`: it is put there when the block ends well, and removed otherwise.

    Raises OSError; then the old file is as it was and nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path)
    temporary = path.with_name(f".{path.name}.{platform.node()}-{os.getpid()}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """So that a name lasts through a loss of power as its content does. Raises OSError."""
    try:
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        if error.errno not in UNSYNCED:
            raise


def sweep(path: Path) -> None:
    """Remove what processes that are no more have left beside `path`."""
    for left in path.parent.glob(f".{path.name}.*-*"):
        host, _, pid = left.name.removeprefix(f".{path.name}.").rpartition("-")
        with suppress(OSError):  # another has swept it
            if lives(int(pid)) if host == platform.node() and pid.isdecimal() else is_recent(left):
                continue
            left.unlink()


def lives(pid: int) -> bool:
    if pid == os.getpid():
        return False  # this process writes a place once at a time: what bears its number is of an earlier bearer
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def is_recent(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < DAY


def write_text(path: Path, text: str) -> None:
    with beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """With a checksum of all else in it -> what was written. Raises OSError."""
    sealed: dict[str, Any] = json.loads(json.dumps(content))
    sealed[SUM] = sum_of(sealed)
    write_text(path, json.dumps(sealed, indent=1) + "\n")
    return sealed


def read_json(path: Path, remedy: str = REMEDY) -> dict[str, Any]:
    """One from before there were checksums is taken as it is. Raises OSError, or DamageError with file and remedy."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamageError(f"{path} is damaged ({error}); {remedy}") from error
    if not isinstance(found, dict) or (SUM in found and found[SUM] != sum_of(found)):
        raise DamageError(f"{path} is damaged: its content does not have its checksum; {remedy}")
    return found


def sum_of(content: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in content.items() if name != SUM}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def hash_of(path: Path) -> str:
    """sha256 of a file's content; read once a process as long as neither its size nor its time changes."""
    stat = path.stat()
    return _hash_of(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)


@lru_cache(256)
def _hash_of(path: Path, *_: int) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
