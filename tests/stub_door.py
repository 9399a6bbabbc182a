"""A stand-in for the door to the baselines, and what a command line gives to who looks for a language model."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

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

    def processes(self) -> int:
        return 1 + self.number

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
        for name in ("pretraining.json", "model.safetensors"):
            (run_dir / name).write_text("{}")
        return {"tokens": 4_500_000, "seconds": 150.0, "held_out_perplexity": 7.891}

    def prepare_vocabulary(
        self, documents: Any, profile: Any, tokens_dir: Path, report: Any, given: Path | None = None
    ) -> None:
        self.calls.append(("prepare_vocabulary", documents, profile, tokens_dir, given))
        report({"event": "vocabulary"})
        tokens_dir.mkdir(parents=True, exist_ok=True)
        (tokens_dir / "tokens.json").write_text("{}")

    def tidy(self, run_dir: Path) -> None:
        pass

    def forget(self, run_dir: Path) -> None:
        (run_dir / "pretraining.json").unlink()


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
