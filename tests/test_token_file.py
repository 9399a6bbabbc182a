"""A corpus in tokens: once, whole or not at all, the same on one core and on several."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines import cores, token_file, vocabulary
from baselines.cores import Cores
from baselines.token_file import prepare
from baselines.tokenizer import NEWLINE
from tests import tiny
from tests.test_finetune import StopAt

N_VOCAB = tiny.PROFILE.size.n_vocab


def read(path: Path) -> list[int]:
    return np.fromfile(path, "<u2").tolist()


def both(folder: Path) -> bytes:
    return (folder / "train.tokens").read_bytes() + b"|" + (folder / "held_out.tokens").read_bytes()


def test_every_document_is_kept_once_a_newline_after_it(tmp_path: Path) -> None:
    documents = [f"{word} {other}." for word in tiny.WORDS for other in tiny.WORDS]
    made = prepare(documents, N_VOCAB, tmp_path, tiny.quiet)
    held_out, kept = (made.tokenizer.decode(ids.tolist()).split(" \n") for ids in (made.held_out, made.train))
    found = [text.strip() for text in held_out + kept if text.strip()]
    assert sorted(found) == sorted(document.replace(".", " .") for document in documents)
    assert 1 <= len([text for text in held_out if text.strip()]) <= 6  # one in fifty or so
    assert made.train[-1] == made.tokenizer.vocabulary.ids[NEWLINE]


def test_one_document_gives_its_end_for_perplexity(tmp_path: Path) -> None:
    made = prepare([" ".join(tiny.DOCUMENTS)], N_VOCAB, tmp_path, tiny.quiet)
    assert len(made.held_out) / (len(made.held_out) + len(made.train)) == pytest.approx(0.05, abs=0.001)


class Walked:
    """Documents that count how often they are walked."""

    def __init__(self, documents: list[str]) -> None:
        self.documents, self.walks = documents, 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return iter(self.documents)


def test_a_second_training_reads_what_the_first_has_tokenised(tmp_path: Path) -> None:
    documents = Walked(tiny.DOCUMENTS)
    first = prepare(documents, N_VOCAB, tmp_path, tiny.quiet)
    walks = documents.walks
    second = prepare(documents, N_VOCAB, tmp_path, tiny.quiet)
    assert documents.walks == walks + 1  # only asked whether it can be walked twice
    assert np.array_equal(first.train, second.train) and isinstance(second.train, np.memmap)
    about = json.loads((tmp_path / "tokens.json").read_text())
    assert about["documents"] == 60 and about["tokens"] == len(first.train) + len(first.held_out) - 60
    assert about["unknown"] == 0 and about["vocabulary"] == first.tokenizer.vocabulary.hash


@pytest.mark.parametrize("name", ["train.tokens", "held_out.tokens", "tokens.json", "vocab.json"])
@pytest.mark.parametrize(
    "damage", [lambda b: b[:-2], lambda b: b + b"xx", lambda _: b""], ids=["cut", "longer", "empty"]
)
def test_damaged_files_are_made_again(tmp_path: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    prepare(tiny.DOCUMENTS, N_VOCAB, tmp_path, tiny.quiet)
    whole = both(tmp_path)
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))
    prepare(tiny.DOCUMENTS, N_VOCAB, tmp_path, tiny.quiet)
    assert both(tmp_path) == whole


def test_a_stop_while_tokenising_leaves_nothing_half_done(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        prepare(tiny.DOCUMENTS * 3, N_VOCAB, tmp_path / "b", StopAt(1, "tokenising"))
    assert {path.name for path in (tmp_path / "b").iterdir()} == {"vocab.json", "merges.txt"}  # and no part of a file
    for name in "ab":
        prepare(tiny.DOCUMENTS * 3, N_VOCAB, tmp_path / name, tiny.quiet)
    assert both(tmp_path / "a") == both(tmp_path / "b")


def test_two_byte_ids_where_they_suffice_else_four(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tiny.DOCUMENTS, N_VOCAB, tmp_path / "two", tiny.quiet)
    monkeypatch.setattr(token_file, "SMALL", 50)
    wide = prepare(tiny.DOCUMENTS, N_VOCAB, tmp_path / "four", tiny.quiet)
    assert wide.train.dtype == np.dtype("<u4")
    assert wide.train.tolist() == read(tmp_path / "two" / "train.tokens")


@pytest.mark.parametrize(
    ("documents", "said"),
    [([], "holds no text"), (iter(["a"]), "can be walked only once"), ([" \n "], "holds no text")],
)
def test_too_little_text_is_refused_in_words(tmp_path: Path, documents: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        prepare(documents, N_VOCAB, tmp_path, tiny.quiet)


def test_the_released_vocabulary_is_given_not_trained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="uses the released vocabulary: give its folder with --weights DIR"):
        prepare(tiny.DOCUMENTS, None, tmp_path / "a", tiny.quiet)
    given = tiny.weights_folder(tmp_path / "given")
    made = prepare(tiny.DOCUMENTS, None, tmp_path / "b", tiny.quiet, given)
    assert made.tokenizer.vocabulary == vocabulary.read(tmp_path / "b") == tiny.VOCABULARY


# On every core


class Streamed:
    """Documents made as they are asked for; notes how many were."""

    def __init__(self, n: int) -> None:
        self.n, self.given = n, 0

    def __iter__(self) -> Iterator[str]:
        self.given = 0
        for i in range(self.n):
            self.given += 1
            chance = random.Random(i)
            yield " ".join(chance.choices(tiny.WORDS, k=20)) + ("\n\n" if i % 3 else " — ") + chance.choice(tiny.WORDS)


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches, and workers after the second."""
    monkeypatch.setattr(token_file, "BATCH", 600)
    monkeypatch.setattr(cores, "ALONE", 1200)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_several_processes_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(Streamed(300), N_VOCAB, tmp_path / "one", tiny.quiet)
    monkeypatch.setattr(token_file, "BATCH", 600)
    monkeypatch.setattr(cores, "ALONE", 1200)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    prepare(Streamed(300), N_VOCAB, tmp_path / "two", tiny.quiet)
    assert both(tmp_path / "one") == both(tmp_path / "two")
    assert vocabulary.read(tmp_path / "one") == vocabulary.read(tmp_path / "two")


