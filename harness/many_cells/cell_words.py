"""One cell of many as a command line of its own: what a worker process or a cluster's job runs."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from pathlib import Path
from typing import NamedTuple

from harness import drawn

PROGRAM = [sys.executable, "-m", "harness"]  # tests put their tiny profiles here
RETRIES = 2  # of a cell whose process was killed; one that ends with an error would do so again


class Cell(NamedTuple):
    seed: int
    recipe: str
    task: str

    @property
    def label(self) -> str:
        return f"{self.task} {self.recipe} seed {self.seed}"


class Asked(NamedTuple):
    """What is answered besides a cell's own evaluations; see `runner.load_tasks`."""

    hidden: bool
    beside: bool


def words(chosen: Namespace, profile: str, cell: Cell, model: Path, asked: Asked, replaced: int | None) -> list[str]:
    """The words after `python -m harness`; typed by a person, they do the same.

    model: the folder of the language model, by now there, or none; naming it spares the cell to look for it and holds
    it to the same. replaced: see `options`, --replace. The device is the caller's to add.
    """
    seed, recipe, task = cell
    found = ["run", "--task", task, "--ablation", recipe, "--seed", str(seed), "--profile", profile]
    if model != Path():
        found += ["--weights", str(model)]
    for name in ("data_dir", "limit", "runs"):
        if (value := getattr(chosen, name)) is not None:
            found += [option(name), str(value)]
    for name in ("precision", "attention"):
        if (value := getattr(chosen, name)) != "auto":
            found += [option(name), value]
    for name, value in drawn.asked(chosen).key.items():
        found += [option(name), str(value)]
    found += [option(name) for name in ("allow_subset", "compile", "offline", "debug") if getattr(chosen, name)]
    found += [option(name) for name, wanted in (("submission", asked.hidden), ("beside", asked.beside)) if wanted]
    found += ["--replace", str(replaced)] if replaced is not None else []
    return [*found, "--part"]


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def reason(said: str, label: str) -> str:
    """Why a cell has failed, from what its process has said on standard error."""
    lines = [line for line in said.splitlines() if line.strip()]
    told = [re.match(rf"(?:{re.escape(label)} failed|\w+ cannot be run|harness): (.*)", line) for line in lines]
    return next((found[1] for found in reversed(told) if found), lines[-1].strip() if lines else "it said nothing")
