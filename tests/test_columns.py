"""Columns that are more than one score: weighed means of one task, and the paper's two means over tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from harness.record import Record
from harness.tables import TABLES
from harness.tabular import paper
from harness.tabular.cells import Cell, fill
from harness.tabular.columns import Average, Column
from tests.fabricated import record

RACE = TABLES[3].columns[3]
MNLI = TABLES[5].columns[6]
AVG, GLUE = TABLES[5].columns[0], TABLES[4].columns[5]
TABLE_5 = [column for column in TABLES[5].columns if isinstance(column, Column)]


def filled(column: Column | Average, records: Iterable[Record], **options: Any) -> Cell:
    return fill(column, records, "paper", **options)


def row(scores: Mapping[str, float | None], seed: int = 0, recipe: str = "full") -> list[Record]:
    """Records of Table 5's eight tasks that have these scores, by the table's column."""
    made = []
    for column in TABLE_5:
        score = scores[column.name]
        assert score is not None
        values = {name: {column.metric: score} for name in column.evaluations}
        made.append(record(column.task, seed, recipe=recipe, metrics=values))
    return made


def test_race_is_weighed_by_its_questions() -> None:
    made = [record("race", score={"middle": 62.9, "high": 57.4})]
    assert filled(RACE, made).mean == pytest.approx((1436 * 62.9 + 3498 * 57.4) / 4934)
    assert round(filled(RACE, made).mean or 0, 1) == 59.0  # as the paper has it
    half = [record("race", score={"middle": 62.9})]
    assert filled(RACE, half).reason == "no run of race was scored on middle and high"


def test_mnli_is_the_plain_mean_of_matched_and_mismatched() -> None:
    assert filled(MNLI, [record("mnli", score={"matched": 82.1, "mismatched": 81.4})]).mean == pytest.approx(81.75)


def test_a_fragment_of_one_evaluation_is_a_fragment_of_their_mean() -> None:
    cell = filled(MNLI, [record("mnli", score=80.0, scored=(64, 9815))])
    assert not cell.whole and cell.text == "(80.0; 128 of 19630)"


@pytest.mark.parametrize(
    ("label", "mean"),
    [
        ("Transformer w/ aux LM (full)", 74.65),
        ("Transformer w/o pre-training", 59.93),
        ("Transformer w/o aux LM", 75.03),
        ("LSTM w/ aux LM", 69.16),
    ],
)
def test_the_papers_own_averages_come_out_of_its_columns(label: str, mean: float) -> None:
    cell = filled(AVG, row(paper.rows(5)[label]))
    assert cell.mean == pytest.approx(mean, abs=0.04)  # its MNLI is printed rounded
    assert (cell.seeds, cell.spread, cell.whole) == (1, None, True)


def test_an_average_is_taken_seed_by_seed_over_the_seeds_that_all_tasks_have() -> None:
    scores = paper.rows(5)["Transformer w/ aux LM (full)"]
    shifted = {name: (value or 0) + 4 for name, value in scores.items()}
    made = [*row(scores, 0), *row(shifted, 1), *row(scores, 2)[:-1]]
    cell = filled(AVG, made)
    assert cell.seeds == 2 and cell.spread == pytest.approx(8**0.5)
    assert cell.mean == pytest.approx(76.65, abs=0.04)


def test_an_average_over_fewer_tasks_is_no_number_and_says_which_are_missing() -> None:
    made = row(paper.rows(5)["Transformer w/ aux LM (full)"])
    cell = filled(AVG, [r for r in made if r.task not in ("qqp", "rte")])
    assert cell.mean is None
    assert cell.reason == "a mean over 8 tasks; without a number here: qqp, rte"
    assert filled(AVG, made, recipe="lstm").mean is None
    seeds = [*row(paper.rows(5)["LSTM w/ aux LM"], 0)[:4], *row(paper.rows(5)["LSTM w/ aux LM"], 1)[4:]]
    assert filled(AVG, seeds).reason == "a mean over 8 tasks, which have no seed in common"


def test_the_glue_score_needs_all_metrics_of_its_nine_tasks() -> None:
    scores = {
        "cola": {"mc": 45.4},
        "sst2": {"acc": 91.3},
        "mrpc": {"f1": 82.3, "acc": 75.7},
        "stsb": {"pc": 82.0, "sc": 80.0},
        "qqp": {"f1": 70.3, "acc": 88.5},
        "qnli": {"acc": 88.1},
        "rte": {"acc": 56.0},
        "wnli": {"acc": 53.4},
    }
    made = [record(task, metrics={"validation": values}) for task, values in scores.items()]
    made.append(record("mnli", score={"matched": 82.1, "mismatched": 81.4}))
    assert filled(GLUE, made).mean == pytest.approx(72.82, abs=0.005)
    without = [r for r in made if r.task != "wnli"]
    assert filled(GLUE, without).reason == "a mean over 9 tasks; without a number here: wnli"


def test_what_the_server_answered_fills_the_same_columns() -> None:
    answer = {"mnli": {"matched": 82.1, "mismatched": 81.4}, "mrpc": {"f1": 82.3, "acc": 75.7}, "rte": {"acc": 56.0}}
    of_2 = [column.server_score(answer) for column in TABLES[2].columns]
    assert of_2 == [82.1, 81.4, None, None, None, 56.0]
    of_5 = {column.name: column.server_score(answer) for column in TABLES[5].columns}
    assert of_5["mnli"] == pytest.approx(81.75)
    assert (of_5["mrpc"], of_5["cola"], of_5["avg"]) == (82.3, None, None)
