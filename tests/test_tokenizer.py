from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from baselines import vocabulary
from baselines.tokenizer import NEWLINE, Tokenizer, count_chunks, count_words, repeated, standardise
from tests import literal_tokenizer, tiny
from tests.literal_tokenizer import ranks


@pytest.fixture(scope="module")
def trained() -> Tokenizer:
    text = Path(__file__).read_text(encoding="utf-8")
    return learnt([text, "the cat sat on the mat . don't stop ! \n naïve café"], 300)


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
    assert trained.encode(text) == literal_tokenizer.encode(text, trained.vocabulary, ranks(trained.vocabulary))


def learnt(documents: list[str], n_vocab: int) -> Tokenizer:
    return Tokenizer.train(count_words(count_chunks(documents)), n_vocab)


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
    assert [
        i for i, text in enumerate(texts) if tokenizer.encode(text) != literal_tokenizer.encode(text, known, rank)
    ] == []


def strings(value: object) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def texts(path: Path) -> Iterator[str]:
    """Whatever could be read as a text in a file of the real sets."""
    content = path.read_text(encoding="utf-8-sig")
    if path.parent.name == "books":
        yield content
    elif path.parent.parent.name in ("dev", "test", "train"):  # RACE's folders
        yield from strings(json.loads(content))
    elif path.suffix == ".csv":
        yield from (field for row in csv.reader(content.splitlines()) for field in row)
    else:
        for line in content.split("\n"):
            yield from strings(json.loads(line)) if line.startswith("{") else line.split("\t")


SETS = ("glue_data", "snli_1.0", "SciTailV1.1", "RACE", "story_cloze", "winograd", "books")


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_ids_equal_the_literal_pipeline_on_every_text_there_is(shared_data: Path, name: str) -> None:
    known = vocabulary.read(shared_data / "gpt1_vocab")
    tokenizer, rank = Tokenizer(known), ranks(known)
    found = {text for path in sorted((shared_data / name).rglob("*")) if path.is_file() for text in texts(path)}
    differ = [text for text in found if tokenizer.encode(text) != literal_tokenizer.encode(text, known, rank)]
    print(f"{name}: {len(found):,} texts, {len(differ)} differ")
    assert differ == []


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
    again = learnt(tiny.DOCUMENTS, 90)
    for _ in range(3):
        assert again.vocabulary == learnt(tiny.DOCUMENTS, 90).vocabulary
    assert len(again.vocabulary.ids) <= 90
    assert again.vocabulary.ids["<unk>"] == 0 and NEWLINE in again.vocabulary.ids
    assert again.decode(again.encode("Cat runs")) == "cat runs"


def test_words_are_repeated_as_often_as_they_were_counted() -> None:
    counts = {"a": 1, "b": 2000, "c": 2345}
    strings = list(repeated(counts))
    assert {word: sum(string.split().count(word) for string in strings) for word in counts} == counts
    assert max(map(len, strings)) < 2 * 1000


def test_decode_shows_the_special_tokens(trained: Tokenizer) -> None:
    ids = [trained.start, *trained.encode("the cat"), trained.delimiter, *trained.encode("mat"), trained.extract]
    assert trained.decode(ids) == "<start> the cat <delimiter> mat <extract>"
