"""Seconds to score multiple choice: a question's context computed once for all its answers, and again for each.

usage: python -m benchmarks.answers --data-dir DIR --vocabulary DIR [--rounds 5] [--questions 8] [--only RACE]

RACE and Story Cloze are the first real test questions at the paper's size; of the miniature they are whole splits at
the mini profile's, with a vocabulary learnt from some of its corpus. Weights are random. What is timed is what a
prediction does from tokens to logits (`FineTuned.logits`), on one thread of a CPU, both ways in turn, in seconds of
that thread's own time, so that a busy machine counts little. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import torch

from baselines import device as devices
from baselines import models, shared_prefix, vocabulary
from baselines.batches import encode_all
from baselines.heads import Head
from baselines.micro_batches import in_parts
from baselines.recipes import PROFILES
from baselines.shared_prefix import Reading
from baselines.tokenizer import Tokenizer, count_chunks, count_words
from benchmarks.turns import run
from harness.data import Directory, MiniWorld, load
from harness.mini_world import corpus
from harness.tasks import TASKS
from harness.tasks.base import choose

WORKS = {  # task, evaluation, profile
    "RACE": ("race", "high", "paper"),
    "Story Cloze": ("story_cloze", "test", "paper"),
    "RACE, mini": ("race", "high", "mini"),
    "Story Cloze, mini": ("story_cloze", "test", "mini"),
}
DOCUMENTS = 2000  # of the mini corpus, for its vocabulary
CPU = torch.device("cpu")
ARRANGED = {"plain": shared_prefix.apart, "shared": shared_prefix.together}


class Scorer:
    """A language model and a head at random, as a prediction uses them."""

    def __init__(self, kind: str, profile: str, n_vocab: int) -> None:
        size = PROFILES[profile].size
        self.lm, self.head = models.build(kind, size, n_vocab, 0.0), Head(choose(), size.n_embd, 0.0)
        generator = torch.Generator().manual_seed(0)
        self.lm.initialise(generator)
        self.head.initialise(generator)
        self.lm.eval()
        self.head.eval()
        self.budget = 4 * devices.token_budget(kind, size, self.lm.numbers_a_token, CPU)

    @torch.no_grad()
    def logits(self, readings: Sequence[Sequence[Reading]]) -> torch.Tensor:
        found: dict[int, torch.Tensor] = {}

        def work(part: list[int]) -> None:
            states = shared_prefix.extracted(self.lm, [readings[i] for i in part], CPU)
            found.update(zip(part, self.head(states), strict=True))

        in_parts([shared_prefix.n_tokens(one) for one in readings], self.budget, CPU, work, found.clear)
        return torch.stack([found[i] for i in range(len(readings))])


def measure(chosen: argparse.Namespace, work: str, kind: str) -> str:
    """A row of the table."""
    name, split, profile = WORKS[work]
    task, size = TASKS[name], PROFILES[profile].size
    origin = MiniWorld() if profile == "mini" else Directory(chosen.data_dir)
    limit = None if profile == "mini" else chosen.questions
    examples = load(task, task.evaluations[split], origin, limit, allow_subset=True).examples
    if profile == "mini":
        tokenizer = Tokenizer.train(count_words(count_chunks(islice(corpus(0), DOCUMENTS))), size.n_vocab or 0)
    else:
        tokenizer = Tokenizer(vocabulary.read(chosen.vocabulary))
    encoded = encode_all(examples, tokenizer, size.n_ctx)
    scorer = Scorer(kind, profile, tokenizer.n_vocab + 3)
    seconds: dict[str, list[float]] = {way: [] for way in ARRANGED}
    tokens, logits = {}, {}
    for number in range(chosen.rounds + 1):
        for way, arrange in ARRANGED.items():
            began = time.process_time()
            readings = [arrange(example.sequences) for example in encoded]
            logits[way] = scorer.logits(readings)
            if number:  # the first one allocates
                seconds[way].append(time.process_time() - began)
            tokens[way] = sum(map(shared_prefix.n_tokens, readings))
    difference = float((logits["plain"] - logits["shared"]).abs().max())
    ratio = statistics.median(a / b for a, b in zip(seconds["plain"], seconds["shared"], strict=True))
    cells = [work, kind, f"{len(encoded):,}"]
    for way in ARRANGED:
        spread = f"({min(seconds[way]):.3f} to {max(seconds[way]):.3f})"
        cells += [f"{tokens[way]:,}", f"{statistics.median(seconds[way]):.3f} {spread}"]
    return f"| {' | '.join(cells)} | {ratio:.2f} | {difference:.1e} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds RACE/ and story_cloze/")
    parser.add_argument("--vocabulary", type=Path, required=True, help="the released vocabulary")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--questions", type=int, default=8, help="of the real sets (default: 8)")
    parser.add_argument("--only", action="append", choices=WORKS, help="may be repeated")
    parser.add_argument("--model", action="append", choices=models.MODELS, help="may be repeated (default: both)")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print(f"Medians (least to most) of {chosen.rounds} interleaved rounds; one CPU thread.\n")
    print("| set | model | questions | tokens, plain | s, plain | tokens, shared | s, shared | faster by | differ by |")
    print("|---|---|---|---|---|---|---|---|---|")
    for work in chosen.only or WORKS:
        for kind in chosen.model or models.MODELS:
            print(measure(chosen, work, kind), flush=True)


if __name__ == "__main__":
    run(main)
