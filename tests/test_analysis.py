"""What supports a table's cells: intervals and tests from the answers kept, in runs/ and in results/."""

from __future__ import annotations

import json
import random
from functools import partial
from pathlib import Path

import pytest

from harness import record, statistics
from harness.evidence import analysis, answers
from harness.layout import layout
from harness.layout.rows import Row, measured
from harness.storage import predictions
from harness.tables import TABLES, fill
from tests.fabricated import answered

LABELS = [float(i % 2) for i in range(120)]
TABLE = TABLES[2]


def wrong(share: float, seed: int) -> list[float]:
    chance = random.Random(seed)
    return [1 - label if chance.random() < share else label for label in LABELS]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """RTE by two recipes and three seeds, one much better; a third recipe with one seed, the same as full's."""
    for seed in range(3):
        answered(tmp_path, "rte", wrong(0.1, seed), LABELS, seed, profile="paper")
        answered(tmp_path, "rte", wrong(0.4, 10 + seed), LABELS, seed, profile="paper", recipe="no_pretraining")
    answered(tmp_path, "rte", wrong(0.1, 0), LABELS, 0, profile="paper", recipe="no_aux")
    return tmp_path


def rows_of(folder: Path, *recipes: str) -> list[Row]:
    records = list(record.read_all(folder))
    return [measured(recipe, fill(TABLE, records, "paper", recipe)) for recipe in recipes]


def test_a_cells_interval_is_of_all_its_seeds_on_the_same_examples(runs: Path) -> None:
    found = analysis.findings(TABLE, rows_of(runs, "full"), "paper", runs)["full", "rte"]
    parts = answers.parts(found.cell, runs)
    assert [(part.metrics, part.weight, part.predictions.shape) for part in parts] == [(("acc",), 1.0, (3, 120))]
    assert found.cell.mean == pytest.approx(statistics.score(parts))
    assert found.interval == statistics.interval(parts)
    assert found.versus is None


def test_rows_are_tested_against_full_on_the_seeds_in_common_and_corrected_together(runs: Path) -> None:
    found = analysis.findings(TABLE, rows_of(runs, "full", "no_pretraining", "no_aux"), "paper", runs)
    worse, same = found["no_pretraining", "rte"], found["no_aux", "rte"]
    assert worse.versus and same.versus
    assert worse.seeds_compared == 3 and worse.versus.difference < -20
    assert worse.versus.p == pytest.approx(1 / 5_000) and worse.p == pytest.approx(2 / 5_000)  # two tests
    assert same.seeds_compared == 1 and same.versus.difference == 0.0 and same.p == 1.0
    assert found["no_pretraining", "snli"].versus is None  # nothing was run


def test_the_table_shows_intervals_tests_and_verdicts_and_their_data(runs: Path) -> None:
    records, analyse = list(record.read_all(runs)), partial(analysis.analyse, profile="paper", folder=runs)
    text = layout.render(TABLE, records, "paper", format="markdown", analyse=analyse)
    lines = {line.split("|")[1].strip(): line.split("|")[-2].strip() for line in text.splitlines() if line[:1] == "|"}
    low, high = analysis.findings(TABLE, rows_of(runs, "full"), "paper", runs)["full", "rte"].interval or (0, 0)
    assert lines["95 % interval, full"] == f"{low:.1f} to {high:.1f}"
    assert lines["no_pretraining - full, p"].endswith(r"; p \<0.001")
    assert lines["no_aux - full, p"] == "+0.0; p 1.00"
    assert "Intervals at 95%: percentile bootstrap over examples (2,000 resamples" in text
    data = json.loads(layout.render(TABLE, records, "paper", format="json", analyse=analyse))
    (cell,) = [
        each
        for each in data["cells"]
        if each["row"] == "full" and each["source"] == "measured" and each["column"] == "rte"
    ]
    assert (cell["low"], cell["high"]) == (low, high)
    assert cell["verdict"] == "not comparable"
    assert cell["verdict_reason"] == "measured on the validation split, published of the test server"


def test_an_accepted_record_is_analysed_without_the_runs_files(runs: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    for made in record.read_all(runs):
        kept = record.to_json(
            record.Record(
                **{**vars(made), "answers": predictions.in_lines(runs / made.recipe / made.name, made.scores)}
            )
        )
        (results / made.recipe).mkdir(parents=True, exist_ok=True)
        (results / made.recipe / f"rte-seed{made.seed}.json").write_text(kept)
    recipes = ("full", "no_pretraining", "no_aux")
    there = analysis.findings(TABLE, rows_of(runs, *recipes), "paper", runs)
    here = analysis.findings(TABLE, rows_of(results, *recipes), "paper", results)
    for key, each in there.items():
        assert (each.interval, each.versus, each.p) == (here[key].interval, here[key].versus, here[key].p)


def test_where_predictions_are_gone_the_cell_says_so(runs: Path) -> None:
    for path in runs.glob("full/*/predictions/*.jsonl"):
        path.unlink()
    found = analysis.findings(TABLE, rows_of(runs, "full", "no_aux"), "paper", runs)
    assert found["full", "rte"].interval is None
    assert "no predictions in" in found["full", "rte"].reason
    assert found["no_aux", "rte"].versus is None


def test_answers_that_a_record_does_not_count_are_refused(runs: Path) -> None:
    path = next(runs.glob("no_aux/*/predictions/validation.jsonl"))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    (made,) = [each for each in record.read_all(runs) if each.recipe == "no_aux"]
    with pytest.raises(ValueError, match="has 119 predictions and 119 labels of validation, recorded are 120"):
        answers.of(made, runs, "validation")


def test_means_over_tasks_weigh_tasks_then_metrics(tmp_path: Path) -> None:
    """Table 5's Avg, where MNLI is one task of eight and two splits."""
    for task in TABLES[5].columns[0].tasks:
        answered(tmp_path, task, wrong(0.2, 1), LABELS, profile="paper")
    (row,) = [measured("full", fill(TABLES[5], list(record.read_all(tmp_path)), "paper", "full"))]
    average = row.cells[0]
    parts = answers.parts(average, tmp_path)
    assert [part.weight for part in parts] == [0.125] * 5 + [0.0625] * 2 + [0.125] * 2
    assert statistics.score(parts) == pytest.approx(average.mean)


def test_a_cell_on_the_papers_own_test_split_gets_a_verdict_in_the_table(tmp_path: Path) -> None:
    """SNLI, published 89.9: one recipe near it, one far below."""
    answered(tmp_path, "snli", wrong(0.1, 3), LABELS, profile="paper")
    answered(tmp_path, "snli", wrong(0.5, 3), LABELS, profile="paper", recipe="no_aux")
    analyse = partial(analysis.analyse, profile="paper", folder=tmp_path)
    text = layout.render(TABLE, list(record.read_all(tmp_path)), "paper", format="markdown", analyse=analyse)
    lines = {line.split("|")[1].strip(): line.split("|") for line in text.splitlines() if line[:1] == "|"}
    assert lines["verdict, full"][4].split(" [")[0].strip() == "reproduced"
    assert "Reproduced: published 89.9, measured " in text
    assert "verdict, no_aux" not in lines  # the paper has no such row there
