"""The weights that a run starts from: found, or to be made first, with a stand-in for the door to the baselines."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import hub, language_model
from harness.corpus import MiniCorpus, TextFiles
from harness.language_model import LanguageModel, OnlyVocabulary, Untrained

MINI, SMALL, PAPER = (
    SimpleNamespace(name=name, pretraining=SimpleNamespace(tokens=4_500_000, minutes=None))
    for name in ("mini", "small", "paper")
)
FULL = SimpleNamespace(model="gpt", pretrained=True)
NO_AUX = SimpleNamespace(model="gpt", pretrained=True, lm_coef=0.0)
FROM_SCRATCH = SimpleNamespace(model="gpt", pretrained=False)
LSTM = SimpleNamespace(model="lstm", pretrained=True)


class Door:
    """Answers as baselines.door does, and remembers what it was asked; trains by writing the file that says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.number = 0  # of the process

    def rank(self) -> int:
        return self.number

    def tokens_fingerprint(self, profile: Any, corpus: str) -> str:
        return f"{profile.name}-{corpus[:4]}{corpus[64:]}"

    def pretraining_fingerprint(self, model: str, profile: Any, corpus: str, seed: int) -> str:
        return f"{model}-{profile.name}-{corpus[:4]}{corpus[64:]}-{seed}"

    def vocabulary_hash(self, folder: Path) -> str:
        return f"+{folder.name}"

    def model_of(self, weights: Path) -> str:
        return weights.name.partition("-")[0]

    def pretraining_flops(self, recipe: Any, profile: Any) -> float:
        return profile.pretraining.tokens * (2.0 if recipe.model == "gpt" else 3.0)

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
        if self.number:
            return {}
        (run_dir / "pretraining.json").write_text("{}")
        return {"tokens": 4_500_000, "seconds": 150.0, "held_out_perplexity": 7.891}

    def prepare_vocabulary(
        self, documents: Any, profile: Any, tokens_dir: Path, report: Any, given: Path | None = None
    ) -> None:
        self.calls.append(("prepare_vocabulary", documents, profile, tokens_dir, given))
        report({"event": "vocabulary"})
        tokens_dir.mkdir(parents=True)
        (tokens_dir / "tokens.json").write_text("{}")

    def forget(self, run_dir: Path) -> None:
        (run_dir / "pretraining.json").unlink()


@pytest.fixture
def door() -> Door:
    return Door()


def words(runs: Path, corpus: Path | None = None, weights: Path | None = None) -> Namespace:
    return Namespace(runs=runs, corpus=str(corpus) if corpus else None, weights=weights)


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


# To be made


@pytest.mark.parametrize("recipe", [FULL, FROM_SCRATCH], ids=["pre-trained", "not"])
@pytest.mark.parametrize(
    ("profile", "corpus", "weights", "made_here"),
    [
        (MINI, False, False, True),
        (MINI, True, False, True),
        (SMALL, True, False, True),
        (SMALL, False, True, False),
        (SMALL, True, True, False),
        (PAPER, True, True, False),
    ],
)
def test_who_gives_text_and_no_weights_has_them_made(
    tmp_path: Path, door: Door, profile: Any, corpus: bool, weights: bool, made_here: bool, recipe: Any
) -> None:
    given = pretrained(tmp_path / "gpt-weights", 100) if weights else None
    chosen = words(tmp_path / "runs", text(tmp_path / "books") if corpus else None, given)
    found = language_model.find(door, profile, {"any": recipe}, chosen)["any"]
    assert type(found) is ((Untrained if recipe.pretrained else OnlyVocabulary) if made_here else LanguageModel)
    tokens = found.tokens if isinstance(found, Untrained) else found
    if isinstance(tokens, OnlyVocabulary):
        assert isinstance(tokens.corpus, TextFiles if corpus else MiniCorpus)


@pytest.mark.parametrize("profile", [SMALL, PAPER], ids=["small", "paper"])
def test_only_the_mini_profile_has_text_of_its_own(tmp_path: Path, door: Door, profile: Any) -> None:
    said = f"pre-training at the {profile.name} profile needs text: give a folder with --corpus DIR"
    with pytest.raises(ValueError, match=f"^{said}$"):
        Untrained(door, profile, FULL, words(tmp_path))


def test_a_folder_without_text_is_found_out_at_once(tmp_path: Path, door: Door) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder .*none; --corpus takes a folder"):
        language_model.find(door, SMALL, {"full": FULL}, words(tmp_path, tmp_path / "none"))


def test_before_pre_training_it_says_what_is_to_be_done(tmp_path: Path, door: Door) -> None:
    found = Untrained(door, MINI, FULL, words(tmp_path))
    assert (found.ready, found.flops) == (False, 9e6)
    assert found.says == f"pre-training first: 4,500,000 tokens of {MiniCorpus().name}"
    assert found.folder == tmp_path / "mini" / "pretrained" / f"gpt-gpt-mini-{MiniCorpus().hash[:4]}-0"
    assert found.tokens.folder == tmp_path / "mini" / "corpora" / f"mini-{MiniCorpus().hash[:4]}"
    assert list(tmp_path.iterdir()) == []
    short = SimpleNamespace(name="mini", pretraining=SimpleNamespace(tokens=4_500_000, minutes=2.5))
    said = f"pre-training first: 2.5 minutes of {MiniCorpus().name}"
    assert Untrained(door, short, FULL, words(tmp_path)).says == said


