"""TensorBoard's scalars of a training, written as they come.

tensorboardX's own writer hands its events to a thread through a queue of multiprocessing, and a training then waits
without end for a thread that has died: of a full disk, or of a clock that was put back by a month. That queue takes
semaphores from /dev/shm besides, which may be full. Its file format is all that is used of it here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tensorboardX.proto.event_pb2 import Event

FLUSHED = 30.0  # seconds after which what is buffered is written: TensorBoard follows a training


class Scalars:
    """An events file of its own in `folder`, which is made. Raises OSError, as does every method."""

    def __init__(self, folder: Path, first: int) -> None:
        """first: the update from which on TensorBoard is to drop what older files hold."""
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        folder.mkdir(parents=True, exist_ok=True)
        # the name is of the second in which it is made: one that goes on at once must not take the place of the first
        self.file = EventsWriter(str(folder / "events"), f".{first}")
        self.flushed = time.monotonic()
        self.write(Event(step=first, file_version="brain.Event:2"))
        self.write(Event(step=first, session_log=SessionLog(status=SessionLog.START)))

    def add(self, values: Mapping[str, float], step: int) -> None:
        """One event of several named numbers."""
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.summary import scalar

        for name, value in values.items():
            self.write(Event(step=step, summary=scalar(name, value)))
        if time.monotonic() - self.flushed > FLUSHED:
            self.file.flush()
            self.flushed = time.monotonic()

    def write(self, event: Event) -> None:
        event.wall_time = time.time()
        self.file.write_event(event)

    def close(self) -> None:
        self.file.close()
