"""The weights and vocabulary that a run starts from: given, downloaded, or to be pre-trained first."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from harness import drawn
from harness.monitoring.progress import Progress, duration
from harness.preparation import bundle
from harness.sources import corpus, hub
from harness.storage import locks

say = partial(print, flush=True)
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


NONE = LanguageModel(Path(), "no language model")  # for what is measured without one


class OnlyVocabulary(LanguageModel):
    """A tokenised corpus and its vocabulary, all that recipes without pre-training need; trainings on it share both."""

    def __init__(self, door: Door, profile: Any, chosen: Namespace) -> None:
        self.door, self.profile = door, profile
        which = drawn.asked(chosen)
        self.corpus = corpus.find(chosen.corpus, profile.name, which.world, which.scale)
        self.given_vocabulary: Path | None = chosen.weights
        if profile.name == "paper" and not self.given_vocabulary:
            self.given_vocabulary, _ = released(chosen, hub.VOCABULARY_FILES)
        given = door.vocabulary_hash(self.given_vocabulary) if self.given_vocabulary else ""
        self.content = self.corpus.hash + given
        key = door.tokens_fingerprint(profile, self.content)
        super().__init__(chosen.runs / profile.name / "corpora" / key, "")
        self.ready = (self.folder / "tokens.json").exists() and self.is_whole()
        self.says = f"no pre-training, only a vocabulary, from {self.corpus.name}"

    def is_whole(self) -> bool:
        try:
            self.door.vocabulary_hash(self.folder)
        except (ValueError, OSError):  # said when it is made again
            return False
        return True

    def prepare(self, device: str) -> None:  # noqa: ARG002  (no device is needed)
        if self.ready:
            return
        with locks.hold(self.folder, "tokenising", say):
            if (self.folder / "tokens.json").exists():  # by another process, meanwhile
                return
            progress = Progress("tokenising", self.folder / "log.jsonl")
            with progress.stoppable():
                self.door.prepare_vocabulary(self.corpus, self.profile, self.folder, progress, self.given_vocabulary)


class Untrained(LanguageModel):
    """Pre-trained here: on the mini world's corpus, or on text. Its folder is named by all that it depends on."""

    def __init__(
        self,
        door: Door,
        profile: Any,
        recipe: Any,
        chosen: Namespace,
        seed: int | None = None,
        every: int | None = None,
    ) -> None:
        """seed: by default that which the command line asks for."""
        seed = drawn.asked(chosen).pretraining if seed is None else seed
        self.door, self.profile, self.recipe, self.seed, self.every = door, profile, recipe, seed, every
        self.tokens = OnlyVocabulary(door, profile, chosen)
        key = door.pretraining_fingerprint(recipe.model, profile, self.tokens.content, seed)
        super().__init__(chosen.runs / profile.name / "pretrained" / f"{recipe.model}-{key}", "")
        self.describe((self.folder / "pretraining.json").exists())

    def describe(self, ready: bool) -> None:
        """Is it done already?"""
        self.ready = ready
        if ready:
            self.says = f"pre-training: done, {self.folder}"
            self.flops = 0.0
        else:
            budget = self.profile.pretraining
            much = f"{budget.tokens:,} tokens" if budget.minutes is None else f"{budget.minutes:g} minutes"
            self.says = f"pre-training first: {much} of {self.tokens.corpus.name}"
            self.flops = self.door.pretraining_flops(self.recipe, self.profile)

    def forget(self) -> None:
        """Train it again although it is done; what is tokenised stays."""
        if self.door.rank() == 0:
            if locks.is_held(self.folder):
                raise OSError(f"{locks.holder(self.folder)} is at {self.folder}; start this when it is through")
            self.door.forget(self.folder)
        self.describe(ready=False)  # whatever this process of several may still see

    def prepare(self, device: str) -> None:
        """Train it, continuing where a stopped training was. Raises what `baselines.pretrain.pretrain` raises.

        Raises ValueError where it is there, but is no more what was left there.
        """
        if self.ready:
            self.door.fingerprint(self.recipe, self.profile, self.folder)
            self.door.tidy(self.folder)
            return
        alone = self.door.processes() == 1
        if self.door.rank() != 0:  # of several that train together the first holds the lock
            self.train(device)
            return
        with locks.hold(self.folder, "pre-training", say, wait=alone) as held:
            if not held:  # the others would wait for the first, and not know why
                raise OSError(f"{locks.holder(self.folder)} is at {self.folder}; start this again when it is through")
            if alone and (self.folder / "pretraining.json").exists():  # by another process, meanwhile
                return
            if alone:
                self.tokens.prepare(device)  # under a lock of its own: other trainings share it
            self.train(device)

    def train(self, device: str) -> None:
        progress = Progress("pre-training", self.folder / "log.jsonl" if self.door.rank() == 0 else None)
        with progress.stoppable():
            made = self.door.pretrain(
                self.tokens.corpus,
                self.recipe,
                self.profile,
                self.folder,
                progress,
                tokens_dir=self.tokens.folder,
                device=device,
                seed=self.seed,
                corpus=self.tokens.corpus.name,
                vocabulary_dir=self.tokens.given_vocabulary,
                every=self.every,
            )
        if made:
            print(
                f"pre-trained on {made['tokens']:,} tokens in {duration(made['seconds'])}, "
                f"held-out perplexity {made['held_out_perplexity']:.2f} a token: {self.folder}",
                flush=True,
            )


