"""Files that are cut short or have one byte changed: named, and never a number that is silently another."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from baselines import door, hub_cache, segments, token_file, vocabulary, weight_files, whole_files
from baselines.checkpoint import Checkpoint
from baselines.optimizer import Adam
from baselines.pretrain import pretrain
from baselines.recipes import FULL
from baselines.tokenizer import Tokenizer
from harness import record
from harness.figure2 import zero_shot_runs
from harness.storage import predictions
from harness.storage.files import write_atomic
from harness.storage.sealed import DamageError, sealed
from harness.tasks.base import single
from tests import tiny
from tests.damage import FLIPS, damages, replace
from tests.test_finetune import StopAt
from tests.test_main import harness, write_rte
from tests.test_record import made

EVERY = FLIPS + 5


def outcomes(path: Path, load: Callable[[], Any], named: str = "") -> Counter[str]:
    """Of all damages: refused by name, or harmless, the content being the same (a space for a newline in JSON, say)."""
    expected, found = load(), Counter[str]()
    for what in damages(path):
        try:
            assert load() == expected, f"{what} gives something else"
            found["harmless"] += 1
        except (ValueError, OSError) as error:
            found["named" if (named or str(path)) in str(error) else f"{what} is not named: {error}"] += 1
    assert set(found) <= {"named", "harmless"} and sum(found.values()) == EVERY and load() == expected
    return found


# The state of a training


class Small:
    """A training of a few numbers, whose state is saved after each of `updates` updates."""

    def __init__(self, folder: Path, updates: int = 0) -> None:
        torch.manual_seed(7)
        self.said: list[str] = []
        self.model = nn.Linear(5, 3)
        self.adam = Adam(self.model.named_parameters(), 0.01, 1.0)
        self.checkpoint = Checkpoint(folder, "this one", self.model, self.adam, lambda e: self.said.append(e["said"]))
        self.states = []
        for update in range(updates):
            self.model(torch.rand(4, 5)).sum().backward()
            self.adam.step(0.1)
            self.checkpoint.mark()
            self.checkpoint.save({"update": update + 1})
            self.states.append(self.content())

    def content(self) -> list[list[float]]:
        tensors = [*self.model.parameters(), *self.adam.state().values(), torch.get_rng_state()]
        return [tensor.flatten().tolist() for tensor in tensors]


def test_of_a_damaged_checkpoint_the_one_before_is_used(tmp_path: Path) -> None:
    before, last = Small(tmp_path, 3).states[1:]
    seen = 0
    for what in damages(tmp_path / "training.safetensors"):
        again = Small(tmp_path)
        assert again.checkpoint.restore() == {"update": 2}, what
        assert again.content() == before != last
        assert again.said[0].startswith(f"{tmp_path / 'training.safetensors'} is damaged"), what
        seen += 1
    assert seen == EVERY
    whole = Small(tmp_path)
    assert whole.checkpoint.restore() == {"update": 3} and whole.content() == last and not whole.said


def test_without_a_whole_checkpoint_a_training_begins_anew(tmp_path: Path) -> None:
    Small(tmp_path, 2)
    start = Small(tmp_path / "none").content()
    replace(tmp_path / "training.safetensors", b"nothing")
    for what in damages(tmp_path / "training.previous.safetensors"):
        again = Small(tmp_path)
        assert again.checkpoint.restore() is None, what
        assert again.content() == start
        assert "training.previous.safetensors is damaged" in again.said[1] and "begins anew" in again.said[2]


def test_a_damaged_checkpoint_never_takes_the_place_of_the_whole_one_before_it(tmp_path: Path) -> None:
    Small(tmp_path, 3)
    replace(tmp_path / "training.safetensors", b"nothing")
    again = Small(tmp_path)
    again.checkpoint.restore()
    whole = (tmp_path / "training.previous.safetensors").read_bytes()
    again.checkpoint.save({"update": 2})
    assert (tmp_path / "training.previous.safetensors").read_bytes() == whole
    again.checkpoint.save({"update": 2})
    assert len(list(tmp_path.iterdir())) == 2


def test_from_the_checkpoint_before_a_training_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """Dropout is on."""
    pretrain(tiny.DOCUMENTS, FULL, tiny.PROFILE, tmp_path / "a", tiny.quiet)
    with pytest.raises(KeyboardInterrupt):
        pretrain(tiny.DOCUMENTS, FULL, tiny.PROFILE, tmp_path / "b", StopAt(13, "pre-training"))
    path = tmp_path / "b" / "training.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace(path, bytes(content))
    told: list[Mapping[str, Any]] = []
    pretrain(tiny.DOCUMENTS, FULL, tiny.PROFILE, tmp_path / "b", told.append)
    assert next(e["said"] for e in told if e["event"] == "damaged").startswith(f"{path} is damaged")
    assert next(e["update"] for e in told if e["event"] == "pre-training") == 9  # it was kept at 8, and stopped at 13
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert one == other


# Token caches


@pytest.mark.parametrize("name", ["train.tokens", "held_out.tokens", "tokens.json", "vocab.json", "merges.txt"])
def test_a_damaged_corpus_is_seen_and_made_again(tmp_path: Path, name: str) -> None:
    def load() -> Any:
        found = token_file.read(tmp_path)
        assert found is not None
        return found.tokenizer.vocabulary, found.train.tolist(), found.held_out.tolist()

    told: list[Mapping[str, Any]] = []
    token_file.prepare(tiny.DOCUMENTS, tiny.PROFILE.size.n_vocab, tmp_path, tiny.quiet)
    expected = load()
    found = outcomes(tmp_path / name, load, named=str(tmp_path))
    assert found["named"] >= EVERY - 3
    whole = (tmp_path / name).read_bytes()
    replace(tmp_path / name, whole[: len(whole) // 3])
    token_file.prepare(tiny.DOCUMENTS, tiny.PROFILE.size.n_vocab, tmp_path, told.append)
    assert next(e["said"] for e in told if e["event"] == "damaged").endswith("; the corpus is tokenised again")
    assert load() == expected and (tmp_path / name).read_bytes() == whole


def test_damaged_texts_are_seen_and_tokenised_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "WORTH", 1)
    folder, tokenizer = tiny.weights_folder(tmp_path / "weights"), Tokenizer(tiny.VOCABULARY)
    examples = tiny.examples(40)
    told: list[Mapping[str, Any]] = []
    right = segments.ids_of(examples, tokenizer, folder, tmp_path / "tokens", told.append)
    (path,) = (tmp_path / "tokens").iterdir()
    texts = list(right)
    assert outcomes(path, lambda: segments.read(path, texts))["named"] == EVERY
    content = path.read_bytes()
    # the lengths of two texts change places: their sum is the same
    lengths = np.array([len(right[text]) for text in texts])
    at = content.index(lengths.tobytes())
    swapped = lengths[np.argsort(lengths)]
    replace(path, content[:at] + swapped.tobytes() + content[at + len(swapped.tobytes()) :])
    assert segments.ids_of(examples, tokenizer, folder, tmp_path / "tokens", told.append) == right
    assert [e["said"] for e in told if e["event"] == "damaged"] == [
        f"{path} is damaged (its content does not have its checksum); the texts are tokenised again"
    ]
    assert path.read_bytes() == content


# Weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("trained")
    pretrain(tiny.DOCUMENTS, FULL, tiny.PROFILE, made, tiny.quiet, tokens_dir=made / "tokens")
    return made


NAMES = ("model.safetensors", "config.json", "vocab.json", "merges.txt", "pretraining.json")


@pytest.mark.parametrize("name", [*NAMES, "checkpoints/0000008/model.safetensors", "checkpoints/0000008/config.json"])
def test_damaged_weights_are_refused_by_name(trained: Path, name: str) -> None:
    def load() -> Any:
        fingerprints = (
            door.fingerprint(FULL, tiny.PROFILE, trained),
            door.checkpoint_fingerprints(trained, tiny.PROFILE),
        )
        return *fingerprints, vocabulary.read(trained), weight_files.told_of(trained)

    found = outcomes(trained / name, load, named=str(trained))
    assert found["named"] >= EVERY - (0 if name.endswith("safetensors") else 3)


@pytest.mark.parametrize("kind", ["sha256", "git"])
def test_a_damaged_file_of_the_hubs_cache_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    content = bytes(range(256)) * 9
    named = {"sha256": hashlib.sha256(content), "git": hashlib.sha1(b"blob %d\0" % len(content) + content)}[kind]
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / named.hexdigest()).write_bytes(content)
    link = tmp_path / "model.safetensors"
    link.symlink_to(tmp_path / "blobs" / named.hexdigest())
    seen = 0
    for what in damages(link.resolve()):
        with pytest.raises(whole_files.DamageError, match=r"model\.safetensors is damaged: .* downloaded again"):
            hub_cache.require_whole(link)
        seen += bool(what)
    hub_cache.require_whole(link)
    assert seen == EVERY


# What a run has left


def test_a_damaged_record_is_refused_by_name(tmp_path: Path) -> None:
    path = record.save(made(), tmp_path)
    found = outcomes(path, lambda: record.read(path))
    assert found["named"] >= EVERY - 3
    other = path.read_text().replace("61.25", "71.25")
    path.write_text(other)
    with pytest.raises(DamageError, match="its content does not have its checksum"):
        record.read(path)


def test_predictions_that_are_not_the_records_are_refused_by_name(tmp_path: Path) -> None:
    examples = [single(f"row {i}", i % 2) for i in range(30)]
    run = record.save(made(), tmp_path).parent
    total = predictions.save(run, "validation", examples, [1.0] * 30)
    record.save(made(predictions={"validation": total}), tmp_path)
    path = predictions.path_of(run, "validation")
    assert outcomes(path, lambda: predictions.read(run, "validation"))["named"] == EVERY


def test_damaged_zero_shot_scores_are_scored_again_and_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "gpt-1a2b3c4d" / "8.json"
    one = {
        "evaluation": "validation",
        "split": "validation",
        "metric": "mc",
        "score": 3.25,
        "n": 5,
        "of": 5,
        "chance": 0,
    }
    kept = {"figure": "2-right", "key": {"version": 1}, "profile": "mini", "model": "gpt", "updates": 8, "tokens": 9}
    content = {**kept, "tasks": {"cola": one}, "seconds": 1.0, "finished": "2026-01-01T00:00:00+00:00"}
    write_atomic(path, json.dumps(sealed(content), indent=1) + "\n")
    found = outcomes(path, lambda: zero_shot_runs.points(tmp_path))
    assert found["named"] >= EVERY - 3
    for what in damages(path):
        started = zero_shot_runs.begun(path, {"version": 1})
        assert not started["tasks"] or started == content, what


# As a person sees it


def test_a_run_names_what_is_damaged_and_does_it_again(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "a.txt").write_text("\n".join(tiny.DOCUMENTS))
    data = write_rte(tmp_path / "data")
    words = ("--profile", "small", "--task", "rte", "--seed", "0", "--limit", "96", "--runs", tmp_path / "runs")
    place = ("--data-dir", data, "--corpus", tmp_path / "books")

    def run() -> subprocess.CompletedProcess[str]:
        return harness("run", *words, *place)

    first = run()
    assert first.returncode == 0, first.stderr
    (path,) = (tmp_path / "runs").rglob("record.json")
    expected = record.read(path)
    replace(path, path.read_bytes().replace(b'"acc"', b'"bcc"', 1))
    again = run()
    assert again.returncode == 0, again.stderr
    assert (
        f"{path} is damaged (its content does not have its checksum); it is kept as record.json.damaged" in again.stdout
    )
    assert record.read(path).scores == expected.scores and path.with_name("record.json.damaged").exists()
    (weights,) = (tmp_path / "runs/small/pretrained").glob("*/model.safetensors")
    replace(weights, weights.read_bytes()[:-1] + b"?")
    refused = run()
    assert refused.returncode == 1
    assert refused.stderr == (
        f"harness: {weights} is damaged: it does not have the checksum in config.json; make it again with "
        "'python -m harness pretrain --force'\n"
    )
