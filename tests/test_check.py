"""`check` at a tiny size: what it expects, when it fails, what it leaves, and its three exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from baselines import door
from baselines.recipes import PROFILES, RECIPES, Pretraining
from harness import mini_world, record
from harness.__main__ import main
from harness.check import drop, expectations, facts
from harness.check.expectations import Expectations
from harness.command_line import check
from harness.command_line.check import Asked
from harness.regression import Bench, Measured
from tests import tiny

PROFILE = replace(
    tiny.PROFILE,
    name="mini",
    pretraining=Pretraining(learning_rate=3e-3, batch=4, warmup=5, tokens=4 * 48 * 6, dropout=0.0),
    finetuning=replace(tiny.PROFILE.finetuning, batch=100, epochs=1),
)
DOCUMENTS = 400


@pytest.fixture(scope="module", autouse=True)
def small_world() -> Iterator[None]:
    """Rows generated once, the beginning of the corpus, and no more than a hundred rows to train on."""
    corpus = mini_world.corpus
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mini_world, "rows", cache(mini_world.rows))
        patch.setattr(mini_world, "corpus", lambda seed: islice(corpus(seed), DOCUMENTS))
        patch.setitem(PROFILES, "mini", PROFILE)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, small_world: None) -> Path:  # noqa: ARG001
    """runs/ and expected.json, as --update leaves them."""
    place = tmp_path_factory.mktemp("check")
    assert command(place, "--update", "--of", "10") == 0
    return place


def command(place: Path, *words: str, expected: Path | None = None) -> int:
    where = ("--runs", str(place / "runs"), "--expected", str(expected or place / "expected.json"))
    return main(["check", *where, *words])


def changed(place: Path, folder: Path, **fields: Any) -> Path:
    """Other expectations, for the same code."""
    path = folder / "expected.json"
    expectations.write(path, replace(expectations.read(place / "expected.json"), **fields))
    return path


def test_what_is_expected(made: Path) -> None:
    known = expectations.read(made / "expected.json")
    assert known.seeds == list(range(10))
    assert {name: len(runs) for name, runs in known.scores.items()} == {"cola mc": 10, "mnli acc": 10}
    assert known.settings["pretraining_tokens"] == 4 * 48 * 6 and known.code == record.code_hash()
    assert known.facts["rte: train rows"][0] == mini_world.SIZES["rte"]["train"]
    assert known.facts["trained: updates of cola"] == 8 and known.facts["trained: updates of pre-training"] == 6
    assert known.facts["cola: first sequence's token ids"].startswith(f"{door_start(made)} ")
    assert known.facts["mrpc: validation, all alike"] == [80.0, pytest.approx(200 / 3, abs=1e-6)]
    assert (made / "expected.json").stat().st_size < 60_000
    keys = list(json.loads((made / "expected.json").read_text()))
    assert keys == sorted(keys)


def door_start(made: Path) -> int:
    """The id of the start token: the vocabulary's size."""
    (vocabulary,) = (made / "runs").glob("check/update-*/mini/corpora/*/vocab.json")
    return len(json.loads(vocabulary.read_text()))


