"""What any learner must beat: the same door, answers that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from baselines import door
from baselines.classical import MODELS, Majority, TfIdf
from baselines.recipes import PROFILES, RECIPES
from harness.tasks.base import Example, answers, both_orders, choose, classify, pair, score, single
from tests import tiny

TWO = classify("no", "yes")


def baseline(name: str, form: object, folder: Path) -> door.Baseline:
    return door.make(RECIPES[name], PROFILES["mini"], form, tiny.SEEDS, "cpu", folder, folder, tiny.quiet)  # type: ignore[arg-type]


@pytest.mark.parametrize(("labels", "answer"), [([0, 1, 1, 0, 1], 1.0), ([1, 0, 1, 0], 0.0), ([2, 0, 2], 2.0)])
def test_the_majority_is_of_the_training_rows_and_of_equals_the_first(
    tmp_path: Path, labels: list[int], answer: float
) -> None:
    model = baseline("majority", classify("a", "b", "c"), tmp_path).fit([single("x", label) for label in labels])
    assert model.predict([single("anything", None)] * 2) == [answer] * 2
    assert model.scores([single("anything", None)]) == [[float(i == answer) for i in range(3)]]


def test_the_majority_of_answers_is_a_place_and_of_scores_their_mean(tmp_path: Path) -> None:
    train = [answers(("q",), ("a", "b", "c"), label) for label in (2, 1, 2)]
    chooser = baseline("majority", choose(), tmp_path).fit(train)
    assert (chooser.predict(train), chooser.scores(train[:1])) == ([2.0] * 3, [[0.0, 0.0, 1.0]])
    graded = [both_orders("a", "b", label) for label in (1.0, 2.5, 4.0)]
    judge = baseline("majority", score(0, 5), tmp_path).fit(graded)
    assert (judge.predict(graded[:1]), judge.scores(graded[:1])) == ([2.5], [[2.5]])


def test_words_decide_a_single_text(tmp_path: Path) -> None:
    train = [single(f"{word} thing number {i}", label) for i in range(8) for label, word in enumerate(("bad", "good"))]
    model = baseline("tfidf", TWO, tmp_path).fit(train)
    assert model.predict([single("a good one", None), single("bad luck", None)]) == [1.0, 0.0]
    for row in model.scores(train):
        assert len(row) == 2 and sum(row) == pytest.approx(1.0)


def test_a_label_that_no_row_has_is_given_no_probability(tmp_path: Path) -> None:
    train = [pair(text, "x", 2.0 * (i % 2)) for i, text in enumerate(["cat", "dog"] * 4)]
    model = baseline("tfidf", classify("a", "b", "c"), tmp_path).fit(train)
    assert model.predict(train[:2]) == [0.0, 2.0]
    assert [row[1] for row in model.scores(train[:2])] == [0.0, 0.0]


def test_what_two_texts_share_decides_a_pair(tmp_path: Path) -> None:
    """Each word is as frequent in either text under either label: only whether both have it tells."""
    words = [f"word{i}" for i in range(30)]
    train = [both_orders(word, words[(i + k) % 30], 5.0 * (k == 0)) for i, word in enumerate(words) for k in (0, 1)]
    model = baseline("tfidf", score(0, 5), tmp_path).fit(train)
    unseen = [both_orders(words[3], words[3], None), both_orders(words[3], words[9], None)]
    same, other = model.predict(unseen)
    assert same > 4 and other < 1
    assert model.predict([both_orders(words[9], words[3], None)]) == pytest.approx([other])  # neither comes first


def test_scores_stay_in_their_range(tmp_path: Path) -> None:
    train = [both_orders(f"a{i}", f"a{i}" if i % 2 else f"b{i}", 5.0 * (i % 2)) for i in range(40)]
    model = baseline("tfidf", score(0, 5), tmp_path).fit(train)
    found = model.predict([both_orders("a1 a1 a3", "a1 a3", None), both_orders("a2", "b4", None), *train])
    assert min(found) >= 0.0 and max(found) <= 5.0


def test_of_several_answers_the_likeliest_is_chosen(tmp_path: Path) -> None:
    """The right answer repeats a word of the question; its place says nothing."""
    words = [f"word{i}" for i in range(24)]

    def question(i: int, place: int) -> Example:
        options = [words[(i + 5 * k) % 24] for k in (1, 2, 3)]
        options.insert(place, words[i])
        return answers((f"{words[i]} stands here", "which?"), tuple(options), place)

    model = baseline("tfidf", choose(), tmp_path).fit([question(i, i % 4) for i in range(24)])
    unseen = [question(i, (i + 1) % 4) for i in range(24)]
    assert sum(p == e.label for p, e in zip(model.predict(unseen), unseen, strict=True)) >= 22
    assert [len(row) for row in model.scores(unseen)] == [4] * 24


def test_no_seed_no_weights_no_vocabulary(tmp_path: Path) -> None:
    assert set(MODELS) == {name for name, recipe in RECIPES.items() if recipe.is_classical}
    for name in MODELS:
        recipe = RECIPES[name]
        assert door.fingerprint(recipe, PROFILES["paper"], tmp_path / "nothing") == {
            "recipe": {"model": name},
            "vocabulary": None,
            "weights": None,
        }
        assert door.flops(recipe, PROFILES["paper"], 1e6, 1e6, 10) == 0.0


def test_they_describe_themselves() -> None:
    assert Majority(TWO).describe()["parameters"] == 1
    model = TfIdf(TWO).fit([single("cat", 0), single("dog", 1), single("cat dog", 1)])
    assert model.describe()["parameters"] == 4  # cat, dog, cat dog, and the intercept


@pytest.mark.parametrize("name", ["majority", "tfidf"])
@pytest.mark.parametrize("train", [[], [single("a", None)]], ids=["no rows", "hidden labels"])
def test_nothing_to_learn_from_is_refused(tmp_path: Path, name: str, train: list[Example]) -> None:
    with pytest.raises(ValueError, match=f"0 labels for {len(train)} training rows"):
        baseline(name, TWO, tmp_path).fit(train)
