"""The rows of the miniature's thirteen tasks: pinned, in their columns, shared out, kept apart, short.

The eight newer tasks' gold labels are found again in test_mini_world_gold.py; what counting words gives is measured in
test_mini_world_shortcuts.py. test_mini_world.py is about entailment.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import combinations
from typing import Any

import pytest

from harness.mini_world import SIZES, VERSION, corpus, rows
from tests import mini_world_pins

Row = dict[str, Any]

PAIR, STORY = ("sentence1", "sentence2"), tuple(f"input_sentence_{i}" for i in range(1, 5))
TEXTS = {
    "cola": ("sentence",),
    "sst2": ("sentence",),
    "mrpc": PAIR,
    "qqp": ("question1", "question2"),
    "stsb": PAIR,
    "wnli": PAIR,
    "race": ("article", "question"),
    "story_cloze": STORY,
}
ANSWERS = {"race": "options", "story_cloze": ("sentence_quiz1", "sentence_quiz2")}
LABEL = {"race": "answer", "story_cloze": "answer_right_ending"}
SHARES: dict[str, dict[object, float]] = {
    "cola": {"acceptable": 0.7, "unacceptable": 0.3},
    "sst2": {"negative": 0.5, "positive": 0.5},
    "mrpc": {"equivalent": 2 / 3, "not_equivalent": 1 / 3},
    "qqp": {"duplicate": 0.375, "not_duplicate": 0.625},
    "stsb": dict.fromkeys((0.0, 1.25, 2.5, 3.75, 5.0), 1 / 5),
    "wnli": {"entailment": 0.5, "not_entailment": 0.5},
    "race": dict.fromkeys("ABCD", 0.25),
    "story_cloze": {1: 0.5, 2: 0.5},
}
NEW = [(task, split) for task in TEXTS for split in SIZES[task]]
EVERY = [(task, split) for task in SIZES for split in SIZES[task]]


@cache
def made(task: str, split: str) -> list[Row]:
    return rows(task, split)


@cache
def documents() -> tuple[str, ...]:
    return tuple(corpus(tokens=200_000))


def answers(task: str, row: Row) -> list[str]:
    named = ANSWERS.get(task, ())
    return list(row[named]) if isinstance(named, str) else [row[name] for name in named]


def texts(task: str, row: Row) -> list[str]:
    return [row[name] for name in TEXTS[task]] + answers(task, row)


def said_in(row: Row) -> list[str]:
    """All texts of a row of any task."""
    own = [value for value in row.values() if isinstance(value, str) and " " in value]
    return own + [text for value in row.values() if isinstance(value, list) for text in value]


def gold(task: str, row: Row) -> Any:
    return row[LABEL.get(task, "label")]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def length(*said: str) -> int:
    return sum(len(re.findall(r"\w+|[^\w\s]", text)) for text in said)


@pytest.mark.parametrize("name", mini_world_pins.NAMES)
def test_a_seed_gives_the_same_everywhere(name: str) -> None:
    """Accepted results rest on these: a changed hash means other data, and VERSION has to be raised with it."""
    assert mini_world_pins.sha256(name) == mini_world_pins.pinned()[name]


def test_what_is_pinned_is_all_of_this_version() -> None:
    assert list(mini_world_pins.pinned()) == list(mini_world_pins.NAMES)
    assert VERSION == 3


@pytest.mark.parametrize(("task", "split"), [key for key in EVERY if key[1] != "train"])
def test_another_seed_gives_other_rows(task: str, split: str) -> None:
    def read(seed: int) -> list[str]:
        return [" ".join(said_in(row)) for row in rows(task, split, seed)]

    one, other, again = read(0), read(1), read(2)
    assert len(one) == len(other) == len(again)
    for first, second in combinations((one, other, again), 2):
        assert len(set(first) & set(second)) < len(one) // 5


def test_every_task_has_its_sizes() -> None:
    assert {task: dict(SIZES[task]) for task in TEXTS} == {
        "cola": {"train": 800, "validation": 400},
        "sst2": {"train": 400, "validation": 400},
        "mrpc": {"train": 500, "validation": 300},
        "qqp": {"train": 700, "validation": 400},
        "stsb": {"train": 600, "validation": 400},
        "wnli": {"train": 300, "validation": 100},
        "race": {"train": 480, "test_middle": 200, "test_high": 200, "validation": 200},
        "story_cloze": {"train": 500, "test": 400},
    }
    assert set(SIZES) == set(TEXTS) | {"mnli", "snli", "scitail", "qnli", "rte", "dpr"}  # dpr: test_winograd.py


@pytest.mark.parametrize(("task", "split"), NEW)
def test_rows_are_in_the_published_columns(task: str, split: str) -> None:
    assert len(made(task, split)) == SIZES[task][split]
    more = {"race": ("options",), "story_cloze": ANSWERS["story_cloze"]}.get(task, ("idx",))
    columns = {*TEXTS[task], LABEL.get(task, "label"), *more}
    for i, row in enumerate(made(task, split)):
        assert set(row) == columns
        assert row.get("idx", i) == i
        assert all(isinstance(text, str) and text[-1] in ".?" and not text[0].islower() for text in texts(task, row))
        assert len(answers(task, row)) == {"race": 4, "story_cloze": 2}.get(task, 0)
        assert type(gold(task, row)) is {"stsb": float, "story_cloze": int}.get(task, str)


@pytest.mark.parametrize(("task", "split"), NEW)
def test_labels_are_shared_out(task: str, split: str) -> None:
    counts = Counter(gold(task, row) for row in made(task, split))
    assert counts.keys() == SHARES[task].keys()
    for label, share in SHARES[task].items():
        assert counts[label] == pytest.approx(share * SIZES[task][split], abs=4)


@pytest.mark.parametrize("task", TEXTS)
def test_no_row_is_twice(task: str) -> None:
    """Neither in a split nor in two. Pairs count in both orders; of a document, any question."""

    def key(row: Row) -> tuple[str, ...]:
        own = [row[name] for name in TEXTS[task]]
        return tuple(own[:1] if task == "race" else sorted(own) if len(own) == 2 else own)

    for split in SIZES[task]:
        assert len({tuple(texts(task, row)) for row in made(task, split)}) == SIZES[task][split]
        if split != "train":
            trained = {key(row) for row in made(task, "train")}
            assert not [row for row in made(task, split) if key(row) in trained]
    if task == "race":
        asked = [{(row["article"], row["question"]) for row in made(task, split)} for split in SIZES[task]]
        assert not any(one & other for one, other in combinations(asked, 2))


@pytest.mark.parametrize(("task", "split"), NEW)
def test_a_row_fits_the_tiny_model(task: str, split: str) -> None:
    """It reads 64 tokens in all, and of a segment 30, except of a document."""
    for row in made(task, split):
        own, others = [row[name] for name in TEXTS[task]], answers(task, row)
        assert length(*own, max(others, key=length, default="")) <= (40 if others else 30)
        assert task == "race" or length(*own) <= 30


def test_the_corpus_has_every_word() -> None:
    known = {word for document in documents() for word in words(document)}
    for task, split in EVERY:
        used = {word for row in made(task, split) for text in said_in(row) for word in words(text)}
        assert used <= known, (task, split)
    assert 330 < len(known) < 340


JOINT = re.compile(" and | while | ?although ")
SENTENCE = re.compile("[^.?]+[.?]")
QUESTIONS = ("qqp", "qnli")


def statements(text: str) -> list[str]:
    """What a text states, freed of what joins two statements; of its questions nothing."""
    said = (found for found in SENTENCE.findall(text) if found[-1] == ".")
    return [" ".join(words(part)) for found in said for part in JOINT.split(found.lower().replace("so ", "", 1))]


@cache
def stated() -> frozenset[str]:
    return frozenset(said for document in documents() for said in statements(document))


@pytest.mark.parametrize(("task", "split"), [key for key in EVERY if key[0] not in QUESTIONS])
def test_every_row_says_something_that_the_corpus_never_says(task: str, split: str) -> None:
    for row in made(task, split):
        said = [one for text in said_in(row) for one in statements(text) if one]
        assert not said or any(one not in stated() for one in said), row  # a question states nothing


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (("dprd", "test"), "no task 'dprd'; expected one of mnli, snli"),
        (("race", "test"), "train, test_middle, test_high, validation"),
    ],
)
def test_what_there_is_not_is_named_beside_what_there_is(asked: tuple[str, str], there: str) -> None:
    with pytest.raises(ValueError, match=there):
        rows(*asked)
