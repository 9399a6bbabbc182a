"""Many cells at a time on this machine: worker processes, a device for each, and the queue that they empty.

A worker is `python -m harness work` (`harness.many_cells.worker`). It runs one cell after another instead of ending
with each, since to import torch anew takes seconds and a miniature's cell takes ten. Each line that it is sent is a
command line of one cell, so a cell whose worker was killed is given to the next one and goes on from its checkpoint.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from harness import record
from harness.many_cells import cell_words
from harness.many_cells.cell_words import RETRIES, reason
from harness.many_cells.in_turn import ELSEWHERE, Waiting
from harness.many_cells.tally import Tally
from harness.monitoring.progress import Stop, duration
from harness.preparation import hardware
from harness.storage import locks

STOPPED = {130, 143}  # how a process ends that was asked to


def placement(jobs: int, device: str, gpus: int, cpu: int) -> list[str]:
    """The device of each worker. jobs: as asked, 0 for as many as there is room for; device: as chosen, or "cuda" for
    every GPU; gpus: how many are there; cpu: for how many the cores and the memory suffice.

    Raises ValueError for more than one cell a GPU.
    """
    if device == "cpu":
        return ["cpu"] * (jobs or cpu)
    if device != "cuda":
        if jobs > 1:
            raise ValueError(f"--jobs {jobs} on {device}; a GPU takes one cell at a time: leave --device or --jobs out")
        return [device]
    if jobs > gpus:
        raise ValueError(f"--jobs {jobs}, but there are {gpus} GPUs, and a GPU takes one cell at a time")
    return [f"cuda:{i}" for i in range(jobs or gpus)]


def slots(place: Any) -> list[str]:
    """`placement` on this machine; place: see `cell_runs.Place`."""
    if place.device != "cpu":
        return placement(place.chosen.jobs, place.device, place.door.gpus(), 0)
    return placement(place.chosen.jobs, "cpu", 0, 0 if place.chosen.jobs else room(place))


def room(place: Any) -> int:
    """For how many trainings of this profile the cores and the free memory suffice; one, if for none."""
    found = hardware.memory()
    most = int(found.available / place.door.memory_of_process(place.profile)) if found else cores()
    return max(1, min(cores(), most))


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_each(devices: Sequence[str]) -> int:
    """Of the workers on these."""
    return max(1, cores() // len(devices))


class Reply(NamedTuple):
    code: int  # as the command line's; below 0 the signal that ended the process
    said: str


class Worker:
    """A process on one device, started when there is something to do and anew when it has died."""

    def __init__(self, device: str, threads: int) -> None:
        self.device, self.threads = device, threads
        self.process: subprocess.Popen[str] | None = None
        self.stopped = False
        self.starting = threading.Lock()

    def ask(self, words: Sequence[str]) -> Reply:
        process = self.start()
        if process is None or process.stdin is None or process.stdout is None:
            return Reply(143, "")
        try:
            process.stdin.write(json.dumps([*words, "--device", self.device]) + "\n")
            process.stdin.flush()
            if line := process.stdout.readline():
                return Reply(**json.loads(line))
        except (BrokenPipeError, ValueError):  # it died, perhaps in the middle of a line
            pass
        self.close()
        return Reply(process.returncode, "")

    def start(self) -> subprocess.Popen[str] | None:
        with self.starting:
            if self.stopped:
                return None
            if self.process is None:
                environment = {"OMP_NUM_THREADS": str(self.threads), **os.environ}
                self.process = subprocess.Popen(
                    [*cell_words.PROGRAM, "work"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=environment,
                    start_new_session=True,  # Ctrl-C is for us, who then asks the workers one by one
                )
            return self.process

    def stop(self, number: int) -> None:
        with self.starting:
            self.stopped = True
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(number)

    def close(self) -> None:
        """A worker that hears nothing more ends, if it has not already."""
        with self.starting:
            process, self.process = self.process, None
        if process is not None:
            with contextlib.suppress(BrokenPipeError):
                process.communicate()


class Cells:
    """What is left to do: the first seed of everything first, of a seed the longest first, so that all end together."""

    def __init__(self, place: Any, waiting: Sequence[Waiting], tally: Tally) -> None:
        self.place, self.tally = place, tally
        seeds = list(dict.fromkeys(cell.job.seed for cell in waiting))
        self.left = sorted(waiting, key=lambda cell: (seeds.index(cell.job.seed), -cell.flops))
        self.one_at_a_time = threading.Lock()

    def take(self) -> Waiting | None:
        """One that nobody is at, as long as there is such a one."""
        with self.one_at_a_time:
            if not self.left:
                return None
            runs = self.place.chosen.runs
            free = next((cell for cell in self.left if not locks.is_held(cell.job.folder(runs))), None)
            if free is None:
                job = self.left[0].job
                self.place.say(f"{job.label}: {locks.holder(job.folder(runs))} is at it; waiting until it is through")
            taken = free or self.left[0]
            self.left.remove(taken)
            return taken

    def enter(self, cell: Waiting, reply: Reply) -> None:
        """What became of a cell."""
        job, runs = cell.job, self.place.chosen.runs
        with self.one_at_a_time:
            if job.is_done(runs, cell.replaced):
                found = record.read(job.path(runs))
                elsewhere = ELSEWHERE in reply.said
                if elsewhere:
                    self.tally.cached += 1
                else:
                    self.tally.enter(job.label, found)
                self.place.say(f"{found.summary}  ({'by another process' if elsewhere else duration(found.seconds)})")
                return
            why = reason(reply.said, job.label)
            if reply.code < 0 or reply.code in STOPPED:
                why = f"its process was ended by {name_of(reply.code)}, {1 + RETRIES} times"
                print(f"{job.label} failed: {why}", file=sys.stderr, flush=True)  # all else the worker has said itself
            self.tally.failures[job.label] = why


def name_of(code: int) -> str:
    number = -code if code < 0 else code - 128
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return name + (" (out of memory?)" if number == signal.SIGKILL else "")


class Queue(Protocol):
    """What is left to do, each with the `words` of a command line, and who hears what became of it."""

    def take(self) -> Any | None: ...
    def enter(self, cell: Any, reply: Reply) -> None: ...


def empty(worker: Worker, cells: Queue) -> None:
    """A worker's thread: cell after cell, each again where its process was killed, until none is left."""
    while not worker.stopped and (cell := cells.take()) is not None:
        for _ in range(1 + RETRIES):
            try:
                reply = worker.ask(cell.words)
            except OSError as error:  # no process can be started
                reply = Reply(1, str(error))
            if worker.stopped or not (reply.code < 0 or reply.code in STOPPED):
                break
        if not worker.stopped:
            cells.enter(cell, reply)
    worker.close()


