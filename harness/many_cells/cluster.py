"""Many cells as jobs of a cluster, by submitit: a job a cell, resumed where it is interrupted, results in one place.

A job runs the command line that a person would type. Records lie on the file system that all machines share, and say
what is done: nothing that a job returns is read.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shlex
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness import launch, record
from harness.many_cells import cell_words
from harness.many_cells.cell_words import RETRIES, reason
from harness.many_cells.cluster_job import CellJob
from harness.many_cells.in_turn import Waiting
from harness.many_cells.tally import Tally
from harness.monitoring.progress import duration
from harness.storage.files import write_atomic

KNOWN = {  # our words -> submitit's; any other is a long option of sbatch
    "partition": ("slurm_partition", str),
    "minutes": ("timeout_min", int),
    "cpus": ("cpus_per_task", int),
    "gpus": ("gpus_per_node", int),
    "memory": ("mem_gb", float),
}
DAY = 1440  # minutes
POLL = 1.0  # seconds between two looks
GONE = 60.0  # seconds that a job may be neither in the queue nor done: a record may be seen late on another machine
INTERRUPTIONS = 1000  # times that a job may run out of its time and be queued again


class Running(NamedTuple):
    cell: Waiting
    job: Any  # submitit's
    tries: int
    seen: float  # when it was last seen in the queue


def require(cluster: str, *, dry_run: bool) -> None:
    """Raises ValueError where cells cannot be submitted from here."""
    if dry_run:
        return
    if importlib.util.find_spec("submitit") is None:
        raise ValueError("--cluster needs submitit, which is not installed; pip install 'gpt1-harness[cluster]'")
    for program in ("sbatch", "srun", "squeue") if cluster == "slurm" else ():
        if shutil.which(program) is None:
            raise ValueError(f"--cluster slurm, but there is no {program} here; run it where jobs are submitted")


def parameters(given: Iterable[tuple[str, str]], *, gpus: int, at_once: int) -> dict[str, Any]:
    """What submitit is told. gpus: unless given; at_once: how many jobs may run, 0 for all.

    Raises ValueError for a number that is none.
    """
    found: dict[str, Any] = {"timeout_min": DAY, "cpus_per_task": 1}
    extra: dict[str, Any] = {"requeue": True}  # what a more urgent job puts out of its place goes on later
    if gpus:
        found["gpus_per_node"] = gpus
    if at_once:
        found["slurm_array_parallelism"] = at_once
    for key, value in given:
        if key not in KNOWN:
            extra[key] = value
            continue
        name, convert = KNOWN[key]
        try:
            found[name] = convert(value)
        except ValueError as error:
            raise ValueError(f"--cluster-options {key}={value}; expected a number") from error
    return {**found, "slurm_additional_parameters": extra}


def asked(place: Any) -> dict[str, Any]:
    on_gpu = place.device != "cpu" or (place.profile.name == "paper" and place.chosen.device is None)
    return parameters(place.chosen.cluster_options or (), gpus=int(on_gpu), at_once=place.chosen.jobs or 0)


def full(place: Any, words: Sequence[str]) -> list[str]:
    """A cell's whole command; the machine that it comes to looks for its device itself, unless one was named."""
    device = ["--device", place.chosen.device] if place.chosen.device else []
    return [*cell_words.PROGRAM, *words, *device]


def describe(place: Any, commands: Sequence[Sequence[str]]) -> None:
    """Say what would be submitted."""
    told = asked(place)
    extra = told.pop("slurm_additional_parameters")
    options = ", ".join(f"{name}={value}" for name, value in {**told, **extra}.items())
    place.say(f"{len(commands)} job{'s' if len(commands) != 1 else ''} for {place.chosen.cluster}: {options}")
    for words in commands:
        place.say(f"  {shlex.join(full(place, words))}")


def submit(place: Any, waiting: Sequence[Waiting], tally: Tally) -> None:
    """Submit, wait and collect. Ctrl-C leaves the jobs where they are; the same command then waits for them again."""
    launch.forget_what_is_replaced(place, waiting)
    queue = Queue(place, tally)
    queue.find_again(waiting)
    try:
        while queue.pending or queue.running:
            queue.fill()
            time.sleep(POLL)
            queue.look()
    except KeyboardInterrupt:
        jobs = " ".join(one.job.job_id for one in queue.running)
        if place.chosen.cluster == "slurm":
            place.say(f"the jobs go on: 'squeue --me' shows them, 'scancel {jobs}' ends them")
        raise


