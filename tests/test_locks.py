"""One process at a folder: with other, real processes, one of which is killed."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import pytest

from harness.preparation.language_model import Untrained, find_one
from harness.storage import locks
from tests.stub_door import FULL, MINI, Door, words

ROOT = Path(__file__).resolve().parents[1]
HOLDS = """
import sys
from pathlib import Path
from harness.storage import locks
with locks.hold(Path(sys.argv[1]), "a cell", print) as held:
    print(held, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder until its standard input is closed."""
    words = [sys.executable, "-c", HOLDS, str(folder)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "True\n"
        try:
            yield process
        finally:
            process.kill()


def silent(text: str) -> None:
    pytest.fail(f"said {text!r}")


def test_who_comes_second_is_told_who_holds_it_and_waits(tmp_path: Path) -> None:
    said: list[str] = []
    told, through = threading.Event(), threading.Event()

    def say(text: str) -> None:
        said.append(text)
        told.set()

    def wait() -> None:
        with locks.hold(tmp_path, "rte full seed 0", say) as held:
            assert held
            through.set()

    with another(tmp_path) as process:
        assert locks.is_held(tmp_path)
        with locks.hold(tmp_path, "rte full seed 0", silent, wait=False) as held:
            assert not held
        assert locks.is_held(tmp_path)  # it was not let go by the one that did not get it
        who = f"process {process.pid} on {socket.gethostname()}"
        assert locks.holder(tmp_path) == who
        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        assert told.wait(30) and said == [f"rte full seed 0: {who} is at it; waiting until it is through"]
        assert not through.wait(0.5)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
        thread.join(30)
    assert through.is_set() and not locks.is_held(tmp_path)
    assert len(said) == 1


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with another(tmp_path) as process:
        process.kill()
        process.wait(30)
    assert (tmp_path / locks.HOLDER).exists()  # it could not clear up
    assert not locks.is_held(tmp_path)
    with locks.hold(tmp_path, "a cell", silent, wait=False) as held:
        assert held and locks.holder(tmp_path) == f"process {os.getpid()} on {socket.gethostname()}"
    assert not (tmp_path / locks.HOLDER).exists()


def test_an_error_within_lets_go(tmp_path: Path) -> None:
    with pytest.raises(FloatingPointError), locks.hold(tmp_path / "new", "a cell", silent):
        raise FloatingPointError
    assert not locks.is_held(tmp_path / "new")
    assert not locks.is_held(tmp_path / "never made") and not (tmp_path / "never made").exists()


def failing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def acquire(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(filelock.FileLock, "acquire", acquire)


@pytest.mark.parametrize("number", sorted(locks.WITHOUT))
def test_a_file_system_without_locks_is_named_and_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    failing(monkeypatch, number)
    said: list[str] = []
    with locks.hold(tmp_path, "rte full seed 0", said.append) as held:
        assert held
    assert said == [
        f"rte full seed 0: {tmp_path} is on a file system without locks; do not run it in two processes at once"
    ]


def test_any_other_trouble_goes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, errno.EROFS)
    with pytest.raises(OSError, match="Read-only"), locks.hold(tmp_path, "a cell", silent):
        pass


# A language model is trained by one process, and the others take it


def test_a_model_that_another_process_trains_is_waited_for_and_not_trained_again(tmp_path: Path) -> None:
    door = Door()
    model = find_one(door, MINI, [FULL], words(tmp_path))
    assert isinstance(model, Untrained) and not model.ready
    with another(model.folder) as process:
        with pytest.raises(OSError, match=rf"^process {process.pid} on \S+ is at .*; start this when it is through$"):
            model.forget()
        thread = threading.Thread(target=model.prepare, args=("cpu",), daemon=True)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive() and door.calls == []
        (model.folder / "pretraining.json").write_text("{}")  # the other is through
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        thread.join(30)
    assert not thread.is_alive() and door.calls == []


def test_one_that_nobody_trains_any_more_is_trained(tmp_path: Path) -> None:
    door = Door()
    model = find_one(door, MINI, [FULL], words(tmp_path))
    with another(model.folder) as process:
        process.kill()
    model.prepare("cpu")
    assert [call[0] for call in door.calls] == ["prepare_vocabulary", "pretrain"]


def test_of_several_processes_the_first_does_not_wait(tmp_path: Path) -> None:
    class Several(Door):
        def processes(self) -> int:
            return 2

    door = Several()
    model = find_one(door, MINI, [FULL], words(tmp_path))
    with another(model.folder), pytest.raises(OSError, match="start this again when it is through"):
        model.prepare("cpu")
    door.number = 1
    with another(model.folder):  # the first
        model.prepare("cpu")
    assert [call[0] for call in door.calls] == ["pretrain"]
