from __future__ import annotations

import json
from pathlib import Path

import pytest

from baselines import vocabulary
from baselines.vocabulary import Vocabulary
from tests import tiny

SMALL = Vocabulary({"<unk>": 0, "a": 1, "b</w>": 2, "ab</w>": 3}, [("a", "b</w>")])


def test_both_layouts_read_alike(tmp_path: Path) -> None:
    vocabulary.write(SMALL, tmp_path)
    release = tmp_path / "release"
    release.mkdir()
    (tmp_path / "vocab.json").rename(release / "encoder_bpe_40000.json")
    (tmp_path / "merges.txt").rename(release / "vocab_40000.bpe")
    assert vocabulary.read(release) == SMALL
    assert vocabulary.read(release).hash == SMALL.hash


def test_the_hash_is_of_pieces_and_merges() -> None:
    assert SMALL._replace(merges=[]).hash != SMALL.hash
    assert Vocabulary(dict(reversed(SMALL.ids.items())), SMALL.merges).hash == SMALL.hash


def test_a_missing_vocabulary_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"expected vocab.json and merges.txt or .*; give its folder with --weights"
    ):
        vocabulary.read(tmp_path)


@pytest.mark.parametrize(
    ("ids", "merges", "said"),
    [
        ("not json", "#version\n", "no byte-pair vocabulary in"),
        (json.dumps(["a"]), "#version\n", "does not give the ids"),
        (json.dumps({"a": 0, "b": 2}), "#version\n", "does not give the ids 0..n-1"),
        (json.dumps(SMALL.ids), "#version\na b c\n", "no byte-pair vocabulary in"),
        (json.dumps(SMALL.ids), "#version\na c\n", "merge 'ac' of merges.txt is outside vocab.json"),
    ],
)
def test_a_broken_vocabulary_is_named(tmp_path: Path, ids: str, merges: str, said: str) -> None:
    vocabulary.write(tiny.VOCABULARY, tmp_path)
    (tmp_path / "vocab.json").write_text(ids)
    (tmp_path / "merges.txt").write_text(merges)
    with pytest.raises(ValueError, match=said):
        vocabulary.read(tmp_path)
