"""The chain of one cell, from its number down to the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.__main__ import main
from tests.fabricated import answered

LABELS = [0.0, 1.0] * 30


def flip(*rows: int) -> list[float]:
    return [1 - label if row in rows else label for row, label in enumerate(LABELS)]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed in range(3):
        answered(tmp_path / "paper", "rte", flip(*range(seed, 6)), LABELS, seed)
        answered(tmp_path / "paper", "rte", flip(*range(20 + seed)), LABELS, seed, recipe="no_pretraining")
    return tmp_path


def explain(runs: Path, *words: str) -> list[str]:
    return ["explain", *words, "--profile", "paper", "--runs", str(runs)]


def test_a_cell_is_told_from_number_to_departures(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(explain(runs, "5", "rte/no_pretraining")) == 0
    text = capsys.readouterr().out
    assert text.startswith("Table 5, RTE (acc), no_pretraining, paper profile: ")
    lines = [line.strip() for line in text.splitlines()]
    assert "published      53.8 (Transformer w/o pre-training; test server)" in lines
    assert "verdict        not comparable: measured on the validation split, published of the test server" in lines
    (versus,) = [line for line in lines if line.startswith("against full")]
    assert "p 0.0002 alone, 0.0002 after Holm over 1 tests; 3 seeds in common" in versus
    assert sum("task:rte@1|split:validation|n:60|metric:acc|recipe:no_pretraining" in line for line in lines) == 3
    assert "rte validation 60 of 60 rows, sha256 dddddddddddddddd, hub" in lines
    assert any(line.startswith("checkpoint: R scores the epoch") for line in lines)


def test_full_is_the_recipe_where_none_is_named(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(explain(runs, "2", "rte")) == 0
    assert "full, paper profile" in capsys.readouterr().out.splitlines()[0]


def test_an_empty_cell_is_explained_too(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(explain(runs, "5", "cola")) == 0
    assert "not measured: not run yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cell", "said"),
    [("rtee", "Table 2 has no column 'rtee'; expected one of mnli_m,"), ("rte/ful", "no row 'ful' in Table 2")],
)
def test_what_is_not_there_is_named(runs: Path, cell: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(explain(runs, "2", cell)) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
