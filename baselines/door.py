"""The one door: `make(...)` gives something with scikit-learn's `fit` and `predict`.

What crosses it is a plain value. Importing this file imports no torch, so that listing and keys cost nothing.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from baselines import cost, memory, vocabulary, weight_files
from baselines.gpus import count as gpus
from baselines.gpus import problem as cuda_problem
from baselines.recipes import Profile, Recipe
from baselines.report import Report
from baselines.state_files import remove as tidy
from baselines.token_ids import layout, token_ids
from baselines.torchrun import processes, rank

__all__ = ["cuda_problem", "gpus", "layout", "processes", "rank", "tidy", "token_ids"]  # passed on

if TYPE_CHECKING:
    from baselines.batches import Example
    from baselines.heads import Form


class Baseline(Protocol):
    """Anything that can be measured."""

    def fit(self, train: Sequence[Example], judge: Callable[[Any], float] | None = None) -> Any: ...
    def predict(self, examples: Sequence[Example]) -> list[float]: ...
    def scores(self, examples: Sequence[Example]) -> list[list[float]]: ...
    def describe(self) -> dict[str, Any]: ...
    def finished(self) -> None: ...


class LanguageModel(Protocol):
    """One checkpoint of a language model, raw as it was pre-trained. cut: tokens that found no room so far."""

    cut: int

    def log_probs(self, pairs: Sequence[tuple[str, str]]) -> list[list[float]]: ...
    def pieces(self, text: str) -> int: ...
    def release(self) -> None: ...
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
    cache: Path | None = None,
) -> Baseline:
    """A model ready to `fit`.

    form: classify(names) | choose | score(low, high), see `harness.tasks.base.Form`. seeds: initialisation, order,
    dropout. device: "cpu", "cuda", "cuda:1". weights: the folder with the vocabulary and, unless the recipe starts at
    random, weights. run_dir: the baseline owns what is in it. report: called with a plain dict an event; what
    it raises (KeyboardInterrupt) stops the training, its state saved. cache: a folder where baselines may keep what
    others can use, the token ids of large sets. Raises ValueError or OSError, in words.
    """
    if recipe.is_classical:
        from baselines.classical import MODELS

        return MODELS[recipe.model](form)
    from baselines.finetune import FineTuned

    return FineTuned(recipe, profile, form, seeds, device, weights, run_dir, report, cache)


def require_fits(recipe: Recipe, profile: Profile) -> None:
    """Raises ValueError for a recipe that a profile's model is too small for."""
    recipe.require_fits(profile.size)


def pretrain(
    documents: Iterable[str], recipe: Recipe, profile: Profile, run_dir: Path, report: Report, **options: Any
) -> dict[str, Any]:
    """Train the recipe's language model on plain text; see `baselines.pretrain.pretrain`."""
    from baselines.pretrain import pretrain as train

    return train(documents, recipe, profile, run_dir, report, **options)


def prepare_vocabulary(
    documents: Iterable[str], profile: Profile, tokens_dir: Path, report: Report, given: Path | None = None
) -> None:
    """Only the first step of `pretrain`: all that a recipe without pre-training needs."""
    from baselines.token_file import prepare

    prepare(documents, profile.size.n_vocab, tokens_dir, report, given)


def sample(prompt: str, recipe: Recipe, profile: Profile, folder: Path, **how: Any) -> str:
    """Continue a text with the recipe's language model; see `baselines.sampling.continue_text`."""
    from baselines.sampling import continue_text

    return continue_text(prompt, recipe.model, profile, folder, **how)


def checkpoints(run_dir: Path, profile: Profile, device: str) -> Sequence[tuple[int | None, LanguageModel]]:
    """(updates, language model) of each checkpoint of a pre-training; see `baselines.log_probs.checkpoints`."""
    from baselines.log_probs import checkpoints as of_run

    return of_run(run_dir, profile, device)


def checkpoint_fingerprints(run_dir: Path, profile: Profile) -> list[tuple[int | None, dict[str, Any]]]:
    """For each of `checkpoints`, in their order: updates, and what of the model could change a number. No torch.

    Raises FileNotFoundError or ValueError where weights or vocabulary are missing.
    """
    known = {"size": asdict(profile.size), "vocabulary": vocabulary.read(run_dir).hash}
    return [
        (updates, {"model": weight_files.kind_of(folder), **known, "weights": weight_files.hash_of(folder)})
        for updates, folder in weight_files.checkpoints(run_dir)
    ]


def pretraining_facts(run_dir: Path) -> dict[str, Any] | None:
    """All that a pre-training here has said of itself (`pretraining.json`); None for weights from elsewhere."""
    return weight_files.told_of(run_dir)


