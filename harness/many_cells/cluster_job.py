"""What runs inside a cluster's job: one cell's command, which saves when the job is interrupted and then goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from harness.many_cells.cell_words import RETRIES

SAVING = 60.0  # seconds that a cell may take to save; Slurm's signal comes 90 before the end
ENDING = 60.0  # seconds in which Slurm ends a job whose processes it has asked to leave
STOPPED = {130, 143, -signal.SIGTERM}


class CellJob:
    """Called by submitit, which also calls `checkpoint` when Slurm's time is up or another job is more urgent."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self.child: subprocess.Popen[bytes] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"command": self.command, "child": None}

    def __call__(self) -> None:
        """Raises OSError where the cell fails, so that the job counts as failed."""
        code = 0
        for _ in range(1 + RETRIES):
            code = self.attempt()
            if code == 0:
                return
            if code in STOPPED:  # Slurm has asked every process of the job; if it does not end this one, go on
                time.sleep(ENDING)
            elif code > 0:
                break
        raise OSError(f"exit code {code} of {' '.join(self.command)}")

    def attempt(self) -> int:
        threads = os.environ.get("SLURM_CPUS_PER_TASK", "1")
        # Slurm's signal goes to every process: it is for submitit alone, which lets us stop the cell properly
        before = signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        try:
            self.child = subprocess.Popen(self.command, env={"OMP_NUM_THREADS": threads, **os.environ})
        finally:
            signal.signal(signal.SIGUSR2, before)
        while self.child.poll() is None:  # not wait(), which `checkpoint` could not interrupt
            time.sleep(0.1)
        return self.child.returncode

    def checkpoint(self) -> Any:
        """Let the cell save, and be submitted again: the same command goes on from there."""
        from submitit.helpers import DelayedSubmission

        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            until = time.monotonic() + SAVING
            while self.child.poll() is None and time.monotonic() < until:
                time.sleep(0.1)
        return DelayedSubmission(CellJob(self.command))
