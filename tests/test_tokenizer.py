from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import ftfy
import pytest
import spacy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from baselines import vocabulary
from baselines.tokenizer import NEWLINE, Tokenizer, standardise
from baselines.vocabulary import Vocabulary
from tests import tiny

SPACY = spacy.blank("en")


def literal(text: str, known: Vocabulary, rank: dict[tuple[str, str], int]) -> list[int]:
    """The described pipeline word by word and merge by merge, slow and without a cache."""
    text = ftfy.fix_text(text)
    for old, new in (("—", "-"), ("–", "-"), ("―", "-"), ("…", "..."), ("´", "'")):
        text = text.replace(old, new)
    text = re.sub(r"(-+|~+|!+|\"+|;+|\?+|\++|,+|\)+|\(+|\\+|\/+|\*+|\[+|\]+|}+|{+|\|+|_+)", r" \1 ", text)
    text = re.sub(r"\s*\n\s*", " \n ", text)
    text = re.sub(r"[^\S\n]+", " ", text).strip()
    ids = []
    for token in SPACY(text):
        ids += [known.ids.get(piece, 0) for piece in merged(token.text.lower(), rank)]
    return ids


def ranks(known: Vocabulary) -> dict[tuple[str, str], int]:
    return {pair: rank for rank, pair in enumerate(known.merges)}


def merged(word: str, rank: dict[tuple[str, str], int]) -> list[str]:
    pieces = [*word[:-1], word[-1] + "</w>"]
    while len(pieces) > 1:
        best = min(pairwise(pieces), key=lambda pair: rank.get(pair, len(rank)))
        if best not in rank:
            break
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i : i + 2]) == best:
                joined.append(pieces[i] + pieces[i + 1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined
    return [NEWLINE] if "".join(pieces).strip(" ").replace(" ", "") == NEWLINE else pieces


@pytest.fixture(scope="module")
def trained() -> Tokenizer:
    text = Path(__file__).read_text(encoding="utf-8")
    return Tokenizer.train([text, "the cat sat on the mat . don't stop ! \n naïve café"], 300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a—b–c―d", "a - b - c - d"),
        ("wait…  what´s\tup", "wait... what's up"),
        ("no!!! (really)?!", "no !!! ( really ) ? !"),
        ("one\n\n  two", "one \n two"),
        ("  \n x \n ", "x"),
        ("a  b", "a b"),
        ("â€œquotedâ€\x9d", '" quoted "'),
    ],
)
def test_standardisation(text: str, expected: str) -> None:
    assert standardise(text) == expected


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
@example("Don't U.S. n't 's a.m. $5.50 e-mail:x@y.z http://a.b/c?d=e")
@example("line one\nline two \n\n three")
@example("İstanbul ﬁne 中文 \u200b\u00ad x")
def test_ids_equal_the_literal_pipeline_on_any_text(trained: Tokenizer, text: str) -> None:
    assert trained.encode(text) == literal(text, trained.vocabulary, ranks(trained.vocabulary))


def test_ids_equal_the_literal_pipeline_on_real_text(shared_data: Path) -> None:
    known = vocabulary.read(shared_data / "gpt1_vocab")
    tokenizer = Tokenizer(known)
    assert tokenizer.n_vocab == 40_478
    assert (tokenizer.start, tokenizer.delimiter, tokenizer.extract) == (40_478, 40_479, 40_480)
    texts = [line.split("\t")[3] for line in (shared_data / "glue_data/CoLA/dev.tsv").read_text().split("\n") if line]
    texts += [
        field
        for line in (shared_data / "glue_data/RTE/dev.tsv").read_text().splitlines()[1:]
        for field in line.split("\t")[1:3]
    ]
    texts += [
        json.loads(path.read_text())["article"] for path in sorted((shared_data / "RACE/dev").glob("*/*.txt"))[:30]
    ]
    assert len(texts) == 1043 + 2 * 277 + 30
    rank = ranks(known)
    assert [i for i, text in enumerate(texts) if tokenizer.encode(text) != literal(text, known, rank)] == []


def test_golden_ids_of_the_released_vocabulary(shared_data: Path) -> None:
    tokenizer = Tokenizer(vocabulary.read(shared_data / "gpt1_vocab"))
    ids = tokenizer.encode("He didn't go.\nWhy?")
    assert tokenizer.decode(ids) == "he did n't go . \n why ?"
    assert ids == [
        tokenizer.vocabulary.ids[f"{piece}</w>"] for piece in ("he", "did", "n't", "go", ".", "\n", "why", "?")
    ]


def test_an_unknown_character_is_id_zero(trained: Tokenizer) -> None:
    assert trained.encode(chr(0x2604)) == [0]  # not in the text above


def test_training_is_deterministic_and_keeps_to_its_size() -> None:
    again = Tokenizer.train(tiny.DOCUMENTS, 90)
    for _ in range(3):
        assert again.vocabulary == Tokenizer.train(tiny.DOCUMENTS, 90).vocabulary
    assert len(again.vocabulary.ids) <= 90
    assert again.vocabulary.ids["<unk>"] == 0 and NEWLINE in again.vocabulary.ids
    assert again.decode(again.encode("Cat runs")) == "cat runs"


def test_decode_shows_the_special_tokens(trained: Tokenizer) -> None:
    ids = [trained.start, *trained.encode("the cat"), trained.delimiter, *trained.encode("mat"), trained.extract]
    assert trained.decode(ids) == "<start> the cat <delimiter> mat <extract>"
