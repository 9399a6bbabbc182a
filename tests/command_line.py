"""`python -m harness` with tiny profiles: the same command line, seconds instead of minutes.

usage: python -m tests.command_line ARGUMENTS, as for `python -m harness`
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import torch

from baselines.recipes import PROFILES
from harness import mini_world
from harness.__main__ import main
from harness.many_cells import cell_words
from tests import tiny

TINY = replace(tiny.PROFILE, finetuning=replace(tiny.PROFILE.finetuning, batch=32, epochs=1))
RELEASED = replace(TINY, size=replace(TINY.size, n_vocab=None))
CORPUS = 300_000  # words and marks of the miniature's text: a tiny pre-training reads 4,000, and all take half a minute
whole_corpus = mini_world.corpus


def small_corpus(seed: int = 0, tokens: int = CORPUS) -> Iterator[str]:
    return whole_corpus(seed, min(tokens, CORPUS))


def shrink() -> None:
    """Every profile keeps its name and its rules, at a tiny size, and the generated world with a small corpus."""
    torch.set_num_threads(1)
    mini_world.corpus = small_corpus
    cell_words.PROGRAM = [sys.executable, "-m", "tests.command_line"]  # also in the processes that it starts
    for name in PROFILES:
        PROFILES[name] = replace(RELEASED if name == "paper" else TINY, name=name)


if __name__ == "__main__":
    shrink()
    sys.exit(main())