@pytest.mark.usefixtures("many_cores")
def test_a_long_corpus_streams_through() -> None:
    """What is under way never passes a few batches, however slowly the results are taken."""
    documents, ahead, done = Streamed(400), 0, 0
    with Cores() as made:
        for texts, found in made.map(len, token_file.batches(documents)):
            assert found == len(texts)
            done += len(texts)
            ahead = max(ahead, documents.given - done)
    assert done == 400 and ahead <= 8 * 7  # batches of some eight documents


def dies_elsewhere(texts: list[str]) -> int:
    if multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return len(texts)


@pytest.mark.usefixtures("many_cores")
def test_a_dead_process_is_said_and_hangs_nothing() -> None:
    said = r"a tokenising process was killed \(out of memory\?\); the same command"
    with Cores() as made, pytest.raises(OSError, match=said):
        list(made.map(dies_elsewhere, token_file.batches(Streamed(100))))


def test_other_processes_end_with_their_parent() -> None:
    """A killed parent cannot tell them, so they watch it."""
    program = (
        "import os\n"
        "from baselines import cores, token_file\n"
        "from tests.test_token_file import Streamed, waits\n"
        "if __name__ == '__main__':\n"
        "    token_file.BATCH, cores.ALONE, os.cpu_count = 600, 0, lambda: 2\n"
        "    list(cores.Cores().map(waits, token_file.batches(Streamed(100))))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    for _ in range(1000):
        if not Path(f"/proc/{worker}").exists():
            return
        time.sleep(0.01)
    os.kill(worker, signal.SIGKILL)
    raise AssertionError("the worker outlived its parent")


def waits(_: list[str]) -> None:
    print(os.getpid(), flush=True)
    time.sleep(60)
