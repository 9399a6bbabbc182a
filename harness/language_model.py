"""The weights and vocabulary that a run starts from: given, downloaded, or to be pre-trained first."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.corpus import MiniCorpus, TextFiles
from harness.progress import Progress, duration

Door = Any  # the module baselines.door, handed in by the command line: harness does not import it


class LanguageModel:
    """Pre-trained weights and vocabulary that are there."""

    ready = True
    flops = 0.0  # still to be spent on it

    def __init__(self, folder: Path, says: str) -> None:
        self.folder = folder
        self.says = says

    def prepare(self, device: str) -> None:
        """Nothing to do."""


class Untrained(LanguageModel):
    """Pre-trained here: on the mini world's corpus, or on text files. Its folder is named by all that it depends on."""

    def __init__(self, door: Door, profile: Any, recipes: Sequence[Any], chosen: Namespace, seed: int = 0) -> None:
        if profile.name != "mini" and not chosen.corpus:
            raise ValueError(f"pre-training at the {profile.name} profile needs text: give a folder with --corpus DIR")
        self.door, self.profile, self.seed, self.given_vocabulary = door, profile, seed, chosen.weights
        self.corpus = TextFiles(chosen.corpus) if chosen.corpus else MiniCorpus()
        self.recipe = next((recipe for recipe in recipes if recipe.pretrained), None)
        model = (self.recipe or recipes[0]).model
        vocabulary = door.vocabulary_hash(chosen.weights) if chosen.weights else ""
        key = door.pretraining_fingerprint(model, profile, self.corpus.hash + vocabulary, seed)
        super().__init__(chosen.runs / profile.name / "pretrained" / f"{model}-{key}", "")
        self.ready = (self.folder / ("pretraining.json" if self.recipe else "vocab.json")).exists()
        if self.recipe and not self.ready:
            self.flops = door.pretraining_flops(profile)
            self.says = f"pre-training first: {profile.pretraining.tokens:,} tokens of {self.corpus.name}"
        elif self.recipe:
            self.says = f"pre-training: done, {self.folder}"
        else:
            self.says = f"no pre-training, only a vocabulary, from {self.corpus.name}"

    def prepare(self, device: str) -> None:
        """Train it, continuing where a stopped training was. Raises what `baselines.pretrain.pretrain` raises."""
        if self.ready:
            return
        progress = Progress("pre-training", self.folder / "log.jsonl")
        with progress.stoppable():
            if self.recipe is None:
                self.door.prepare_vocabulary(self.corpus, self.profile, self.folder, progress, self.given_vocabulary)
                return
            made = self.door.pretrain(
                self.corpus,
                self.recipe,
                self.profile,
                self.folder,
                progress,
                device=device,
                seed=self.seed,
                corpus=self.corpus.name,
                vocabulary_dir=self.given_vocabulary,
            )
        print(
            f"pre-trained on {made['tokens']:,} tokens in {duration(made['seconds'])}, "
            f"held-out perplexity {made['held_out_perplexity']:.2f} a token: {self.folder}",
            flush=True,
        )


def find(door: Door, profile: Any, recipes: Sequence[Any], chosen: Namespace) -> LanguageModel:
    """Raises FileNotFoundError or OSError, with the ways to provide them, where there is neither weights nor text."""
    if not chosen.weights and (profile.name == "mini" or chosen.corpus):
        return Untrained(door, profile, recipes, chosen)
    model = given(profile, chosen)
    for recipe in recipes:
        door.fingerprint(recipe, profile, model.folder)  # raises where a file is missing
    return model


def given(profile: Any, chosen: Namespace) -> LanguageModel:
    if chosen.weights:
        return LanguageModel(chosen.weights, f"weights: {chosen.weights}")
    if profile.name == "paper":
        from harness import hub

        folder = hub.weights_folder()
        return LanguageModel(folder, f"weights: {hub.WEIGHTS} @ {folder.name}")
    trained = chosen.runs / profile.name / "pretrained"
    made = sorted(trained.glob("*/pretraining.json"), key=os.path.getmtime)
    if not made:
        raise FileNotFoundError(
            f"no pre-trained model in {trained}; make one with 'python -m harness pretrain --profile {profile.name} "
            "--corpus DIR', or give --weights DIR"
        )
    return LanguageModel(made[-1].parent, f"weights: {made[-1].parent}")
