"""Pipelines that take turns: whose turn it is, what is heard, and what a dying one leaves."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.turns import Pipeline, Turns, run

CHILD = """
import os, sys, time
from pathlib import Path
from benchmarks.turns import serve

name, log = sys.argv[1], Path(sys.argv[2])
print("printed while it starts", flush=True)

def step(number):
    print("a library's line")
    os.system("echo a program\\'s line")
    begun = time.monotonic()
    time.sleep(0.05)
    with log.open("a") as lines:
        lines.write(f"{name} {number} {begun} {time.monotonic()}\\n")
    if name == "mortal" and number == 1:
        sys.exit("x" * 3000 + " why it died")
    return number + 0.25

serve(step, lambda: {"name": name, "extra": os.environ.get("EXTRA")})
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the children write when they had their turns; their program is beside it."""
    (tmp_path / "turns_child.py").write_text(CHILD)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).resolve().parents[1]}")
    return tmp_path / "log"


def test_children_take_turns_and_answer_whatever_else_is_printed(log: Path) -> None:
    pipelines: list[Pipeline] = [
        ("second", ["turns_child", "second", str(log)], {}),
        ("first", ["turns_child", "first", str(log)], {"EXTRA": "its own"}),
    ]
    with Turns(pipelines) as turns:
        assert turns.round(0) == {"second": 0.25, "first": 0.25}
        assert turns.round(7) == {"second": 7.25, "first": 7.25}
        assert turns.finish() == {
            "second": {"name": "second", "extra": None},
            "first": {"name": "first", "extra": "its own"},
        }
        assert [child.process.returncode for child in turns.children.values()] == [0, 0]
    turned = [line.split() for line in log.read_text().splitlines()]
    assert [words[:2] for words in turned] == [["second", "0"], ["first", "0"], ["second", "7"], ["first", "7"]]
    for before, after in pairwise(turned):
        assert float(before[3]) <= float(after[2])  # one ends before the next begins


def test_a_child_that_dies_ends_it_with_its_last_words(log: Path) -> None:
    pipelines: list[Pipeline] = [
        ("other", ["turns_child", "other", str(log)], {}),
        ("mortal", ["turns_child", "mortal", str(log)], {}),
    ]
    with Turns(pipelines) as turns:
        assert turns.round(0) == {"other": 0.25, "mortal": 0.25}
        with pytest.raises(SystemExit, match=r"turns_child mortal .* ended with 1:\nx{1900,1988} why it died\n$"):
            turns.round(1)
    assert [child.process.returncode for child in turns.children.values()] == [0, 1]


def test_a_child_that_never_gets_ready_ends_it_too() -> None:
    turns = Turns([("absent", ["benchmarks.nowhere"], {})])
    with pytest.raises(SystemExit, match="No module named benchmarks"):
        turns.__enter__()


@pytest.mark.parametrize("error", [FileNotFoundError("no folder x"), ValueError("row 3 has no label")])
def test_a_missing_or_broken_file_ends_a_script_with_one_line(error: Exception) -> None:
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run(main)
    assert ended.value.code == str(error)
