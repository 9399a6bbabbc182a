"""Any bytes in any file that is read: what it holds, or one clear line; never a traceback from inside a library."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from baselines import vocabulary, weights
from baselines.tokenizer import Tokenizer
from harness import record, server_scores
from harness.data import Directory, problem
from harness.figure2 import zero_shot_runs
from harness.layout import layout
from harness.page import curves
from harness.preparation import plan
from harness.sources import corpus
from harness.storage import predictions
from harness.storage.predictions import Answered
from harness.tables import TABLES
from harness.tasks import TASKS, ZERO_SHOT
from tests import tiny
from tests.bad_rows import KINDS, Content
from tests.fabricated import record as fabricated
from tests.test_finetune import StopAt, make

FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
ODD = [
    b"",
    b"\0",
    b"\r",
    b"\n",
    b"\t",
    b'"',
    b"\xff",
    b"\xef\xbb\xbf",
    b"[" * 3000,
    b"9" * 5000,
    b"NaN",
    b"null",
    b"{}",
]
EDIT = st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.one_of(st.sampled_from(ODD), st.binary(max_size=6)))
# bytes of their own, or what is done to good ones
CHANGES = st.one_of(st.binary(max_size=200), st.lists(EDIT, min_size=1, max_size=4))
Changes = bytes | list[tuple[int, int, bytes]]


def changed(good: bytes, changes: Changes) -> bytes:
    """Where `changes` are edits: at a place so many bytes are replaced by others."""
    if isinstance(changes, bytes):
        return changes
    for place, removed, put in changes:
        at = place % (len(good) + 1)
        good = good[:at] + put + good[at + removed :]
    return good


def attempt(call: Callable[[], object]) -> Any:
    """What it gives, or the error that it may have."""
    try:
        return call()
    except (ValueError, OSError, FloatingPointError) as error:
        return error


def is_clear(error: Exception, of: str) -> bool:
    """One line of bounded length, in this project's words."""
    return "\n" not in str(error) and 0 < len(str(error)) < 1000 and of in str(error)


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(changes=CHANGES)
def test_rows_of_every_format(kind: str, changes: Changes) -> None:
    task = {**TASKS, **ZERO_SHOT}[kind]
    good = KINDS[kind].good
    source = next(iter(task.evaluations.values()))

    def broken(text: str | bytes) -> bytes:
        return changed(text if isinstance(text, bytes) else text.encode(), changes)

    content: Content = {name: broken(text) for name, text in good.items()} if isinstance(good, dict) else broken(good)
    with TemporaryDirectory() as folder:
        found = attempt(lambda: KINDS[kind].load(Path(folder), content, n=2))
        if isinstance(found, Exception):
            assert is_clear(found, source.files.path.partition("/")[2].partition("/")[0])
        else:
            assert found.count.n == len(found.examples) == 2
            assert all(isinstance(text, str) for e in found.examples for texts in e.sequences for text in texts)
            assert all(0 <= e.label <= 5 for e in found.examples)
        assert "\n" not in problem(task, source, Directory(Path(folder)))


def a_record() -> bytes:
    key = {"task_version": 1, "baseline": {"vocabulary": None, "weights": None}}
    made = fabricated(baseline=key["baseline"], task_version=1)
    return record.to_json(made).encode()


def of_record(path: Path) -> None:
    """What is read can be shown."""
    made = record.read(path)
    known = [made] if made.task in TABLES[2].tasks else []
    layout.render(TABLES[2], known, made.profile, format="markdown")


def of_predictions(path: Path) -> None:
    for line in predictions.parse(path):
        assert all(type(number) in (int, float) for number in (line.prediction, line.label or 0, line.score or 0))


def of_curve(path: Path) -> None:
    curves.smoothed(curves.read(path, "fine-tuning", "loss"))


