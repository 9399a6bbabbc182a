"""Unlabelled text: which files, in which order, and what is refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from harness import mini_world, record
from harness.sources import corpus, hub
from harness.sources.corpus import HubCorpus, MiniCorpus, TextFiles
from harness.tasks.base import Hub
from tests.stub_hub import StubHub, commit_of
from tests.test_hub import Answer, Columns, ask, repository


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_every_text_file_is_a_document_in_the_order_of_names(tmp_path: Path) -> None:
    folder = write(tmp_path / "books", b="second\n", a="first é\n", d="fourth")
    write(folder / "c", x="third")
    (folder / "0.md").write_text("no text file")
    found = TextFiles(folder)
    assert list(found) == ["first é\n", "second\n", "third", "fourth"]
    assert list(found) == list(found)
    assert found.name == "books, 4 text files"


PIECES = {
    "lines": (b"one\ntwo\nthree\nfour\n", ["one\ntwo\nthree\n", "four\n"]),
    "a whole piece": (b"1234567\n", ["1234567\n"]),
    "a line more": (b"1234567\n89\nab", ["1234567\n89\n", "ab"]),
    "a line longer than two pieces": (b"12345678901234567890\nrest", ["12345678901234567890\n", "rest"]),
    "no line's end": (b"12345678901234567890", ["12345678901234567890"]),
    "two bytes of one character": (b"1234567\xc3\xa9\nrest", ["1234567é\n", "rest"]),
    "two bytes of one line's end": (b"1234567\r\nre\r\nst\r", ["1234567\n", "re\nst\n"]),
    "a mark, which later is a character": (b"\xef\xbb\xbf1234567\n\xef\xbb\xbf8", ["1234567\n", "\ufeff8"]),
    "blank ones": (b"12345678\n\n\n\n\n\n\n\n\n\nrest", ["12345678\n", "rest"]),
}


@pytest.mark.parametrize("what", PIECES)
def test_a_long_file_is_cut_at_the_ends_of_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    content, wanted = PIECES[what]
    (tmp_path / "a.txt").write_bytes(content)
    [whole] = TextFiles(tmp_path)
    before = TextFiles(tmp_path).hash
    monkeypatch.setattr(corpus, "PIECE", 8)
    assert list(TextFiles(tmp_path)) == wanted
    assert "".join(corpus.pieces(tmp_path / "a.txt")) == whole
    assert TextFiles(tmp_path).hash == before
    assert TextFiles(tmp_path).name.endswith(", 1 text files")


def test_a_fault_in_a_later_piece_is_named_by_its_place_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "PIECE", 8)
    (tmp_path / "a.txt").write_bytes(b"one line\nanother\r\ncaf\xe9 and more\n")
    said = f"{tmp_path / 'a.txt'} is not UTF-8 at byte 21; convert it, or move it away"
    walk = iter(TextFiles(tmp_path))
    assert next(walk) == "one line\n"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        list(walk)


def test_a_file_whose_every_piece_is_blank_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "PIECE", 8)
    (tmp_path / "a.txt").write_text("\n" * 30)
    with pytest.raises(ValueError, match=r"a.txt is empty; expected text: fill it, or move it away$"):
        list(TextFiles(tmp_path))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbftext")
    assert list(TextFiles(tmp_path)) == ["text"]


def test_the_hash_goes_by_content_and_not_by_place(tmp_path: Path) -> None:
    here = TextFiles(write(tmp_path / "here", a="one", b="two")).hash
    assert re.fullmatch("[0-9a-f]{64}", here)
    assert TextFiles(write(tmp_path / "elsewhere" / "moved", a="one", b="two")).hash == here
    assert TextFiles(write(tmp_path / "renamed", x="one", y="two")).hash == here
    others = {
        "changed": {"a": "one", "b": "two."},
        "other order": {"b": "one", "a": "two"},
        "less": {"a": "one"},
        "cut elsewhere": {"a": "onet", "b": "wo"},
        "joined": {"a": "onetwo"},
    }
    hashes = {TextFiles(write(tmp_path / name, **texts)).hash for name, texts in others.items()}
    assert len(hashes | {here}) == len(others) + 1


def test_a_file_that_is_not_utf_8_is_named_with_the_byte(tmp_path: Path) -> None:
    write(tmp_path, a="fine")
    (tmp_path / "b.txt").write_bytes("caf\xe9".encode("latin-1"))
    said = f"{tmp_path / 'b.txt'} is not UTF-8 at byte 3; convert it, or move it away"
    walk = iter(TextFiles(tmp_path))
    assert next(walk) == "fine"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        next(walk)
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfcaf\xe9")  # a byte-order mark counts
    with pytest.raises(ValueError, match=r"a\.txt is not UTF-8 at byte 6; "):
        next(iter(TextFiles(tmp_path)))


@pytest.mark.parametrize("content", [b"", b" \n\t\n", b"\xef\xbb\xbf"], ids=["empty", "blank", "only a mark"])
def test_a_file_without_text_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    said = f"{tmp_path / 'a.txt'} is empty; expected text: fill it, or move it away"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        list(TextFiles(tmp_path))


def test_a_folder_that_is_not_there_or_holds_no_text_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    takes = "; --corpus takes a folder of .txt files"
    for folder, said in (
        (tmp_path / "none", f"no folder {tmp_path / 'none'}{takes}, or hub:NAME of a data set on the hub"),
        (tmp_path / "a.md", f"no folder {tmp_path / 'a.md'}{takes}, or hub:NAME of a data set on the hub"),
        (tmp_path, f"no .txt file in {tmp_path}{takes}"),
    ):
        with pytest.raises(FileNotFoundError, match=f"^{re.escape(said)}$"):
            TextFiles(folder)


# The hub's

TEXTS = "datasets/own/texts"
ROWS: Columns = {"text": ["é" * 60_000, "b" * 39_999, "", "c", "d", "e" * 200_000, "f\ng"], "id": range(7)}
DOCUMENTS = ["\n".join([*map(str, ROWS["text"])][first:last]) for first, last in ((0, 4), (4, 6), (6, 7))]
KINDS = {"text": "string", "id": "int32"}


def answered(home: Path, asked: str, files: dict[str, bytes]) -> Answer:
    with StubHub({TEXTS: files}) as stub:
        return ask(stub.endpoint, home, ("corpus", asked))


def test_a_hub_corpus_is_its_rows_joined_to_documents(tmp_path: Path) -> None:
    files = repository("plain_text", KINDS, train=ROWS, test={"text": ["not this"], "id": [0]})
    status, lines, errors, _ = answered(tmp_path, "hub:own/texts:plain_text", files)
    assert (status, errors) == (0, "")
    [[name, digest, first_walk, second_walk]] = lines
    assert name == f"hub own/texts plain_text @ {commit_of(files)}"
    assert digest == hashlib.sha256(name.encode()).hexdigest()
    assert first_walk == second_walk == DOCUMENTS
    offline = ask("http://127.0.0.1:9", tmp_path, ("corpus", "hub:own/texts:plain_text"), HF_HUB_OFFLINE="1")
    assert offline[:3] == (0, lines, "")


def test_another_commit_of_a_hub_corpus_is_another_text(tmp_path: Path) -> None:
    """Without a configuration's name it is the one that the hub calls default."""
    digests = set()
    for text in ("one", "another"):
        files = repository("default", {"text": "string"}, train={"text": [text, "row"]})
        [[name, digest, documents, _]] = answered(tmp_path, "hub:own/texts", files).lines
        assert (name, documents) == (f"hub own/texts default @ {commit_of(files)}", [f"{text}\nrow"])
        digests.add(digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("kinds", "rows", "said"),
    [
        ({"words": "string", "id": "int32"}, {"words": ["a"], "id": [0]}, " has no column text; found words, id; "),
        ({"text": "string"}, {"text": ["a", None]}, ": text is None, expected a string; "),
        ({"text": "int32"}, {"text": [7]}, ": text is 7, expected a string; "),
    ],
    ids=["no text", "none in a row", "numbers"],
)
def test_a_data_set_without_text_is_refused(tmp_path: Path, kinds: dict[str, str], rows: Columns, said: str) -> None:
    files = repository("default", kinds, train=rows)
    answer = answered(tmp_path, "hub:own/texts", files)
    assert answer.status == 1
    assert answer.errors == f"hub own/texts default @ {commit_of(files)}{said}name another data set\n"


