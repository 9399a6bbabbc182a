"""Seconds a fine-tuning step: ours and `transformers`' OpenAIGPT, on identical batches of real text, in turn.

usage: python -m benchmarks.step --data-dir DIR --vocabulary DIR [--rounds 5] [--only CoLA] [--device cpu]

A step is forward, backward, clipping by global norm and the optimizer, dropout on. The peers pad each batch to its
longest sequence, or to 128 as run_glue does (which cuts longer ones), and have torch's fused AdamW. Each row is a
process of its own in which all take turns on the same batches; memory is of one more process each. "Share" is of what
the matrix products of real tokens cost against the rate of torch's own matmul at the model's shapes, measured in the
same rounds. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

PIPELINES = ("ours", "pad to longest", "pad to 128")
WORKS = {"CoLA": ("cola", 16), "RTE": ("rte", 8), "MRPC": ("mrpc", 8)}  # task, batch
SIZES = ("paper", "mini")


class Row(NamedTuple):
    """What is measured together."""

    work: str
    size: str
    lm_loss: bool
    threads: int


Step = Callable[[list[Any]], float]


def batches(chosen: argparse.Namespace, row: Row) -> list[list[Any]]:
    """The first batches of the set's shuffled training rows, in tokens."""
    import torch

    from baselines import vocabulary
    from baselines.batches import encode
    from baselines.recipes import PROFILES
    from baselines.tokenizer import Tokenizer
    from harness.data import Directory, load
    from harness.tasks import TASKS

    task, batch = WORKS[row.work]
    examples = load(TASKS[task], TASKS[task].train, Directory(chosen.data_dir)).examples
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(0)).tolist()
    tokenizer = Tokenizer(vocabulary.read(chosen.vocabulary))
    n_ctx = PROFILES["paper"].size.n_ctx
    found = [encode(examples[i], tokenizer, n_ctx) for i in order[: batch * (chosen.rounds + 1)]]
    return [found[i : i + batch] for i in range(0, len(found), batch)]


def size_of(row: Row) -> Any:
    """The paper's dimensions, or the mini profile's under the released vocabulary and positions."""
    from dataclasses import replace

    from baselines.recipes import PROFILES

    return replace(PROFILES[row.size].size, n_ctx=512, n_vocab=None)


def ours(row: Row, device: Any) -> Step:
    import torch

    from baselines import device as devices
    from baselines import models
    from baselines.batches import collate
    from baselines.heads import Head
    from baselines.network import Network
    from baselines.optimizer import Adam
    from baselines.recipes import RECIPES
    from harness.tasks.base import classify

    size = size_of(row)
    lm, head = models.build("gpt", size, 40_481, 0.1), Head(classify("a", "b"), size.n_embd, 0.1)
    generator = torch.Generator().manual_seed(0)
    lm.initialise(generator)
    head.initialise(generator)
    network = Network(lm, head, RECIPES["full" if row.lm_loss else "no_aux"]).to(device).train()
    optimizer = Adam(network.named_parameters(), 0.01, 1.0)

    def step(batch: list[Any]) -> float:
        labels = torch.tensor([example.label for example in batch], device=device)
        inputs = collate(batch, sum(len(example.sequences) for example in batch)).to(device)
        with devices.autocast(device):
            task, lm_part = network.losses(inputs, labels, len(batch))
        loss: Any = task + 0.5 * lm_part
        loss.backward()
        optimizer.step(1e-5)
        return float(loss)

    return step


def theirs(row: Row, device: Any, pad_to: int | None) -> Step:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from torch.nn import functional as F
    from transformers import OpenAIGPTConfig, OpenAIGPTModel

    from baselines import device as devices

    size = size_of(row)
    config = OpenAIGPTConfig(
        vocab_size=40_481, n_positions=512, n_embd=size.n_embd, n_layer=size.n_layer, n_head=size.n_head
    )
    body: Any = OpenAIGPTModel(config).to(device).train()
    head = torch.nn.Linear(size.n_embd, 2).to(device)
    parameters = [*body.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=1e-5, weight_decay=0.01, fused=True)

    def step(batch: list[Any]) -> float:
        rows = [sequence[:pad_to] for example in batch for sequence in example.sequences]
        longest = pad_to or max(map(len, rows))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], device=device)
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=device)
        ends = mask.sum(1) - 1
        labels = torch.tensor([int(example.label) for example in batch], device=device)
        with devices.autocast(device):
            states = body(input_ids=ids, attention_mask=mask).last_hidden_state
            extracted = states[torch.arange(len(rows), device=device), ends]
            logits = head(F.dropout(extracted.view(len(batch), -1, size.n_embd).sum(1), 0.1))
            loss: Any = F.cross_entropy(logits.float(), labels)
            if row.lm_loss:
                words = F.linear(states[:, :-1], body.tokens_embed.weight)
                wanted = ids[:, 1:].masked_fill(mask[:, 1:] == 0, -100)
                loss = loss + 0.5 * F.cross_entropy(words.float().flatten(0, 1), wanted.flatten(), ignore_index=-100)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss)

    return step