def test_after_pre_training_it_is_ready(tmp_path: Path, door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = words(tmp_path / "runs", text(tmp_path / "books"), tmp_path / "vocabulary")
    model = Untrained(door, SMALL, FULL, chosen, seed=3, every=500)
    model.prepare("cuda:1")
    (call,) = door.calls
    assert call[:5] == ("pretrain", model.tokens.corpus, FULL, SMALL, model.folder)
    assert call[5] == {
        "tokens_dir": model.tokens.folder,
        "device": "cuda:1",
        "seed": 3,
        "corpus": "books, 1 text files",
        "vocabulary_dir": tmp_path / "vocabulary",
        "every": 500,
    }
    said = f"pre-trained on 4,500,000 tokens in 2 min, held-out perplexity 7.89 a token: {model.folder}\n"
    assert capsys.readouterr().out == said
    assert '"update": 1' in (model.folder / "log.jsonl").read_text()

    again = Untrained(door, SMALL, FULL, chosen, seed=3)
    assert (again.ready, again.flops, again.says) == (True, 0.0, f"pre-training: done, {model.folder}")
    again.prepare("cuda:1")
    assert len(door.calls) == 1


def test_of_several_processes_the_first_alone_logs_and_speaks(
    tmp_path: Path, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    door.number = 1
    Untrained(door, MINI, FULL, words(tmp_path)).prepare("cpu")
    assert [call[0] for call in door.calls] == ["pretrain"]
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("process", [0, 1])
def test_what_is_forgotten_is_to_be_made_again_in_every_process(tmp_path: Path, door: Door, process: int) -> None:
    folder = pretrained(Untrained(door, MINI, FULL, words(tmp_path)).folder, 100)
    model = Untrained(door, MINI, FULL, words(tmp_path))
    model.tokens.prepare("cpu")
    assert model.ready
    door.number = process
    model.forget()
    assert (model.ready, model.flops) == (False, 9e6)
    assert model.says.startswith("pre-training first: ")
    assert (folder / "pretraining.json").exists() is (process > 0)
    assert (model.tokens.folder / "tokens.json").exists()
    model.prepare("cpu")
    assert door.calls[-1][0] == "pretrain"


def test_other_text_or_another_seed_or_model_is_another_model(tmp_path: Path, door: Door) -> None:
    books, others = text(tmp_path / "books"), text(tmp_path / "others", "Other text.")
    models = [
        Untrained(door, SMALL, recipe, words(tmp_path, corpus), seed)
        for corpus, seed, recipe in ((books, 0, FULL), (books, 1, FULL), (others, 0, FULL), (books, 0, LSTM))
    ]
    assert len({model.folder for model in models}) == 4
    assert len({model.tokens.folder for model in models}) == 2  # what is tokenised goes by the text alone


def test_the_papers_vocabulary_alone_is_fetched_where_none_is_given(
    tmp_path: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def fetch(files: object) -> Path:
        asked.append(files)
        return tmp_path / "hub"

    monkeypatch.setattr(hub, "weights_folder", fetch)
    books = text(tmp_path / "books")
    fetched = language_model.find(door, PAPER, {"full": FULL}, words(tmp_path, books))["full"]
    assert isinstance(fetched, Untrained)
    assert (fetched.tokens.given_vocabulary, asked) == (tmp_path / "hub", [("vocab.json", "merges.txt")])
    given = Untrained(door, PAPER, FULL, words(tmp_path, books, tmp_path / "mine"))
    assert (given.tokens.given_vocabulary, len(asked)) == (tmp_path / "mine", 1)
    assert given.tokens.folder != fetched.tokens.folder and given.folder != fetched.folder
    assert Untrained(door, SMALL, FULL, words(tmp_path, books)).tokens.given_vocabulary is None


def test_without_pre_training_only_a_vocabulary_is_needed(
    tmp_path: Path, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    model = OnlyVocabulary(door, MINI, words(tmp_path))
    assert (model.ready, model.flops) == (False, 0.0)
    assert model.says == f"no pre-training, only a vocabulary, from {MiniCorpus().name}"
    model.prepare("cpu")
    assert door.calls == [("prepare_vocabulary", model.corpus, MINI, model.folder, None)]
    assert capsys.readouterr() == ("", "")

    again = OnlyVocabulary(door, MINI, words(tmp_path))
    assert again.ready
    again.prepare("cpu")
    assert len(door.calls) == 1
    trained = Untrained(door, MINI, FULL, words(tmp_path))
    assert (trained.tokens.folder, trained.tokens.ready, trained.ready) == (model.folder, True, False)
