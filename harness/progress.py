"""What a person sees of a training, what is logged of it, and how it is stopped."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from tqdm import tqdm

EVERY = 30.0  # seconds between lines where standard error is no terminal


class Stop(KeyboardInterrupt):
    """Ctrl-C (130) or SIGTERM (143), raised between two updates, so that the state can be saved."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


class Progress:
    """The `report` of one training: a bar on a terminal, a line now and then elsewhere, JSON lines in a file.

    An event with "update" and "of" moves the bar; its "tokens" and "loss" are shown. Raises `Stop` once asked to.
    """

    def __init__(self, label: str, log: Path) -> None:
        self.label = label
        self.log = log
        self.stop: int | None = None
        self.bar: tqdm[Any] | None = None
        self.began = self.told = time.monotonic()
        self.first: tuple[int, int] | None = None  # update and tokens at the first event: a resumed run starts late

    def __call__(self, event: Mapping[str, Any]) -> None:
        if "update" in event:
            self.write(event)
            self.show(event)
        self.leave_if_asked()

    def leave_if_asked(self) -> None:
        """Raises `Stop` if Ctrl-C or SIGTERM has come."""
        if self.stop is not None:
            raise Stop(self.stop)

    def write(self, event: Mapping[str, Any]) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as file:
            file.write(json.dumps(dict(event)) + "\n")

    def show(self, event: Mapping[str, Any]) -> None:
        update, of, tokens = event["update"], event["of"], event["tokens"]
        now = time.monotonic()
        if self.first is None:
            self.first, self.began, self.told = (update, tokens), now, now
            if sys.stderr.isatty():
                self.bar = tqdm(total=of, initial=update, desc=self.label, unit="update", leave=False)
        seconds = max(now - self.began, 1e-9)
        speed = (tokens - self.first[1]) / seconds
        facts = f"loss {event['loss']:.3f}, {speed:,.0f} tokens/s"
        if self.bar is not None:
            self.bar.set_postfix_str(facts, refresh=False)
            self.bar.update(update - self.bar.n)
        elif now - self.told > EVERY:
            self.told = now
            left = seconds / max(update - self.first[0], 1) * (of - update)
            print(
                f"  {self.label}: update {update} of {of}, {facts}, {duration(left)} left", file=sys.stderr, flush=True
            )

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()

    @contextmanager
    def stoppable(self) -> Iterator[Progress]:
        """Within: the first Ctrl-C or SIGTERM waits for the next event, a second Ctrl-C leaves at once."""

        def ask(number: int, _: FrameType | None) -> None:
            if self.stop is not None and number == signal.SIGINT:
                raise KeyboardInterrupt
            self.stop = number

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            self.close()
            for number, handler in before.items():
                signal.signal(number, handler)


def duration(seconds: float) -> str:
    """ "42 s", "6 min", "3.5 h", "4 days": as precise as an estimate deserves."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.0f} days"
