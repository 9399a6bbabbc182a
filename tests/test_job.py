"""What decides that a cell is done: its key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import record
from harness.data import Split
from harness.runner import Job
from tests.test_runner import DATA, JOB, TOY, split

# The key


def test_the_key_in_full() -> None:
    assert JOB.key == {
        "task": "toy",
        "task_version": 1,
        "profile": "mini",
        "train": [3, "ainainain"],
        "evaluations": {"one": [4, "oneoneone"], "two": [3, "twotwotwo"]},
        "baseline": {"vocabulary": "v", "weights": "w", "finetuning": {"epochs": 3}},
        "seeds": {"initialisation": 5, "order": 5, "dropout": 5},
    }


ONE, TWO = DATA.evaluations["one"], DATA.evaluations["two"]


def with_train(changed: Split) -> Job:
    return replace(JOB, data=replace(DATA, train=changed))


def with_evaluations(**evaluations: Split) -> Job:
    return replace(JOB, data=replace(DATA, evaluations=evaluations))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(JOB, seed=6), id="seed"),
        pytest.param(replace(JOB, profile="small"), id="profile"),
        pytest.param(replace(JOB, task=replace(TOY, name="other")), id="task"),
        pytest.param(replace(JOB, task=replace(TOY, version=2)), id="task version"),
        pytest.param(replace(JOB, fingerprint={**JOB.fingerprint, "weights": "x"}), id="weights"),
        pytest.param(replace(JOB, fingerprint={**JOB.fingerprint, "weights": None}), id="no weights"),
        pytest.param(replace(JOB, fingerprint={**JOB.fingerprint, "vocabulary": "x"}), id="vocabulary"),
        pytest.param(replace(JOB, fingerprint={**JOB.fingerprint, "finetuning": {"epochs": 4}}), id="a setting"),
        pytest.param(with_train(split("train", 0, 1, of=3)), id="limit on training rows"),
        pytest.param(with_train(split("train", 0, 1, 1, hash="other")), id="training rows"),
        pytest.param(with_evaluations(one=split("validation_one", 0, 1, of=4), two=TWO), id="limit on scored rows"),
        pytest.param(with_evaluations(one=split("validation_one", 0, 1, 1, 0, hash="x"), two=TWO), id="scored rows"),
        pytest.param(with_evaluations(one=ONE), id="an evaluation less"),
        pytest.param(with_evaluations(one=TWO, two=ONE), id="evaluations exchanged"),
    ],
)
def test_what_can_change_the_number_changes_the_key(other: Job, tmp_path: Path) -> None:
    assert record.key_hash(other.key) != record.key_hash(JOB.key)
    assert other.path(tmp_path) != JOB.path(tmp_path)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(JOB, task=replace(TOY, note="a remark for readers")), id="a note"),
        pytest.param(with_train(split("train", 0, 1, 1, origin="hub toy @ main")), id="origin"),
        pytest.param(with_train(split("train", 0, 1, 1, of=9)), id="published count"),
        pytest.param(with_evaluations(two=TWO, one=ONE), id="evaluations in another order"),
        pytest.param(
            replace(JOB, fingerprint=dict(reversed([*JOB.fingerprint.items()]))), id="settings in another order"
        ),
    ],
)
def test_what_cannot_change_the_number_keeps_the_cell_done(other: Job, tmp_path: Path) -> None:
    assert other.path(tmp_path) == JOB.path(tmp_path)


def test_recipes_are_kept_apart(tmp_path: Path) -> None:
    assert replace(JOB, recipe="no_aux").path(tmp_path) != JOB.path(tmp_path)
    assert JOB.label == "toy full seed 5"


# Loading
