"""Two runs compared: settings, paired scores, and the examples that flipped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness import record
from harness.__main__ import main
from harness.storage import predictions
from tests.fabricated import answered, rewrite

LABELS = [0.0, 1.0] * 20


def flip(*rows: int) -> list[float]:
    return [1 - label if row in rows else label for row, label in enumerate(LABELS)]


def diff(one: Path, other: Path, capsys: pytest.CaptureFixture[str], *more: str) -> list[str]:
    assert main(["diff", str(one), str(other), *more]) == 0
    return [line.strip() for line in capsys.readouterr().out.splitlines()]


def test_flips_are_sorted_by_who_was_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = answered(tmp_path, "rte", flip(0, 1, 2), LABELS, profile="paper")
    other = answered(tmp_path, "rte", flip(2, 3), LABELS, recipe="no_aux", profile="paper", lm_coef=0.0)
    lines = diff(tmp_path / "full" / one.name, tmp_path / "no_aux" / other.name / "record.json", capsys)
    assert lines[0].startswith("A: rte full seed 0: validation acc 92.5")
    assert "recipe: full -> no_aux" in lines and "lm_coef: nothing -> 0.0" in lines
    (score,) = [line for line in lines if line.startswith("acc")]
    assert score.startswith("acc 92.5 -> 95.0: +2.5 (") and score.endswith("40 examples")
    assert "answered differently: 3 of 40" in lines
    assert "only A has right: 1" in lines and "only B has right: 2" in lines
    at = lines.index("only A has right: 1")
    assert lines[at + 1].startswith("row 3 ")
    assert lines[at + 1].endswith("label not_entailment, A not_entailment, B entailment")


def test_no_more_are_shown_than_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = answered(tmp_path, "rte", flip(), LABELS)
    other = answered(tmp_path, "rte", flip(*range(7)), LABELS, seed=1)
    lines = diff(tmp_path / "full" / one.name, tmp_path / "full" / other.name, capsys, "--flips", "3")
    assert "only A has right: 7, the first 3" in lines
    assert sum(line.startswith("row ") for line in lines) == 3
    assert "seeds.order: 0 -> 1" in lines


def test_graded_answers_are_shown_from_the_furthest_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = [0.5, 2.0, 3.5, 5.0]
    one = answered(tmp_path, "stsb", [0.5, 2.0, 3.0, 5.0], labels)
    other = answered(tmp_path, "stsb", [1.0, 4.5, 3.0, 4.75], labels, seed=1)
    lines = diff(tmp_path / "full" / one.name, tmp_path / "full" / other.name, capsys)
    rows = [line for line in lines if line.startswith("row ")]
    assert [row.split()[1] for row in rows] == ["1", "0", "3"]
    assert rows[0].endswith("label 2.00, A 2.00, B 4.50")


def test_a_run_equals_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = tmp_path / "full" / answered(tmp_path, "rte", flip(1), LABELS).name
    lines = diff(one, one, capsys)
    assert "no difference" in lines and "answered differently: 0 of 40" in lines


def test_wrong_pairs_are_refused_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (tmp_path / "full" / answered(tmp_path, task, flip(), LABELS).name for task in ("rte", "qnli"))
    assert main(["diff", str(one), str(other)]) == 1
    assert capsys.readouterr().err.strip().endswith("of qnli; give two runs of one task")
    assert main(["diff", str(one), str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_is_compared_with_an_accepted_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = answered(tmp_path, "rte", flip(1, 2), LABELS)
    folder, accepted = tmp_path / "full" / one.name, tmp_path / "rte-seed0.json"
    kept = predictions.in_lines(folder, one.scores)
    accepted.write_text(record.to_json(replace(one, answers=kept)))
    assert "answered differently: 0 of 40" in diff(accepted, folder, capsys)
    kept["validation"]["predictions"] = predictions.line_of(flip(2))
    accepted.write_text(record.to_json(replace(one, answers=kept)))
    lines = diff(accepted, folder, capsys)
    assert "only A has right: 1" in lines
    key = predictions.read(folder, "validation")[1].key
    assert any(line.startswith("row 1 ") and key in line for line in lines)


def test_graded_answers_that_differ_in_digits_not_kept_are_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = answered(tmp_path, "stsb", [0.123456789, 2.0, 3.0], [0.0, 2.0, 3.5])
    folder, accepted = tmp_path / "full" / one.name, tmp_path / "stsb-seed0.json"
    accepted.write_text(record.to_json(replace(one, answers=predictions.in_lines(folder, one.scores))))
    assert "answered differently: 0 of 3" in diff(accepted, folder, capsys)


def test_other_rows_are_not_paired(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = answered(tmp_path, "rte", flip(1), LABELS)
    path = tmp_path / "full" / answered(tmp_path, "rte", flip(2), LABELS, seed=1).name / "record.json"
    rewrite(path, **json.loads(path.read_text().replace("d" * 64, "e" * 64)))
    lines = diff(tmp_path / "full" / one.name, path, capsys)
    assert "acc 97.5 -> 97.5; of other rows, so not paired" in lines
    assert not [line for line in lines if line.startswith("answered")]
