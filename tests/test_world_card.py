"""The data card: what gives labels away is found where it was planted, and the generated world keeps its promises."""

from __future__ import annotations

import re
from itertools import islice

import pytest

from harness import mini_world
from harness.data import MiniWorld, load
from harness.data_card import overlap, shortcuts, world_card
from harness.data_card.overlap import Overlap, Wanted
from harness.sources.corpus import MiniCorpus
from harness.tasks import TASKS
from harness.tasks.base import Example, Form, answers, both_orders, choose, classify, pair, score, single
from tests.test_options import parse

# What counting words finds


def told(n: int, gives_away: str) -> list[Example]:
    """Pairs whose label is their number's parity, told by one word of the first or of the last text."""
    sides = ("yes", "no")
    words = [(sides[i % 2], "so") if gives_away == "first" else ("so", sides[i % 2]) for i in range(n)]
    return [pair(f"{first} {i % 7}", f"{last} {i % 5}", i % 2) for i, (first, last) in enumerate(words)]


def test_the_hypothesis_alone_gives_away_what_stands_in_it_and_nothing_else() -> None:
    form = classify("even", "odd")
    in_last = shortcuts.measured(told(60, "last"), told(40, "last"), form)
    in_first = shortcuts.measured(told(60, "first"), told(40, "first"), form)
    assert (in_last.majority, in_last.last, in_last.every) == (50.0, 100.0, 100.0)
    assert in_first.last is not None and in_first.last < 80 and in_first.every == 100.0


def test_of_one_text_there_is_no_hypothesis_and_the_majority_is_that_of_training() -> None:
    train = [single(f"word{i % 3}", 1.0 if i % 3 else 0.0) for i in range(30)]
    test = [single("word0", 0.0), single("word1", 1.0), single("word0", 0.0), single("word0", 0.0)]
    found = shortcuts.measured(train, test, classify("no", "yes"))
    assert found == (25.0, None, 100.0, None)  # "yes" is most frequent in training, and right once


def test_of_several_answers_the_likeliest_is_taken() -> None:
    rows = [answers((f"text {i % 4}", "who?"), ("a liar", "the truth", "a fool"), 1.0) for i in range(12)]
    found = shortcuts.measured(rows, rows, choose())
    assert found[:3] == (100.0, 100.0, 100.0)
    swapped = [answers((f"text {i}", "who?"), ("the truth", "a fool", "a liar"), 0.0) for i in range(4)]
    assert shortcuts.measured(rows, swapped, choose())[:3] == (0.0, 100.0, 100.0)


def test_graded_scores_are_correlated() -> None:
    form: Form = score(0.0, 5.0)
    rows = [both_orders(" ".join(["same"] * (i % 6) + ["other"] * (5 - i % 6)), "x", float(i % 6)) for i in range(60)]
    found = shortcuts.measured(rows, rows, form)
    assert found.majority == 0.0 and found.every > 95 and found.last is not None and abs(found.last) < 60


def test_how_many_words_two_texts_have_in_common_is_measured_without_any_word() -> None:
    form = classify("other", "same")
    rows = [pair(f"a{i} b{i} c{i}", f"a{i} b{i}" if i % 2 else f"a{i} x{i}", float(i % 2)) for i in range(80)]
    found = shortcuts.measured(rows[:40], rows[40:], form)
    assert found.common == 100.0 and found.every < 75  # no word of the later rows is known
    assert shortcuts.common(("Anna is sad.", "She is not so sad.")) == (
        "2_3_0_1",
    )  # shared, new, nots before and in it


# What stands in two places


def overlaps(train: list[Example], test: list[Example], *documents: str) -> Overlap:
    wanted = Wanted()
    asked = overlap.question(train, test, wanted)
    for document in documents:
        wanted.look(document)
    return overlap.answer(asked, wanted)


