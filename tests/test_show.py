"""`show`: a task's rows as they are published, the examples made of them, their tokens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from baselines import vocabulary
from baselines.batches import shown
from baselines.tokenizer import Tokenizer
from harness.__main__ import main
from harness.data import Directory, MiniWorld
from harness.data_card.show import lines, printable, rows, split_of
from harness.tasks import TASKS
from tests import tiny

RTE, SNLI = TASKS["rte"], TASKS["snli"]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["show", *words]) == 0
    return capsys.readouterr().out


def test_the_first_rows_and_what_is_made_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "rte", "-n", "2", "--profile", "mini", "--runs", str(tmp_path))
    split = MiniWorld().open(RTE, RTE.train)
    assert f"rte train, {split.of:,} rows when whole, the first 2; answered by: one of entailment" in text
    for _, row in [next(split.rows), next(split.rows)]:
        assert f"  sentence1: {row['sentence1']}\n  sentence2: {row['sentence2']}\n  label: {row['label']}\n" in text
        assert f"  sequence 0: {row['sentence1']} | {row['sentence2']}\n" in text
    assert text.count("mini world rte train row") == 2
    assert "no tokens, for there is no vocabulary yet" in text


def test_tokens_where_there_is_a_vocabulary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vocabulary.write(tiny.VOCABULARY, tmp_path)
    words = ("rte", "-n", "1", "--profile", "mini", "--weights", str(tmp_path), "--runs", str(tmp_path))
    text = told(capsys, *words)
    assert re.search(r"tokens 0: <start> .* <delimiter> .*<extract> \(\d+ tokens\)", text)


def test_pieces_of_a_word_are_joined_by_dots_and_what_was_cut_is_counted() -> None:
    example = tiny.examples(1)[0]._replace(sequences=(("a cat", "b" * 60),))
    room = tiny.PROFILE.size.n_ctx // 2 - 2  # of a segment, as in the release
    line, cut = shown(example, Tokenizer(tiny.VOCABULARY), tiny.PROFILE.size.n_ctx)
    assert line == f"<start> a c·a·t <delimiter> {'b·' * room}<extract> ({1 + 4 + 1 + room + 1} tokens)"
    assert cut == f"{60 - room} tokens were cut"


def test_drawn_rows_are_the_same_for_a_seed_and_in_order() -> None:
    def of(seed: int | None) -> list[str]:
        return [one.where for one in rows(RTE, RTE.train, MiniWorld(), 5, seed)[1]]

    places = [int(where.split()[-1]) for where in of(3)]
    assert of(3) == of(3) != of(4)
    assert places == sorted(set(places)) and len(places) == 5 and max(places) > 4
    assert [int(where.split()[-1]) for where in of(None)] == [0, 1, 2, 3, 4]


def test_unlabelled_rows_are_passed_over(tmp_path: Path) -> None:
    source = split_of(SNLI, None)
    path = tmp_path / source.files.path
    path.parent.mkdir(parents=True)
    row = '{{"gold_label": "{}", "sentence1": "A man {}.", "sentence2": "A man."}}\n'
    path.write_text(row.format("-", "sits") + row.format("neutral", "runs") + row.format("entailment", "walks"))
    of, found = rows(SNLI, source, Directory(tmp_path), 2, None)
    assert of == SNLI.train.n
    assert [one.row[SNLI.columns[-1]] for one in found] == ["neutral", "entailment"]


def test_hidden_labels_are_not_shown(tmp_path: Path) -> None:
    source = split_of(RTE, "test")
    path = tmp_path / source.files.path
    path.parent.mkdir(parents=True)
    path.write_text("index\tsentence1\tsentence2\n0\tOne.\tTwo.\n")
    (_, [one]) = rows(RTE, source, Directory(tmp_path), 5, None)
    text = "\n".join(lines(RTE, one, None))
    assert "label: (hidden)" in text and "answer" not in text


def test_a_wrong_split_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "rte", "--split", "dev", "--profile", "mini"]) == 1
    assert "split 'dev' of rte; expected one of train, validation, test" in capsys.readouterr().err


def test_what_a_terminal_would_obey_is_spelt_out() -> None:
    assert printable("a\x1b[31mb\n") == "a\\x1b[31mb\\n"
    assert printable("é" * 500).endswith("... (500 characters)")
