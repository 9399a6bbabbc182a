"""The paper's claims: its own evidence comes out of its own tables, and each verdict from the stated rule."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from harness import record, statistics
from harness.__main__ import main
from harness.evidence import claims, table_claims
from harness.evidence.claim import Claim, together, verdict_of
from harness.evidence.figure_claims import jumps
from harness.metrics import TABLE_5
from harness.tables import TABLES
from harness.tabular import paper
from harness.tabular.columns import Average
from tests.fabricated import answered
from tests.fabricated import record as fabricate

LABELS = [float(i % 2) for i in range(100)]
SHARES = {"full": 0.1, "no_pretraining": 0.35, "lstm": 0.3, "no_aux": 0.1}


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No verdict here is near its bound."""
    monkeypatch.setattr(statistics, "RESAMPLES", 100)
    monkeypatch.setattr(statistics, "PERMUTATIONS", 1_499)


def answers(share: float, seed: str) -> list[float]:
    chance = random.Random(seed)
    return [1 - label if chance.random() < share else label for label in LABELS]


def fill(folder: Path, **shares: float) -> Path:
    """Table 5 by four recipes; a recipe's share of wrong answers, or of one task: lstm_mrpc=0.05."""
    for recipe, share in SHARES.items():
        for task in TABLE_5:
            own = shares.get(f"{recipe}_{task}", shares.get(recipe, share))
            answered(folder, task, answers(own, f"{recipe} {task}"), LABELS, recipe=recipe, profile="paper")
    return folder


def judged(folder: Path, left: Any = (), right: Any = (), profile: str = "paper") -> dict[str, Claim]:
    found = claims.judge_all(record.read_all(folder), profile, folder, left, right)
    return {claim.name: claim for claim in found}


def test_the_published_evidence_is_the_papers_own(tmp_path: Path) -> None:
    found = judged(tmp_path)
    assert found["pre-training"].published.startswith("mean +14.8; cola +26.5, sst2 +7.3, mrpc +2.9, stsb +51.1")
    assert found["transformer"].published.startswith("mean +5.6; ") and "mrpc -0.9" in found["transformer"].published
    assert found["auxiliary"].published == "mean +1.0; qqp +0.5, mnli +0.7, qnli +1.2, rte +1.6"
    assert found["state of the art"].published == (
        "9 of 12: SNLI, MNLI, QNLI, SciTail, RACE, Story Cloze, QQP, STS-B, CoLA"
    )
    assert {claim.verdict for claim in found.values()} == {"not measured"}
    assert found["auxiliary"].measured == "no number of full and no_aux for qqp, mnli, qnli, rte"


def test_contrasts_hold_in_part_or_whole(tmp_path: Path) -> None:
    found = judged(fill(tmp_path / "a", lstm_mrpc=0.05))
    assert found["pre-training"].verdict == "holds"
    assert ", p <0.001, 1 seed; cola +" in found["pre-training"].measured
    assert found["transformer"].verdict == "holds"  # the LSTM is better on MRPC alone, as published
    assert found["auxiliary"].verdict == "undecided"
    assert judged(fill(tmp_path / "b", lstm_rte=0.01))["transformer"].verdict == "holds in part"
    assert judged(fill(tmp_path / "c", no_pretraining=0.02))["pre-training"].verdict == "does not hold"


def test_without_answers_nothing_is_tested(tmp_path: Path) -> None:
    folder = fill(tmp_path)
    for path in folder.glob("no_aux/*/predictions/*"):
        path.unlink()
    assert judged(folder)["auxiliary"].verdict == "undecided"
    assert judged(folder)["auxiliary"].measured.startswith("the predictions were not kept")


def of_everything(**scores: float) -> list[record.Record]:
    """Tables 2 to 4 at the paper's own numbers, with the named tasks' scores replaced."""
    own: dict[str, dict[str, dict[str, float]]] = {
        column.tasks[0]: {}
        for number in (2, 3, 4)
        for column in TABLES[number].columns
        if not isinstance(column, Average)
    }
    for number in (2, 3, 4):
        published = paper.rows(number)[next(iter(TABLES[number].own.values()))]
        for column in TABLES[number].columns:
            if not isinstance(column, Average) and not column.by_rows:
                for evaluation in column.evaluations:
                    score = scores.get(column.task, published[column.name] or 0.0)
                    own[column.task][evaluation] = {column.metric: score}
    return [fabricate(task, metrics=metrics) for task, metrics in own.items()]


def test_state_of_the_art_is_counted_by_data_sets() -> None:
    found = table_claims.state_of_the_art(of_everything(), "paper")
    assert found.verdict == "holds" and found.measured.startswith(found.published)
    lost = table_claims.state_of_the_art(of_everything(snli=89.2), "paper")
    assert lost.verdict == "does not hold" and lost.measured.startswith("8 of 12: MNLI, QNLI")
    assert table_claims.state_of_the_art(of_everything()[1:], "paper").verdict == "not measured"
    assert table_claims.state_of_the_art(of_everything(), "small").verdict == "not measured"


