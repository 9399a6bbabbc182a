"""What a person sees of a training, and how it is stopped."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from tqdm import tqdm

from harness.monitoring.training_log import TrainingLog

EVERY = 30.0  # seconds between lines where standard error is no terminal


class Stop(KeyboardInterrupt):
    """Ctrl-C (130) or SIGTERM (143), raised between two updates, so that the state can be saved."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


class Progress:
    """The `report` of one training: a bar on a terminal, a line now and then elsewhere, and its log.

    An event with "update" and "of" moves the bar; its "tokens" and "loss" are shown. log None: nothing is shown or
    kept, as in all but the first of several processes. Raises `Stop` once asked to.
    """

    def __init__(self, label: str, log: Path | None) -> None:
        self.label = label
        self.log = TrainingLog(log) if log else None
        self.stop: int | None = None
        self.bar: tqdm[Any] | None = None
        self.began = self.told = time.monotonic()
        self.first: tuple[int, int] | None = None  # update and tokens at the first event: a resumed run starts late

    def __call__(self, event: Mapping[str, Any]) -> None:
        if self.log is not None and "update" in event:
            self.log.write(event)
            if "perplexity" in event:
                self.say(f"update {event['update']}, held-out perplexity {event['perplexity']:.2f}")
            else:
                self.show(event)
        elif self.log is not None and event["event"] == "tokenising" and time.monotonic() - self.told > EVERY:
            self.told = time.monotonic()
            self.say(f"{event['documents']:,} documents tokenised, {event['tokens']:,} tokens")
        elif self.log is not None and event["event"] == "damaged":
            self.say(event["said"])
        self.leave_if_asked()

    def leave_if_asked(self) -> None:
        """Raises `Stop` if Ctrl-C or SIGTERM has come."""
        if self.stop is not None:
            raise Stop(self.stop)

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
            self.say(f"update {update} of {of}, {facts}, {duration(left)} left")

    def say(self, text: str) -> None:
        """A line of its own, above the bar where there is one."""
        tqdm.write(f"  {self.label}: {text}", file=sys.stderr)
        sys.stderr.flush()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
        if self.log is not None:
            self.log.close()

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
