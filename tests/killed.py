"""A command of the harness, again and again, killed at a point that is drawn at random, until it ends.

usage: python -m tests.killed FOLDER KILLS SEED ARGUMENTS
FOLDER/whole/ is what one unbroken run leaves, FOLDER/0/, FOLDER/1/, ... what the killed ones do; FOLDER/kills.jsonl
says where each was killed. "RUNS" among the arguments stands for the folder of runs. Each run is forked from here, so
that torch is imported once.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from baselines import checkpoint, door, state_files
from harness.__main__ import main
from harness.monitoring.progress import Progress
from tests.command_line import shrink

SAVE, EVENT, TIME = "in a save", "at an event", "at a time"


class Killer:
    """Counts the points of each kind that a run passes; at the one that is asked for it ends this process."""

    def __init__(self, kind: str = "", at: float = 0, told: Path | None = None) -> None:
        self.kind, self.at, self.told = kind, at, told
        self.passed: Counter[str] = Counter()
        self.during = "the start"  # or the training that was last heard of

    def point(self, kind: str, where: str, before: Callable[[], object] = lambda: None) -> None:
        self.passed[kind] += 1
        if kind == self.kind and self.passed[kind] == self.at:
            before()
            self.kill(where)

    def kill(self, where: str) -> None:
        assert self.told is not None
        with self.told.open("a") as file:
            file.write(json.dumps({"kind": self.kind, "where": where, "during": self.during}) + "\n")
        os.kill(os.getpid(), signal.SIGKILL)

    def start(self) -> None:
        """From here on this process passes points."""
        around(Path, "replace", self, SAVE)
        around(Path, "unlink", self, SAVE)
        around(os, "fsync", self, SAVE)
        around(checkpoint, "save_file", self, SAVE)
        around(Progress, "__call__", self, EVENT)
        if self.kind == TIME:
            threading.Timer(self.at, self.kill, ("wherever it was",)).start()


def around(owner: Any, name: str, killer: Killer, kind: str) -> None:
    """Two points, one before the call and one after; of what is written to a file the half is there before."""
    real = getattr(owner, name)

    @wraps(real)
    def call(*arguments: Any, **named: Any) -> Any:
        what = name
        if kind == EVENT:
            killer.during, what = arguments[0].label, arguments[1]["event"]

        def half() -> None:
            if name == "save_file":
                real(*arguments, **named)
                os.truncate(arguments[1], Path(arguments[1]).stat().st_size // 2)

        killer.point(kind, f"before {what}", half)
        found = real(*arguments, **named)
        killer.point(kind, f"after {what}")
        return found

    setattr(owner, name, call)


def always(_: checkpoint.Checkpoint) -> bool:
    return True


def a_guess(*_: object, **__: object) -> float:
    """FLOP/s, which would take a second to measure."""
    return 1e9


def keep_the_last_state(folder: Path) -> None:
    """What else would be gone: it has the optimizer's moments and the random generators."""
    if (folder / state_files.NEWEST).exists():
        shutil.copy(folder / state_files.NEWEST, folder / "last.state")
    remove(folder)


remove = state_files.remove


def run(runs: Path, words: list[str], killer: Killer) -> tuple[bool, Counter[str]]:
    """-> (ended, points passed), in a process of its own. Raises RuntimeError where it fails."""
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        os.close(reader)
        log = os.open(runs.parent / f"{runs.name}.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = 70
        try:
            killer.start()
            code = main([str(runs) if word == "RUNS" else word for word in words])
            os.write(writer, json.dumps(killer.passed).encode())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as told:
        passed = told.read()
    _, status = os.waitpid(pid, 0)
    if status == 0:
        return True, Counter(json.loads(passed))
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return False, Counter()
    raise RuntimeError((runs.parent / f"{runs.name}.out").read_text())


def run_and_kill(folder: Path, kills: int, seed: int, words: list[str]) -> None:
    chance = random.Random(seed)
    began = time.monotonic()
    _, points = run(folder / "whole", words, Killer())
    seconds = time.monotonic() - began
    done = broken = 0
    while done < kills:
        ended = False
        while not ended:
            killer = Killer()
            if done < kills:
                # a third of what an unbroken run passes, so that most are killed several times before they end
                kind = (SAVE, EVENT, SAVE, TIME)[done % 4]
                most = max(points[kind] // 3, 2)
                at = chance.uniform(0.05, 0.7) * seconds if kind == TIME else chance.randint(1, most)
                killer = Killer(kind, at, folder / "kills.jsonl")
            ended, _ = run(folder / str(broken), words, killer)
            done += not ended
        broken += 1


if __name__ == "__main__":
    shrink()
    setattr(checkpoint.Checkpoint, "due", always)  # noqa: B010  (mypy takes no other method for it)
    setattr(door, "probe", a_guess)  # noqa: B010
    state_files.remove = keep_the_last_state
    run_and_kill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
