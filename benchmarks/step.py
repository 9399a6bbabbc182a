"""Seconds a fine-tuning step: ours and `transformers`' OpenAIGPT, on identical batches of real text, in turn.

usage: python -m benchmarks.step --data-dir DIR --vocabulary DIR [--rounds 5] [--only CoLA] [--device cpu]

A step is forward, backward, clipping by global norm and the optimizer, dropout on. The peers pad each batch to its
longest sequence, or to 128 as run_glue does (which cuts longer ones), and have torch's fused AdamW; once more on a CPU,
with glibc's allocator told to keep its pages, as ours tells it. Each pipeline is a process of its own, and they take
turns; memory is each process's peak after all batches. At the mini size the batches are larger, and ids are taken
modulo its vocabulary, so that their lengths stay the real text's. "Share" is of what the matrix products of real tokens
cost against the rate of torch's own matmul at the model's shapes, measured in the same rounds. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import matmul
from benchmarks.turns import Turns, arguments, run, serve

OURS = "ours"
KEPT = "pad to longest, pages kept"
PIPELINES = {OURS: None, "pad to longest": None, KEPT: None, "pad to 128": 128}  # what sequences are padded to
PAGES_KEPT = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}  # see `baselines.device.keep_pages`
WORKS = {"CoLA": ("cola", 16), "RTE": ("rte", 8), "MRPC": ("mrpc", 8), "RACE": ("race", 1)}  # task, batch at full size
MINI_BATCH = {"CoLA": 32, "RTE": 32, "MRPC": 32, "RACE": 8}
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

    task, batch = WORKS[row.work][0], batch_of(row)
    # a part of RACE will do, for only a few batches are read
    examples = load(TASKS[task], TASKS[task].train, Directory(chosen.data_dir), allow_subset=True).examples
    order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(0)).tolist()
    tokenizer = Tokenizer(vocabulary.read(chosen.vocabulary))
    n_vocab, n_ctx = n_vocab_of(row), PROFILES["paper"].size.n_ctx
    whole = [encode(examples[i], tokenizer, n_ctx) for i in order[: batch * (chosen.rounds + 1)]]
    found = [
        one._replace(sequences=tuple([token % n_vocab for token in ids] for ids in one.sequences)) for one in whole
    ]
    return [found[i : i + batch] for i in range(0, len(found), batch)]


def batch_of(row: Row) -> int:
    return WORKS[row.work][1] if row.size == "paper" else MINI_BATCH[row.work]


def n_vocab_of(row: Row) -> int:
    """Special tokens included."""
    from baselines import cost

    return cost.words(size_of(row)) + 3


def size_of(row: Row) -> Any:
    """The profile's dimensions, with the paper's positions."""
    from dataclasses import replace

    from baselines.recipes import PROFILES

    return replace(PROFILES[row.size].size, n_ctx=512)


def ours(row: Row, device: Any) -> Step:
    import torch

    from baselines import device as devices
    from baselines import models
    from baselines.batches import collate
    from baselines.heads import Head
    from baselines.network import Network
    from baselines.optimizer import Adam
    from baselines.recipes import RECIPES
    from harness.tasks import TASKS

    size = size_of(row)
    lm, head = models.build("gpt", size, n_vocab_of(row), 0.1), Head(TASKS[WORKS[row.work][0]].form, size.n_embd, 0.1)
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
        vocab_size=n_vocab_of(row), n_positions=512, n_embd=size.n_embd, n_layer=size.n_layer, n_head=size.n_head
    )
    body: Any = OpenAIGPTModel(config).to(device).train()
    choose = WORKS[row.work][0] == "race"
    head = torch.nn.Linear(size.n_embd, 1 if choose else 2).to(device)
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
            extracted = extracted.view(len(batch), -1, size.n_embd)
            logits = head(F.dropout(extracted if choose else extracted.sum(1), 0.1)).view(len(batch), -1)
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


def useful_flops(row: Row, batch: list[Any]) -> float:
    """Of the matrix products on real tokens."""
    from baselines.cost import training_flops

    lengths = [len(sequence) for example in batch for sequence in example.sequences]
    return sum(training_flops(size_of(row), n, n, row.lm_loss) for n in lengths)


def child(chosen: argparse.Namespace, row: Row, pipeline: str) -> None:
    """One pipeline, a batch a turn; at the end its peak of memory, and what each batch costs at least."""
    import torch

    from baselines import device as devices

    torch.set_num_threads(row.threads)
    # torch's own: the peers' allocator is not to be told what ours is
    device = devices.find(chosen.device) if pipeline == OURS else torch.device(chosen.device)
    found = batches(chosen, row)
    step = ours(row, device) if pipeline == OURS else theirs(row, device, PIPELINES[pipeline])

    def timed(number: int) -> float:
        began = time.perf_counter()
        step(found[number])  # reads its loss, so it waits for the device
        return time.perf_counter() - began

    serve(timed, lambda: [devices.peak_memory(device), [useful_flops(row, batch) for batch in found]])


def measure(chosen: argparse.Namespace, row: Row) -> list[str]:
    """Every pipeline in turn on each batch, the first of which is not counted -> lines of the table."""
    words = ["--data-dir", str(chosen.data_dir), "--vocabulary", str(chosen.vocabulary), "--device", chosen.device]
    pipelines = [name for name in PIPELINES if name != KEPT or chosen.device == "cpu"]
    commands = [
        (
            name,
            ["benchmarks.step", *words, "--rounds", str(chosen.rounds), "--child", json.dumps([*row, name])],
            PAGES_KEPT if name == KEPT else {},
        )
        for name in pipelines
    ]
    product = matmul.pipeline(chosen.device, row.threads, {}, matmul.mlp(size_of(row).n_embd))
    with Turns([product, *commands]) as turns:
        rounds = [turns.round(number) for number in range(chosen.rounds + 1)]
        last = turns.finish()
    peak = 1 / min(told[matmul.NAME] for told in rounds)
    flops = last[OURS][1][1:]
    own = [told[OURS] for told in rounds[1:]]
    lines = []
    for name in pipelines:
        seconds = [told[name] for told in rounds[1:]]
        ratio = statistics.median(a / b for a, b in zip(seconds, own, strict=True))
        share = statistics.median(f / s for f, s in zip(flops, seconds, strict=True)) / peak
        typical = statistics.median(seconds)
        lines.append(
            f"| {row.work} | {row.size} | {'on' if row.lm_loss else 'off'} | {row.threads} | {name} | "
            f"{typical:.4g} ({min(seconds):.4g} to {max(seconds):.4g}) | {batch_of(row) / typical:,.3g} | "
            f"{ratio:.2f} | {share:.2f} of {peak / 1e9:.0f} | {last[name][0] / 1e9:.2f} |"
        )
    return lines


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds glue_data/ and RACE/")
    parser.add_argument("--vocabulary", type=Path, required=True, help="the released vocabulary")
    parser.add_argument("--only", action="append", choices=WORKS, help="of the sets; may be repeated")
    parser.add_argument("--size", action="append", choices=SIZES, help="may be repeated")
    parser.add_argument("--lm-loss", choices=("on", "off"), help="default: both")
    chosen = parser.parse_args()
    if chosen.child:
        *fields, pipeline = json.loads(chosen.child)
        child(chosen, Row(*fields), pipeline)
        return
    print(f"Medians (least to most) of {chosen.rounds} interleaved rounds; {chosen.device}.\n")
    print("| set | size | LM loss | threads | pipeline | s a step | examples/s | ours is faster by | share | peak GB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for work, size, threads, lm_loss in product(
        chosen.only or WORKS,
        chosen.size or SIZES,
        chosen.threads or (1, 2),
        [chosen.lm_loss == "on"] if chosen.lm_loss else [True, False],
    ):
        print("\n".join(measure(chosen, Row(work, size, lm_loss, threads))), flush=True)


if __name__ == "__main__":
    run(main)