class Queue:
    """What is not submitted yet, and what is; `jobs.json` remembers the latter for another call of the same command."""

    def __init__(self, place: Any, tally: Tally) -> None:
        from submitit import AutoExecutor

        self.place, self.tally, self.slurm = place, tally, place.chosen.cluster == "slurm"
        self.folder = (place.folder / "cluster").absolute()
        self.executor = AutoExecutor(
            self.folder, cluster=place.chosen.cluster, slurm_max_num_timeout=INTERRUPTIONS, local_max_num_timeout=99
        )
        told = asked(place)
        self.executor.update_parameters(**told)
        self.most = 10**6 if self.slurm else place.chosen.jobs or launch.cores()  # Slurm has a queue of its own
        self.pending: deque[tuple[Waiting, int]] = deque()
        self.running: list[Running] = []

    @property
    def runs(self) -> Path:
        return Path(self.place.chosen.runs)

    def find_again(self, waiting: Sequence[Waiting]) -> None:
        """Those that an earlier call has submitted to Slurm and that are there still are not submitted twice."""
        known = remembered(self.folder) if self.slurm else {}
        there = in_queue() if known else set()
        for cell in waiting:
            number = known.get(str(cell.job.folder(self.runs)))
            if number is None or number not in (there or ()) or cell.replaced is not None:
                self.pending.append((cell, 1))
                continue
            from submitit import SlurmJob

            self.running.append(Running(cell, SlurmJob(self.folder, number), 1, time.monotonic()))
            self.place.say(f"{cell.job.label}: job {number} is there already")

    def fill(self) -> None:
        some = [self.pending.popleft() for _ in range(min(len(self.pending), self.most - len(self.running)))]
        if not some:
            return
        try:
            with self.executor.batch():
                jobs = [self.executor.submit(CellJob(full(self.place, cell.words))) for cell, _ in some]
            numbers = [job.job_id for job in jobs]
        except Exception as error:  # submitit's own, and sbatch's refusals
            raise ValueError(f"{self.place.chosen.cluster} does not take the jobs: {last_line(error)}") from error
        now = time.monotonic()
        self.running += [Running(cell, job, tries, now) for (cell, tries), job in zip(some, jobs, strict=True)]
        for (cell, _), number in zip(some, numbers, strict=True):
            self.place.say(f"{cell.job.label}: submitted, job {number}")
        labels = {str(one.cell.job.folder(self.runs)): one.job.job_id for one in self.running}
        write_atomic(self.folder / "jobs.json", json.dumps(labels, indent=1) + "\n")

    def look(self) -> None:
        """Collect what is done; a job that has vanished is submitted again, one that has failed is not."""
        there = in_queue() if self.slurm else None
        going = []
        for one in self.running:
            job = one.cell.job
            if job.is_done(self.runs, one.cell.replaced):
                found = record.read(job.path(self.runs))
                self.tally.enter(job.label, found)
                self.place.say(f"{found.summary}  ({duration(found.seconds)})")
            elif self.is_there(one, there):
                going.append(one._replace(seen=time.monotonic()))
            elif time.monotonic() - one.seen < (GONE if self.slurm else POLL):
                going.append(one)
            elif one.job.paths.result_pickle.exists() or one.tries > RETRIES:
                self.tally.failures[job.label] = why = self.why(one)
                print(f"{job.label} failed: {why}", file=sys.stderr, flush=True)
            else:
                self.place.say(f"{job.label}: job {one.job.job_id} was killed; it is submitted again")
                self.pending.append((one.cell, one.tries + 1))
        self.running = going

    def is_there(self, one: Running, there: set[str] | None) -> bool:
        if not self.slurm:
            return not one.job.done()
        return there is None or one.job.job_id in there

    def why(self, one: Running) -> str:
        log = Path(one.job.paths.stderr)
        said = log.read_text(errors="replace") if log.exists() else ""
        return f"{reason(said, one.cell.job.label)} (job {one.job.job_id}, {log})"


def in_queue() -> set[str] | None:
    """The jobs of ours that wait or run, None where Slurm does not answer. Needs no accounting, unlike `sacct`."""
    words = ["squeue", "--noheader", "--array", "--me", "--format=%i"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return set(done.stdout.split())


def remembered(folder: Path) -> Mapping[str, str]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((folder / "jobs.json").read_text())
        return found if isinstance(found, dict) else {}
    return {}


def last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
