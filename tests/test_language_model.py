"""The weights that a run starts from: found, or to be made first, with a stand-in for the door to the baselines."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import hub, language_model
from harness.corpus import MiniCorpus, TextFiles
from harness.language_model import LanguageModel, Untrained

MINI, SMALL, PAPER = (
    SimpleNamespace(name=name, pretraining=SimpleNamespace(tokens=4_500_000)) for name in ("mini", "small", "paper")
)
FULL = SimpleNamespace(model="gpt", pretrained=True)
FROM_SCRATCH = SimpleNamespace(model="gpt", pretrained=False)


class Door:
    """Answers as baselines.door does, and remembers what it was asked; trains by writing the file that says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def pretraining_fingerprint(self, model: str, profile: Any, corpus: str, seed: int) -> str:
        return f"{model}-{profile.name}-{corpus[:4]}-{seed}"

    def vocabulary_hash(self, folder: Path) -> str:
        return folder.name

    def pretraining_flops(self, profile: Any) -> float:
        return profile.pretraining.tokens * 2.0

    def fingerprint(self, recipe: Any, profile: Any, weights: Path) -> dict[str, Any]:
        self.calls.append(("fingerprint", recipe, profile, weights))
        if recipe.pretrained and not (weights / "model.safetensors").exists():
            raise FileNotFoundError(f"no weights in {weights}")
        return {}

    def pretrain(
        self, documents: Any, recipe: Any, profile: Any, run_dir: Path, report: Any, **options: Any
    ) -> dict[str, Any]:
        self.calls.append(("pretrain", documents, recipe, profile, run_dir, options))
        report({"event": "pre-training", "update": 1, "of": 1, "tokens": 8, "loss": 0.5})
        (run_dir / "pretraining.json").write_text("{}")
        return {"tokens": 4_500_000, "seconds": 150.0, "held_out_perplexity": 7.891}

    def prepare_vocabulary(
        self, documents: Any, profile: Any, run_dir: Path, report: Any, given: Path | None = None
    ) -> None:
        self.calls.append(("prepare_vocabulary", documents, profile, run_dir, given))
        report({"event": "vocabulary"})
        run_dir.mkdir(parents=True)
        (run_dir / "vocab.json").write_text("{}")


@pytest.fixture
def door() -> Door:
    return Door()


def words(runs: Path, corpus: Path | None = None, weights: Path | None = None) -> Namespace:
    return Namespace(runs=runs, corpus=corpus, weights=weights)


def text(folder: Path, content: str = "Some text.") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.txt").write_text(content)
    return folder


def pretrained(folder: Path, time: int) -> Path:
    folder.mkdir(parents=True)
    for name in ("pretraining.json", "model.safetensors"):
        (folder / name).write_text("{}")
        os.utime(folder / name, (time, time))
    return folder


# Given


def test_weights_that_are_given_are_taken_whatever_else_is_there(tmp_path: Path) -> None:
    pretrained(tmp_path / "small" / "pretrained" / "gpt-a", 100)
    for profile in (SMALL, PAPER):
        found = language_model.given(profile, words(tmp_path, weights=tmp_path / "mine"))
        assert (found.folder, found.says) == (tmp_path / "mine", f"weights: {tmp_path / 'mine'}")
        assert (found.ready, found.flops) == (True, 0.0)


def test_the_newest_pre_trained_model_of_the_profile_is_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "small" / "pretrained"
    for name, time in (("gpt-a", 100), ("gpt-b", 300), ("gpt-c", 200)):
        pretrained(folder / name, time)
    pretrained(tmp_path / "mini" / "pretrained" / "gpt-d", 900)
    (folder / "gpt-unfinished").mkdir()
    found = language_model.given(SMALL, words(tmp_path))
    assert (found.folder, found.says) == (folder / "gpt-b", f"weights: {folder / 'gpt-b'}")


def test_where_nothing_was_pre_trained_the_ways_to_have_it_are_said(tmp_path: Path, door: Door) -> None:
    (tmp_path / "small" / "pretrained" / "gpt-unfinished").mkdir(parents=True)
    said = (
        f"no pre-trained model in {tmp_path / 'small' / 'pretrained'}; make one with "
        "'python -m harness pretrain --profile small --corpus DIR', or give --weights DIR"
    )
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(said)}$"):
        language_model.find(door, SMALL, [FULL], words(tmp_path))


