"""Seconds a pre-training step at small sizes: ours, nanoGPT's as it is described, and `transformers`' OpenAIGPT.

usage: python -m benchmarks.pretraining [--rounds 5] [--width 128] [--dropout 0.1] [--threads 1] [--device cpu]

A step is what a training does in an update: windows of the mini world's corpus, forward, backward, clipping by global
norm, the optimizer; 8 windows of 128 tokens, 4 blocks. Ours is `baselines.pretrain`'s own update. All compute the same
model (`benchmarks.nano` says how it differs from nanoGPT's); nanoGPT's optimizer is fused on CUDA alone, so it has a
row with a fused one too, which `transformers` has as well. Each pipeline is a process of its own, and they take turns;
a round is several steps. "Faster" is the median over rounds of their seconds by ours; "share" is what the products of
the step cost, against the best round of a large matrix product among the turns. Prints a Markdown table.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import matmul
from benchmarks.turns import Turns, arguments, serve

PIPELINES = ("ours", "nanoGPT", "nanoGPT, fused AdamW", "transformers")
BATCH, LENGTH = 8, 128
WORDS = 100_000  # of the mini world's corpus


class Row(NamedTuple):
    """What is measured together."""

    width: int
    dropout: float
    threads: int
    device: str


def size_of(row: Row) -> Any:
    """The mini profile's, at this width."""
    from dataclasses import replace

    from baselines.recipes import PROFILES

    return replace(PROFILES["mini"].size, n_embd=row.width, n_ctx=LENGTH)


def ours(tokens: Any, row: Row, device: Any) -> Callable[[], float]:
    from dataclasses import replace

    from baselines.distributed import Team
    from baselines.pretrain import Training
    from baselines.recipes import FULL, PROFILES
    from baselines.report import silent

    mini = PROFILES["mini"]
    settings = replace(mini.pretraining, batch=BATCH, dropout=row.dropout)
    profile = replace(mini, size=size_of(row), pretraining=settings)
    training = Training(tokens, FULL, profile, Path(), silent, Team(0, 1, device), 0, None)  # an update writes nothing
    training.state["total"] = training.updates_in_all()
    training.model.train()

    def step() -> float:
        return float(training.update()["loss"])

    return step


def transformers(tokens: Any, n_vocab: int, row: Row, device: Any) -> Callable[[], float]:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from transformers import OpenAIGPTConfig, OpenAIGPTLMHeadModel

    from baselines import device as devices
    from benchmarks import nano

    size, p = size_of(row), row.dropout
    config = OpenAIGPTConfig(
        vocab_size=n_vocab,
        n_positions=LENGTH,
        n_embd=size.n_embd,
        n_layer=size.n_layer,
        n_head=size.n_head,
        resid_pdrop=p,
        embd_pdrop=p,
        attn_pdrop=p,
    )
    model: Any = OpenAIGPTLMHeadModel(config).to(device).train()
    optimizer = nano.decaying(model, fused=True)

    def step() -> float:
        ids, _ = nano.windows(tokens, BATCH, LENGTH, device)
        with devices.autocast(device):
            loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), nano.CLIP)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss.item())

    return step


def build(pipeline: str, row: Row, folder: Path, device: Any) -> Callable[[], float]:
    from baselines import token_file
    from benchmarks import nano

    found = token_file.read(folder)
    assert found is not None
    if pipeline == "ours":
        return ours(found, row, device)
    n_vocab = found.tokenizer.n_vocab
    if pipeline == "transformers":
        return transformers(found.train, n_vocab, row, device)
    fused = pipeline.endswith("fused AdamW") or device.type == "cuda"
    return nano.build(found.train, size_of(row), n_vocab, row.dropout, BATCH, device, fused)


