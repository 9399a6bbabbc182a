"""Every task from its published row to the tokens that the model reads: start, delimiter, extract, orders, answers."""

from __future__ import annotations

from typing import Any

import pytest

from baselines.batches import encode
from baselines.tokenizer import Tokenizer
from harness.tasks import TASKS
from tests import tiny

TOKENIZER = Tokenizer(tiny.VOCABULARY)
SHOWN = {TOKENIZER.start: "<start>", TOKENIZER.delimiter: "<delimiter>", TOKENIZER.extract: "<extract>"}
STORY = {f"input_sentence_{i}": f"{letter}." for i, letter in enumerate("abcd", 1)}
PAIR = {"sentence1": "a", "sentence2": "b"}
ONE = ["<start> a <delimiter> b <extract>"]
BOTH = ["<start> a <delimiter> b <extract>", "<start> b <delimiter> a <extract>"]

GOLDEN: dict[str, tuple[dict[str, Any], list[str], float]] = {
    "mnli": ({"premise": "A", "hypothesis": "B", "label": "contradiction"}, ONE, 2),
    "snli": ({"premise": "a", "hypothesis": "b", "label": "neutral"}, ONE, 1),
    "scitail": (PAIR | {"gold_label": "neutral"}, ONE, 1),
    "qnli": ({"question": "a?", "sentence": "b.", "label": "entailment"}, ["<start> a ? <delimiter> b . <extract>"], 0),
    "rte": (PAIR | {"label": "not_entailment"}, ONE, 1),
    "wnli": (PAIR | {"label": "not_entailment"}, ONE, 0),
    "cola": ({"sentence": "a b .", "label": "acceptable"}, ["<start> a b . <extract>"], 1),
    "sst2": ({"sentence": "a b ", "label": "positive"}, ["<start> a b <extract>"], 1),
    "mrpc": (PAIR | {"label": "equivalent"}, BOTH, 1),
    "qqp": ({"question1": "a", "question2": "b", "label": "duplicate"}, BOTH, 1),
    "stsb": (PAIR | {"label": 2.25}, BOTH, 2.25),
    "race": (
        {"article": "a b.", "question": "c?", "options": ["d", "e", "f g", "h"], "answer": "D"},
        [f"<start> a b . c ? <delimiter> {option} <extract>" for option in ("d", "e", "f g", "h")],
        3,
    ),
    "story_cloze": (
        STORY | {"sentence_quiz1": "e.", "sentence_quiz2": "f.", "answer_right_ending": 2},
        [f"<start> a . b . c . d . <delimiter> {ending} . <extract>" for ending in "ef"],
        1,
    ),
}


def shown(ids: list[int]) -> str:
    pieces = {number: piece.removesuffix("</w>") for piece, number in tiny.VOCABULARY.ids.items()} | SHOWN
    return " ".join(pieces[number] for number in ids)


def test_every_task_has_a_golden_row() -> None:
    assert GOLDEN.keys() == TASKS.keys()


@pytest.mark.parametrize("name", GOLDEN)
def test_what_the_model_reads(name: str) -> None:
    row, sequences, label = GOLDEN[name]
    encoded = encode(TASKS[name].example(row), TOKENIZER, 48)
    assert [shown(sequence) for sequence in encoded.sequences] == sequences
    assert (encoded.label, encoded.cut) == (label, 0)


def test_a_long_document_gives_way_and_question_and_answer_stay_whole() -> None:
    row = {"article": "a " * 100, "question": "b c?", "options": ["d e", "f", "g", "h"], "answer": "A"}
    encoded = encode(TASKS["race"].example(row), TOKENIZER, 48)
    for sequence, option in zip(encoded.sequences, ("d e", "f", "g", "h"), strict=True):
        assert shown(sequence).endswith(f" a b c ? <delimiter> {option} <extract>") and len(sequence) == 48
    assert encoded.cut == 4 * 100 - sum(sequence.count(encoded.sequences[0][1]) for sequence in encoded.sequences)


def test_a_long_story_is_cut_on_the_right_as_in_the_release() -> None:
    story = {f"input_sentence_{i}": f"{letter} " * 10 for i, letter in enumerate("abcd", 1)}
    row = story | {"sentence_quiz1": "e", "sentence_quiz2": "f", "answer_right_ending": 1}
    first = encode(TASKS["story_cloze"].example(row), TOKENIZER, 48).sequences[0]
    assert shown(first) == " ".join(["<start>", *"a" * 10, *"b" * 10, *"cc", "<delimiter>", "e", "<extract>"])