def build(pipeline: str, row: Row, device: Any) -> Step:
    if pipeline == "ours":
        return ours(row, device)
    return theirs(row, device, 128 if pipeline == "pad to 128" else None)


def matmul_peak(row: Row, device: Any) -> float:
    """FLOP/s of the larger of the model's own products, forward: (256, D) by (D, 4D)."""
    import torch

    width = size_of(row).n_embd
    x, w = torch.randn(256, width, device=device), torch.randn(width, 4 * width, device=device)
    out = torch.empty(256, 4 * width, device=device)
    times = max(1, int(2e10 / (2 * 256 * width * 4 * width)))
    began = time.perf_counter()
    for _ in range(times):
        torch.mm(x, w, out=out)
    float(out[0, 0])
    rate: float = times * 2 * 256 * width * 4 * width / (time.perf_counter() - began)
    return rate


def useful_flops(row: Row, batch: list[Any]) -> float:
    """Of the matrix products on real tokens."""
    from baselines.cost import training_flops

    lengths = [len(sequence) for example in batch for sequence in example.sequences]
    return sum(training_flops(size_of(row), n, n, row.lm_loss) for n in lengths)


def measure(chosen: argparse.Namespace, row: Row) -> dict[str, Any]:
    """In this process: every pipeline in turn on each batch."""
    import torch

    torch.set_num_threads(row.threads)
    device = torch.device(chosen.device)
    found = batches(chosen, row)
    steps = {pipeline: build(pipeline, row, device) for pipeline in PIPELINES}
    seconds: dict[str, list[float]] = {pipeline: [] for pipeline in PIPELINES}
    peaks = []
    for number, batch in enumerate(found):
        peaks.append(matmul_peak(row, device))
        for pipeline, step in steps.items():
            began = time.perf_counter()
            step(batch)  # reads its loss, so it waits for the device
            if number:  # the first one allocates
                seconds[pipeline].append(time.perf_counter() - began)
    return {"seconds": seconds, "flops": [useful_flops(row, batch) for batch in found[1:]], "peak": max(peaks)}


def memory(chosen: argparse.Namespace, row: Row, pipeline: str) -> float:
    """Peak bytes of this process after all batches with one pipeline."""
    import torch

    from baselines import device as devices

    torch.set_num_threads(row.threads)
    device = torch.device(chosen.device)
    step = build(pipeline, row, device)
    for batch in batches(chosen, row):
        step(batch)
    return devices.peak_memory(device)


def child(chosen: argparse.Namespace, row: Row, pipeline: str = "") -> Any:
    words = ["--data-dir", str(chosen.data_dir), "--vocabulary", str(chosen.vocabulary), "--device", chosen.device]
    one = json.dumps([*row, pipeline])
    command = [sys.executable, "-m", "benchmarks.step", *words, "--rounds", str(chosen.rounds), "--one", one]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{row} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds glue_data/")
    parser.add_argument("--vocabulary", type=Path, required=True, help="the released vocabulary")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", choices=WORKS, help="of the sets; may be repeated")
    parser.add_argument("--size", action="append", choices=SIZES, help="may be repeated")
    parser.add_argument("--threads", action="append", type=int, help="may be repeated (default: 1 and 2)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        *fields, pipeline = json.loads(chosen.one)
        row = Row(*fields)
        print(json.dumps(memory(chosen, row, pipeline) if pipeline else measure(chosen, row)))
        return
    print(f"Medians (least to most) of {chosen.rounds} interleaved rounds; {chosen.device}.\n")
    print("| set | size | LM loss | threads | pipeline | s a step | examples/s | ours is faster by | share | peak GB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for work, size, threads, lm_loss in product(
        chosen.only or WORKS, chosen.size or SIZES, chosen.threads or (1, 2), (True, False)
    ):
        row = Row(work, size, lm_loss, threads)
        told = child(chosen, row)
        own = told["seconds"]["ours"]
        for pipeline in PIPELINES:
            seconds = told["seconds"][pipeline]
            ratio = statistics.median(a / b for a, b in zip(seconds, own, strict=True))
            share = statistics.median(f / s for f, s in zip(told["flops"], seconds, strict=True)) / told["peak"]
            rate = WORKS[work][1] / statistics.median(seconds)
            spread = f"{statistics.median(seconds):.3f} ({min(seconds):.3f} to {max(seconds):.3f})"
            gigabytes = child(chosen, row, pipeline) / 1e9
            print(
                f"| {work} | {size} | {'on' if lm_loss else 'off'} | {threads} | {pipeline} | {spread} | {rate:,.1f} | "
                f"{ratio:.2f} | {share:.2f} | {gigabytes:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
