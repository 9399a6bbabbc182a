"""Many cells at a time as a person starts them: killed, stopped, met by another process, one of them broken."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.storage import locks
from tests import tiny
from tests.test_main import ROOT, command, harness, wait_for, write_rte

UPDATES = list(range(1, 78))  # of one cell


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory, a language model, and three seeds of RTE that one process ran, undisturbed, in `alone`."""
    place = tmp_path_factory.mktemp("many")
    (place / "books").mkdir()
    for i in range(12):
        (place / "books" / f"{i}.txt").write_text(" ".join(tiny.DOCUMENTS[5 * i : 5 * i + 5]))
    write_rte(place / "data")
    made = harness("pretrain", "--profile", "small", "--corpus", place / "books", "--runs", place / "runs")
    assert made.returncode == 0, made.stderr
    shutil.copytree(place / "runs", place / "alone")
    alone = harness(*words(place, "alone"))
    assert alone.returncode == 0, alone.stderr
    assert "\n3 cells: 3 done, 0 cached, 0 failed\n" in alone.stdout
    return place


@pytest.fixture
def runs(workplace: Path) -> Iterator[str]:
    """A folder with the language model and no cell."""
    shutil.copytree(workplace / "runs", workplace / "new")
    yield "new"
    shutil.rmtree(workplace / "new")


def words(place: Path, runs: str, *more: str) -> list[str | Path]:
    data, kept = place / "data", place / runs
    fixed: list[str | Path] = ["run", "--profile", "small", "--task", "rte", "--data-dir", data, "--runs", kept]
    return [*fixed, *(more or ("--seeds", "3"))]


