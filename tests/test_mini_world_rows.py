"""The rows of the miniature's thirteen tasks: pinned, in their columns, shared out, kept apart, short.

The eight newer tasks' gold labels are found again in test_mini_world_gold.py; what counting words gives is measured in
test_mini_world_shortcuts.py. test_mini_world.py is about entailment.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from functools import cache
from itertools import combinations, islice
from typing import Any

import pytest

from harness.mini_world import SIZES, VERSION, corpus, rows

Row = dict[str, Any]

# Accepted results rest on these: a changed hash means other data, and VERSION would have to be raised.
OLD_SHA256 = {
    ("mnli", "train"): "f27c9bb2730987c465af267f611e53453280031bf14343e3ecef0614e45b5ea3",
    ("mnli", "validation_matched"): "e73667e5873b1c2dece10de054751c458bb20e754732fc9b4e746587848acbd4",
    ("mnli", "validation_mismatched"): "792e02a4e04603ce7b53ef8a45ac0f1a6cea642d4870715eab6de116e183a462",
    ("snli", "train"): "281cb74798a8cb15e27a123564d050ffd1595d996c5a2292f19a07e2f239ba24",
    ("snli", "test"): "b3404d981ec7b1eb1a6597ca6c0272e579b7e8ddc753f98a28b8f4370a707832",
    ("scitail", "train"): "a5eec5c924bda03f0f0619a6513c256663c552aeeec09dbfaf2e71c5b41ab7dc",
    ("scitail", "test"): "6379323e0efe55000194e59e49f7f7fca34e0af396cb8a4ce67f6a3651b36d16",
    ("qnli", "train"): "8f2117d1079f941cdff08ea5af5a7773db3fac7383e01a565260ac96aa6cfd6a",
    ("qnli", "validation"): "661d35acca7f31c2dfbe133f540e698510b2a75e6e065627052862913323882b",
    ("rte", "train"): "026793ea07227a9d12713edf39bbfb51b5952115a8f6a4462a966421ce3a2e99",
    ("rte", "validation"): "576ff91417632904df43d944dc7fa88c1eabba5fda5bb0165c05c39571aa55ba",
    ("race", "validation"): "87d4d5849e9e17a27629b7541133ecce784400becbb14a108d494d4b4442ebcc",
}
CORPUS_SHA256 = "e8d5f7c93e4b03aa35ff79d0e8afe9ba754ea9458680d3e8c45782c7d62f1796"  # its first 2000 documents
NEW_SHA256 = {
    "cola": "d05f4360cf1bd363b496cc2910ec585a3623d7fb79373deea747b31450f38f39",
    "sst2": "78639dab271da577b089ed2eeb6d0d68415a1c59d3f94ca4c45910d29c4326dd",
    "mrpc": "230b281ca8c861b05b77aa7838b211689fb190538a45b7b1d626adc233e91933",
    "qqp": "b0fbe9cc77bc242a63976ea28462ec9f41cfc49efb34adf393e99437f385bec7",
    "stsb": "c446024e00a3b16c31c367f54c2b993e1f99ad4315caded1401a96b53bdbc60d",
    "wnli": "8cd521733447095d3ecbb4447e4873ba930a7c9824a9ec475b8bac58ce3a0755",
    "race": "f54ccc38a5ac61eb0dc1970d1c7145b4e4a2e8fca027d742fe6ce0327dd49fbd",
    "story_cloze": "66c9e791734b03b65058b76ef83b747b82f2b4cb450998121fe655dfafd3658f",
}

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
    "stsb": dict.fromkeys((0.0, 0.75, 1.25, 1.75, 2.5, 3.25, 3.75, 4.25, 5.0), 1 / 9),
    "wnli": {"entailment": 0.5, "not_entailment": 0.5},
    "race": dict.fromkeys("ABCD", 0.25),
    "story_cloze": {1: 0.5, 2: 0.5},
}
NEW = [(task, split) for task in TEXTS for split in SIZES[task]]


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


def gold(task: str, row: Row) -> Any:
    return row[LABEL.get(task, "label")]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def length(*said: str) -> int:
    return sum(len(re.findall(r"\w+|[^\w\s]", text)) for text in said)


def sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


@pytest.mark.parametrize(("task", "split"), OLD_SHA256)
def test_the_rows_of_accepted_results_are_what_they_were(task: str, split: str) -> None:
    assert sha256(made(task, split)) == OLD_SHA256[task, split]


def test_the_corpus_of_accepted_results_is_what_it_was() -> None:
    assert sha256(list(islice(corpus(), 2000))) == CORPUS_SHA256
    assert VERSION == 1


@pytest.mark.parametrize("task", TEXTS)
def test_a_seed_gives_the_same_rows_everywhere(task: str) -> None:
    alone = {split for name, split in OLD_SHA256 if name == task}
    assert sha256([made(task, split) for split in SIZES[task] if split not in alone]) == NEW_SHA256[task]


@pytest.mark.parametrize("task", TEXTS)
def test_another_seed_gives_other_rows(task: str) -> None:
    split = list(SIZES[task])[-1]
    other = [texts(task, row) for row in rows(task, split, 1)]
    assert len(other) == SIZES[task][split]
    shared = sum(row in other for row in (texts(task, row) for row in made(task, split)))
    assert shared < len(other) // 4


def test_every_task_has_its_sizes() -> None:
    assert {task: dict(SIZES[task]) for task in TEXTS} == {
        "cola": {"train": 1000, "validation": 400},
        "sst2": {"train": 1000, "validation": 400},
        "mrpc": {"train": 800, "validation": 300},
        "qqp": {"train": 1200, "validation": 400},
        "stsb": {"train": 1000, "validation": 400},
        "wnli": {"train": 300, "validation": 100},
        "race": {"train": 800, "test_middle": 200, "test_high": 200, "validation": 200},
        "story_cloze": {"train": 600, "test": 400},
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


def test_the_corpus_has_every_word_but_one() -> None:
    """ "It" is what WNLI is about."""
    known = {word for document in documents() for word in words(document)}
    for task, split in NEW:
        used = {word for row in made(task, split) for text in texts(task, row) for word in words(text)}
        assert used - known == ({"it"} if task == "wnli" else set())


JOINT = re.compile("[.?]| and | while ")


@cache
def stated() -> frozenset[str]:
    """What the corpus says or asks anywhere, freed of what joins two statements."""
    said = (" ".join(words(part)) for document in documents() for part in JOINT.split(document))
    return frozenset(text.removeprefix("so ") for text in said)


@pytest.mark.parametrize(("task", "split"), [key for key in NEW if key[0] != "qqp"])
def test_every_row_says_something_that_the_corpus_never_says(task: str, split: str) -> None:
    for row in made(task, split):
        said = [" ".join(words(part)) for text in texts(task, row)[:4] for part in JOINT.split(text)]
        assert any(text not in stated() for text in said if text)


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
