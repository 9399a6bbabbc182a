"""The one door: `make(...)` gives something with scikit-learn's `fit` and `predict`.

What crosses it is a plain value. Importing this file imports no torch, so that listing and keys cost nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from baselines import cost, vocabulary
from baselines.recipes import Profile, Recipe

if TYPE_CHECKING:
    from baselines.batches import Example
    from baselines.heads import Form

Report = Callable[[Mapping[str, Any]], None]


class Baseline(Protocol):
    """Anything that can be measured."""

    def fit(self, train: Sequence[Example]) -> Any: ...
    def predict(self, examples: Sequence[Example]) -> list[float]: ...
    def scores(self, examples: Sequence[Example]) -> list[list[float]]: ...
    def describe(self) -> dict[str, Any]: ...


def make(
    recipe: Recipe,
    profile: Profile,
    form: Form,
    seeds: Mapping[str, int],
    device: str,
    weights: Path,
    run_dir: Path,
    report: Report,
) -> Baseline:
    """A model ready to `fit`.

    form: classify(names) | choose | score(low, high), see `harness.tasks.base.Form`. seeds: initialisation, order,
    dropout. device: "cpu", "cuda", "cuda:1". weights: the folder with the vocabulary and, unless the recipe starts at
    random, model.safetensors. run_dir: the baseline owns what is in it. report: called with a plain dict an event; what
    it raises (KeyboardInterrupt) stops the training, its state saved. Raises ValueError or OSError, in words.
    """
    from baselines.finetune import FineTuned

    return FineTuned(recipe, profile, form, seeds, device, weights, run_dir, report)


def pretrain(
    documents: Iterable[str], recipe: Recipe, profile: Profile, run_dir: Path, report: Report, **options: Any
) -> dict[str, Any]:
    """Train the recipe's language model on plain text; see `baselines.pretrain.pretrain`."""
    from baselines.pretrain import pretrain as train

    return train(documents, recipe, profile, run_dir, report, **options)


def prepare_vocabulary(
    documents: Iterable[str], profile: Profile, run_dir: Path, report: Report, given: Path | None = None
) -> None:
    """Only the first step of `pretrain`: all that a recipe without pre-training needs."""
    from baselines.pretrain import prepare

    prepare(documents, profile, run_dir, report, given)


def forget(run_dir: Path) -> None:
    """Remove what a training or pre-training left in its folder; a record stays until another replaces it."""
    for pattern in (
        "*.safetensors",
        "*.tokens",
        "vocab.json",
        "merges.txt",
        "config.json",
        "pretraining.json",
        "log.jsonl",
    ):
        for path in run_dir.glob(pattern):
            path.unlink()


def fingerprint(recipe: Recipe, profile: Profile, weights: Path) -> dict[str, Any]:
    """What of the baseline could change a number: its settings, the hashes of its vocabulary and weights.

    Imports no torch. Raises FileNotFoundError or ValueError where a file is missing or is not what it should be.
    """
    found: dict[str, Any] = {
        "recipe": recipe.settings,
        "size": asdict(profile.size),
        "finetuning": asdict(profile.finetuning),
        "vocabulary": vocabulary.read(weights).hash,
        "weights": None,
    }
    if recipe.pretrained:
        file = weights / "model.safetensors"
        if not file.is_file():
            raise FileNotFoundError(
                f"no weights in {weights}: expected {file.name}; give their folder with --weights DIR"
            )
        with file.open("rb") as opened:
            found["weights"] = hashlib.file_digest(opened, "sha256").hexdigest()
    return found


def vocabulary_hash(folder: Path) -> str:
    """Raises FileNotFoundError or ValueError where there is none."""
    return vocabulary.read(folder).hash


def pretraining_fingerprint(model: str, profile: Profile, corpus: str, seed: int) -> str:
    """A short hash of everything that a pre-training depends on; corpus is the hash of its text (and vocabulary)."""
    settings = [model, asdict(profile.size), asdict(profile.pretraining), corpus, seed]
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


def flops(recipe: Recipe, profile: Profile, training: float, scoring: float, length: float) -> float:
    """Of one cell: fine-tuning on `training` tokens an epoch and scoring `scoring`, in sequences of `length`."""
    lm_loss = recipe.lm_coef > 0
    train = cost.training_flops(profile.size, training * profile.finetuning.epochs, length, lm_loss)
    return train + scoring * cost.forward_flops(profile.size, length, lm_loss=False)


def pretraining_flops(profile: Profile) -> float:
    return cost.pretraining_flops(profile)


def probe(profile: Profile, device: str) -> float:
    """FLOP/s that training sustains here, measured in about a second."""
    from baselines.probe import sustained

    return sustained(profile, device)


def cuda_problem() -> str:
    """Why torch cannot use the GPU that is there, or nothing."""
    import torch

    if torch.version.cuda is None:
        return f"torch {torch.__version__} is a build without CUDA"
    if not torch.cuda.is_available():
        return f"torch {torch.__version__} (CUDA {torch.version.cuda}) cannot use it, most likely its driver is too old"
    return ""


def require_device(name: str) -> None:
    """Raises ValueError where torch cannot use it."""
    from baselines import device

    device.find(name)