def run(place: Any, waiting: Sequence[Waiting], tally: Tally) -> None:
    """Raises Stop, once every worker has saved its state."""
    forget_what_is_replaced(place, waiting)
    serve(place, Cells(place, waiting, tally), len(waiting))


def serve(place: Any, queue: Queue, n: int) -> None:
    """Empty a queue of n command lines. Raises Stop as `run` does."""
    devices = slots(place)
    workers = [Worker(device, threads_each(devices)) for device in devices[:n]]
    threads = [threading.Thread(target=empty, args=(worker, queue), daemon=True) for worker in workers]
    asked: list[int] = []

    def stop(number: int, _: Any) -> None:
        """The first asks the workers to save and leave; a second Ctrl-C ends them."""
        last = signal.SIGKILL if asked and number == signal.SIGINT else signal.SIGTERM
        asked.append(number)
        for worker in workers:
            worker.stop(last)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(0.05)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise Stop(asked[0])


def forget_what_is_replaced(place: Any, waiting: Sequence[Waiting]) -> None:
    """Once, here: a cell that is given out a second time goes on from its checkpoint."""
    for cell in waiting if place.chosen.force else ():
        folder = cell.job.folder(place.chosen.runs)
        with locks.hold(folder, cell.job.label, place.say, wait=False) as held:
            if held:
                place.door.forget(folder)