def layer(task: str, scores: list[float], evaluation: str = "validation", n: int = 1_000) -> list[dict[str, Any]]:
    return [
        {"task": task, "evaluation": evaluation, "transferred": place - 1, "mean": score, "n": n}
        for place, score in enumerate(scores)
    ]


def test_layers_help_where_every_step_goes_up(tmp_path: Path) -> None:
    rising = layer("race", [30, 31, 32, 34, 36, 40])
    found = judged(tmp_path, rising)["layers"]
    assert found.verdict == "holds"
    assert found.measured == (
        "race validation from 30.0 (nothing) to 40.0 (all), more apart than 1000 rows make by chance, 5 of 5 steps up, "
        "tau 1.00, p 0.003"
    )
    assert found.published == "RACE 40 at 0 to 60 at 12; MNLI 72 at 0 to 82 at 12 (read off by eye)"
    few = judged(tmp_path, layer("race", [30, 31, 32, 34, 36, 37], n=100))["layers"]
    assert few.verdict == "undecided" and "no more apart than 100 rows make by chance" in few.measured
    on_train = layer("race", [90, 80, 70, 60, 50, 40], "train")
    assert judged(tmp_path, rising + on_train)["layers"].verdict == "holds"  # the dashed curve is no part of the claim
    bumpy = layer("mnli", [30, 31, 33, 32, 36, 38, 40])
    assert judged(tmp_path, bumpy)["layers"].verdict == "holds in part"
    assert judged(tmp_path, layer("mnli", [30, 31, 29, 32, 28, 30.5]))["layers"].verdict == "undecided"
    assert judged(tmp_path, layer("mnli", [40, 38, 36, 34, 32, 30]))["layers"].verdict == "does not hold"


def along(
    task: str, scores: list[float], model: str = "gpt", chance: float = 50.0, n: int = 400
) -> list[dict[str, Any]]:
    return [
        {"model": model, "task": task, "evaluation": "test", "updates": 2**i, "score": s, "chance": chance, "n": n}
        for i, s in enumerate(scores)
    ]


def test_zero_shot_rises_where_it_ends_above_chance(tmp_path: Path) -> None:
    rising = along("sst2", [50, 52, 55, 60, 70])
    assert judged(tmp_path, right=rising)["zero-shot"].verdict == "holds"
    assert "50.0 to 70.0 (above chance, 50), tau 1.00" in judged(tmp_path, right=rising)["zero-shot"].measured
    near = along("sst2", [48, 49, 50, 51, 54])  # 400 rows: chance reaches to 54.9
    assert judged(tmp_path, right=near)["zero-shot"].verdict == "holds in part"
    assert judged(tmp_path, right=rising + along("dpr", [52, 50, 49, 51, 50]))["zero-shot"].verdict == "holds in part"
    assert judged(tmp_path, right=along("dpr", [52, 50, 49, 51, 50]))["zero-shot"].verdict == "undecided"


def test_the_released_weights_alone_are_no_curve(tmp_path: Path) -> None:
    alone = [{**row, "updates": None} for row in along("sst2", [50, 60, 70])]
    assert judged(tmp_path, right=alone)["zero-shot"].verdict == "not measured"


def test_the_lstm_varies_more_where_its_steps_do() -> None:
    assert jumps([(1, 50.0, 50.0, 9), (2, 52.0, 50.0, 9), (4, 54.0, 50.0, 9)]) == 0.0
    assert jumps([(1, 50.0, 50.0, 9), (2, 54.0, 50.0, 9), (4, 50.0, 50.0, 9)]) == pytest.approx(32**0.5)


def test_variance_is_counted_by_tasks(tmp_path: Path) -> None:
    steady, wild = [50.0, 51, 52, 53], [50.0, 56, 49, 57]
    points = along("sst2", steady) + along("sst2", wild, "lstm") + along("dpr", steady) + along("dpr", wild, "lstm")
    assert judged(tmp_path, right=points)["variance"].verdict == "holds"
    swapped = [{**row, "model": {"gpt": "lstm", "lstm": "gpt"}[row["model"]]} for row in points]
    assert judged(tmp_path, right=swapped)["variance"].verdict == "does not hold"


def test_the_rule() -> None:
    assert verdict_of(1.0, 0.04, True) == "holds"
    assert verdict_of(1.0, 0.05, True) == "undecided"
    assert verdict_of(-1.0, 0.01, True) == "does not hold"
    assert together(["holds", "holds"]) == "holds"
    assert together(["undecided", "holds"]) == "holds in part"
    assert together(["undecided", "does not hold"]) == "undecided"


def test_the_command_prints_each_claim(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path / "paper")
    assert main(["claims", "--profile", "paper", "--runs", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "HOLDS: Pre-training helps on every task (section 5, Table 5)" in text
    assert main(["claims", "--profile", "paper", "--runs", str(tmp_path), "--json"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)] == [
        "pre-training",
        "transformer",
        "auxiliary",
        "state of the art",
        "layers",
        "zero-shot",
        "variance",
    ]


def test_as_markdown_each_claim_is_a_row_of_four_cells(tmp_path: Path) -> None:
    text = claims.markdown(claims.judge_all([], "mini", tmp_path, [], []), "mini")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 9 and {line.count("|") for line in rows} == {5}
    assert "none of them reproduces the paper" in text