def test_a_row_in_a_document_is_found_whatever_joins_it() -> None:
    row = [pair("Anna is sad and Tom has a dog.", "Anna is not happy.", 0.0)]
    assert overlaps([], row, "So Tom has a dog. Eve is old. Anna is sad while Anna is not happy.").told == 1
    apart = overlaps([], row, "Tom has a dog. Anna is sad.", "Anna is not happy.")
    assert (apart.told, apart.text_told) == (0, 1)
    assert overlaps([], row, "Tom has a dog. Anna is not happy?") == Overlap(1, 0, 0, 0, 1)
    assert overlaps([], row, "Tom has a dog. Anna is happy.") == Overlap(1, 0, 0, 0, 0)


def test_of_several_answers_only_the_right_one_gives_a_row_away() -> None:
    row = [answers(("Anna is sad.", "Who is sad?"), ("Tom.", "Anna."), 1.0)]
    assert overlaps([], row, "Anna is sad. Who is sad? Tom.").told == 0
    assert overlaps([], row, "Anna is sad. Who is sad? Anna.").told == 1


def test_a_row_in_training_is_found_in_either_order_where_order_says_nothing() -> None:
    one, turned = both_orders("A b.", "C d.", 1.0), both_orders("C d.", "a b.", 0.0)
    assert overlaps([one], [turned]) == Overlap(1, 1, 0, 1, 0)
    assert overlaps([pair("A b.", "C d.", 1.0)], [pair("C d.", "A b.", 0.0)]) == Overlap(1, 0, 0, 1, 0)
    assert overlaps([single("A b c.", 1.0)], [single("A b.", 1.0)]) == Overlap(1, 0, 0, 0, 0)


# The card


def card(monkeypatch: pytest.MonkeyPatch, documents: list[str], tasks: tuple[str, ...] = ("wnli",)) -> world_card.Card:
    monkeypatch.setattr(mini_world, "SIZES", {task: mini_world.SIZES[task] for task in tasks})
    monkeypatch.setattr(mini_world, "corpus", lambda _seed: iter(documents))
    return world_card.made(3)


def test_the_card_says_sizes_shortcuts_and_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    found = card(monkeypatch, ["Anna is sad. Tom is old.", "Eve is Old."])
    said = "\n".join(world_card.text(found, "simple"))
    assert f"Mini world, version {mini_world.VERSION}, seed 3\ncontent sha256 {found.content}" in said
    assert "Corpus: 2 documents, 12 words and marks, 7 different ones." in said
    assert re.search("wnli +train +300 +2 +not_entailment 50%, entailment 50%\n", said)
    assert "  pronouns       The rows of WNLI and of DPR" in said
    assert "Kept: no row is in training" in said and "BROKEN" not in said


def test_a_broken_promise_is_named_and_the_command_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = TASKS["wnli"]
    (first, *_) = load(task, task.evaluations["validation"], MiniWorld(3)).examples
    leak = " ".join(first.sequences[0])
    assert list(world_card.broken(card(monkeypatch, [leak]))) == [
        "wnli validation: 1 rows stand wholly in a document of the corpus"
    ]
    assert world_card.command(parse("world --world-seed 3 --format markdown")) == 1
    assert "BROKEN: wnli validation: 1 rows stand" in capsys.readouterr().out


def test_other_text_is_another_content(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (card(monkeypatch, [text]).content for text in ("Anna is sad.", "Anna is old."))
    assert one != other


@pytest.mark.parametrize("seed", [0, 10])
def test_the_generated_world_keeps_its_promises(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a tenth of the corpus, whole data in `python -m harness world`."""
    documents = list(islice(MiniCorpus(seed), 17_000))
    monkeypatch.setattr(mini_world, "corpus", lambda _seed: iter(documents))
    wanted, asked = Wanted(), {}
    for name in set(mini_world.SIZES) & set(TASKS):
        task, origin = TASKS[name], MiniWorld(seed)
        train = load(task, task.train, origin).examples
        for evaluation, source in task.evaluations.items():
            asked[name, evaluation] = overlap.question(train, load(task, source, origin).examples, wanted)
    assert world_card.walked(MiniCorpus(seed), wanted).documents == 17_000
    for (name, evaluation), one in asked.items():
        found = overlap.answer(one, wanted)
        assert found.trained == 0, (name, evaluation)
        assert found.told == 0, (name, evaluation)
    assert overlap.answer(asked["snli", "test"], wanted).text_told > 100  # it does look
