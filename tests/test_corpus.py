"""Unlabelled text: which files, in which order, and what is refused."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import pytest

from harness import corpus, mini_world
from harness.corpus import MiniCorpus, TextFiles


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
    assert found.tokens == (9 + 7 + 5 + 6) // 4  # bytes


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


@pytest.mark.parametrize("content", [b"", b" \n\t\n", b"\xef\xbb\xbf"], ids=["empty", "blank", "only a mark"])
def test_a_file_without_text_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    said = f"{tmp_path / 'a.txt'} is empty; expected text: fill it, or move it away"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        list(TextFiles(tmp_path))


def test_a_folder_that_is_not_there_or_holds_no_text_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    for folder, said in (
        (tmp_path / "none", f"no folder {tmp_path / 'none'}"),
        (tmp_path / "a.md", f"no folder {tmp_path / 'a.md'}"),
        (tmp_path, f"no .txt file in {tmp_path}"),
    ):
        with pytest.raises(FileNotFoundError, match=f"^{re.escape(said)}; --corpus takes a folder of .txt files$"):
            TextFiles(folder)


# The mini world's


def test_the_mini_corpus_can_be_walked_twice_with_the_same_text() -> None:
    walked = MiniCorpus()
    first = list(islice(walked, 30))
    assert first == list(islice(walked, 30)) == list(islice(MiniCorpus(0), 30))
    assert len(set(first)) == 30 and all(text.strip() for text in first)
    assert list(islice(MiniCorpus(1), 30)) != first


def test_the_mini_corpus_hash_tells_seeds_apart() -> None:
    assert MiniCorpus(0).hash == MiniCorpus(0).hash != MiniCorpus(1).hash
    assert MiniCorpus(1).name == f"mini world {mini_world.VERSION}, seed 1"


def test_the_mini_corpus_hash_changes_with_the_generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "harness" / "mini_world" / "grammar.py"
    file.parent.mkdir(parents=True)
    monkeypatch.setattr(corpus, "ROOT", tmp_path)
    hashes = set()
    for text in ("x = 1", "x = 2"):
        file.write_text(text)
        hashes.add(MiniCorpus().hash)
    monkeypatch.setattr(mini_world, "VERSION", mini_world.VERSION + 1)
    assert len(hashes | {MiniCorpus().hash}) == 3
