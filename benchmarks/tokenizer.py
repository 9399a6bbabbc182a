"""Texts a second: ours, the described pipeline taken literally, and `transformers`' fast tokenizer for this model.

usage: python -m benchmarks.tokenizer --data-dir DIR --vocabulary DIR [--rounds 5]

Each figure comes from a process of its own, so that no cache is warm; the three take turns. "Warm" is the same texts
again in the same process. Prints a Markdown table, with the share of texts to which the pipelines give other ids.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.turns import run

PIPELINES = ("literal", "ours", "transformers")
Encode = Callable[[str], list[int]]


def cola(folder: Path) -> list[str]:
    lines = (folder / "glue_data/CoLA/train.tsv").read_text(encoding="utf-8").split("\n")
    return [line.split("\t")[3] for line in lines if line]


def rte(folder: Path) -> list[str]:
    lines = (folder / "glue_data/RTE/train.tsv").read_text(encoding="utf-8").split("\n")
    return [text for line in lines[1:] if line for text in line.split("\t")[1:3]]


def race(folder: Path) -> list[str]:
    return [json.loads(path.read_text(encoding="utf-8"))["article"] for path in sorted(folder.glob("RACE/*/*/*.txt"))]


SETS = {"CoLA": cola, "RTE": rte, "RACE": race}


def build(pipeline: str, vocabulary_dir: Path) -> Encode:
    """Its `encode`, ready; what is imported and read for it is not timed."""
    from baselines import vocabulary

    known = vocabulary.read(vocabulary_dir)
    if pipeline == "ours":
        from baselines.tokenizer import Tokenizer

        return Tokenizer(known).encode
    if pipeline == "literal":
        from tests import literal_tokenizer

        rank = literal_tokenizer.ranks(known)
        return lambda text: literal_tokenizer.encode(text, known, rank)
    from transformers import OpenAIGPTTokenizer

    fast: Any = OpenAIGPTTokenizer(vocab=dict(known.ids), merges=list(known.merges))  # type: ignore[arg-type]
    return lambda text: list(fast(text)["input_ids"])


def measure(pipeline: str, name: str, data_dir: Path, vocabulary_dir: Path) -> None:
    """Print seconds for all texts, cold and warm, and a digest of each text's ids."""
    texts, encode = SETS[name](data_dir), build(pipeline, vocabulary_dir)
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        found = [encode(text) for text in texts]
        seconds.append(time.perf_counter() - began)
    digests = [hashlib.sha256(json.dumps(ids).encode()).hexdigest()[:12] for ids in found]
    print(json.dumps({"seconds": seconds, "digests": digests}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds glue_data/ and RACE/")
    parser.add_argument("--vocabulary", type=Path, required=True, help="the released vocabulary")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", nargs=2, metavar=("PIPELINE", "SET"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        pipeline, name = chosen.one
        measure(pipeline, name, chosen.data_dir, chosen.vocabulary)
        return
    print(f"One core, medians (least to most) of {chosen.rounds} interleaved rounds.\n")
    print("| set | texts | pipeline | texts/s cold | warm | against literal, cold | other ids than literal |")
    print("|---|---|---|---|---|---|---|")
    for name in SETS:
        cold: dict[str, list[float]] = {pipeline: [] for pipeline in PIPELINES}
        warm: dict[str, list[float]] = {pipeline: [] for pipeline in PIPELINES}
        digests: dict[str, list[str]] = {}
        for _ in range(chosen.rounds):
            for pipeline in PIPELINES:
                words = [sys.executable, "-m", "benchmarks.tokenizer", "--one", pipeline, name]
                words += ["--data-dir", str(chosen.data_dir), "--vocabulary", str(chosen.vocabulary)]
                told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
                digests[pipeline] = told["digests"]
                for kept, seconds in zip((cold, warm), told["seconds"], strict=True):
                    kept[pipeline].append(len(told["digests"]) / seconds)
        for pipeline in PIPELINES:
            pairs = zip(digests[pipeline], digests["literal"], strict=True)
            other = sum(one != literal for one, literal in pairs) / len(digests["literal"])
            ratio = statistics.median(a / b for a, b in zip(cold[pipeline], cold["literal"], strict=True))
            rates = f"{spread(cold[pipeline])} | {spread(warm[pipeline])} | {ratio:.2f} | {other:.1%}"
            print(f"| {name} | {len(digests[pipeline]):,} | {pipeline} | {rates} |", flush=True)


def spread(rates: list[float]) -> str:
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"


if __name__ == "__main__":
    run(main)
