"""What is kept of a training as it goes: lines of JSON, and TensorBoard's scalars as they stand in its files."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.proto.event_pb2 import Event, SessionLog

from harness.monitoring.training_log import TrainingLog


def event(update: int, kind: str = "pre-training", **measured: float) -> dict[str, Any]:
    place = {"event": kind, "update": update, "of": 9, "tokens": 10 * update, "seconds": 0.5 * update}
    return place | (measured or {"loss": 1 / (1 + update)})


def write(path: Path, *events: dict[str, Any]) -> None:
    log = TrainingLog(path)
    for one in events:
        log.write(one)
    log.close()


def line(update: int) -> str:
    return json.dumps(event(update)) + "\n"


def kept(folder: Path) -> Iterator[Any]:
    """TensorBoard's events, file by file: each is its length, 4 bytes of checksum, itself, and 4 bytes more."""
    for path in sorted((folder / "tensorboard").iterdir()):
        content = path.read_bytes()
        while content:
            (length,) = struct.unpack("<Q", content[:8])
            yield Event.FromString(content[12 : 12 + length])
            content = content[16 + length :]


def scalars(folder: Path) -> list[tuple[str, int, float]]:
    """Name, update and value of each, in the order of names within an event."""
    return [(value.tag, one.step, value.simple_value) for one in kept(folder) for value in one.summary.value]


def starts(folder: Path) -> list[int]:
    """From which update on TensorBoard is to drop what older files hold."""
    return [one.step for one in kept(folder) if one.session_log.status == SessionLog.START]


def test_events_are_lines_of_json_in_a_folder_that_is_made(tmp_path: Path) -> None:
    events = [event(1), event(2), event(2, "held-out", perplexity=7.5), event(3)]
    path = tmp_path / "mini" / "run" / "log.jsonl"
    write(path, *events)
    assert [json.loads(text) for text in path.read_text().splitlines()] == events


def test_what_is_measured_is_a_scalar_by_event_and_name(tmp_path: Path) -> None:
    write(
        tmp_path / "log.jsonl",
        event(0, "held-out", perplexity=64.0),
        event(1, loss=4.0, rate=0.25, norm=1.5),
        event(2, loss=2.0, rate=0.5, norm=0.75),
        event(2, "held-out", perplexity=8.0),
    )
    assert sorted(scalars(tmp_path)) == [
        ("held-out/perplexity", 0, 64.0),
        ("held-out/perplexity", 2, 8.0),
        ("pre-training/loss", 1, 4.0),
        ("pre-training/loss", 2, 2.0),
        ("pre-training/norm", 1, 1.5),
        ("pre-training/norm", 2, 0.75),
        ("pre-training/rate", 1, 0.25),
        ("pre-training/rate", 2, 0.5),
    ]


def test_each_line_is_there_once_it_is_written(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path / "log.jsonl")
    for update in (1, 2):
        log.write(event(update))
        assert (tmp_path / "log.jsonl").read_text().count("\n") == update
    log.close()


CUT = '{"event": "pre-training", "upd'  # by a crash


@pytest.mark.parametrize(
    ("before", "first", "left"),
    [
        (line(1) + line(2), 3, [1, 2]),
        (line(1) + line(2) + line(3) + line(4), 3, [1, 2]),
        (line(1) + line(2) + line(2), 2, [1]),
        (line(0) + line(1), 0, []),
        (line(1) + line(2) + CUT, 3, [1, 2]),
        (line(1) + CUT, 9, [1]),
        (line(1) + line(2).rstrip("\n"), 3, [1]),
        (line(1) + "\n" + line(2), 3, [1, 2]),
        (line(1) + '"text"\n[3]\n{"event": "held-out"}\n{"update": null}\n' + line(2), 3, [1, 2]),
        ("", 3, []),
    ],
    ids=[
        "all",
        "later ones",
        "twice",
        "anew",
        "cut",
        "cut, long before",
        "no end",
        "blank",
        "other lines",
        "empty",
    ],
)
def test_a_continued_training_drops_what_it_redoes(tmp_path: Path, before: str, first: int, left: list[int]) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(before)
    write(path, event(first), event(first + 1))
    updates = [json.loads(text)["update"] for text in path.read_text().splitlines()]
    assert updates == [*left, first, first + 1]
    assert [found.name for found in tmp_path.iterdir() if found.is_file()] == ["log.jsonl"]


def test_within_a_training_nothing_is_dropped(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", event(4), event(4, "held-out", perplexity=2.0), event(5), event(5))
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 4


def test_tensorboard_is_told_from_where_a_training_goes_on(tmp_path: Path) -> None:
    write(tmp_path / "log.jsonl", event(1), event(2), event(3))
    assert starts(tmp_path) == [1]
    write(tmp_path / "log.jsonl", event(2, loss=0.5))
    assert starts(tmp_path)[-1] == 2
    assert scalars(tmp_path)[-1] == ("pre-training/loss", 2, 0.5)


def test_where_nothing_is_written_there_are_no_files(tmp_path: Path) -> None:
    write(tmp_path / "run" / "log.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(OSError, match="run"):
        write(tmp_path / "run" / "log.jsonl", event(1))