def of_scores(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    assert server_scores.parse(text, path.name)


def of_corpus(path: Path) -> None:
    assert all("\r" not in text for text in corpus.TextFiles(path.parent))


def of_vocabulary(path: Path) -> None:
    Tokenizer(vocabulary.parse(path, path.with_name("merges.txt"))).encode("a dog")


def of_merges(path: Path) -> None:
    Tokenizer(vocabulary.parse(path.with_name("vocab.json"), path)).encode("a dog")


def with_vocabulary(folder: Path) -> None:
    tiny.weights_folder(folder)


def nothing(folder: Path) -> None:
    """Nothing else is there."""


def npy(values: object) -> bytes:
    with TemporaryDirectory() as folder:
        np.save(Path(folder) / "a.npy", np.array(values, np.float32))
        return (Path(folder) / "a.npy").read_bytes()


def answered() -> bytes:
    lines = [Answered(f"{i:016x}", i % 2, float(i % 2), 0.75) for i in range(4)]
    return "".join(f"{json.dumps(line._asdict())}\n" for line in lines).encode()


def scores_of_model() -> bytes:
    score = {"evaluation": "test", "split": "test", "metric": "acc", "score": 51.0, "n": 4, "of": 4, "chance": 50.0}
    found = {
        "profile": "mini",
        "model": "gpt",
        "updates": 8,
        "tokens": 80,
        "finished": "2026",
        "tasks": {"sst2": score},
    }
    return json.dumps(found).encode()


LOGGED = b'{"event": "fine-tuning", "update": 1, "of": 2, "loss": 0.5}\n' * 4
TYPED = b"CoLA 45.4\nMRPC 82.3/75.7\nMNLI-m: 82.1  # ours\n"
# a file's name, its good content, what stands beside it, what reads it
FILES: dict[str, tuple[str, bytes, Callable[[Path], None], Callable[[Path], object]]] = {
    "a record": ("record.json", a_record(), nothing, of_record),
    "predictions": ("validation.jsonl", answered(), nothing, of_predictions),
    "a log": ("log.jsonl", LOGGED, nothing, of_curve),
    "the server's scores, typed": ("scores.txt", TYPED, nothing, of_scores),
    "problems": ("problems.json", b'{"rte": "not found"}', nothing, lambda path: plan.remembered(path.parent)),
    "zero-shot scores": ("1.json", scores_of_model(), nothing, lambda path: zero_shot_runs.points(path.parent)),
    "a corpus": ("a.txt", b"It rains.\r\n\xc3\xa9\n", nothing, of_corpus),
    "a vocabulary": ("vocab.json", json.dumps(tiny.VOCABULARY.ids).encode(), with_vocabulary, of_vocabulary),
    "merges": ("merges.txt", b"#version: 0.2\na b\n", with_vocabulary, of_merges),
    "a piece of the release": ("params_0.npy", npy([1.0, 2.0]), nothing, weights.read_piece),
    "safetensors": ("model.safetensors", save({"h.0.a": torch.ones(2, 3)}), nothing, weights.read_hub),
    "the release's shapes": (
        "params_shapes.json",
        b"[[2, 3], [4]]",
        nothing,
        lambda path: weights.read_released(path, []),
    ),
}


@pytest.mark.parametrize("kind", FILES)
@FEW
@given(changes=CHANGES)
def test_every_other_file(kind: str, changes: Changes) -> None:
    name, good, beside, reads = FILES[kind]
    with TemporaryDirectory() as folder:
        beside(Path(folder))
        path = Path(folder) / name
        path.write_bytes(changed(good, changes))
        found = attempt(lambda: reads(path))
        assert not isinstance(found, Exception) or is_clear(found, path.name)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=CHANGES)
def test_a_checkpoint(changes: Changes) -> None:
    """Read, refused by its name, or begun anew: the training ends or one line says why not."""
    train = tiny.examples(16)
    with TemporaryDirectory() as folder:
        with pytest.raises(KeyboardInterrupt):
            make(Path(folder), report=StopAt(2)).fit(train)
        path = Path(folder) / "run" / "training.safetensors"
        path.write_bytes(changed(path.read_bytes(), changes))
        found = attempt(lambda: make(Path(folder)).fit(train))
        diverged = isinstance(found, FloatingPointError)  # a number was changed to one that is none
        assert not isinstance(found, Exception) or is_clear(found, "update" if diverged else path.name)
