"""The registry of tasks: what is declared of each, and how a published row reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.tasks import TASKS, by_name, nli
from harness.tasks.base import (
    HIDDEN,
    ByRequest,
    Example,
    Form,
    Hub,
    answers,
    both_orders,
    choose,
    classify,
    label_index,
    pair,
    score,
    single,
)

ROWS_IN_ALL = 1_400_721  # the sum of the rows of Story Cloze that are for training

# The registry


NLI = ("mnli", "snli", "scitail", "qnli", "rte")
GLUE = ("cola", "sst2", "mrpc", "stsb", "qqp", "wnli")


def test_every_task_is_found_by_its_name() -> None:
    assert list(TASKS) == [*NLI, "race", "story_cloze", *GLUE]
    assert all(task.name == name for name, task in TASKS.items())


def test_two_tasks_of_one_name_are_refused() -> None:
    again = replace(TASKS["snli"], name="rte")
    with pytest.raises(ValueError, match=r"^two tasks are called 'rte'$"):
        by_name(nli.TASKS, (again,))
    assert by_name((TASKS["rte"],), (replace(again, name="other"),)).keys() == {"rte", "other"}


@pytest.mark.parametrize(
    ("name", "hub", "config", "train", "evaluations"),
    [
        (
            "mnli",
            "nyu-mll/glue",
            "mnli",
            392_702,
            {"matched": ("validation_matched", 9_815), "mismatched": ("validation_mismatched", 9_832)},
        ),
        ("snli", "stanfordnlp/snli", "plain_text", 549_367, {"test": ("test", 9_824)}),
        ("scitail", "allenai/scitail", "snli_format", 23_596, {"test": ("test", 2_126)}),
        ("qnli", "nyu-mll/glue", "qnli", 104_743, {"validation": ("validation", 5_463)}),
        ("rte", "nyu-mll/glue", "rte", 2_490, {"validation": ("validation", 277)}),
        ("cola", "nyu-mll/glue", "cola", 8_551, {"validation": ("validation", 1_043)}),
        ("sst2", "nyu-mll/glue", "sst2", 67_349, {"validation": ("validation", 872)}),
        ("mrpc", "nyu-mll/glue", "mrpc", 3_668, {"validation": ("validation", 408)}),
        ("stsb", "nyu-mll/glue", "stsb", 5_749, {"validation": ("validation", 1_500)}),
        ("qqp", "nyu-mll/glue", "qqp", 363_846, {"validation": ("validation", 40_430)}),
        ("wnli", "nyu-mll/glue", "wnli", 635, {"validation": ("validation", 71)}),
    ],
)
def test_the_published_sets_splits_and_row_counts(
    name: str, hub: str, config: str, train: int, evaluations: dict[str, tuple[str, int]]
) -> None:
    task = TASKS[name]
    assert (task.train.split, task.train.n) == ("train", train)
    assert {key: (source.split, source.n) for key, source in task.evaluations.items()} == evaluations
    for source in (task.train, *task.evaluations.values()):
        assert source.hub == Hub(hub, config, source.split)


def test_race_is_trained_on_both_kinds_of_schools_and_scored_on_each() -> None:
    task = TASKS["race"]
    assert (task.train.n, task.train.hub) == (87_866, Hub("ehovy/race", "all", "train"))
    assert {name: (s.split, s.n, s.hub) for name, s in task.evaluations.items()} == {
        "middle": ("test_middle", 1_436, Hub("ehovy/race", "middle", "test")),
        "high": ("test_high", 3_498, Hub("ehovy/race", "high", "test")),
    }


def test_story_cloze_trains_on_the_releases_part_of_the_validation_file() -> None:
    task = TASKS["story_cloze"]
    part = task.train.part
    assert part is not None
    rows = list(part.rows())
    assert (part.of, len(rows), len(set(rows)), task.train.n) == (1_871, 1_497, 1_497, 1_497)
    assert (min(rows), max(rows), sum(rows)) == (0, 1870, ROWS_IN_ALL)
    assert task.evaluations["test"].n == 1_871 and task.evaluations["test"].part is None
    assert isinstance(task.train.hub, ByRequest) and "goo.gl/forms/aQz39sdDrO" in task.train.hub.how


def test_what_a_submission_needs_is_hidden_and_nothing_else_is() -> None:
    hidden = {(name, split): source.n for name, task in TASKS.items() for split, source in task.hidden.items()}
    assert hidden == {
        ("mnli", "test_matched"): 9_796,
        ("mnli", "test_mismatched"): 9_847,
        ("mnli", "ax"): 1_104,
        ("qnli", "test"): 5_463,
        ("rte", "test"): 3_000,
        ("cola", "test"): 1_063,
        ("sst2", "test"): 1_821,
        ("mrpc", "test"): 1_725,
        ("stsb", "test"): 1_379,
        ("qqp", "test"): 390_965,
        ("wnli", "test"): 146,
    }
    for task in TASKS.values():
        assert all(source.hidden for source in task.hidden.values())
        assert not any(source.hidden for source in (task.train, *task.evaluations.values()))
        assert all(task.columns[-1] not in task.reads(source) for source in task.hidden.values())
        assert task.reads(task.train) == task.columns


def test_no_two_splits_are_of_one_place() -> None:
    sources = [source for task in TASKS.values() for source in (task.train, *task.evaluations.values())]
    sources += [source for task in TASKS.values() for source in task.hidden.values()]
    assert len({source.files.path for source in sources}) == len(sources) == 11 + 5 + 12 + 11
    hubs = [source.hub for source in sources if isinstance(source.hub, Hub)]
    assert len(set(hubs)) == len(hubs) == len(sources) - 2


def test_what_a_reader_of_qnlis_number_must_know() -> None:
    assert TASKS["qnli"].note.startswith("QNLI v2; the paper used v1 (108,436 training rows)")
    assert [name for name, task in TASKS.items() if task.note] == ["qnli"]


def test_only_qqp_has_rows_without_text_and_rows_to_drop() -> None:
    assert [name for name, task in TASKS.items() if task.may_be_empty] == ["qqp"]
    assert [name for name, task in TASKS.items() if task.train.files.ragged] == ["qqp"]


def test_only_snli_has_rows_without_agreement() -> None:
    assert {name: task.unlabelled for name, task in TASKS.items() if task.unlabelled} == {"snli": ("-", "-1")}


# Rows


@pytest.mark.parametrize(
    ("name", "row", "sequence", "label"),
    [
        ("mnli", {"premise": "A", "hypothesis": "B", "label": "entailment", "idx": 3}, ("A", "B"), 0),
        ("mnli", {"premise": "A", "hypothesis": "B", "label": "neutral", "idx": 3}, ("A", "B"), 1),
        ("mnli", {"premise": "A", "hypothesis": "B", "label": "contradiction", "idx": 3}, ("A", "B"), 2),
        ("snli", {"hypothesis": "B", "premise": "A", "label": "contradiction"}, ("A", "B"), 2),
        ("scitail", {"sentence1": "A", "sentence2": "B", "gold_label": "entailment", "label": "?"}, ("A", "B"), 0),
        ("scitail", {"sentence1": "A", "sentence2": "B", "gold_label": "neutral"}, ("A", "B"), 1),
        ("qnli", {"question": "Q?", "sentence": "S.", "label": "entailment", "idx": 0}, ("Q?", "S."), 0),
        ("qnli", {"sentence": "S.", "question": "Q?", "label": "not_entailment"}, ("Q?", "S."), 1),
        ("rte", {"sentence1": " A ", "sentence2": "B\n", "label": "not_entailment", "idx": 1}, (" A ", "B\n"), 1),
    ],
)
def test_a_published_row_as_an_example(name: str, row: dict[str, Any], sequence: tuple[str, ...], label: int) -> None:
    assert TASKS[name].example(row) == Example((sequence,), label)


STORY = {f"input_sentence_{i}": f"S{i}." for i in range(1, 5)} | {"sentence_quiz1": "One.", "sentence_quiz2": "Two."}
TOLD = (("S1. S2. S3. S4.", "One."), ("S1. S2. S3. S4.", "Two."))
QUESTION = {"article": "D", "question": "Q", "options": ["a", "b", "c", "d"]}


@pytest.mark.parametrize(
    ("name", "row", "sequences", "label"),
    [
        ("cola", {"sentence": "S", "label": "acceptable"}, (("S",),), 1),
        ("cola", {"sentence": "S", "label": "unacceptable"}, (("S",),), 0),
        ("sst2", {"sentence": "S ", "label": "negative"}, (("S ",),), 0),
        ("mrpc", {"sentence1": "A", "sentence2": "B", "label": "equivalent"}, (("A", "B"), ("B", "A")), 1),
        ("qqp", {"question1": "A", "question2": "", "label": "not_duplicate"}, (("A", ""), ("", "A")), 0),
        ("stsb", {"sentence1": "A", "sentence2": "B", "label": "3.800"}, (("A", "B"), ("B", "A")), 3.8),
        ("stsb", {"sentence1": "A", "sentence2": "B", "label": 3.799999952316284}, (("A", "B"), ("B", "A")), 3.8),
        ("wnli", {"sentence1": "A", "sentence2": "B", "label": "entailment"}, (("A", "B"),), 1),
        ("race", QUESTION | {"answer": "C"}, tuple(("D", "Q", x) for x in "abcd"), 2),
        ("story_cloze", STORY | {"answer_right_ending": 2}, TOLD, 1),
        ("story_cloze", STORY | {"answer_right_ending": "1"}, TOLD, 0),
    ],
)  # fmt: skip
def test_a_published_row_in_the_other_input_formats(
    name: str, row: dict[str, Any], sequences: tuple[tuple[str, ...], ...], label: float
) -> None:
    task = TASKS[name]
    assert task.example(row) == Example(sequences, label)
    assert set(task.columns) == row.keys()
    for column in task.columns:
        with pytest.raises(KeyError, match=column):
            task.example({key: value for key, value in row.items() if key != column})
    assert task.example(row | {task.columns[-1]: HIDDEN}) == Example(sequences, None)


@pytest.mark.parametrize("name", NLI)
def test_a_task_reads_the_columns_that_it_declares(name: str) -> None:
    task = TASKS[name]
    row = dict.fromkeys(task.columns, "x") | {task.columns[-1]: task.form.names[1]}
    assert task.example(row) == Example((("x", "x"),), 1)
    assert task.form.kind == "classify" and len(set(task.form.names)) == len(task.form.names) >= 2
    for column in task.columns:
        with pytest.raises(KeyError, match=column):
            task.example({key: value for key, value in row.items() if key != column})


@pytest.mark.parametrize("options", [["a", "b", "c"], ["a", "b", "c", "d", "e"], "abcd", None])
def test_a_question_without_four_answers_is_refused(options: object) -> None:
    with pytest.raises(ValueError, match="expected a list of 4"):
        TASKS["race"].example(QUESTION | {"options": options, "answer": "A"})


@pytest.mark.parametrize("score", ["5.001", -0.1, "nan", "inf", "", "five", None, -1.0])
def test_a_score_outside_its_range_is_refused(score: object) -> None:
    with pytest.raises(ValueError, match="expected a number from 0 to 5"):
        TASKS["stsb"].example({"sentence1": "A", "sentence2": "B", "label": score})


# Labels go by name

ROWS_BY_INDEX = [0, 1, 1, 0]


def test_names_in_another_order_give_the_same_index() -> None:
    rte, wnli = ("entailment", "not_entailment"), ("not_entailment", "entailment")  # as two sets publish them
    read = [
        [label_index(rte, {"label": published[i]}) for i in indices]
        for published, indices in ((rte, ROWS_BY_INDEX), (wnli, [1 - i for i in ROWS_BY_INDEX]))
    ]
    assert read == [ROWS_BY_INDEX, ROWS_BY_INDEX]
    turned = nli.reader(classify(*wnli), "sentence1", "sentence2")
    row = {"sentence1": "A", "sentence2": "B", "label": "entailment"}
    assert (turned(row).label, TASKS["rte"].example(row).label) == (1, 0)


def test_the_label_order_trap_of_wnli_and_rte() -> None:
    row = {"sentence1": "A", "sentence2": "B", "label": "entailment"}
    assert (TASKS["rte"].example(row).label, TASKS["wnli"].example(row).label) == (0, 1)
    assert (TASKS["qnli"].form.names, TASKS["wnli"].form.names[::-1]) == (TASKS["rte"].form.names,) * 2
    files = TASKS["wnli"].train.files.labels
    assert (files["0"], files["1"]) == ("not_entailment", "entailment")


@pytest.mark.parametrize("value", ["-1", -1, "-", 0, 1, "0", "Entailment", "entailment ", "", None])
@pytest.mark.parametrize("name", [*NLI, *(name for name in GLUE if name != "stsb"), "race", "story_cloze"])
def test_what_is_no_name_of_a_label_is_refused(name: str, value: object) -> None:
    task = TASKS[name]
    column = task.columns[-1]
    if (name, value) == ("story_cloze", 1):
        value = 3  # 1 is one of its labels
    row = dict.fromkeys(task.columns, "x") | {"options": list("abcd"), column: value}
    with pytest.raises(ValueError, match=r"^label ") as caught:
        task.example(row)
    expected = ", ".join(task.form.names or {"race": "ABCD", "story_cloze": "12"}[name])
    shown = str(value) if name == "story_cloze" else value
    assert str(caught.value) == f"label {shown!r} in column {column!r}; expected one of {expected}"


def test_labels_of_another_set_are_refused() -> None:
    for name, value in (("rte", "neutral"), ("scitail", "entails"), ("scitail", "contradiction")):
        task = TASKS[name]
        with pytest.raises(ValueError, match=f"label '{value}'"):
            task.example(dict.fromkeys(task.columns, "x") | {task.columns[-1]: value})


# Forms, and the paper's four input transformations


def test_the_three_forms() -> None:
    assert classify("no", "yes") == Form("classify", ("no", "yes"), 0.0, 0.0)
    assert choose() == Form("choose", (), 0.0, 0.0)
    assert score(0, 5) == Form("score", (), 0, 5)


@pytest.mark.parametrize(
    ("example", "sequences"),
    [
        (single("T", 1), (("T",),)),
        (pair("P", "H", 1), (("P", "H"),)),
        (both_orders("A", "B", 1), (("A", "B"), ("B", "A"))),
        (
            answers(("D", "Q"), ("a", "b", "c", "d"), 1),
            (("D", "Q", "a"), ("D", "Q", "b"), ("D", "Q", "c"), ("D", "Q", "d")),
        ),
        (answers(("S",), ("one", "two"), 1), (("S", "one"), ("S", "two"))),
    ],
    ids=["classification", "entailment", "similarity", "question answering", "commonsense"],
)
def test_the_input_transformations(example: Example, sequences: tuple[tuple[str, ...], ...]) -> None:
    assert example == Example(sequences, 1)
    assert len({len(sequence) for sequence in example.sequences}) == 1


def test_a_label_may_be_hidden() -> None:
    hidden = (single("T", None), pair("P", "H", None), both_orders("A", "B", None), answers(("D",), ("a",), None))
    assert [example.label for example in hidden] == [None] * 4
