"""Ctrl-C and SIGTERM are heeded within a micro-batch, also after the last update, and what was trained stays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from baselines.pretrain import pretrain
from baselines.recipes import FULL
from tests import tiny
from tests.test_finetune import StopAt, make, same


@pytest.mark.parametrize(("n", "event"), [(7, "micro-batch"), (1, "held-out part"), (20, "pre-training")])
def test_a_pretraining_stopped_anywhere_ends_with_the_same_bytes(tmp_path: Path, n: int, event: str) -> None:
    for name in "ab":
        if name == "b":
            with pytest.raises(KeyboardInterrupt):
                pretrain(tiny.DOCUMENTS, FULL, tiny.PROFILE, tmp_path / name, StopAt(n, event))
            assert (tmp_path / name / "training.safetensors").exists()
        pretrain(tiny.DOCUMENTS, FULL, tiny.PROFILE, tmp_path / name, tiny.quiet)
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert one == other
    assert not list((tmp_path / "b").glob("training*"))


def test_a_stop_while_predicting_does_not_lose_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.checkpoint.Checkpoint.due", lambda _: True)
    train = tiny.examples(24)
    stopped = make(tmp_path, report=StopAt(1, "predicting")).fit(train)
    with pytest.raises(KeyboardInterrupt):
        stopped.predict(train)
    told: list[Mapping[str, Any]] = []
    again = make(tmp_path, report=told.append).fit(train)
    assert not [event for event in told if event["event"] == "fine-tuning"]  # all six updates were there
    assert same(stopped, again)
    assert len(again.predict(train)) == 24
    again.finished()
    assert list((tmp_path / "run").iterdir()) == []