def child(pipeline: str, row: Row, folder: Path, steps: int) -> None:
    import torch

    from baselines import device as devices

    torch.set_num_threads(row.threads)
    device = devices.find(row.device)
    torch.manual_seed(0)
    step = build(pipeline, row, folder, device)
    losses: list[float] = []

    def turn(_: int) -> float:
        began = time.perf_counter()
        losses.extend(step() for _ in range(steps))  # each reads its loss, so it waits for the device
        return (time.perf_counter() - began) / steps

    serve(turn, lambda: {"bytes": devices.peak_memory(device), "losses": losses})


def measure(row: Row, folder: Path, rounds: int, steps: int) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """-> seconds of each round, and what each pipeline said at the end."""
    environment = {"OMP_NUM_THREADS": str(row.threads)}
    words = {pipeline: json.dumps([pipeline, row, str(folder), steps]) for pipeline in PIPELINES}
    children = [
        (pipeline, ["benchmarks.pretraining", "--child", words[pipeline]], environment) for pipeline in PIPELINES
    ]
    with Turns([*children, matmul.pipeline(row.device, row.threads, environment)]) as turns:
        turns.round(0)  # allocates
        found = [turns.round(number) for number in range(1, rounds + 1)]
        return {name: [seconds[name] for seconds in found] for name in found[0]}, turns.finish()


def lines(row: Row, seconds: dict[str, list[float]], last: dict[str, Any]) -> list[str]:
    from baselines.cost import training_flops

    tokens = BATCH * LENGTH
    flops = training_flops(size_of(row), tokens, LENGTH, lm_loss=True)
    made = []
    for pipeline in PIPELINES:
        times = seconds[pipeline]
        ratio = statistics.median(a / b for a, b in zip(times, seconds["ours"], strict=True))
        typical = statistics.median(times)
        spread = f"{1e3 * typical:.1f} ({1e3 * min(times):.1f} to {1e3 * max(times):.1f})"
        share = flops / typical * min(seconds[matmul.NAME])
        losses = last[pipeline]["losses"]
        made.append(
            f"| {row.width} | {row.dropout} | {row.threads} | {pipeline} | {spread} | {tokens / typical:,.0f} | "
            f"{ratio:.2f} | {share:.2f} | {last[pipeline]['bytes'] / 1e6:.0f} | {losses[0]:.2f} to {losses[-1]:.2f} |"
        )
    return made


def main() -> None:
    parser = arguments(__doc__, rounds=7)
    parser.add_argument("--steps", type=int, default=5, help="of a round")
    parser.add_argument("--width", action="append", type=int, help="may be repeated (default: 64 and 128)")
    parser.add_argument("--dropout", action="append", type=float, help="may be repeated (default: 0.1 and 0)")
    chosen = parser.parse_args()
    if chosen.child:
        pipeline, row, folder, steps = json.loads(chosen.child)
        child(pipeline, Row(*row), Path(folder), steps)
        return
    from baselines import token_file
    from baselines.recipes import PROFILES
    from baselines.report import silent
    from harness.mini_world import corpus

    with tempfile.TemporaryDirectory() as folder:
        documents = list(corpus(tokens=WORDS))
        made = token_file.prepare(documents, PROFILES["mini"].size.n_vocab, Path(folder), silent)
        print(
            f"Medians (least to most) of {chosen.rounds} interleaved rounds of {chosen.steps} steps on {BATCH} windows "
            f"of {LENGTH} tokens of the mini world's corpus ({made.tokenizer.n_vocab} words of vocabulary); "
            f"{chosen.device}.\n"
        )
        print("| width | dropout | threads | pipeline | ms a step | tokens/s | faster | share | peak MB | loss |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        for width, dropout, threads in product(
            chosen.width or (64, 128), chosen.dropout or (0.1, 0.0), chosen.threads or (1, 2)
        ):
            row = Row(width, dropout, threads, chosen.device)
            seconds, last = measure(row, Path(folder), chosen.rounds, chosen.steps)
            print("\n".join(lines(row, seconds, last)), flush=True)


if __name__ == "__main__":
    main()
