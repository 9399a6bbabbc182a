"""Faults for which a training could wait without end: each ends it with one line, or does not matter to it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baselines import cores, token_file
from harness.monitoring.training_log import TrainingLog
from tests import tiny
from tests.test_token_file import N_VOCAB, Streamed, both
from tests.test_training_log import event, scalars

LONG = 120  # seconds: nothing here takes a quarter of it


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches, and workers after the second."""
    monkeypatch.setattr(token_file, "BATCH", 600)
    monkeypatch.setattr(cores, "ALONE", 1200)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def full(*_: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# A full /dev/shm, where every semaphore of multiprocessing is made


@pytest.fixture
def no_semaphores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiprocessing.synchronize._multiprocessing.SemLock", full)


@pytest.mark.usefixtures("many_cores", "no_semaphores")
def test_without_semaphores_one_process_tokenises_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token_file.prepare(Streamed(300), N_VOCAB, tmp_path / "full", tiny.quiet)
    monkeypatch.undo()
    token_file.prepare(Streamed(300), N_VOCAB, tmp_path / "empty", tiny.quiet)
    assert both(tmp_path / "full") == both(tmp_path / "empty")


@pytest.mark.usefixtures("no_semaphores")
def test_without_semaphores_a_training_is_logged(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path / "log.jsonl")
    for update in range(1, 41):
        log.write(event(update))
    log.close()
    assert len(scalars(tmp_path)) == len((tmp_path / "log.jsonl").read_text().splitlines()) == 40


# A full disk


def test_scalars_that_cannot_be_written_are_an_error_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that met it would have died, and the training waited for it."""
    log = TrainingLog(tmp_path / "log.jsonl")
    log.write(event(1))
    monkeypatch.setattr("tensorboardX.record_writer.RecordWriter.write", full)
    with pytest.raises(OSError, match="No space left"):
        log.write(event(2))
    log.close()


# A dead worker


def workers() -> list[int]:
    """Of this process: the children of its children, since those are started by a server."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:  # ended meanwhile
            continue
    return [pid for pid, parent in parents.items() if parents.get(parent) == os.getpid()]


class Killed(Streamed):
    """Documents in whose midst a worker is killed, as the kernel does where memory runs out."""

    killed = 0

    def __iter__(self) -> Iterator[str]:
        for number, document in enumerate(super().__iter__()):
            if number >= 200 and not self.killed and (found := workers()):
                self.killed = found[0]
                os.kill(self.killed, signal.SIGKILL)
            yield document


@pytest.mark.usefixtures("many_cores")
def test_a_worker_killed_while_tokenising_is_said_and_the_same_command_starts_anew(tmp_path: Path) -> None:
    documents = Killed(400)
    with pytest.raises(OSError, match="a tokenising process was killed"):
        token_file.prepare(documents, N_VOCAB, tmp_path / "a", tiny.quiet)
    assert documents.killed
    assert not list((tmp_path / "a").glob("*.tokens")) and not list((tmp_path / "a").glob(".*"))
    for name in "ab":
        token_file.prepare(Streamed(400), N_VOCAB, tmp_path / name, tiny.quiet)
    assert both(tmp_path / "a") == both(tmp_path / "b")


# A clock that jumps

PROGRAM = """
import hashlib
import random
import sys
import time
from pathlib import Path
import torch
from baselines.finetune import FineTuned
from baselines.recipes import RECIPES
from harness.monitoring.progress import Progress
from tests import tiny

torch.set_num_threads(1)
folder, jumps = Path(sys.argv[1]), sys.argv[2] == "jumps"
if jumps:
    chance, real = random.Random(1), time.time
    time.time = lambda: real() + chance.choice([-5e8, -3e6, 0.0, 3e6, 5e8])  # by a month and by sixteen years
sys.stderr.isatty = lambda: True  # a bar, which reads the clock too
weights = tiny.weights_folder(folder / "weights")
progress = Progress("rte", folder / "log.jsonl")
settings = RECIPES["no_pretraining"], tiny.PROFILE, tiny.FORM, tiny.SEEDS, "cpu", weights, folder / "run"
with progress.stoppable():
    model = FineTuned(*settings, progress).fit(tiny.examples(200))
digest = hashlib.sha256()
for parameter in model.network.parameters():
    digest.update(parameter.detach().numpy().tobytes())
print(digest.hexdigest())
"""


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path) -> None:
    ends = {}
    for kind in ("steady", "jumps"):
        words = [sys.executable, "-c", PROGRAM, str(tmp_path / kind), kind]
        done = subprocess.run(words, capture_output=True, text=True, timeout=LONG, check=True)
        lines = (tmp_path / kind / "log.jsonl").read_text().splitlines()
        ends[kind] = done.stdout, [json.loads(line)["update"] for line in lines]
        assert len(scalars(tmp_path / kind)) == 5 * 50
    assert ends["steady"] == ends["jumps"] and ends["jumps"][1] == list(range(1, 51))


def test_a_clock_set_back_does_not_put_off_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every update takes half a minute by the clock that cannot be set; the other one goes backwards."""
    from baselines.checkpoint import Checkpoint
    from tests.test_finetune import make

    now = [1000.0]
    saved: list[int] = []
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.time", lambda: 2e9 - now[0])
    save = Checkpoint.save

    def kept(self: Checkpoint, state: Any) -> None:
        saved.append(self.optimizer.updates)
        save(self, state)

    def tick(told: Any) -> None:
        now[0] += 20.0 if told["event"] == "fine-tuning" else 0.0

    monkeypatch.setattr(Checkpoint, "save", kept)
    make(tmp_path, report=tick).fit(tiny.examples(64))
    assert saved == [2, 4, 6, 8, 10, 12, 14, 16]
