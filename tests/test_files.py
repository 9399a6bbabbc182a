"""Files are written whole or not at all, and a folder that cannot be written is found out beforehand."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import pytest

from harness.storage.files import require_writable, write_atomic

FAILURES: tuple[BaseException, ...] = (OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt())


def raising(error: BaseException) -> Any:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("content", ["new: é\n", "new: é\n".encode()], ids=["text", "bytes"])
def test_a_file_is_replaced_and_its_folders_are_made(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "a" / "b" / "file.json"
    write_atomic(path, "old, and longer than the new")
    write_atomic(path, content)
    assert path.read_bytes() == "new: é\n".encode()
    assert names(path.parent) == ["file.json"]


def test_a_written_file_can_be_read_by_others(tmp_path: Path) -> None:
    write_atomic(tmp_path / "file", "x")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


@pytest.mark.parametrize("error", FAILURES, ids=["disk full", "Ctrl-C"])
@pytest.mark.parametrize("place", ["os.fsync", "pathlib.Path.replace"])
def test_a_failure_leaves_the_old_file_and_no_debris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(place, raising(error))
    with pytest.raises(type(error)) as caught:
        write_atomic(path, "new")
    assert caught.value is error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("error", FAILURES, ids=["disk full", "Ctrl-C"])
def test_a_failure_before_there_was_a_file_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr("os.fsync", raising(error))
    with pytest.raises(type(error)):
        write_atomic(tmp_path / "file", "new")
    assert names(tmp_path) == []


def test_the_content_is_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "file", []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        seen.append(("folder" if stat.S_ISDIR(found.st_mode) else found.st_size, path.exists()))
        real(descriptor)

    monkeypatch.setattr("os.fsync", fsync)
    write_atomic(path, "12345")
    assert seen == [(5, False), ("folder", True)]  # and then the name


def test_a_writable_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    require_writable(tmp_path / "runs" / "mini")
    assert names(tmp_path / "runs" / "mini") == []


def test_a_folder_below_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "runs"
    with pytest.raises(OSError, match=r"^cannot write to ") as caught:
        require_writable(folder)
    assert str(caught.value) == f"cannot write to {folder}: Not a directory; give another folder with --runs DIR"


def test_a_folder_that_is_there_but_takes_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", raising(OSError(errno.EROFS, "Read-only file system")))
    with pytest.raises(OSError, match=r": Read-only file system; give another folder with --runs DIR$"):
        require_writable(tmp_path)
