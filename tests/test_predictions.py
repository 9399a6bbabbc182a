"""What a model answered is kept, so that a number can be computed again without it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness import runner
from harness.data import Split
from harness.runner import Data
from harness.storage import predictions
from harness.storage.predictions import Answered
from harness.tasks.base import pair, score
from tests.test_runner import ANSWERS, DATA, JOB, Answers, made, split

KEY = "9f51b5f8c2a3bd4c"  # any


def test_a_key_is_of_the_text_alone() -> None:
    keys = [predictions.key_of(pair("It rains.", "It is wet.", label)) for label in (0, 1, None)]
    assert keys == ["9094e504928295c3"] * 3
    assert predictions.key_of(pair("It rains. It", "is wet.", 0)) != keys[0]


def test_every_scored_example_is_kept_in_order(tmp_path: Path) -> None:
    runner.run(JOB, made(Answers(ANSWERS)), tmp_path)
    kept = predictions.read(JOB.folder(tmp_path), "one")
    assert [(line.label, line.prediction) for line in kept] == [(0, 0.0), (1, 1.0), (1, 0.0), (0, 0.0)]
    assert [line.key for line in kept] == [predictions.key_of(e) for e in DATA.evaluations["one"].examples]
    assert len(predictions.read(JOB.folder(tmp_path), "two")) == 3


def test_how_sure_the_model_was_is_kept_where_it_chooses(tmp_path: Path) -> None:
    runner.run(JOB, made(Answers(ANSWERS)), tmp_path)
    assert [line.score for line in predictions.read(JOB.folder(tmp_path), "one")] == [0.9] * 4
    graded = replace(JOB, task=replace(JOB.task, form=score(0, 5)), seed=6)
    runner.run(graded, made(Answers(ANSWERS)), tmp_path)
    assert [line.score for line in predictions.read(graded.folder(tmp_path), "one")] == [None] * 4


def test_a_file_of_before_probabilities_were_kept_is_read(tmp_path: Path) -> None:
    path = predictions.path_of(tmp_path, "one")
    path.parent.mkdir()
    path.write_text(json.dumps({"key": KEY, "label": 1, "prediction": 0.0}))
    assert predictions.read(tmp_path, "one") == [Answered(KEY, 1, 0.0, None)]


def hidden_job(*, labels: tuple[int | None, ...] = (None, None)) -> runner.Job:
    asked: Split = split("test", *labels)
    return replace(JOB, data=Data(DATA.train, DATA.evaluations, {"test": asked}))


def test_a_hidden_split_is_answered_and_not_scored(tmp_path: Path) -> None:
    job = hidden_job()
    assert not job.is_done(tmp_path)
    done = runner.run(job, made(Answers({**ANSWERS, "test": [1.0, 0.0]})), tmp_path)
    assert done.scores.keys() == done.status.keys() == {"one", "two"}
    assert [(line.label, line.prediction) for line in predictions.read(job.folder(tmp_path), "test")] == [
        (None, 1.0),
        (None, 0.0),
    ]
    assert job.key == JOB.key and job.is_done(tmp_path)


def test_a_cell_without_its_hidden_answers_is_done_for_a_table_but_not_for_a_submission(tmp_path: Path) -> None:
    runner.run(JOB, made(Answers(ANSWERS)), tmp_path)
    assert JOB.is_done(tmp_path) and not hidden_job().is_done(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        '{"key": "a", "label": 1}',
        '{"key": "a", "label": 1, "prediction": "x"}',
        '{"key": "a", "label": 1, "prediction": 1, "score": "x"}',
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    path = predictions.path_of(tmp_path, "one")
    path.parent.mkdir()
    path.write_text(json.dumps({"key": KEY, "label": 1, "prediction": 0.5}) + f"\n{line}\n")
    with pytest.raises(ValueError, match=r"one\.jsonl line 2 is no prediction \(.*\); run the cell again"):
        predictions.read(tmp_path, "one")
    path.write_text(json.dumps({"key": KEY, "label": None, "prediction": 0.5}))
    assert predictions.read(tmp_path, "one") == [Answered(KEY, None, 0.5)]


def test_none_are_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"^no predictions in .*one\.jsonl; "):
        predictions.read(tmp_path, "one")