def test_a_hub_corpus_that_cannot_be_had_is_said_in_one_line(tmp_path: Path) -> None:
    answer = ask("http://127.0.0.1:9", tmp_path, ("corpus", "hub:own/texts"), HF_HUB_OFFLINE="1")
    assert (answer.status, answer.lines, answer.errors.count("\n")) == (1, [], 1)
    assert answer.errors.startswith("cannot load own/texts default train: HF_HUB_OFFLINE is set, and it is not in the")


def test_a_walk_keeps_to_the_commit_that_the_name_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is pushed between the walk that counts words and the one that tokenises."""
    asked: list[str] = []

    def load_rows(source: Hub, _: str) -> hub.HubRows:
        asked.append(source.revision)
        return hub.HubRows(source.revision, ["text"], iter([{"text": "one"}]))

    monkeypatch.setattr(hub, "resolve", lambda *_: ("a" * 40, ""))
    monkeypatch.setattr(hub, "load_rows", load_rows)
    walked = HubCorpus("hub:own/texts")
    assert list(walked) == list(walked) == ["one"]
    assert asked == ["a" * 40] * 2 and "a" * 40 in walked.name


@pytest.mark.parametrize(
    ("asked", "source"),
    [
        ("hub:own/texts", Hub("own/texts", "default", "train", "main")),
        ("hub:own/texts:plain", Hub("own/texts", "plain", "train", "main")),
        ("hub:own/texts@refs/convert/parquet", Hub("own/texts", "default", "train", "refs/convert/parquet")),
        ("hub:own/texts:plain@v1", Hub("own/texts", "plain", "train", "v1")),
    ],
)
def test_a_hub_corpus_names_configuration_and_revision(
    asked: str, source: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved: list[tuple[str, ...]] = []

    def resolve(*words: str) -> tuple[str, str]:
        resolved.append(words)
        return "unknown", ""

    monkeypatch.setattr(hub, "resolve", resolve)
    assert HubCorpus(asked).source == source
    assert resolved == [(source.id, "dataset", source.revision)]


# What --corpus names


def test_what_corpus_names(tmp_path: Path) -> None:
    found = corpus.find(str(write(tmp_path / "books", a="text")), "mini")
    assert isinstance(found, TextFiles) and found.name == "books, 1 text files"
    own = corpus.find(None, "mini")
    assert isinstance(own, MiniCorpus) and own.seed == 0
    with pytest.raises(ValueError, match=r"^pre-training at the small profile needs text: give a folder"):
        corpus.find(None, "small")


def test_the_paper_profile_has_the_books_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "resolve", lambda *_: ("c0ffee", ""))
    found = corpus.find(None, "paper")
    assert found.name == "hub rojagtap/bookcorpus default @ c0ffee"


# The mini world's


def test_the_mini_corpus_can_be_walked_twice_with_the_same_text() -> None:
    walked = MiniCorpus()
    first = list(islice(walked, 30))
    assert first == list(islice(walked, 30)) == list(islice(MiniCorpus(0), 30))
    assert len(set(first)) == 30 and all(text.strip() for text in first)
    assert list(islice(MiniCorpus(1), 30)) != first


def test_the_mini_corpus_is_generated_once_and_walked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def three(seed: int) -> Iterator[str]:
        begun.append(seed)
        yield from ("one", "two", "three")

    monkeypatch.setattr(mini_world, "corpus", three)
    walked = MiniCorpus(5)
    assert next(iter(walked)) == "one"  # cut short: nothing is kept
    assert list(walked) == list(walked) == list(walked) == ["one", "two", "three"]
    assert begun == [5, 5]


def test_the_mini_corpus_hash_tells_seeds_apart() -> None:
    assert MiniCorpus(0).hash == MiniCorpus(0).hash != MiniCorpus(1).hash
    assert MiniCorpus(1).name == f"mini world {mini_world.VERSION}, seed 1"


GENERATOR = sorted(path.stem for path in (record.ROOT / "harness" / "mini_world").glob("*.py"))


@pytest.mark.parametrize("name", GENERATOR)
def test_the_mini_corpus_hash_changes_with_the_generator(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With each of its modules, for a row's words are the corpus's."""
    file = tmp_path / "harness" / "mini_world" / f"{name}.py"
    file.parent.mkdir(parents=True)
    for each in GENERATOR:
        file.with_stem(each).write_text("")
    monkeypatch.setattr(corpus, "ROOT", tmp_path)
    hashes = set()
    for text in ("x = 1", "x = 2"):
        file.write_text(text)
        hashes.add(MiniCorpus().hash)
    monkeypatch.setattr(mini_world, "VERSION", mini_world.VERSION + 1)
    assert len(hashes | {MiniCorpus().hash}) == 3
