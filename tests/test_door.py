from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from baselines import door, vocabulary
from baselines.probe import sustained
from baselines.recipes import FULL, RECIPES, Profile, Recipe
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
    with pytest.raises(FileNotFoundError, match=r"expected model.safetensors; give their folder with --weights DIR"):
        door.fingerprint(FULL, tiny.PROFILE, folder)


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
    for name in ("training.safetensors", "log.jsonl", "record.json", "train.tokens"):
        (tmp_path / name).write_text("x")
    door.forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_flops_of_a_cell_add_training_and_scoring() -> None:
    recipe = RECIPES["no_aux"]
    whole = door.flops(recipe, tiny.PROFILE, 1000, 300, 10)
    assert whole == door.flops(recipe, tiny.PROFILE, 1000, 0, 10) + door.flops(recipe, tiny.PROFILE, 0, 300, 10)
    assert door.flops(recipe, tiny.PROFILE, 0, 600, 10) / door.flops(recipe, tiny.PROFILE, 0, 300, 10) == 2
    assert door.flops(FULL, tiny.PROFILE, 1000, 0, 10) > door.flops(recipe, tiny.PROFILE, 1000, 0, 10)


def test_the_probe_measures_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.probe.SECONDS", 0.05)
    assert 1e5 < sustained(tiny.PROFILE, "cpu") < 1e13


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
