"""What the miniature's tasks give away to somebody who counts words and understands nothing."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from harness.data import MiniWorld, load
from harness.data_card import shortcuts
from harness.mini_world import SIZES, entailment
from harness.tasks import TASKS, ZERO_SHOT
from tests.test_mini_world_rows import ANSWERS, NEW, SHARES, TEXTS, Row, answers, made, texts, words

EVALUATIONS = [(task, split) for task, split in NEW if split != "train"]
EVERY = {**TASKS, **ZERO_SHOT}
COUNTED = [(task, name) for task in SIZES for name in (*EVERY[task].evaluations, *EVERY[task].beside)]


def of_world(task: str, seed: int, evaluation: str = "") -> shortcuts.Shortcuts:
    own = EVERY[task]
    sources = {**own.evaluations, **own.beside}
    source = sources[evaluation or next(iter(sources))]
    train, test = (load(own, one, MiniWorld(seed)).examples for one in (own.train, source))
    return shortcuts.measured(train, test, own.form)


def measured(task: str, evaluation: str) -> shortcuts.Shortcuts:
    return of_world(task, 0, evaluation)


def right(task: str, row: Row) -> int:
    """Which of the answers, counted from 0."""
    return "ABCD".index(row["answer"]) if task == "race" else row["answer_right_ending"] - 1


@pytest.mark.parametrize(("task", "evaluation"), COUNTED)
def test_counting_words_does_not_solve_it(task: str, evaluation: str) -> None:
    """Neither all texts' words nor the last text's, learnt on the training rows."""
    found, kind = measured(task, evaluation), EVERY[task].form.kind
    over = 8 if task in entailment.SIZES else 6
    most = 30.0 if kind == "score" else found.majority + over
    assert max(found.every, found.last or 0.0) <= most, found


@pytest.mark.parametrize("task", ["cola", "sst2", "wnli", "story_cloze"])
def test_counting_words_says_nothing_in_the_mean_of_worlds(task: str) -> None:
    """Of two of them: what one set of rows gives by chance, another one does not."""
    over = [found.every - found.majority for found in (of_world(task, seed) for seed in (0, 1))]
    assert sum(over) / 2 <= 4.0, over


@pytest.mark.parametrize("task", ["mrpc", "qqp", "wnli"])
def test_words_in_common_do_not_solve_it(task: str) -> None:
    """The best label for each number of new words in the second text, chosen on the evaluation rows themselves."""
    by_overlap: dict[int, Counter[str]] = {}
    for row in made(task, "validation"):
        one, two = (words(text) for text in texts(task, row))
        by_overlap.setdefault(sum(word not in one for word in two), Counter())[row["label"]] += 1
    best = sum(max(counts.values()) for counts in by_overlap.values()) / SIZES[task]["validation"]
    assert best <= max(SHARES[task].values()) + 0.06


def test_words_in_common_say_little_of_how_similar_two_texts_are() -> None:
    shared, scores = [], []
    for row in made("stsb", "validation"):
        one, two = (set(words(text)) for text in texts("stsb", row))
        shared.append(len(one & two) / len(one | two))
        scores.append(row["label"])
    assert abs(np.corrcoef(shared, scores)[0, 1]) < 0.4


@pytest.mark.parametrize(("task", "split"), [key for key in EVALUATIONS if key[0] in ANSWERS])
def test_the_answer_is_not_the_one_with_the_most_words_of_the_text(task: str, split: str) -> None:
    """Ties are shared."""
    hits = 0.0
    for row in made(task, split):
        known = words(" ".join(row[name] for name in TEXTS[task]))
        share = [sum(word in known for word in words(text)) / len(words(text)) for text in answers(task, row)]
        hits += (share[right(task, row)] == max(share)) / share.count(max(share))
    assert hits / SIZES[task][split] <= 1 / len(SHARES[task]) + 0.06


@pytest.mark.parametrize("split", [split for split in SIZES["race"] if split != "test_middle"])
def test_the_answer_stands_anywhere_in_the_text(split: str) -> None:
    """Where an answer is a person told of, of several."""
    places = Counter[int]()
    for row in made("race", split):
        if row["question"].startswith("Who"):
            subjects = [said.split()[0] for said in row["article"].split(". ")]
            places[subjects.index(row["options"][right("race", row)][:-1])] += 1
    assert max(places.values()) < 0.4 * places.total()
