"""A model, a vocabulary and examples so small that a training takes a second."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baselines import vocabulary
from baselines.recipes import PROFILES, FineTuning, Pretraining, Profile, Size
from baselines.vocabulary import Vocabulary
from harness.tasks.base import Example, classify, pair

LETTERS = "abcdefghijklmnopqrstuvwxyz.,?"
VOCABULARY = Vocabulary(
    {piece: i for i, piece in enumerate(["<unk>", "\n</w>", *LETTERS, *(f"{c}</w>" for c in LETTERS)])}, []
)
WORDS = ("cat", "dog", "sun", "moon", "red", "blue", "sits", "runs")
FORM = classify("same", "other")

PROFILE = Profile(
    "tiny",
    Size(n_layer=2, n_head=2, n_embd=16, n_ctx=48, n_vocab=120, n_units=24),
    Pretraining(learning_rate=3e-3, batch=4, warmup=5, tokens=4 * 48 * 20, dropout=0.1),
    FineTuning(learning_rate=3e-3, batch=8, epochs=2, warmup=0.1),
    "for tests",
)
NO_DROPOUT = replace(PROFILE, finetuning=replace(PROFILE.finetuning, dropout=0.0, head_dropout=0.0))
FULL_SIZE = PROFILES["paper"].size
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]  # where a test of one claims the same of the other
SEEDS = {"initialisation": 1, "order": 2, "dropout": 3}


def examples(n: int, seed: int = 0) -> list[Example]:
    """Pairs of short texts of different lengths; label 0 where the last words are the same."""
    chance = random.Random(seed)
    made = []
    for _ in range(n):
        first = [chance.choice(WORDS) for _ in range(chance.randint(1, 4))]
        same = chance.random() < 0.5
        last = first[-1] if same else chance.choice([word for word in WORDS if word != first[-1]])
        made.append(pair(" ".join(first), last, 0.0 if same else 1.0))
    return made


def weights_folder(folder: Path) -> Path:
    """A vocabulary without weights."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.write(VOCABULARY, folder)
    return folder


def quiet(event: Any) -> None:
    """A report that nobody reads."""


DOCUMENTS = [" ".join(random.Random(i).choices(WORDS, k=60)) + "." for i in range(60)]
