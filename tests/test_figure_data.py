"""Figure 2's rows: from records and scores to tidy data, and what is missing there."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from harness import record
from harness.figure2 import figure_data
from harness.figure2.figure_data import LEFT, RIGHT
from harness.record import SplitCount
from tests.fabricated import record as of_table
from tests.figure_points import of_layers, zero_shot


def test_a_row_is_a_mean_over_seeds_of_one_task_evaluation_and_number_of_layers() -> None:
    made = [of_layers("race", 2, seed, dev=40.0 + seed, train=70.0 + 2 * seed) for seed in range(3)]
    dev, train = figure_data.left(made, "mini")
    assert dev == {
        "figure": "2-left",
        "profile": "mini",
        "task": "race",
        "evaluation": "validation",
        "transferred": 2,
        "n_layer": 4,
        "metric": "acc",
        "mean": 41.0,
        "spread": 1.0,
        "seeds": 3,
        "n": 4887,
        "of": 4887,
        "degenerate": 0,
    }
    assert (train["evaluation"], train["mean"], train["spread"], train["n"], train["of"]) == (
        "train",
        72.0,
        2.0,
        5_000,
        87_866,
    )


def test_nothing_and_everything_are_the_recipes_that_tables_have_too() -> None:
    made = [of_layers("mnli", layers, dev=50.0 + layers) for layers in (4, -1, 3, 0)]
    found = [row for row in figure_data.left(made, "mini") if row["evaluation"] == "matched"]
    assert [(row["transferred"], row["mean"], row["spread"]) for row in found] == [
        (-1, 49.0, None),
        (0, 50.0, None),
        (3, 53.0, None),
        (4, 54.0, None),
    ]
    assert [one.recipe for one in made] == ["full", "no_pretraining", "transfer_3", "transfer_0"]


ALL_BY_NUMBER = {"recipe": {"transferred": 4}, "size": {"n_layer": 4}}


def test_only_what_was_scored_for_the_figure_at_this_profile_is_in_it() -> None:
    other = of_layers("race", 4, dev=1.0)
    made = [
        of_table("race", baseline=other.key["baseline"], profile="mini"),  # of a table: no training rows
        of_layers("race", 4, profile="small"),
        of_layers("race", 4, recipe="no_aux"),
        of_layers("race", 4, recipe="transfer_4", key={"baseline": ALL_BY_NUMBER}),
        other,
    ]
    assert [(row["evaluation"], row["mean"]) for row in figure_data.left(made, "mini")] == [
        ("validation", 1.0),
        ("train", 90.0),
    ]


def test_configurations_are_never_averaged_and_alike_predictions_are_counted() -> None:
    old = [of_layers("mnli", 1, seed, dev=10.0) for seed in range(3)]
    new = []
    for seed, said in enumerate(("done", "degenerate")):
        key = {**old[seed].key, "baseline": {**old[seed].key["baseline"], "weights": "other"}}
        status = {"matched": said, "mismatched": "done"}
        later: Any = {"finished": "2026-02-01T00:00:00+00:00", "key": key, "status": status}
        new.append(of_layers("mnli", 1, seed, dev=50.0 + seed, **later))
    dev, train = figure_data.left([*old, *new], "mini")
    assert (dev["mean"], dev["seeds"], dev["degenerate"], train["degenerate"]) == (50.5, 2, 1, 0)


def test_a_fragment_says_of_how_many_rows_it_is() -> None:
    part = SplitCount("validation_matched", 64, 9815, "d", "hub")
    dev, _ = figure_data.left([of_layers("mnli", 0, evaluations={"matched": part, "mismatched": part})], "mini")
    assert (dev["n"], dev["of"]) == (64, 9815)


def test_what_is_missing_is_named() -> None:
    made = [of_layers("race", layers) for layers in (-1, 0, 2, 4)] + [of_layers("mnli", n) for n in range(4)]
    rows = figure_data.left(made, "mini")
    assert figure_data.missing(LEFT, rows) == [
        "mnli with -1, 4 of 4 layers transferred (-1: nothing)",
        "race with 1, 3 of 4 layers transferred (-1: nothing)",
    ]
    assert figure_data.missing(LEFT, [row for row in rows if row["task"] == "mnli"])[0] == "any run of race"
    complete = [of_layers(task, n) for task in ("race", "mnli") for n in range(-1, 5)]
    assert figure_data.missing(LEFT, figure_data.left(complete, "mini")) == []
    assert figure_data.missing(RIGHT, zero_shot()) == []
    assert figure_data.missing(RIGHT, [row for row in zero_shot() if row["model"] == "gpt"]) == ["scores of the lstm"]


def test_csv_and_json_say_the_same(tmp_path: Path) -> None:
    for made in (of_layers("race", 2, 0, dev=100 / 3), of_layers("race", 3)):
        record.save(made, tmp_path)
    rows = figure_data.rows(LEFT, tmp_path, "mini")
    assert json.loads(figure_data.to_json(rows)) == rows
    read = list(csv.DictReader(io.StringIO(figure_data.to_csv(rows))))
    assert list(read[0]) == list(rows[0])
    assert [float(row["mean"]) for row in read] == [row["mean"] for row in rows]
    assert {row["spread"] for row in read} == {""}


@pytest.mark.parametrize("number", [LEFT, RIGHT])
def test_a_folder_without_any_gives_no_rows(number: str, tmp_path: Path) -> None:
    assert figure_data.rows(number, tmp_path, "mini") == []
