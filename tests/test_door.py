from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from baselines import door, models, vocabulary
from baselines.probe import sustained
from baselines.recipes import FULL, PROFILES, RECIPES, Profile, Recipe
from tests import tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tiny.weights_folder(tmp_path / "weights")
    (made / "model.safetensors").write_bytes(b"weights")
    return made


def test_what_is_made_at_the_door_fits_predicts_and_describes_itself(tmp_path: Path, folder: Path) -> None:
    baseline = door.make(
        RECIPES["no_pretraining"], tiny.PROFILE, tiny.FORM, tiny.SEEDS, "cpu", folder, tmp_path / "run", tiny.quiet
    )
    baseline.fit(tiny.examples(16))
    some = tiny.examples(5, seed=1)
    assert len(baseline.predict(some)) == 5 and set(baseline.predict(some)) <= {0.0, 1.0}
    assert [sum(row) for row in baseline.scores(some)] == pytest.approx([1.0] * 5)
    assert baseline.describe()["batch"] == 8 and baseline.describe()["torch"] == torch.__version__


CHANGES: dict[str, tuple[Callable[[Recipe, Profile], tuple[Recipe, Profile]], bool]] = {
    "nothing": (lambda r, p: (r, p), False),
    "the summary": (lambda r, p: (replace(r, summary="other words"), p), False),
    "the pre-training, whose weights speak for it": (
        lambda r, p: (r, replace(p, pretraining=replace(p.pretraining, tokens=1))),
        False,
    ),
    "lm_coef": (lambda r, p: (replace(r, lm_coef=0.4), p), True),
    "no weights": (lambda r, p: (replace(r, pretrained=False), p), True),
    "learning rate": (lambda r, p: (r, replace(p, finetuning=replace(p.finetuning, learning_rate=1.0))), True),
    "width": (lambda r, p: (r, replace(p, size=replace(p.size, n_embd=32))), True),
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_fingerprint_changes_with_what_could_change_a_number(folder: Path, what: str) -> None:
    change, changes = CHANGES[what]
    before = door.fingerprint(FULL, tiny.PROFILE, folder)
    assert (door.fingerprint(*change(FULL, tiny.PROFILE), folder) != before) is changes


def test_the_fingerprint_reads_weights_and_vocabulary(folder: Path) -> None:
    before = door.fingerprint(FULL, tiny.PROFILE, folder)
    (folder / "model.safetensors").write_bytes(b"Weights")
    weights_changed = door.fingerprint(FULL, tiny.PROFILE, folder)
    vocabulary.write(tiny.VOCABULARY._replace(ids={**tiny.VOCABULARY.ids, "new": 60}), folder)
    vocabulary_changed = door.fingerprint(FULL, tiny.PROFILE, folder)
    assert before["weights"] != weights_changed["weights"] and before["vocabulary"] == weights_changed["vocabulary"]
    assert vocabulary_changed["vocabulary"] != before["vocabulary"]
    (folder / "model.safetensors").unlink()
    assert door.fingerprint(RECIPES["no_pretraining"], tiny.PROFILE, folder)["weights"] is None
    with pytest.raises(FileNotFoundError, match=r"expected model.safetensors, or .*; give their folder with --weights"):
        door.fingerprint(FULL, tiny.PROFILE, folder)


def test_the_fingerprint_has_the_weights_by_their_content_in_either_layout(folder: Path) -> None:
    content = hashlib.sha256(hashlib.sha256(b"weights").digest()).hexdigest()
    assert door.fingerprint(FULL, tiny.PROFILE, folder)["weights"] == content
    (folder / "model.safetensors").unlink()
    released = ["params_shapes.json", *(f"params_{i}.npy" for i in range(10))]
    for name in released:
        (folder / name).write_text(name)
    before = door.fingerprint(FULL, tiny.PROFILE, folder)["weights"]
    (folder / "params_9.npy").write_text("other numbers")
    assert len({content, before, door.fingerprint(FULL, tiny.PROFILE, folder)["weights"]}) == 3
    (folder / "params_9.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"^the released weights in .* lack params_9.npy; get them again$"):
        door.fingerprint(FULL, tiny.PROFILE, folder)


CONFIGS = [
    (None, "gpt"),
    ('{"model_type": "openai-gpt"}', "gpt"),
    ('{"model_type": "lstm"}', "lstm"),
    ("{}", "gpt"),
    ("[]", "gpt"),
    ('{"model_type', "gpt"),
]


@pytest.mark.parametrize(("config", "model"), CONFIGS)
def test_whose_weights_they_are_and_no_others_will_do(folder: Path, config: str | None, model: str) -> None:
    if config is not None:
        (folder / "config.json").write_text(config)
    assert door.model_of(folder) == model
    right, wrong = (FULL, RECIPES["lstm"]) if model == "gpt" else (RECIPES["lstm"], FULL)
    assert door.fingerprint(right, tiny.PROFILE, folder)["weights"]
    said = f"the weights in {folder} are of a {model}, expected those of a {wrong.model}"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        door.fingerprint(wrong, tiny.PROFILE, folder)
    assert door.fingerprint(replace(wrong, pretrained=False), tiny.PROFILE, folder)["weights"] is None


def test_a_pretraining_is_known_by_corpus_settings_and_seed() -> None:
    one = door.pretraining_fingerprint("gpt", tiny.PROFILE, "corpus", 0)
    others = [
        door.pretraining_fingerprint("lstm", tiny.PROFILE, "corpus", 0),
        door.pretraining_fingerprint("gpt", tiny.PROFILE, "another", 0),
        door.pretraining_fingerprint("gpt", tiny.PROFILE, "corpus", 1),
        door.pretraining_fingerprint(
            "gpt", replace(tiny.PROFILE, pretraining=replace(tiny.PROFILE.pretraining, tokens=7)), "corpus", 0
        ),
    ]
    assert one not in others and len(set(others)) == 4
    assert one == door.pretraining_fingerprint("gpt", tiny.NO_DROPOUT, "corpus", 0)  # fine-tuning is not part of it


def test_forgetting_leaves_the_record(tmp_path: Path) -> None:
    forgotten = ("training.safetensors", "model.safetensors", "config.json", "vocab.json", "merges.txt", "log.jsonl")
    for name in (*forgotten, "pretraining.json", "record.json"):
        (tmp_path / name).write_text("x")
    for name in ("checkpoints/0000001/model.safetensors", "tensorboard/events"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("x")
    door.forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]
    door.forget(tmp_path / "none")


def test_what_is_tokenised_is_not_forgotten_with_a_training(tmp_path: Path) -> None:
    kept = {"train.tokens", "held_out.tokens", "tokens.json"}
    for name in (*kept, "pretraining.json"):
        (tmp_path / name).write_text("x")
    door.forget(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_tokens_are_known_by_their_text_and_the_vocabularys_size() -> None:
    one = door.tokens_fingerprint(tiny.PROFILE, "corpus")
    wider = replace(tiny.PROFILE, size=replace(tiny.PROFILE.size, n_embd=32), name="wider")
    more = replace(tiny.PROFILE, size=replace(tiny.PROFILE.size, n_vocab=121))
    assert re.fullmatch("[0-9a-f]{8}", one)
    assert door.tokens_fingerprint(wider, "corpus") == one
    assert len({one, door.tokens_fingerprint(more, "corpus"), door.tokens_fingerprint(tiny.PROFILE, "another")}) == 3


def test_which_of_how_many_processes_this_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert (door.rank(), door.processes()) == (0, 1)
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert (door.rank(), door.processes()) == (3, 8)


@pytest.mark.parametrize(("name", "at_the_papers_size"), [("full", 116_534_784), ("lstm", 55_745_792)])
def test_parameters_are_those_of_the_model_that_is_built(name: str, at_the_papers_size: int) -> None:
    recipe = RECIPES[name]
    model = models.build(recipe.model, tiny.PROFILE.size, 120, 0.0)
    assert door.parameters(recipe, tiny.PROFILE) == sum(parameter.numel() for parameter in model.parameters())
    assert door.parameters(recipe, PROFILES["paper"]) == at_the_papers_size


@pytest.mark.parametrize(("name", "a_token"), [("full", 2 * (2 * 12 * 16**2 + 4 * 48 * 16)), ("lstm", 2 * 24 * 176)])
def test_flops_by_hand(name: str, a_token: int) -> None:
    recipe, tokens = RECIPES[name], 4 * 48 * 20
    softmax = 2 * 16 * 123
    assert door.pretraining_flops(recipe, tiny.PROFILE) == 3 * tokens * (a_token + softmax)
    # two epochs of training at three times the forward's cost, with the LM loss, and scoring without
    assert door.flops(recipe, tiny.PROFILE, 100, 10, 48) == 3 * 2 * 100 * (a_token + softmax) + 10 * a_token


def test_flops_of_a_cell_add_training_and_scoring() -> None:
    recipe = RECIPES["no_aux"]
    whole = door.flops(recipe, tiny.PROFILE, 1000, 300, 10)
    assert whole == door.flops(recipe, tiny.PROFILE, 1000, 0, 10) + door.flops(recipe, tiny.PROFILE, 0, 300, 10)
    assert door.flops(recipe, tiny.PROFILE, 0, 600, 10) / door.flops(recipe, tiny.PROFILE, 0, 300, 10) == 2
    assert door.flops(FULL, tiny.PROFILE, 1000, 0, 10) > door.flops(recipe, tiny.PROFILE, 1000, 0, 10)


def test_the_probe_measures_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.probe.SECONDS", 0.05)
    assert 1e5 < sustained(tiny.PROFILE, "cpu") < 1e13


def test_the_probe_measures_so_many_threads_and_leaves_them_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.probe.SECONDS", 0.0)
    chosen: list[int] = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 5)
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    sustained(tiny.PROFILE, "cpu", threads=3)
    assert chosen == [3, 5]


def test_why_torch_cannot_use_a_gpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "is a build without CUDA" in door.cuda_problem()
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "(CUDA 13.0) cannot use it, most likely its driver is too old" in door.cuda_problem()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert door.cuda_problem() == ""


def test_waiting_threads_sleep() -> None:
    """Read by OpenMP when torch is loaded; spinning threads crawl on a shared machine."""
    import os

    assert os.environ["GOMP_SPINCOUNT"]