def begin(place: Path, runs: str, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*words(place, runs, *more)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    return process.communicate(timeout=300)


def cell(place: Path, runs: str, seed: int) -> Path:
    (found,) = (place / runs / "small/full").glob(f"rte-seed{seed}-*")
    return found


def holder(folder: Path) -> int:
    """The process that trains in the folder."""
    return int(json.loads((folder / locks.HOLDER).read_text())["pid"])


def all_equal_the_undisturbed(place: Path, runs: str, *seeds: int) -> None:
    for seed in seeds:
        here, there = cell(place, runs, seed), cell(place, "alone", seed)
        assert here.name == there.name
        answers = sorted((there / "predictions").iterdir())
        assert answers
        for path in answers:
            assert (here / "predictions" / path.name).read_bytes() == path.read_bytes()
        scores = [json.loads((folder / "record.json").read_text())["scores"] for folder in (here, there)]
        assert scores[0] == scores[1]
        updates = [json.loads(line)["update"] for line in (here / "log.jsonl").read_text().splitlines()]
        assert updates == UPDATES  # none done twice, none left out


def test_a_killed_worker_costs_nothing(workplace: Path, runs: str) -> None:
    process = begin(workplace, runs, "--seeds", "3", "--jobs", "2")
    log = wait_for(workplace / runs / "small/full", "rte-seed*/log.jsonl", process)
    os.kill(holder(log.parent), signal.SIGKILL)
    said, errors = end(process)
    assert process.returncode == 0, errors
    assert len(re.findall(r"^rte full seed \d: validation acc .* s\)$", said, re.MULTILINE)) == 3
    assert said.splitlines()[-1] == "3 cells: 3 done, 0 cached, 0 failed"
    all_equal_the_undisturbed(workplace, runs, 0, 1, 2)


def test_one_bad_cell_stops_no_other_and_what_is_done_is_not_done_again(workplace: Path, runs: str) -> None:
    shutil.copytree(cell(workplace, "alone", 0), workplace / runs / "small/full" / cell(workplace, "alone", 0).name)
    bad = workplace / runs / "small/full" / cell(workplace, "alone", 1).name
    bad.mkdir()
    (bad / "log.jsonl").mkdir()  # where a file is to be written
    for more in ((), ("--jobs", "2")):
        done = harness(*words(workplace, runs, "--seeds", "3", *more))
        assert done.returncode == 1
        lines = done.stdout.splitlines()
        assert lines[-2] == (
            "3 cells: 1 done, 1 cached, 1 failed" if not more else "3 cells: 0 done, 2 cached, 1 failed"
        )
        assert lines[-1].startswith("  rte full seed 1 failed: ") and "directory" in lines[-1]
        assert "rte full seed 1 failed: " in done.stderr and "Traceback" not in done.stderr
    all_equal_the_undisturbed(workplace, runs, 0, 2)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_saves_every_cell_and_the_same_command_continues(
    workplace: Path, runs: str, number: int, code: int
) -> None:
    process = begin(workplace, runs, "--seeds", "3", "--jobs", "2")
    log = wait_for(workplace / runs / "small/full", "rte-seed*/log.jsonl", process)
    worker = holder(log.parent)
    process.send_signal(number)
    _, errors = end(process)
    assert process.returncode == code, errors
    assert "the same command continues" in errors and "Traceback" not in errors
    assert not Path(f"/proc/{worker}").exists() and not locks.is_held(log.parent)
    assert (log.parent / "training.safetensors").exists()
    again = harness(*words(workplace, runs))
    assert again.returncode == 0, again.stderr
    all_equal_the_undisturbed(workplace, runs, 0, 1, 2)


def test_workers_save_and_leave_when_who_started_them_is_killed(workplace: Path, runs: str) -> None:
    process = begin(workplace, runs, "--seed", "0", "--jobs", "1")
    log = wait_for(workplace / runs / "small/full", "rte-seed0-*/log.jsonl", process)
    worker = holder(log.parent)
    process.kill()
    end(process)
    until = time.monotonic() + 120
    while locks.is_held(log.parent) and time.monotonic() < until:
        time.sleep(0.05)
    assert (log.parent / "training.safetensors").exists() and not (log.parent / "record.json").exists()
    assert not (log.parent / locks.HOLDER).exists(), worker  # it left in order


def test_two_processes_at_one_cell_train_it_once(workplace: Path, runs: str) -> None:
    first = begin(workplace, runs, "--seed", "0")
    log = wait_for(workplace / runs / "small/full", "rte-seed0-*/log.jsonl", first)
    os.kill(first.pid, signal.SIGSTOP)  # so that the second certainly meets it
    second = begin(workplace, runs, "--seed", "0", "--seed", "1")
    other = wait_for(workplace / runs / "small/full", "rte-seed1-*/log.jsonl", second)  # first what is free
    assert second.stdout is not None
    lines = iter(second.stdout.readline, "")
    waiting = next(line for line in lines if "waiting until it is through" in line)
    assert re.fullmatch(
        rf"rte full seed 0: process {first.pid} on \S+ is at it; waiting until it is through\n", waiting
    )
    assert holder(log.parent) == first.pid and other.parent != log.parent
    os.kill(first.pid, signal.SIGCONT)
    for process in (first, second):
        said, errors = end(process)
        assert process.returncode == 0, errors
    assert "rte full seed 0 is done, by another process\n" in said
    assert said.splitlines()[-1] == "2 cells: 1 done, 1 cached, 0 failed"
    all_equal_the_undisturbed(workplace, runs, 0, 1)


def test_forced_cells_are_run_again_at_once(workplace: Path, runs: str) -> None:
    for seed in (0, 1):
        one = cell(workplace, "alone", seed)
        shutil.copytree(one, workplace / runs / "small/full" / one.name)
    before = [(cell(workplace, runs, seed) / "record.json").stat().st_mtime_ns for seed in (0, 1)]
    done = harness(*words(workplace, runs, "--seeds", "2", "--jobs", "2", "--force"))
    assert done.stdout.splitlines()[-1] == "2 cells: 2 done, 0 cached, 0 failed"
    after = [(cell(workplace, runs, seed) / "record.json").stat().st_mtime_ns for seed in (0, 1)]
    assert after[0] > before[0] and after[1] > before[1]
    all_equal_the_undisturbed(workplace, runs, 0, 1)
