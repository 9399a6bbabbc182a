"""Cells as jobs, by submitit's local executor in place of Slurm: interrupted, killed, broken, and what is only said."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from argparse import Namespace
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.many_cells import cluster
from harness.many_cells.cluster_job import CellJob
from harness.storage import locks
from tests.test_main import harness, wait_for
from tests.test_many_cells import all_equal_the_undisturbed, begin, cell, end, holder, runs, words, workplace

__all__ = ["runs", "workplace"]  # fixtures


# What is asked of the cluster


def test_what_is_asked_in_our_words_and_in_sbatchs() -> None:
    given = [("partition", "gpu"), ("minutes", "90"), ("memory", "24.5"), ("account", "me")]
    assert cluster.parameters(given, gpus=1, at_once=8) == {
        "timeout_min": 90,
        "cpus_per_task": 1,
        "gpus_per_node": 1,
        "slurm_array_parallelism": 8,
        "slurm_partition": "gpu",
        "mem_gb": 24.5,
        "slurm_additional_parameters": {"requeue": True, "account": "me"},
    }
    assert cluster.parameters((), gpus=0, at_once=0) == {
        "timeout_min": 1440,
        "cpus_per_task": 1,
        "slurm_additional_parameters": {"requeue": True},
    }
    with pytest.raises(ValueError, match=r"^--cluster-options gpus=two; expected a number$"):
        cluster.parameters([("gpus", "two")], gpus=0, at_once=0)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ValueError, match=r"^--cluster slurm, but there is no sbatch here"):
        cluster.require("slurm", dry_run=False)
    cluster.require("slurm", dry_run=True)
    monkeypatch.setitem(sys.modules, "submitit", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"pip install 'gpt1-harness\[cluster\]'$"):
        cluster.require("local", dry_run=False)


class Squeue:
    """Answers for squeue."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer: str | None = ""
        monkeypatch.setattr(subprocess, "run", self)

    def __call__(self, *_: object, **__: object) -> Any:
        if self.answer is None:
            raise subprocess.CalledProcessError(1, "squeue")
        return SimpleNamespace(stdout=self.answer)


def test_the_queue_is_read_and_a_silent_one_is_not_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    squeue = Squeue(monkeypatch)
    squeue.answer = "12_0\n12_1\n7\n"
    assert cluster.in_queue() == {"12_0", "12_1", "7"}
    squeue.answer = ""
    assert cluster.in_queue() == set()
    squeue.answer = None
    assert cluster.in_queue() is None


def test_a_dry_run_says_the_jobs_and_submits_none(workplace: Path, runs: str) -> None:
    known = {path.name for path in (workplace / runs).rglob("*")}
    more = ("--seeds", "2", "--jobs", "5", "--cluster", "slurm", "--dry-run")
    said = harness(*words(workplace, runs, *more, "--cluster-options", "partition=gpu", "qos=low"))
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert lines[-3] == (
        "2 jobs for slurm: timeout_min=1440, cpus_per_task=1, slurm_array_parallelism=5, slurm_partition=gpu, "
        "requeue=True, qos=low"
    )
    for seed, line in enumerate(lines[-2:]):
        assert f" -m tests.command_line run --task rte --ablation full --seed {seed} --profile small " in line
    assert {path.name for path in (workplace / runs).rglob("*")} <= known | {"problems.json"}  # why tables lack cells


# Jobs


def test_jobs_are_interrupted_killed_and_broken_and_all_that_can_be_is_collected(workplace: Path, runs: str) -> None:
    bad = workplace / runs / "small/full" / cell(workplace, "alone", 2).name
    (bad / "log.jsonl").mkdir(parents=True)  # where a file is to be written
    process = begin(workplace, runs, "--seeds", "3", "--cluster", "local", "--jobs", "1")
    for seed, number in ((0, signal.SIGUSR2), (1, signal.SIGKILL)):
        log = wait_for(workplace / runs / "small/full", f"rte-seed{seed}-*/log.jsonl", process)
        child = holder(log.parent)
        os.kill(child, signal.SIGSTOP)  # so that it is met in the middle of its training
        submitit = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(submitit, number)
        os.kill(child, signal.SIGKILL if number == signal.SIGKILL else signal.SIGCONT)
    said, errors = end(process)
    assert process.returncode == 1, errors
    assert re.search(r"^rte full seed 1: job \d+ was killed; it is submitted again$", said, re.MULTILINE)
    assert "seed 0: job" not in said  # it was one job, which went on
    lines = said.splitlines()
    assert lines[-2] == "3 cells: 2 done, 0 cached, 1 failed"
    assert lines[-1].startswith("  rte full seed 2 failed: ") and "directory" in lines[-1] and "_log.err)" in lines[-1]
    logs = "".join(path.read_text() for path in (workplace / runs / "small/cluster").glob("*_log.out"))
    assert logs.count("Caught signal SIGUSR2") == 1 and "Requeued job" in logs
    all_equal_the_undisturbed(workplace, runs, 0, 1)
    again = harness(*words(workplace, runs, "--seeds", "2", "--cluster", "local"))
    assert again.stdout.splitlines()[-1] == "2 cells: 0 done, 2 cached, 0 failed"


@pytest.fixture
def user_signal() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR2, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGUSR2, before)


@pytest.mark.usefixtures("user_signal")
def test_a_jobs_cell_hears_nothing_of_slurms_signal_and_is_tried_again_where_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
    program = (
        "import os, sys, signal; from pathlib import Path\n"
        "os.kill(os.getpid(), signal.SIGUSR2)\n"
        "log = Path(sys.argv[1]); log.open('a').write(os.environ['OMP_NUM_THREADS'])\n"
        "len(log.read_text()) > 1 or os.kill(os.getpid(), 9)\n"
        "sys.exit(int(sys.argv[2]))"
    )
    CellJob([sys.executable, "-c", program, str(tmp_path / "log"), "0"])()
    assert (tmp_path / "log").read_text() == "44"
    with pytest.raises(OSError, match=r"^exit code 3 of "):
        CellJob([sys.executable, "-c", program, str(tmp_path / "log"), "3"])()
    assert (tmp_path / "log").read_text() == "444"  # an error is no reason to try again


def test_jobs_that_slurm_has_are_not_submitted_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "in_queue", lambda: {"7_1", "9"})
    folders = {name: tmp_path / name for name in ("there", "gone", "new")}
    (tmp_path / "jobs.json").write_text(json.dumps({str(folders["there"]): "7_1", str(folders["gone"]): "7_0"}))
    queue = object.__new__(cluster.Queue)
    queue.slurm, queue.folder, queue.pending, queue.running = True, tmp_path, deque(), []
    said: list[str] = []
    queue.place = SimpleNamespace(chosen=Namespace(runs=tmp_path), say=said.append)
    cells: list[Any] = [
        SimpleNamespace(job=SimpleNamespace(folder=lambda _, at=at: at, label=name), replaced=None)
        for name, at in folders.items()
    ]
    queue.find_again(cells)
    assert [one.job.job_id for one in queue.running] == ["7_1"]
    assert [one.job.label for one, _ in queue.pending] == ["gone", "new"]
    assert said == ["there: job 7_1 is there already"]
    assert not locks.is_held(tmp_path / "there")
