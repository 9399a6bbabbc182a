"""What of the predictions a page shows: errors first, and never more than fits."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from harness import report
from harness.page import report_predictions
from harness.page.report_predictions import embedded, gather, sample, shares, wrong
from harness.record import Record
from harness.storage import predictions
from harness.storage.predictions import Answered
from harness.tasks import TASKS
from harness.tasks.base import answers, both_orders, choose, classify, score
from tests.fabricated import record as fabricated

N = 10_000


def test_room_is_shared_and_what_one_does_not_need_goes_to_others() -> None:
    assert shares([10, 10], 100) == [10, 10]
    assert shares([50, 10, 80], 100) == [45, 10, 45]
    assert shares([50, 50], 0) == shares([50, 50], -7) == [0, 0]


def test_errors_come_before_anything_right() -> None:
    errors = [i % 4 == 0 for i in range(100)]
    some = sample(errors, lambda _: 1, 10)
    assert len(some) == 10 and all(errors[i] for i in some) and some == sorted(some)
    more = sample(errors, lambda _: 1, 40)
    assert sum(errors[i] for i in more) == 25 and len(more) == 40
    assert set(some) <= set(more) and sample(errors, lambda _: 1, 100) == list(range(100))


def test_a_score_is_wrong_further_than_half_from_its_label() -> None:
    of = score(0, 5)
    assert [wrong(of, Answered("", 2.0, said)) for said in (2.5, 2.6, 1.4)] == [False, True, True]
    assert [wrong(classify("a", "b"), Answered("", label, 1.0)) for label in (1, 0, None)] == [False, True, False]


def records(n: int) -> list[Record]:
    key = {"vocabulary": "v" * 64, "weights": "w" * 64}
    return [fabricated("rte", i, recipe="full <&>", profile="mini", scored=(N, N), baseline=key) for i in range(n)]


def answered(n: int, share: float = 0.2) -> list[Answered]:
    chance = random.Random(1)
    return [
        Answered(f"{i:016x}", float(i % 2), float(i % 2 if chance.random() > share else 1 - i % 2), chance.random())
        for i in range(n)
    ]


@pytest.mark.parametrize("text", ["", "<>&\u2028é" * 30])
def test_five_hundred_runs_of_ten_thousand_rows_fit_into_ten_megabytes(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    lines = answered(N)
    monkeypatch.setattr(predictions, "kept", lambda *_: lines)
    texts = {("rte", "validation"): {line.key: [text] for line in lines}} if text else {}
    [of] = gather(records(500), Path(), texts, report.LARGEST - report.SPARE)
    assert len(embedded([of.as_data()]).encode()) <= report.LARGEST - report.SPARE
    assert len(of.runs) == 500
    for each in of.runs[::99]:
        said = dict(zip(each["at"], each["said"], strict=True))
        assert 0 < len(said) < N == each["n"]
        assert each["wrong"] == sum(line.prediction != line.label for line in lines)
        assert all(of.examples[place][2] != prediction for place, prediction in said.items())  # errors only


def test_all_are_shown_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = answered(N)
    monkeypatch.setattr(predictions, "kept", lambda *_: lines)
    texts = {("rte", "validation"): {lines[0].key: ["long " * 10_000]}}
    [of] = gather(records(2), Path(), texts, report.LARGEST)
    assert [len(each["at"]) for each in of.runs] == [N, N]
    assert of.examples[0] == [1, "00000000", 0, ["long " * 10_000]] and of.examples[1] == [2, "00000000", 1]
    assert of.names == TASKS["rte"].form.names


def test_what_is_no_number_is_nothing() -> None:
    line = Answered("k" * 16, 1.0, 2.71828, float("nan"))
    made = replace(records(1)[0])
    of = report_predictions.Set("", "score", ())
    of.add(made, [line], [0], {})
    assert (of.runs[0]["said"], of.runs[0]["sure"]) == ([2.718], [None])
    embedded(of.as_data())


def test_data_cannot_end_the_element_around_it() -> None:
    assert embedded("</script>&\u2028") == '"\\u003c/script\\u003e\\u0026\\u2028"'


def test_an_example_reads_as_it_was_written() -> None:
    assert report_predictions.parts_of(both_orders("one", "two", 1), score(0, 5)) == ["one", "two"]
    story = answers(("It rained.", "What then?"), ("sun", "rain"), 1)
    assert report_predictions.parts_of(story, choose()) == ["It rained.", "What then?", "1: sun", "2: rain"]
