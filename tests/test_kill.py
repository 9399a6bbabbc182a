"""SIGKILL at any point of pre-training and fine-tuning, then the same command again: the same bytes, nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from baselines.checkpoint import read_sealed
from tests import tiny
from tests.killed import EVENT, SAVE, TIME
from tests.test_main import ROOT, write_rte

KILLS, SEED = 12, 2018


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One command that pre-trains, fine-tunes and scores, with dropout, saving its state after every update."""
    assert tiny.PROFILE.pretraining.dropout > 0 and tiny.PROFILE.finetuning.dropout > 0
    place, made = tmp_path_factory.mktemp("place"), tmp_path_factory.mktemp("killed")
    (place / "books").mkdir()
    for i in range(12):
        (place / "books" / f"{i}.txt").write_text(" ".join(tiny.DOCUMENTS[5 * i : 5 * i + 5]))
    data = write_rte(place / "data")
    words = ["run", "--profile", "small", "--task", "rte", "--seed", "0", "--limit", "320", "--runs", "RUNS"]
    words += ["--data-dir", str(data), "--corpus", str(place / "books")]
    line = [sys.executable, "-m", "tests.killed", str(made), str(KILLS), str(SEED), *words]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=900, env=one_thread(), check=False)
    assert done.returncode == 0, done.stderr
    return made


def one_thread() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1"}


def runs(made: Path) -> list[Path]:
    return sorted(path for path in made.iterdir() if path.name.isdecimal())


def files(folder: Path) -> list[str]:
    """But for TensorBoard's, one a start, whose names are of the time."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if "tensorboard" not in path.parts)


def test_twelve_runs_were_killed_in_saves_at_events_and_at_times(killed: Path) -> None:
    kills = [json.loads(line) for line in (killed / "kills.jsonl").read_text().splitlines()]
    assert Counter(kill["kind"] for kill in kills) == {SAVE: KILLS // 2, EVENT: KILLS // 4, TIME: KILLS // 4}
    during = Counter(kill["during"] for kill in kills)
    assert during["pre-training"] >= 2 and during["rte full seed 0"] >= 2


def test_weights_vocabulary_tokens_and_predictions_are_the_same_bytes(killed: Path) -> None:
    kinds = (".safetensors", "config.json", ".tokens", "tokens.json", "vocab.json", "merges.txt", "validation.jsonl")
    same = [name for name in files(killed / "whole") if name.endswith(kinds)]
    assert len(same) == 2 * (7 + 1) + 3 + 2 * 2 + 1  # 7 checkpoints and the end, a corpus, vocabularies, predictions
    for run in runs(killed):
        for name in same:
            assert (run / name).read_bytes() == (killed / "whole" / name).read_bytes(), f"{run.name}: {name}"


def test_moments_and_random_generators_are_the_same(killed: Path) -> None:
    states = [name for name in files(killed / "whole") if name.endswith("last.state")]
    assert len(states) == 2  # of the pre-training, of the fine-tuning
    for run in runs(killed):
        for name in states:
            (one, header), (other, expected) = (read_sealed(folder / name) for folder in (run, killed / "whole"))
            assert {n.split(".")[0] for n in one} == {"model", "adam", "random"} and one.keys() == other.keys()
            for tensor in one:
                assert one[tensor].equal(other[tensor]), f"{run.name}: {tensor}"
            for told in (header, expected):
                told["state"] = json.dumps(untimed(json.loads(told["state"])))
            assert header == expected


def untimed(found: Any) -> Any:
    """Without times, and what follows from them."""
    times = {"seconds", "finished", "training_seconds", "peak_memory_bytes", "sha256", "commit", "dirty"}
    if isinstance(found, dict):
        return {name: untimed(value) for name, value in found.items() if name not in times}
    return found


def test_records_and_what_a_pretraining_says_are_the_same_but_for_times(killed: Path) -> None:
    told = [name for name in files(killed / "whole") if name.endswith(("record.json", "pretraining.json"))]
    assert len(told) == 2
    for run in runs(killed):
        for name in told:
            one, other = (untimed(json.loads((folder / name).read_text())) for folder in (run, killed / "whole"))
            assert one == other, f"{run.name}: {name}"


def test_every_update_is_logged_once(killed: Path) -> None:
    logs = [name for name in files(killed / "whole") if name.endswith("log.jsonl")]
    assert len(logs) == 2
    for run in runs(killed):
        for name in logs:
            one, other = (
                [untimed(json.loads(line)) for line in (folder / name).read_text().splitlines()]
                for folder in (run, killed / "whole")
            )
            assert one == other, f"{run.name}: {name}"


def test_no_debris_is_left(killed: Path) -> None:
    for run in runs(killed):
        assert files(run) == files(killed / "whole")