def test_the_same_code_passes_and_says_so(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(made) == 0
    said = capsys.readouterr().out
    assert "Regression check: passed" in said and "18 of the fixed training, 3 scores as expected" in said
    folder = made / "runs/check/now"
    suite = Xml.parse(folder / "junit.xml").getroot()
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    assert int(suite.get("tests", "0")) == len(suite.findall("testcase")) > 100
    assert "| scores | cola mc |" in " ".join((folder / "check.md").read_text().split())


def test_a_score_that_drops_is_a_regression(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = expectations.read(made / "expected.json")
    higher = {**known.scores, "mnli acc": [score + 60 for score in known.scores["mnli acc"]]}
    assert command(made, expected=changed(made, tmp_path, scores=higher)) == 1
    said = capsys.readouterr().out
    assert "REGRESSED, 2 of" in said and "mnli acc" in said  # itself, and the mean of all
    assert "the code is what it was when the expectations were made" in said
    suite = Xml.parse(made / "runs/check/now/junit.xml").getroot()
    failed = [case.get("name") for case in suite.findall("testcase") if case.find("failure") is not None]
    assert failed == ["mnli acc", drop.ALL]


@pytest.mark.parametrize("what", ["facts", "traced"])
def test_a_fact_or_a_number_that_differs_is_a_regression(
    what: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = expectations.read(made / "expected.json")
    if what == "facts":
        path = changed(made, tmp_path, facts={**known.facts, "vocabulary": "another"})
    else:
        moved = [number * (1 + 3e-5) for number in known.traced["full rte"]]
        path = changed(made, tmp_path, traced={**known.traced, "full rte": moved})
    assert command(made, "--exact", expected=path) == 1
    said = capsys.readouterr().out
    assert "REGRESSED, 1 of" in said
    assert ("another" if what == "facts" else "full rte") in said
    assert command(made, "--exact") == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"settings": {"profile": "mini", "pretraining_tokens": 7, "cells": {}}}, "run check --update"),
        ({"schema": 9}, "schema 9, expected 1"),
        ({"seeds": [0, 1]}, "its cells have not one score a seed each"),
    ],
)
def test_what_cannot_be_compared_is_2(
    fields: dict[str, Any], said: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(made, expected=changed(made, tmp_path, **fields)) == 2
    assert said in capsys.readouterr().out
    suite = Xml.parse(made / "runs/check/now/junit.xml").getroot()
    assert suite.get("errors") == "1" and said in str(suite.find("testcase/error").get("message"))  # type: ignore[union-attr]


def test_nothing_expected_a_crash_and_too_few_runs_are_2(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(made, expected=tmp_path / "none.json") == 2
    assert "make them with 'python -m harness check --update'" in capsys.readouterr().out
    assert command(made, "--update", "--of", "9") == 2
    assert "9 runs; the rule needs 10 at least" in capsys.readouterr().err

    def broken(_: object) -> None:
        raise KeyError("gone")

    monkeypatch.setattr(facts, "of_data", broken)
    assert command(made, "--update", "--of", "10") == 2
    assert command(made) == 2
    assert "KeyError" in capsys.readouterr().out


def test_an_update_says_what_changes(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = expectations.read(made / "expected.json")
    lower = {**known.scores, "cola mc": [score - 5 for score in known.scores["cola mc"]]}
    path = changed(made, tmp_path, scores=lower, facts={**known.facts, "vocabulary": "another"})
    assert command(made, "--update", "--of", "10", expected=path) == 0  # the same code's runs are there already
    said = capsys.readouterr().out
    assert f"vocabulary: another -> {known.facts['vocabulary']}" in said and "cola mc: " in said
    assert "mnli acc: " not in said.partition("changed:")[2]
    assert expectations.read(path) == known


def expected(**fields: Any) -> Expectations:
    scores = {"a": [50.0 + i for i in range(10)], "b": [70.0 + 2 * (i % 3) for i in range(10)]}
    made = Expectations({}, {}, {}, scores, range(10), "0" * 40, "other", {})
    return replace(made, **fields)


def test_a_training_whose_numbers_are_not_finite_is_a_regression() -> None:
    found = Measured(scores={"a": [54.0] * 3, "b": [71.0] * 2}, failed={"b": "the loss is nan at update 3"})
    failed = [finding.name for finding in check.compare(expected(), found) if not finding.passed]
    assert failed == ["b", "b"]
    whole = Measured(scores={"a": [54.0] * 3, "b": [71.0] * 3})
    assert all(finding.passed for finding in check.compare(expected(), whole))


def test_the_commits_since_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def git(*words: str) -> str | None:
        asked.append(words)
        return {"rev-parse": "f" * 40, "log": "\n".join(f"{i} change" for i in range(23)), "status": " M x"}[words[0]]

    monkeypatch.setattr(record, "git", git)
    told = check.since(expected())
    assert ("log", "--oneline", f"{'0' * 40}..HEAD", "--", "harness", "baselines") in asked
    assert told[:2] == ["changes that are not committed", "0 change"] and told[-1] == "and 3 before"
    monkeypatch.setattr(record, "git", lambda *words: None if words[0] == "log" else "f")
    assert "is not in this checkout's history" in check.since(expected())[0]
    assert "no git history" in check.since(expected(commit=None))[0]


def test_a_check_begins_anew_and_an_update_goes_on(made: Path) -> None:
    """What an earlier state of the code has trained is never taken for this one's."""
    folder = made / "runs/check/now"
    (folder / "mini").mkdir(parents=True, exist_ok=True)
    (folder / "mini/left.txt").write_text("of an earlier check")
    assert command(made, "--exact") == 0
    assert not (folder / "mini/left.txt").exists()
    bench = Bench(door, RECIPES, PROFILE, folder, lambda _: None)
    with pytest.raises(ValueError, match="9 runs"):
        check.update(bench, Asked(True, 9, made / "expected.json"))
