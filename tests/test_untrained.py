"""The weights that a run starts from where they are to be made first."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.preparation import language_model
from harness.preparation.language_model import LanguageModel, OnlyVocabulary, Untrained
from harness.sources import hub
from harness.sources.corpus import MiniCorpus, TextFiles
from tests.stub_door import FROM_SCRATCH, FULL, LSTM, MINI, PAPER, SMALL, Door, pretrained, text, words


@pytest.fixture
def door() -> Door:
    return Door()


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


def test_the_small_profile_has_no_text_of_its_own(tmp_path: Path, door: Door) -> None:
    said = "pre-training at the small profile needs text: give a folder with --corpus DIR"
    with pytest.raises(ValueError, match=f"^{said}$"):
        Untrained(door, SMALL, FULL, words(tmp_path))


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
    tokenised, call = door.calls
    assert tokenised == ("prepare_vocabulary", model.tokens.corpus, SMALL, model.tokens.folder, tmp_path / "vocabulary")
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
    # the last: is it still what was left there?
    assert [name for name, *_ in door.calls] == ["prepare_vocabulary", "pretrain", "fingerprint"]


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
