"""What a training logs and says, and how it is asked to stop: with real signals to this process."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from harness.monitoring.progress import EVERY, Progress, Stop, duration

NUMBERS = (signal.SIGINT, signal.SIGTERM)
CAUGHT: list[int] = []


def catch(number: int, _: FrameType | None) -> None:
    CAUGHT.append(number)


class Clock:
    """Stands for the module `time` in harness.monitoring.progress."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("harness.monitoring.progress.time", found)
    return found


@pytest.fixture
def outside() -> Iterator[None]:
    """Handlers of its own, to be found again afterwards; they also keep a broken `stoppable` from ending the tests."""
    CAUGHT.clear()
    before = {number: signal.signal(number, catch) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def event(update: int, tokens: int = 0, of: int = 110, loss: float = 2.5) -> dict[str, Any]:
    return {"event": "fine-tuning", "update": update, "of": of, "tokens": tokens, "loss": loss}


HELD_OUT = {"event": "held-out", "perplexity": 12.345, "update": 8, "of": 110, "tokens": 80}


def tokenising(documents: int) -> dict[str, Any]:
    return {"event": "tokenising", "documents": documents, "tokens": 250 * documents, "unknown": 0}


def updates(log: Path) -> list[int]:
    return [json.loads(line)["update"] for line in log.read_text().splitlines()]


def kill(number: int) -> None:
    os.kill(os.getpid(), number)


# The log


def test_events_are_lines_of_json(tmp_path: Path) -> None:
    log = tmp_path / "run" / "log.jsonl"
    progress = Progress("rte", log)
    events = [event(1, 10), {"event": "micro-batch"}, event(2, 20, loss=2.25)]
    for one in events:
        progress(one)
    progress.close()
    assert [json.loads(line) for line in log.read_text().splitlines()] == [events[0], events[2]]


def test_a_continued_training_appends_to_its_log(tmp_path: Path) -> None:
    for update in (1, 2):
        progress = Progress("rte", tmp_path / "log.jsonl")
        progress(event(update))
        progress.close()
    assert updates(tmp_path / "log.jsonl") == [1, 2]


@pytest.mark.usefixtures("outside")
def test_without_a_log_nothing_is_kept_or_said_but_a_stop_is_heeded(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    progress = Progress("pre-training", None)

    def train() -> None:
        for one in (event(1), HELD_OUT, tokenising(100), event(2), tokenising(200)):
            clock.now += 40
            progress(one)
        kill(signal.SIGTERM)
        progress(event(3))

    with pytest.raises(Stop), progress.stoppable():
        train()
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")


# Stopping


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(("last", "logged"), [(event(2), [1, 2]), ({"event": "micro-batch"}, [1])], ids=["update", ""])
def test_a_signal_stops_at_the_next_event(
    tmp_path: Path, number: int, code: int, last: dict[str, Any], logged: list[int]
) -> None:
    progress = Progress("rte", tmp_path / "log.jsonl")
    reached = []

    def train() -> None:
        progress(event(1))
        kill(number)
        reached.append("after the signal")
        progress(last)
        reached.append("after the event")

    with pytest.raises(Stop) as caught, progress.stoppable():
        train()
    assert caught.value.code == code
    assert reached == ["after the signal"]
    assert updates(tmp_path / "log.jsonl") == logged  # an update that was made is in the log
    assert CAUGHT == []


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize("first", NUMBERS)
def test_ctrl_c_after_a_first_signal_leaves_at_once(tmp_path: Path, first: int) -> None:
    progress = Progress("rte", tmp_path / "log.jsonl")
    reached = []

    def train() -> None:
        kill(first)
        reached.append("after the first")
        kill(signal.SIGINT)
        reached.append("after the second")

    with pytest.raises(KeyboardInterrupt) as caught, progress.stoppable():
        train()
    assert type(caught.value) is KeyboardInterrupt
    assert reached == ["after the first"]


@pytest.mark.usefixtures("outside")
def test_a_repeated_sigterm_still_waits_for_the_event(tmp_path: Path) -> None:
    progress = Progress("rte", tmp_path / "log.jsonl")
    reached = []

    def train() -> None:
        kill(signal.SIGTERM)
        kill(signal.SIGTERM)
        reached.append("after the second")
        progress(event(1))

    with pytest.raises(KeyboardInterrupt) as caught, progress.stoppable():
        train()
    assert reached == ["after the second"]
    assert isinstance(caught.value, Stop) and caught.value.code == 143


def test_a_stop_is_a_keyboard_interrupt_and_no_error() -> None:
    assert issubclass(Stop, KeyboardInterrupt)
    assert not issubclass(Stop, Exception)


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize("error", [None, ValueError("diverged"), Stop(signal.SIGINT)], ids=str)
def test_the_handlers_of_before_are_restored(tmp_path: Path, error: BaseException | None) -> None:
    seen: list[BaseException] = []
    try:
        with Progress("rte", tmp_path / "log.jsonl").stoppable():
            assert all(signal.getsignal(number) is not catch for number in NUMBERS)
            if error:
                raise error
    except (ValueError, Stop) as caught:
        seen.append(caught)
    assert seen == ([error] if error else [])
    for number in NUMBERS:
        kill(number)
    assert list(NUMBERS) == CAUGHT


# What is shown


def test_elsewhere_than_on_a_terminal_a_line_now_and_then(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress("rte full seed 0", tmp_path / "log.jsonl")
    said = []
    for seconds in (0, 29, EVERY, 31, 32, 61, 62, 90):
        clock.now = 1000.0 + seconds
        progress(event(10 + int(seconds), 5000 + 100 * int(seconds)))  # continued from the tenth update
        found = capsys.readouterr()
        assert found.out == ""
        said.append(found.err)
    progress.close()
    assert said == [
        *[""] * 3,
        "  rte full seed 0: update 41 of 110, loss 2.500, 100 tokens/s, 69 s left\n",
        *[""] * 2,
        "  rte full seed 0: update 72 of 110, loss 2.500, 100 tokens/s, 38 s left\n",
        "",
    ]


def test_on_a_terminal_a_bar_that_starts_where_the_training_does(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress("rte full seed 0", tmp_path / "log.jsonl")
    with progress.stoppable():
        for seconds in (0, 50, 60):
            clock.now = 1000.0 + seconds
            progress(event(10 + seconds, 5000 + 100 * seconds))
        bar = progress.bar
        assert bar is not None
        assert (bar.initial, bar.n, bar.total, bar.desc) == (10, 70, 110, "rte full seed 0")
        assert bar.postfix == "loss 2.500, 100 tokens/s"
    assert bar.disable  # closed
    assert "rte full seed 0" in terminal.getvalue() and "tokens/s," not in terminal.getvalue()
    assert "update 60 of" not in terminal.getvalue()


def test_a_held_out_perplexity_is_a_line_and_no_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "  pre-training: update 8, held-out perplexity 12.35\n"
    progress = Progress("pre-training", tmp_path / "log.jsonl")
    progress(HELD_OUT)
    assert capsys.readouterr() == ("", line)
    assert progress.first is None
    assert json.loads((tmp_path / "log.jsonl").read_text()) == HELD_OUT

    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress.stoppable():
        progress(event(7))
        progress(HELD_OUT)
        assert progress.bar is not None and progress.bar.n == 7
    assert line in terminal.getvalue()  # whole, above the bar


def test_tokenising_is_told_now_and_then_and_not_logged(
    tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress("pre-training", tmp_path / "log.jsonl")
    said = []
    for seconds in (0, EVERY, 31, 32, 61, 62):
        clock.now = 1000.0 + seconds
        progress({"event": "counting words", "batches": 1})
        progress(tokenising(100 * int(seconds)))
        said.append(capsys.readouterr().err)
    assert said == [
        *[""] * 2,
        "  pre-training: 3,100 documents tokenised, 775,000 tokens\n",
        *[""] * 2,
        "  pre-training: 6,200 documents tokenised, 1,550,000 tokens\n",
    ]
    assert list(tmp_path.iterdir()) == []


def test_closing_without_a_bar_is_no_error(tmp_path: Path) -> None:
    progress = Progress("rte", tmp_path / "log.jsonl")
    progress.close()
    assert progress.bar is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (42.4, "42 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (150, "2 min"),
        (360, "6 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (12_600, "3.5 h"),
        (48 * 3600 - 1, "48.0 h"),
        (48 * 3600, "2 days"),
        (4.4 * 86_400, "4 days"),
    ],
)
def test_a_duration_is_as_precise_as_an_estimate_deserves(seconds: float, text: str) -> None:
    assert duration(seconds) == text