def find(door: Door, profile: Any, recipes: Mapping[str, Any], chosen: Namespace) -> dict[str, LanguageModel]:
    """Each recipe's language model; recipes with the same one share it.

    Raises FileNotFoundError or OSError, with the ways to provide them, where there is neither weights nor text.
    """
    kinds = {recipe.model for recipe in recipes.values()}
    found = {kind: find_one(door, profile, [r for r in recipes.values() if r.model == kind], chosen) for kind in kinds}
    return {name: found[recipe.model] for name, recipe in recipes.items()}


def find_one(door: Door, profile: Any, recipes: Sequence[Any], chosen: Namespace) -> LanguageModel:
    """Of recipes that have the same language model."""
    pretrained = next((recipe for recipe in recipes if recipe.pretrained), None)
    given_weights = chosen.weights and (pretrained is None or door.model_of(chosen.weights) == pretrained.model)
    if not given_weights and (profile.name == "mini" or chosen.corpus):
        return Untrained(door, profile, pretrained, chosen) if pretrained else OnlyVocabulary(door, profile, chosen)
    if given_weights:
        model = LanguageModel(chosen.weights, f"weights: {chosen.weights}")
        if pretrained and drawn.asked(chosen).pretraining:
            require_seed(door.pretraining_facts(model.folder), chosen)
    else:
        model = there(recipes[0], profile, chosen)
    for recipe in recipes:
        door.fingerprint(recipe, profile, model.folder)  # raises where a file is missing
    return model


def require_seed(facts: Mapping[str, Any] | None, chosen: Namespace) -> None:
    """Raises ValueError where another pre-training is asked for than that of the weights.

    facts: what it says of itself; None of weights that were released or are from elsewhere.
    """
    asked = drawn.asked(chosen).pretraining
    if asked and facts is None:
        raise ValueError(f"--pretrain-seed {asked} with weights that were not pre-trained here; leave it out")
    if asked and facts and (found := facts.get("seed", 0)) != asked:
        raise ValueError(f"--pretrain-seed {asked}, but the weights in {chosen.weights} are of seed {found}")


def released(chosen: Namespace, files: tuple[str, ...]) -> tuple[Path, str]:
    """The released weights or vocabulary -> folder, where from: a bundle that has them, else the hub. Raises OSError,
    or ValueError where a bundle's have changed.
    """
    if found := bundle.weights_in(getattr(chosen, "data_dir", None), files):
        return found
    folder = hub.weights_folder() if files == hub.WEIGHT_FILES else hub.weights_folder(files=files)
    return folder, f"{hub.WEIGHTS} @ {folder.name}"


def there(recipe: Any, profile: Any, chosen: Namespace) -> LanguageModel:
    """What was downloaded or trained before. Raises FileNotFoundError or OSError."""
    if profile.name == "paper" and recipe.model == "gpt":
        require_seed(None, chosen)
        folder, named = released(chosen, hub.WEIGHT_FILES)
        return LanguageModel(folder, f"weights: {named}")
    trained = chosen.runs / profile.name / "pretrained"
    seed = drawn.asked(chosen).pretraining
    every = sorted(trained.glob(f"{recipe.model}-*/pretraining.json"), key=os.path.getmtime)
    made = [path for path in every if seed_of(path) == seed]
    if not made:
        of = "" if recipe.model == "gpt" else f" --ablation {recipe.model}"
        of += f" --pretrain-seed {seed}" if seed else ""
        if every:
            others = ", ".join(map(str, sorted({seed_of(path) for path in every})))
            raise FileNotFoundError(
                f"no pre-trained {recipe.model} of seed {seed} in {trained}, but of {others}: name that with "
                f"--pretrain-seed, or make one with 'python -m harness pretrain --profile {profile.name}{of} "
                "--corpus DIR'"
            )
        raise FileNotFoundError(
            f"no pre-trained {recipe.model} in {trained}; make one with 'python -m harness pretrain --profile "
            f"{profile.name}{of} --corpus DIR', or give --weights DIR"
        )
    return LanguageModel(made[-1].parent, f"weights: {made[-1].parent}")


def seed_of(told: Path) -> int:
    """Of a pre-training, as it says itself."""
    try:
        return int(json.loads(told.read_text()).get("seed", 0))
    except (ValueError, TypeError, AttributeError):  # damaged, which is said when the weights are asked for
        return 0
