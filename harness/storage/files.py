"""Writing files so that a crash leaves the old one whole."""

from __future__ import annotations

import errno
import os
import platform
import tempfile
import time
from contextlib import suppress
from pathlib import Path

DAY = 86_400.0  # after which what another machine was writing is taken for left behind
UNSYNCED = {errno.EINVAL, errno.ENOTSUP, errno.EACCES}  # from file systems that have no folders to sync


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write beside `path`, sync, rename. Raises OSError; then the old file is as it was and nothing is left behind.

    What a killed process has left there (`.NAME.HOST-PID`) is swept first.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path)
    temporary = path.with_name(f".{path.name}.{platform.node()}-{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
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
    """Is another process of that number there? What bears this one's own is of an earlier bearer."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def is_recent(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < DAY


def require_writable(folder: Path) -> None:
    """Raise OSError now, in words, if `folder` cannot be written, instead of after hours of training."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OSError(
            f"cannot write to {folder}: {error.strerror or error}; give another folder with --runs DIR"
        ) from error
