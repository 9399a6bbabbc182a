"""The registry of tasks: what is declared of each, and how a published row reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.tasks import TASKS, by_name, nli
from harness.tasks.base import (
    Example,
    Form,
    answers,
    both_orders,
    choose,
    classify,
    label_index,
    pair,
    score,
    single,
)

# The registry


def test_every_task_is_found_by_its_name() -> None:
    assert list(TASKS) == ["mnli", "snli", "scitail", "qnli", "rte"]
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
    ],
)
def test_the_published_sets_splits_and_row_counts(
    name: str, hub: str, config: str, train: int, evaluations: dict[str, tuple[str, int]]
) -> None:
    task = TASKS[name]
    assert (task.train.split, task.train.n) == ("train", train)
    assert {key: (source.split, source.n) for key, source in task.evaluations.items()} == evaluations
    for source in (task.train, *task.evaluations.values()):
        assert (source.hub.id, source.hub.config, source.hub.split) == (hub, config, source.split)


def test_no_two_splits_are_of_one_place() -> None:
    sources = [source for task in TASKS.values() for source in (task.train, *task.evaluations.values())]
    assert len({source.files.path for source in sources}) == len(sources) == 11
    assert len({source.hub for source in sources}) == len(sources)


def test_what_a_reader_of_qnlis_number_must_know() -> None:
    assert TASKS["qnli"].note.startswith("QNLI v2; the paper used v1 (108,436 training rows)")
    assert [name for name, task in TASKS.items() if task.note] == ["qnli"]


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


@pytest.mark.parametrize("name", TASKS)
def test_a_task_reads_the_columns_that_it_declares(name: str) -> None:
    task = TASKS[name]
    row = dict.fromkeys(task.columns, "x") | {task.columns[-1]: task.form.names[1]}
    assert task.example(row) == Example((("x", "x"),), 1)
    assert task.form.kind == "classify" and len(set(task.form.names)) == len(task.form.names) >= 2
    for column in task.columns:
        with pytest.raises(KeyError, match=column):
            task.example({key: value for key, value in row.items() if key != column})


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


@pytest.mark.parametrize("value", ["-1", -1, "-", 0, 1, "0", "Entailment", "entailment ", "", None])
@pytest.mark.parametrize("name", TASKS)
def test_what_is_no_name_of_a_label_is_refused(name: str, value: object) -> None:
    task = TASKS[name]
    column = task.columns[-1]
    row = dict.fromkeys(task.columns, "x") | {column: value}
    with pytest.raises(ValueError, match=r"^label ") as caught:
        task.example(row)
    expected = ", ".join(task.form.names)
    assert str(caught.value) == f"label {value!r} in column {column!r}; expected one of {expected}"


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
