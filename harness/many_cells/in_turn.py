"""Cells one after the other in this process; those that another process is at come last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from harness import runner
from harness.many_cells.tally import Tally
from harness.monitoring.progress import duration
from harness.storage import locks

ELSEWHERE = "is done, by another process"


class Waiting(NamedTuple):
    """A cell to run: the door's `make` but for its last arguments, and a command line for whoever runs it elsewhere."""

    job: runner.Job
    make: Callable[..., runner.Baseline]
    words: list[str]
    replaced: int | None  # when the record was made that is to be replaced
    flops: float


def in_turn(place: Any, cells: Sequence[Waiting], tally: Tally) -> None:
    """place: see `cell_runs.Place`. Raises Stop."""
    busy = [cell for cell in cells if not attempt(place, cell, tally, wait=False)]
    for cell in busy:
        attempt(place, cell, tally, wait=True)


def attempt(place: Any, cell: Waiting, tally: Tally, *, wait: bool) -> bool:
    """Run it, unless by now another process has -> False where one is at it and we do not wait."""
    job, runs, say = cell.job, place.chosen.runs, place.say
    with locks.hold(job.folder(runs), job.label, say, wait=wait) as held:
        if not held:
            return False
        if job.is_done(runs, cell.replaced):
            tally.cached += 1
            say(f"{job.label} {ELSEWHERE}")
            return True
        if place.chosen.force:
            place.door.forget(job.folder(runs))
        try:
            result = runner.run(job, cell.make, runs)
            tally.enter(job.label, result)
            say(f"{result.summary}  ({duration(result.seconds)})")
        except (ValueError, OSError, FloatingPointError) as error:  # the other cells still can be run
            place.explain(error, f"{job.label} failed")
            tally.failures[job.label] = str(error)
    return True
