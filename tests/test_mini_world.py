"""The miniature world's corpus and its rows of entailment: everywhere the same, balanced, without leaks."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from harness.mini_world import SIZES, corpus, entailment, rows
from harness.tasks import TASKS, ZERO_SHOT

SPLITS = [(task, split) for task, sizes in entailment.SIZES.items() for split in sizes]
EVALUATIONS = [(task, split) for task, split in SPLITS if split != "train"]
Row = tuple[str, str, str]


@cache
def made(task: str, split: str) -> list[dict[str, object]]:
    return rows(task, split)


@cache
def labelled(task: str, split: str) -> tuple[Row, ...]:
    """(first text, second text, label) of the rows that a loader keeps."""
    one, two, label = TASKS[task].columns
    kept = (row for row in made(task, split) if row[label] not in TASKS[task].unlabelled)
    return tuple((str(row[one]), str(row[two]), str(row[label])) for row in kept)


@cache
def documents() -> tuple[str, ...]:
    return tuple(corpus(tokens=200_000))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_the_corpus_keeps_to_its_budget_and_its_documents_are_short() -> None:
    sizes = [len(re.findall(r"\w+|[^\w\s]", document)) for document in documents()]
    assert 200_000 <= sum(sizes) < 200_100
    assert min(sizes) >= 4
    assert max(sizes) <= 120


@pytest.mark.parametrize(("task", "split"), SPLITS)
def test_rows_are_what_the_task_reads(task: str, split: str) -> None:
    column = TASKS[task].columns[-1]
    kept = [row for row in made(task, split) if row[column] not in TASKS[task].unlabelled]
    assert len(kept) == SIZES[task][split]
    assert (len(kept) < len(made(task, split))) == (task == "snli")
    for row in kept:
        (sequence,), label = TASKS[task].example(row)
        assert all(segment[-1] in ".?" for segment in sequence)
        assert label in range(len(TASKS[task].form.names))


def test_splits_are_those_of_the_tasks() -> None:
    for task, sizes in SIZES.items():
        of = {**TASKS, **ZERO_SHOT}[task]
        sources = [of.train, *of.evaluations.values(), *of.beside.values()]
        assert [source.split for source in sources] == list(sizes)


@pytest.mark.parametrize(("task", "split"), SPLITS)
def test_labels_are_shared_out_as_in_the_real_set(task: str, split: str) -> None:
    counts = Counter(label for _, _, label in labelled(task, split))
    share = counts["entailment"] / counts.total()
    expected = {"mnli": 1 / 3, "snli": 1 / 3, "scitail": 0.4}.get(task, 0.5)
    assert share == pytest.approx(expected, abs=0.01)
    assert set(counts) == set(TASKS[task].form.names)


@pytest.mark.parametrize(("task", "split"), EVALUATIONS)
def test_evaluation_shares_no_row_with_training(task: str, split: str) -> None:
    trained = {(first, second) for first, second, _ in labelled(task, "train")}
    assert not [row for row in labelled(task, split) if row[:2] in trained]


def test_mismatched_rows_need_words_that_training_never_shows() -> None:
    vocabulary = {word for row in labelled("mnli", "train") for text in row[:2] for word in words(text)}
    for first, second, _ in labelled("mnli", "validation_mismatched"):
        assert any(word not in vocabulary for word in words(f"{first} {second}"))


LEAD_IN = re.compile("^so ")
JOINT = re.compile("[.?]| and | while ")


@cache
def in_documents() -> tuple[frozenset[str], ...]:
    """What each document states or asks, freed of "So" and of what joins two statements."""
    return tuple(
        frozenset(LEAD_IN.sub("", " ".join(words(said))) for said in JOINT.split(document)) for document in documents()
    )


@pytest.mark.parametrize(("task", "split"), SPLITS)
def test_no_pair_stands_in_a_document(task: str, split: str) -> None:
    """Not both texts in one document, whatever stands between them."""
    wanted: dict[str, list[frozenset[str]]] = {}
    for first, second, _ in labelled(task, split):
        text, asked = (second, first) if task == "qnli" else (first, second)
        premises = frozenset(" ".join(words(said)) for said in JOINT.split(text) if words(said))
        wanted.setdefault(" ".join(words(asked)), []).append(premises)
    for said in in_documents():
        for second in said & wanted.keys():
            assert not any(premises <= said for premises in wanted[second]), second


@pytest.mark.parametrize(("task", "split"), EVALUATIONS)
def test_words_in_common_do_not_solve_it(task: str, split: str) -> None:
    """The best label for each number of shared words, chosen on the evaluation rows themselves: an upper bound."""
    by_overlap: dict[tuple[int, bool], Counter[str]] = {}
    for first, second, label in labelled(task, split):
        shared = sum(word in words(first) for word in words(second))
        negated = any(word in ("not", "no", "nobody") for word in words(second))
        by_overlap.setdefault((shared, negated), Counter())[label] += 1
    majority = max(sum(by_overlap.values(), Counter[str]()).values())
    best = sum(max(counts.values()) for counts in by_overlap.values())
    assert (best - majority) / SIZES[task][split] <= 0.08
