"""Each different text is tokenised once, kept on disk, and read again by whoever has the same texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from baselines import segments, token_file
from baselines.batches import encode_all
from baselines.tokenizer import Tokenizer
from harness.tasks.base import answers, pair
from tests import tiny

TOKENIZER = Tokenizer(tiny.VOCABULARY)
EXAMPLES = [
    answers(("cat dog cat", "red?"), ("sun", "moon", ""), 0),
    answers(("cat dog cat", "blue?"), ("moon", "sits", "runs"), 1),
]
TEXTS = ["cat dog cat", "red?", "sun", "moon", "", "blue?", "sits", "runs"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.weights_folder(tmp_path / "weights")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The batches of texts that were tokenised."""
    seen: list[list[str]] = []
    original = token_file.encode

    def counted(folder: Path, digest: str, texts: list[str]) -> list[token_file.Ids]:
        seen.append(texts)
        return original(folder, digest, texts)

    monkeypatch.setattr(token_file, "encode", counted)
    return seen


def test_each_different_text_is_tokenised_once(folder: Path, calls: list[list[str]]) -> None:
    known = segments.ids_of(EXAMPLES, TOKENIZER, folder, None, tiny.quiet)
    assert calls == [TEXTS]
    assert known == {text: TOKENIZER.encode(text) for text in TEXTS}
    assert encode_all(EXAMPLES, TOKENIZER, 48, known) == encode_all(EXAMPLES, TOKENIZER, 48)


def test_a_large_set_is_kept_and_read_by_the_next(
    tmp_path: Path, folder: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "tokens"
    segments.ids_of(EXAMPLES, TOKENIZER, folder, cache, tiny.quiet)
    assert not cache.exists()  # a small one is not worth a file
    monkeypatch.setattr(segments, "WORTH", 1)
    first = segments.ids_of(EXAMPLES, TOKENIZER, folder, cache, tiny.quiet)
    (kept,) = cache.iterdir()
    assert kept.suffix == ".safetensors" and len(calls) == 2
    assert segments.ids_of(EXAMPLES, TOKENIZER, folder, cache, tiny.quiet) == first
    assert len(calls) == 2
    segments.ids_of(EXAMPLES[:1], TOKENIZER, folder, cache, tiny.quiet)  # other texts, another file
    assert len(calls) == 3 and len(list(cache.iterdir())) == 2


def test_another_vocabulary_has_another_file() -> None:
    other = Tokenizer(tiny.VOCABULARY._replace(merges=[("a", "b</w>")], ids=tiny.VOCABULARY.ids | {"ab</w>": 58}))
    assert segments.key_of(TEXTS, TOKENIZER) != segments.key_of(TEXTS, other)
    assert segments.key_of(["ab", "c"], TOKENIZER) != segments.key_of(["a", "bc"], TOKENIZER)


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "other"])
def test_a_damaged_file_is_made_again(
    tmp_path: Path, folder: Path, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(segments, "WORTH", 1)
    cache = tmp_path / "tokens"
    right = segments.ids_of(EXAMPLES, TOKENIZER, folder, cache, tiny.quiet)
    (path,) = cache.iterdir()
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[:-5])
    elif damage == "flipped":
        at = content.index(load_file(path)["ids"].tobytes())
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    elif damage == "emptied":
        path.write_bytes(b"")
    else:
        save_file({"something": load_file(path)["ids"]}, path)
    assert segments.ids_of(EXAMPLES, TOKENIZER, folder, cache, tiny.quiet) == right
    assert len(calls) == 2
    assert segments.ids_of(EXAMPLES, TOKENIZER, folder, cache, tiny.quiet) == right
    assert len(calls) == 2  # and is whole again


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_file(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "WORTH", 1)
    (tmp_path / "tokens").write_text("a file where the folder would be")
    known = segments.ids_of([pair("cat", "dog", 0)], TOKENIZER, folder, tmp_path / "tokens", tiny.quiet)
    assert known == {"cat": TOKENIZER.encode("cat"), "dog": TOKENIZER.encode("dog")}


def test_it_says_how_far_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_file, "BATCH", 10)
    events: list[Mapping[str, Any]] = []
    segments.ids_of(EXAMPLES, TOKENIZER, folder, None, events.append)
    assert [event["documents"] for event in events][-1] == len(TEXTS) and len(events) > 2
    assert events[-1]["tokens"] == sum(len(TOKENIZER.encode(text)) for text in TEXTS)
