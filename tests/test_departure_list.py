"""The list of departures: the same for readers of results/ and for `explain`, and it names real things."""

from __future__ import annotations

from pathlib import Path

from baselines.recipes import PROFILES, RECIPES
from harness.evidence import departures
from harness.tasks import TASKS

README = Path(__file__).resolve().parents[1] / "results" / "README.md"


def test_the_results_readme_lists_what_the_code_lists() -> None:
    assert "\n".join(departures.markdown()) in README.read_text(encoding="utf-8")


def test_what_a_departure_concerns_exists() -> None:
    for each in departures.DEPARTURES:
        assert set(each.tasks) <= set(TASKS)
        assert {*each.recipes, *each.but} <= {*RECIPES, *departures.ZERO_SHOT}
        assert set(each.profiles) <= set(PROFILES)
        assert not each.measured_by or each.measured_by.split("`")[1] in RECIPES


def test_a_cell_is_told_only_what_concerns_it() -> None:
    def of(*cell: str) -> set[str]:
        task, recipe, profile = cell
        return {each.where for each in departures.concerning([task], recipe, profile)}

    assert {"QNLI", "checkpoint", "released weights"} <= of("qnli", "full", "paper")
    assert not {"STS-B", "LSTM", "pre-training: text", "`small`, `mini`"} & of("qnli", "full", "paper")
    assert {"LSTM", "STS-B", "pre-training: text"} <= of("stsb", "lstm", "small")
    assert "the auxiliary loss" not in of("rte", "no_aux", "mini")
    assert "QNLI" not in of("qnli", "full", "mini")  # generated rows have no version 1
    assert of("qnli", "tfidf", "paper") == {"QNLI", "scored split"}  # it trains no network