def forget(run_dir: Path) -> None:
    """Remove what a training or pre-training left in its folder; a record stays until another replaces it."""
    (run_dir / weight_files.OWN).unlink(missing_ok=True)  # first: it says that the rest is there
    for name in ("checkpoints", "tensorboard"):
        shutil.rmtree(run_dir / name, ignore_errors=True)
    for pattern in ("*.safetensors", "vocab.json", "merges.txt", "config.json", "log.jsonl"):
        for path in run_dir.glob(pattern):
            path.unlink()


def fingerprint(recipe: Recipe, profile: Profile, weights: Path) -> dict[str, Any]:
    """What of the baseline could change a number: its settings, the hashes of its vocabulary and weights.

    Imports no torch. Raises FileNotFoundError or ValueError where a file is missing or is not what it should be.
    """
    require_fits(recipe, profile)
    if recipe.is_classical:
        return {"recipe": recipe.settings, "vocabulary": None, "weights": None}
    found: dict[str, Any] = {
        "recipe": recipe.settings,
        "size": asdict(profile.size),
        "finetuning": asdict(profile.finetuning),
        "vocabulary": vocabulary.read(weights).hash,
        "weights": None,
    }
    if recipe.pretrained:
        found["weights"] = weight_files.hash_of(weights)
        if (kind := weight_files.kind_of(weights)) != recipe.model:
            raise ValueError(f"the weights in {weights} are of a {kind}, expected those of a {recipe.model}")
    return found


def model_of(weights: Path) -> str:
    """The language model whose weights are in the folder: "gpt" or "lstm"."""
    return weight_files.kind_of(weights)


def vocabulary_hash(folder: Path) -> str:
    """Raises FileNotFoundError or ValueError where there is none."""
    return vocabulary.read(folder).hash


def tokens_fingerprint(profile: Profile, corpus: str) -> str:
    """A short hash of what a tokenised corpus depends on; corpus is the hash of its text (and given vocabulary)."""
    return hashlib.sha256(repr([profile.size.n_vocab, corpus]).encode()).hexdigest()[:8]


def pretraining_fingerprint(model: str, profile: Profile, corpus: str, seed: int) -> str:
    """A short hash of everything that a pre-training depends on; corpus is the hash of its text (and vocabulary)."""
    settings = [model, asdict(profile.size), asdict(profile.pretraining), corpus, seed]
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


def flops(recipe: Recipe, profile: Profile, training: float, scoring: float, length: float) -> float:
    """Of one cell: fine-tuning on `training` tokens an epoch and scoring `scoring`, in sequences of `length`."""
    if recipe.is_classical:
        return 0.0
    lm_loss, model = recipe.lm_coef > 0, recipe.model
    train = cost.training_flops(profile.size, training * profile.finetuning.epochs, length, lm_loss, model)
    return train + scoring * cost.forward_flops(profile.size, length, lm_loss=False, model=model)


def pretraining_flops(recipe: Recipe, profile: Profile) -> float:
    return cost.pretraining_flops(profile, recipe.model)


def memory_of(recipe: Recipe, profile: Profile, tokens: float, length: float, free: float) -> tuple[int, float]:
    """Of an update on a GPU: micro-batches, bytes; see `baselines.memory.of_update`."""
    return memory.of_update(profile.size, tokens, length, free, recipe.model)


def memory_of_process(profile: Profile) -> float:
    """Bytes of one training on a CPU, whatever the recipe; see `baselines.memory.of_process`."""
    return memory.of_process(profile)


def parameters(recipe: Recipe, profile: Profile) -> int:
    """Of the language model, without head and special tokens."""
    return cost.parameters(profile.size, recipe.model)


def probe(profile: Profile, device: str, model: str = "gpt", threads: int | None = None) -> float:
    """FLOP/s that training sustains here, measured in about a second; threads: of the CPU, by default all."""
    from baselines.probe import sustained

    return sustained(profile, device, model, threads)


def choose_paths(**paths: Any) -> None:
    """Which way computation takes, from now on in this process: precision, attention, compile (`device.Paths`)."""
    from baselines import device

    device.choose(**paths)


def self_check(profile: Profile, device: str) -> Iterator[Any]:
    """Findings of what could be wrong with a device's arithmetic; see `baselines.self_check`. A few seconds each."""
    from baselines import device as devices
    from baselines.self_check import checks

    return checks(profile, devices.find(device))


def speeds(profile: Profile, device: str, shapes: Mapping[str, tuple[float, int]]) -> Iterator[tuple[str, Any]]:
    """Updates a second and memory of training at each shape (name -> mean length, sequences an example)."""
    from baselines import device as devices
    from baselines.self_check import speeds as of_shapes

    return of_shapes(profile, devices.find(device), shapes)


def describe_device(name: str) -> list[str]:
    """What torch says of it, a line each."""
    from baselines import device as devices

    return devices.describe(devices.find(name))


def require_device(name: str) -> None:
    """Raises ValueError where torch cannot use it."""
    from baselines import device

    device.find(name)
