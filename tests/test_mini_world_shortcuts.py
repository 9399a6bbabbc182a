"""What the miniature's eight newer tasks give away to somebody who counts words and understands nothing."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from harness import shortcuts
from harness.mini_world import SIZES
from harness.tasks import TASKS
from tests.test_mini_world_rows import ANSWERS, NEW, SHARES, TEXTS, Row, answers, made, texts, words

EVALUATIONS = [(task, split) for task, split in NEW if split != "train"]


def counted(task: str, split: str) -> float:
    """Percent: accuracy of counting words, of graded scores the correlation."""
    train, test = ([TASKS[task].example(row) for row in made(task, name)] for name in ("train", split))
    return shortcuts.counting(train, test, TASKS[task].form)


def right(task: str, row: Row) -> int:
    """Which of the answers, counted from 0."""
    return "ABCD".index(row["answer"]) if task == "race" else row["answer_right_ending"] - 1


@pytest.mark.parametrize(("task", "split"), [key for key in EVALUATIONS if key[0] not in ("cola", "sst2", "stsb")])
def test_counting_words_does_not_solve_it(task: str, split: str) -> None:
    assert counted(task, split) <= 100 * max(SHARES[task].values()) + 6


@pytest.mark.parametrize(("task", "least", "most"), [("cola", 68, 78), ("sst2", 65, 85), ("stsb", 15, 40)])
def test_counting_words_goes_some_way(task: str, least: float, most: float) -> None:
    assert least <= counted(task, "validation") <= most


@pytest.mark.parametrize("task", ["mrpc", "qqp", "wnli"])
def test_words_in_common_do_not_solve_it(task: str) -> None:
    """The best label for each number of new words in the second text, chosen on the evaluation rows themselves."""
    by_overlap: dict[int, Counter[str]] = {}
    for row in made(task, "validation"):
        one, two = (words(text) for text in texts(task, row))
        by_overlap.setdefault(sum(word not in one for word in two), Counter())[row["label"]] += 1
    best = sum(max(counts.values()) for counts in by_overlap.values()) / SIZES[task]["validation"]
    assert best <= max(SHARES[task].values()) + 0.06


def test_words_in_common_say_half_of_how_similar_two_texts_are() -> None:
    shared, scores = [], []
    for row in made("stsb", "validation"):
        one, two = (set(words(text)) for text in texts("stsb", row))
        shared.append(len(one & two) / len(one | two))
        scores.append(row["label"])
    assert 0.4 < np.corrcoef(shared, scores)[0, 1] < 0.65


@pytest.mark.parametrize(("task", "split"), [key for key in EVALUATIONS if key[0] in ANSWERS])
def test_the_answer_is_not_the_one_with_the_most_words_of_the_text(task: str, split: str) -> None:
    """Ties are shared."""
    hits = 0.0
    for row in made(task, split):
        known = words(" ".join(row[name] for name in TEXTS[task]))
        share = [sum(word in known for word in words(text)) / len(words(text)) for text in answers(task, row)]
        hits += (share[right(task, row)] == max(share)) / share.count(max(share))
    assert hits / SIZES[task][split] <= 1 / len(SHARES[task]) + 0.06


@pytest.mark.parametrize("split", SIZES["race"])
def test_the_answer_stands_anywhere_in_the_text(split: str) -> None:
    """Where an answer is a person told of."""
    places = Counter[int]()
    for row in made("race", split):
        if row["question"].startswith("Who"):
            subjects = [said.split()[0] for said in row["article"].split(". ")]
            places[subjects.index(row["options"][right("race", row)][:-1])] += 1
    assert max(places.values()) < 0.4 * places.total()
