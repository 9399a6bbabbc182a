"""One process at a folder: who comes second waits, and is told for whom."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

LOCK, HOLDER = ".lock", ".holder"  # the file that is locked; who holds it, for people
WITHOUT = {errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK}  # what file systems that have no locks answer


@contextlib.contextmanager
def hold(folder: Path, what: str, say: Callable[[str], None], *, wait: bool = True) -> Iterator[bool]:
    """Within: this process alone is at `folder` (made if not there) -> True; without `wait` False where another is.

    The kernel frees the lock of a process that has died, so that none is ever left over. The files stay: to remove a
    lock is to give it to two. Where the file system has no locks, that is said and it is gone on without. Raises
    OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, fallback_to_soft=False)  # a soft one outlives its holder
    try:
        held = acquire(lock, folder, what, say, wait)
    except OSError as error:
        if error.errno not in WITHOUT:
            raise
        say(f"{what}: {folder} is on a file system without locks; do not run it in two processes at once")
        held = True
    try:
        if held:
            (folder / HOLDER).write_text(json.dumps({"host": socket.gethostname(), "pid": os.getpid()}) + "\n")
        yield held
    finally:
        if held:
            (folder / HOLDER).unlink(missing_ok=True)
            lock.release()


def acquire(lock: FileLock, folder: Path, what: str, say: Callable[[str], None], wait: bool) -> bool:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait:
            return False
        say(f"{what}: {holder(folder)} is at it; waiting until it is through")
        lock.acquire(timeout=-1, poll_interval=0.2)
    return True


def is_held(folder: Path) -> bool:
    """By another process, now."""
    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, timeout=0, fallback_to_soft=False):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def holder(folder: Path) -> str:
    """ "process 4711 on node3", as far as it can be told."""
    try:
        found = json.loads((folder / HOLDER).read_text())
        return f"process {found['pid']} on {found['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