def test_the_papers_weights_come_from_the_hub(tmp_path: Path, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pretrained(tmp_path / "cache" / "1e0d4f3", 100)
    monkeypatch.setattr(hub, "weights_folder", lambda: folder)
    found = language_model.find(door, PAPER, [FULL], words(tmp_path))
    assert (found.folder, found.says) == (folder, "weights: openai-community/openai-gpt @ 1e0d4f3")


def test_what_the_hub_cannot_give_goes_through(tmp_path: Path, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> Path:
        raise OSError("cannot get the weights")

    monkeypatch.setattr(hub, "weights_folder", unreachable)
    with pytest.raises(OSError, match=r"^cannot get the weights$"):
        language_model.find(door, PAPER, [FULL], words(tmp_path))


def test_each_recipes_files_are_looked_for_before_anything_is_run(tmp_path: Path, door: Door) -> None:
    chosen = words(tmp_path, weights=tmp_path / "vocabulary only")
    found = language_model.find(door, PAPER, [FROM_SCRATCH], chosen)
    assert found.folder == tmp_path / "vocabulary only"
    with pytest.raises(FileNotFoundError, match=r"no weights in .*vocabulary only"):
        language_model.find(door, PAPER, [FROM_SCRATCH, FULL], chosen)
    assert [call[1] for call in door.calls] == [FROM_SCRATCH, FROM_SCRATCH, FULL]


# To be made


@pytest.mark.parametrize(
    ("profile", "corpus", "weights", "made_here"),
    [
        (MINI, False, False, True),
        (MINI, True, False, True),
        (SMALL, True, False, True),
        (PAPER, True, False, True),
        (SMALL, False, True, False),
        (SMALL, True, True, False),
        (PAPER, True, True, False),
    ],
)
def test_who_gives_text_and_no_weights_pre_trains(
    tmp_path: Path, door: Door, profile: Any, corpus: bool, weights: bool, made_here: bool
) -> None:
    given = pretrained(tmp_path / "weights", 100) if weights else None
    chosen = words(tmp_path / "runs", text(tmp_path / "books") if corpus else None, given)
    found = language_model.find(door, profile, [FULL], chosen)
    assert isinstance(found, Untrained) is made_here
    assert isinstance(found, LanguageModel)
    if isinstance(found, Untrained):
        assert isinstance(found.corpus, TextFiles if corpus else MiniCorpus)


@pytest.mark.parametrize("profile", [SMALL, PAPER], ids=["small", "paper"])
def test_only_the_mini_profile_has_text_of_its_own(tmp_path: Path, door: Door, profile: Any) -> None:
    said = f"pre-training at the {profile.name} profile needs text: give a folder with --corpus DIR"
    with pytest.raises(ValueError, match=f"^{said}$"):
        Untrained(door, profile, [FULL], words(tmp_path))


def test_a_folder_without_text_is_found_out_at_once(tmp_path: Path, door: Door) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder .*none; --corpus takes a folder"):
        language_model.find(door, SMALL, [FULL], words(tmp_path, tmp_path / "none"))


def test_before_pre_training_it_says_what_is_to_be_done(tmp_path: Path, door: Door) -> None:
    found = Untrained(door, MINI, [FROM_SCRATCH, FULL], words(tmp_path))
    assert (found.ready, found.flops, found.recipe) == (False, 9e6, FULL)
    assert found.says == f"pre-training first: 4,500,000 tokens of {MiniCorpus().name}"
    assert found.folder == tmp_path / "mini" / "pretrained" / f"gpt-gpt-mini-{MiniCorpus().hash[:4]}-0"
    assert not found.folder.exists()


def test_after_pre_training_it_is_ready(tmp_path: Path, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = words(tmp_path / "runs", text(tmp_path / "books"), tmp_path / "vocabulary")
    model = Untrained(door, SMALL, [FULL], chosen, seed=3)
    model.prepare("cuda:1")
    (call,) = door.calls
    assert call[:5] == ("pretrain", model.corpus, FULL, SMALL, model.folder)
    assert call[5] == {
        "device": "cuda:1",
        "seed": 3,
        "corpus": "books, 1 text files",
        "vocabulary_dir": tmp_path / "vocabulary",
    }
    said = f"pre-trained on 4,500,000 tokens in 2 min, held-out perplexity 7.89 a token: {model.folder}\n"
    assert capsys.readouterr().out == said
    assert '"update": 1' in (model.folder / "log.jsonl").read_text()

    again = Untrained(door, SMALL, [FULL], chosen, seed=3)
    assert (again.ready, again.flops, again.says) == (True, 0.0, f"pre-training: done, {model.folder}")
    again.prepare("cuda:1")
    assert len(door.calls) == 1


def test_other_text_or_another_seed_is_another_model(tmp_path: Path, door: Door) -> None:
    books, others = text(tmp_path / "books"), text(tmp_path / "others", "Other text.")
    folders = {
        Untrained(door, SMALL, [FULL], words(tmp_path, corpus), seed).folder
        for corpus, seed in ((books, 0), (books, 1), (others, 0))
    }
    assert len(folders) == 3


def test_without_pre_training_only_a_vocabulary_is_needed(
    tmp_path: Path, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Untrained(door, MINI, [FROM_SCRATCH], words(tmp_path))
    assert (model.ready, model.flops, model.recipe) == (False, 0.0, None)
    assert model.says == f"no pre-training, only a vocabulary, from {MiniCorpus().name}"
    model.prepare("cpu")
    assert door.calls == [("prepare_vocabulary", model.corpus, MINI, model.folder, None)]
    assert capsys.readouterr().out == ""

    again = Untrained(door, MINI, [FROM_SCRATCH], words(tmp_path))
    assert again.ready
    again.prepare("cpu")
    assert len(door.calls) == 1
    both = Untrained(door, MINI, [FROM_SCRATCH, FULL], words(tmp_path))
    assert (both.folder, both.ready) == (model.folder, False)  # the same folder, whose weights are still to be made


def test_the_vocabulary_of_a_pre_trained_model_will_do(tmp_path: Path, door: Door) -> None:
    folder = Untrained(door, MINI, [FULL], words(tmp_path)).folder
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text("{}")
    assert Untrained(door, MINI, [FROM_SCRATCH], words(tmp_path)).ready
    assert not Untrained(door, MINI, [FULL], words(tmp_path)).ready


def test_weights_that_are_there_need_no_preparing(tmp_path: Path) -> None:
    LanguageModel(tmp_path / "none", "weights").prepare("cpu")
    assert not (tmp_path / "none").exists()


def test_the_recipe_that_is_pre_trained_is_the_one_to_train(tmp_path: Path, door: Door) -> None:
    recipes: Sequence[Any] = [FROM_SCRATCH, FULL, SimpleNamespace(model="gpt", pretrained=True)]
    assert Untrained(door, MINI, recipes, words(tmp_path)).recipe is FULL
