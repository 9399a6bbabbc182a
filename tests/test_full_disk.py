"""A disk that is full or read-only: whoever writes raises OSError, the old files stay, and nothing is left beside."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from baselines import checkpoint, segments, token_file, vocabulary, weights, whole_files
from baselines.gpt import GPT
from baselines.optimizer import Adam
from harness import record, runner
from harness.storage import files, predictions
from harness.tasks.base import single
from tests import tiny
from tests.test_record import made as a_record
from tests.test_runner import ANSWERS, JOB, Answers
from tests.test_runner import made as making


def save_state(folder: Path, number: int) -> None:
    """The first time twice, so that there is one before it."""
    model = nn.Linear(80, 9 + number)
    kept = checkpoint.Checkpoint(folder, "this", model, Adam(model.named_parameters(), 0.01, 1.0), tiny.quiet)
    kept.stands = kept.path.exists()
    for _ in range(1 if kept.stands else 2):
        kept.save({"number": number})


def save_weights(folder: Path, number: int) -> None:
    model = GPT(tiny.PROFILE.size, 20 + number, 0.0)
    model.initialise(torch.Generator().manual_seed(number))
    weights.save(model, folder)


def save_vocabulary(folder: Path, number: int) -> None:
    ids = {**tiny.VOCABULARY.ids, **{f"{n:090}": len(tiny.VOCABULARY.ids) + n for n in range(30 + number)}}
    vocabulary.write(tiny.VOCABULARY._replace(ids=ids), folder)


def save_answers(folder: Path, number: int) -> None:
    predictions.save(folder, "validation", [single(f"row {i}", 1) for i in range(60 + number)], [1.0] * (60 + number))


WRITERS: dict[str, Callable[[Path, int], object]] = {
    "state": save_state,
    "weights": save_weights,
    "vocabulary": save_vocabulary,
    "tokens": lambda folder, n: token_file.prepare(tiny.DOCUMENTS * (n + 3), None, folder, tiny.quiet, given(folder)),
    "texts": lambda folder, n: segments.write(folder / "texts", [np.arange(900 + n, dtype=np.uint32)]),
    "JSON of a training": lambda folder, n: whole_files.write_json(folder / "a.json", {"long": "x" * 4000, "n": n}),
    "record": lambda folder, n: record.save(a_record(environment={"long": "x" * 4000}, seconds=n), folder),
    "predictions": save_answers,
    "tables, figures, pages": lambda folder, n: files.write_atomic(folder / "page.html", f"{n}" * 4000),
}
NO_SPACE, READ_ONLY = (OSError(number, os.strerror(number)) for number in (errno.ENOSPC, errno.EROFS))


def given(folder: Path) -> Path:
    return tiny.weights_folder(folder.parent / "given")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Whoever writes more, in whichever language, fails in the middle of it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def failing(error: OSError) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("fault", ["in the middle", "at the sync", "at the rename"])
def test_a_write_that_fails_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str, fault: str
) -> None:
    folder, write = tmp_path / "there", WRITERS[writer]
    write(folder, 0)
    if writer == "tokens":
        (folder / token_file.ABOUT).unlink()  # or nothing would be left to do
    before = content(folder)
    assert max(map(len, before.values())) > 2000
    given(folder)
    if fault == "in the middle":
        with files_of_at_most(2000):
            refused(writer, write, folder)
    else:
        place, error = ("os.fsync", NO_SPACE) if fault == "at the sync" else ("pathlib.Path.replace", READ_ONLY)
        monkeypatch.setattr(place, failing(error))
        refused(writer, write, folder)
    assert content(folder) == before


def refused(writer: str, write: Callable[[Path, int], object], folder: Path) -> None:
    if writer == "texts":
        write(folder, 1)  # a cache that cannot be written is done without
        return
    with pytest.raises(OSError, match=r"(?i)no space|read-only|too large"):
        write(folder, 1)


@pytest.mark.parametrize("what", ["predictions", "record"])
def test_a_result_that_cannot_be_saved_is_told_with_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(runner, what, Full(getattr(runner, what)))
    with pytest.raises(OSError, match="No space left on device") as caught:
        runner.run(JOB, making(Answers(ANSWERS)), tmp_path)
    result = "toy full seed 5: validation_one acc 75.0 (4 of 4); validation_two acc 66.7 (3 of 3)"
    assert str(caught.value).startswith(f"{result}; this could not be saved: ")
    assert not JOB.path(tmp_path).exists()


class Full:
    """A module whose `save` finds no space."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        return failing(NO_SPACE) if name == "save" else getattr(self.module, name)


# What a killed process has left


@pytest.mark.parametrize("write", [files.write_atomic, whole_files.write_text])
def test_what_a_dead_process_was_writing_is_swept_by_the_next(
    tmp_path: Path, write: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.node", lambda: "here")
    dead = 2**22 + 1  # above the highest number that Linux gives
    alive = os.getppid()
    names = (f".file.here-{dead}", f".file.here-{alive}", ".file.there-1", ".file.there-2", f".files.here-{dead}")
    for name in names:
        (tmp_path / name).write_text("part")
    os.utime(tmp_path / ".file.there-2", (0, 0))  # of another machine, but of long ago
    write(tmp_path / "file", "whole")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"file", f".file.here-{alive}", ".file.there-1", f".files.here-{dead}"}
