"""The command `figure` on tiny models: what runs, what is done, what is written; and the layers acting."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness import record
from harness.figure2 import figure_runs
from harness.figure2.figure_data import LEFT, RIGHT
from tests.figure_points import of_layers
from tests.test_main import harness

COMMAND = ("figure", "2-left", "--profile", "mini", "--task", "race", "--limit", "64", "--seed", "0", "--device", "cpu")
FILES = ["figure2-left.csv", "figure2-left.json", "figure2-left.png", "figure2-left.svg"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What the command left for a model of two blocks, on 64 rows of RACE, and what it said."""
    runs = tmp_path_factory.mktemp("figure") / "runs"
    done = harness(*COMMAND, "--runs", runs)
    assert done.returncode == 0, done.stderr
    return runs, done.stdout


def test_it_says_what_will_run_and_where_the_drawing_is(place: tuple[Path, str]) -> None:
    runs, said = place
    assert "4 cells: race (no_pretraining, transfer_0, transfer_1, full), seed 0; none are done already" in said
    assert re.search(r"time: about .* \(pre-training .*, fine-tuning .*\) for", said)
    assert "figure 2-left lacks any run of mnli" in said
    assert f"{runs / 'mini' / 'figure2-left.svg'}" in said
    assert sorted(path.name for path in (runs / "mini").glob("figure*")) == FILES


def test_the_rows_are_the_records(place: tuple[Path, str]) -> None:
    runs, _ = place
    made = {one.recipe: one for one in record.read_all(runs / "mini")}
    rows = json.loads((runs / "mini" / "figure2-left.json").read_text())
    assert [(row["evaluation"], row["transferred"]) for row in rows] == [
        (evaluation, n) for evaluation in ("validation", "train") for n in (-1, 0, 1, 2)
    ]
    for row, recipe in zip(rows, 2 * ["no_pretraining", "transfer_0", "transfer_1", "full"], strict=True):
        beside = made[recipe].beside[row["evaluation"]]
        assert (row["mean"], row["n"], row["of"]) == (beside.scores["acc"], 64, beside.count.of)
        assert made[recipe].key["baseline"]["size"]["n_layer"] == row["n_layer"] == 2
    assert made["transfer_1"].transferred == 1


def test_a_second_time_nothing_is_run_and_the_same_is_drawn(place: tuple[Path, str]) -> None:
    runs, _ = place
    before = {name: (runs / "mini" / name).read_bytes() for name in FILES}
    again = harness(*COMMAND, "--runs", runs)
    assert "4 are done already" in again.stdout and "nothing is left to compute" in again.stdout
    assert {name: (runs / "mini" / name).read_bytes() for name in FILES} == before


def test_what_a_table_ran_without_it_is_run_again_and_then_serves_both(place: tuple[Path, str]) -> None:
    runs, _ = place
    words = ("run", "--task", "race", *COMMAND[2:4], *COMMAND[6:], "--runs", runs)
    assert "1 is done already" in harness(*words).stdout
    forced = harness(*words, "--force")  # a table asks for no more than its columns
    assert forced.returncode == 0, forced.stderr
    dry = harness(*COMMAND, "--runs", runs, "--dry-run")
    assert "3 are done already" in dry.stdout
    drawn = harness(*COMMAND, "--runs", runs)
    assert drawn.returncode == 0 and "race full seed 0: test_middle acc" in drawn.stdout
    assert "4 are done already" in harness(*COMMAND, "--runs", runs, "--dry-run").stdout


def test_drawing_only_needs_no_more_than_the_records(tmp_path: Path) -> None:
    for layers in (-1, 0, 4):
        record.save(of_layers("race", layers), tmp_path / "mini")
    done = harness("figure", "2-left", "--profile", "mini", "--draw-only", "--runs", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "figure 2-left lacks race with 1, 2, 3 of 4 layers transferred (-1: nothing)" in done.stdout
    assert sorted(path.name for path in (tmp_path / "mini").glob("figure*")) == FILES


@pytest.mark.parametrize("number", [LEFT, RIGHT])
def test_no_data_at_all_is_one_line_that_says_what_makes_it(number: str, tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(ValueError) as caught:
        figure_runs.draw(number, tmp_path, "small", said.append)
    assert str(caught.value) == (
        f"no data for figure {number} in {tmp_path}; 'python -m harness figure {number} --profile small' makes it"
    )
    assert said == [] and list(tmp_path.iterdir()) == []


def test_more_layers_than_there_are_is_said_before_anything_is_trained(tmp_path: Path) -> None:
    words = ("--profile", "mini", "--ablation", "transfer_7", "--task", "rte", "--runs", tmp_path)
    done = harness("run", *words)
    assert (done.returncode, done.stderr) == (
        1,
        "harness: 7 blocks to transfer of a model that has 2; transfer 0 to 2\n",
    )
    assert not (tmp_path / "mini" / "pretrained").exists()


def test_a_task_for_the_right_half_is_refused(tmp_path: Path) -> None:
    done = harness("figure", "2-right", "--profile", "mini", "--task", "race", "--runs", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "harness: --task goes with figure 2-left; 2-right has its own tasks, so leave it out\n"


def test_written_data_can_be_read_back(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"figure": "2-right", "updates": None, "score": 1.5}]
    csv, json_ = figure_runs.write(RIGHT, rows, "mini", tmp_path, ("csv", "json"))
    assert csv.read_text() == "figure,updates,score\n2-right,,1.5\n"
    assert json.loads(json_.read_text()) == rows and json_.name == "figure2-right.json"
