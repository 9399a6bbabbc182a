"""Work on text spread over the machine's cores, in order, a few pieces at a time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Self, TypeVar

ALONE = 8_000_000  # characters that this process does by itself: starting the others takes seconds
PRELOADED = ["baselines.token_file"]  # imported once for all of them

Result = TypeVar("Result")


class Cores:
    """A process a core, started when a first `map` turns out to be worth it, ended when the context is left."""

    def __init__(self) -> None:
        self.pool: ProcessPoolExecutor | None = None
        self.workers = os.cpu_count() or 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)

    def map(
        self, work: Callable[[list[str]], Result], tasks: Iterator[list[str]]
    ) -> Iterator[tuple[list[str], Result]]:
        """(task, work(task)) in order. `work` is a function of a module, so that another process finds it.

        At most a few tasks are under way, so that a corpus larger than memory streams through. Where no other process
        can be had, this one does it all. Raises OSError where another process dies.
        """
        done = 0
        while self.workers == 1 or (self.pool is None and (done < ALONE or not self.starts())):
            if (task := next(tasks, None)) is None:
                return
            yield task, work(task)
            done += sum(map(len, task))
        assert self.pool is not None
        pool, waiting = self.pool, deque[tuple[list[str], Future[Result]]]()
        try:
            for task in tasks:
                waiting.append((task, pool.submit(work, task)))
                if len(waiting) > 2 * self.workers:
                    first, found = waiting.popleft()
                    yield first, found.result()
            while waiting:
                first, found = waiting.popleft()
                yield first, found.result()
        except BrokenProcessPool as error:
            raise OSError("a tokenising process was killed (out of memory?); the same command starts anew") from error

    def starts(self) -> bool:
        """Whether there are other processes now. Their queues take semaphores from /dev/shm, which may be full."""
        # not "fork": this process has threads
        context: Any = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
        if os.name == "posix":
            context.set_forkserver_preload(PRELOADED)
        try:
            self.pool = ProcessPoolExecutor(self.workers, context, _begin)
        except (OSError, NotImplementedError):
            self.workers = 1
        return self.pool is not None


def _begin() -> None:
    """Another process leaves Ctrl-C to its parent, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (parent := multiprocessing.parent_process()) is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)
