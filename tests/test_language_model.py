"""The weights that a run starts from where they are there: given, downloaded or trained before."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from harness.preparation import language_model
from harness.preparation.language_model import LanguageModel, Untrained
from harness.sources import hub
from tests.stub_door import FROM_SCRATCH, FULL, LSTM, MINI, NO_AUX, PAPER, SMALL, Door, pretrained, text, words


@pytest.fixture
def door() -> Door:
    return Door()


# There


def test_the_newest_pre_trained_model_of_the_profile_is_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "small" / "pretrained"
    for name, time in (("gpt-a", 100), ("gpt-b", 300), ("gpt-c", 200), ("lstm-a", 50), ("lstm-b", 900)):
        pretrained(folder / name, time)
    pretrained(tmp_path / "mini" / "pretrained" / "gpt-d", 900)
    (folder / "gpt-unfinished").mkdir()
    for recipe, name in ((FULL, "gpt-b"), (LSTM, "lstm-b")):
        found = language_model.there(recipe, SMALL, words(tmp_path))
        assert (found.folder, found.says) == (folder / name, f"weights: {folder / name}")
        assert (found.ready, found.flops) == (True, 0.0)


@pytest.mark.parametrize(
    ("recipe", "profile", "command"),
    [
        (FULL, SMALL, "--profile small --corpus DIR"),
        (LSTM, SMALL, "--profile small --ablation lstm --corpus DIR"),
        (LSTM, PAPER, "--profile paper --ablation lstm --corpus DIR"),  # the hub has none
    ],
)
def test_where_nothing_was_pre_trained_the_ways_to_have_it_are_said(
    tmp_path: Path, door: Door, recipe: Any, profile: Any, command: str
) -> None:
    trained = tmp_path / profile.name / "pretrained"
    (trained / f"{recipe.model}-unfinished").mkdir(parents=True)
    pretrained(trained / ("lstm-a" if recipe.model == "gpt" else "gpt-a"), 100)
    said = (
        f"no pre-trained {recipe.model} in {trained}; make one with 'python -m harness pretrain {command}', "
        "or give --weights DIR"
    )
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(said)}$"):
        language_model.find(door, profile, {"any": recipe}, words(tmp_path))


def test_the_papers_weights_come_from_the_hub(tmp_path: Path, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pretrained(tmp_path / "cache" / "1e0d4f3", 100)
    monkeypatch.setattr(hub, "weights_folder", lambda: folder)
    found = language_model.find(door, PAPER, {"full": FULL}, words(tmp_path))["full"]
    assert (found.folder, found.says) == (folder, "weights: openai-community/openai-gpt @ 1e0d4f3")


def test_what_the_hub_cannot_give_goes_through(tmp_path: Path, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(files: Any = None) -> Path:
        raise OSError(f"cannot get {files}")

    monkeypatch.setattr(hub, "weights_folder", unreachable)
    with pytest.raises(OSError, match=r"^cannot get None$"):
        language_model.find(door, PAPER, {"full": FULL}, words(tmp_path))
    with pytest.raises(OSError, match=r"^cannot get \('vocab.json', 'merges.txt'\)$"):
        language_model.find(door, PAPER, {"full": FULL}, words(tmp_path, text(tmp_path / "books")))


def test_each_recipes_files_are_looked_for_before_anything_is_run(tmp_path: Path, door: Door) -> None:
    chosen = words(tmp_path, weights=tmp_path / "gpt-vocabulary only")
    found = language_model.find(door, PAPER, {"no_pretraining": FROM_SCRATCH}, chosen)
    assert found["no_pretraining"].folder == tmp_path / "gpt-vocabulary only"
    with pytest.raises(FileNotFoundError, match=r"no weights in .*vocabulary only"):
        language_model.find(door, PAPER, {"no_pretraining": FROM_SCRATCH, "full": FULL}, chosen)
    assert [call[1] for call in door.calls] == [FROM_SCRATCH, FROM_SCRATCH, FULL]


def test_weights_that_are_there_need_no_preparing(tmp_path: Path) -> None:
    LanguageModel(tmp_path / "none", "weights").prepare("cpu")
    assert not (tmp_path / "none").exists()


# Whose weights


def test_recipes_of_one_kind_share_their_language_model(tmp_path: Path, door: Door) -> None:
    recipes = {"no_pretraining": FROM_SCRATCH, "full": FULL, "lstm": LSTM, "no_aux": NO_AUX}
    found = language_model.find(door, MINI, recipes, words(tmp_path))
    gpt, lstm = found["full"], found["lstm"]
    assert found == {"no_pretraining": gpt, "full": gpt, "lstm": lstm, "no_aux": gpt}
    assert isinstance(gpt, Untrained) and isinstance(lstm, Untrained)
    assert (gpt.recipe, lstm.recipe) == (FULL, LSTM)  # the first that is pre-trained
    assert (gpt.flops, lstm.flops) == (9e6, 13.5e6)
    assert gpt.folder != lstm.folder and gpt.tokens.folder == lstm.tokens.folder


def test_given_weights_are_taken_for_the_recipes_whose_model_they_are(tmp_path: Path, door: Door) -> None:
    given, trained = pretrained(tmp_path / "lstm-mine", 100), tmp_path / "small" / "pretrained"
    for name in ("gpt-a", "lstm-a"):
        pretrained(trained / name, 300)
    # where nothing is pre-trained, anyone's vocabulary will do
    for profile, recipe in ((MINI, LSTM), (SMALL, LSTM), (PAPER, LSTM), (PAPER, FROM_SCRATCH)):
        found = language_model.find(door, profile, {"any": recipe}, words(tmp_path, weights=given))["any"]
        assert type(found) is LanguageModel
        assert (found.folder, found.says, found.flops) == (given, f"weights: {given}", 0.0)
    both = {"full": FULL, "lstm": LSTM}
    found_there = language_model.find(door, SMALL, both, words(tmp_path, weights=given))
    assert {name: model.folder for name, model in found_there.items()} == {"full": trained / "gpt-a", "lstm": given}


def test_of_the_weights_of_another_model_the_vocabulary_is_taken(tmp_path: Path, door: Door) -> None:
    given = pretrained(tmp_path / "gpt-mine", 100)
    chosen = words(tmp_path, text(tmp_path / "books"), given)
    found = language_model.find(door, PAPER, {"full": FULL, "lstm": LSTM}, chosen)
    assert (type(found["full"]), found["full"].folder) == (LanguageModel, given)
    lstm = found["lstm"]
    assert isinstance(lstm, Untrained)
    assert lstm.tokens.given_vocabulary == given
    assert lstm.folder.name.endswith("+gpt-mine-0") and lstm.tokens.folder.name.endswith("+gpt-mine")
