"""How long the texts of labelled sets take to tokenise before a first training, and from the cache before each other.

usage: python -m benchmarks.labelled_sets --data-dir DIR --vocabulary DIR

What a training does with its texts (`baselines.segments.ids_of`), on one core, in seconds of that core's own time, so
that a busy machine counts little; from that, how long two million texts take, about as many as Table 2's sets have.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from baselines import vocabulary
from baselines.segments import ids_of
from baselines.tokenizer import Tokenizer
from benchmarks.turns import run
from harness.data import Directory, load
from harness.tasks import TASKS

SETS = {"sst2": "train", "qnli": "validation", "mrpc": "train", "rte": "train"}
MILLIONS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds glue_data/")
    parser.add_argument("--vocabulary", type=Path, required=True, help="the released vocabulary")
    chosen = parser.parse_args()
    examples = []
    for name, split in SETS.items():
        task = TASKS[name]
        sources = {source.split: source for source in (task.train, *task.evaluations.values())}
        examples += load(task, sources[split], Directory(chosen.data_dir)).examples
    texts = {text for example in examples for sequence in example.sequences for text in sequence}
    found, seconds = [], []
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(2):
            tokenizer = Tokenizer(vocabulary.read(chosen.vocabulary))
            tokenizer.encode("Words are split by a library that is loaded first.")
            began = time.process_time()
            found.append(ids_of(examples, tokenizer, chosen.vocabulary, Path(cache), lambda _: None))
            seconds.append(time.process_time() - began)
    if found[0] != found[1]:
        raise ValueError("the cache gives other ids than the tokenizer; remove it and tell the authors")
    n, characters = len(texts), sum(map(len, texts))
    rate = n / seconds[0]
    print(f"{n:,} different texts of {characters / n:.0f} characters ({', '.join(SETS)}) on one core:")
    print(f"{seconds[0]:.1f} s, {rate:,.0f} texts a second; from the cache {seconds[1]:.1f} s")
    print(f"{MILLIONS} million such texts, extrapolated: {MILLIONS * 1e6 / rate / 60:.1f} minutes on one core")


if __name__ == "__main__":
    run(main)
