"""Seconds of the full-size LSTM, forward and backward: with our loss in chunks, and with a plain softmax.

usage: python -m benchmarks.lstm [--rounds 5] [--windows 4] [--threads 1] [--device cpu]

2048 units, 40,481 words, dropout as in the paper's pre-training. The windows are of 512 ids drawn at random below the
vocabulary. "Plain" has the same model and gives all logits, of `F.linear` with the tied embedding, to
`F.cross_entropy`. No optimizer. Each pipeline is a process of its own, and they take turns. "Faster" is the median over
rounds of their seconds by ours; "share" is what the products cost, against the best round of a large matrix product
among the turns. Prints a Markdown table.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any, NamedTuple

from benchmarks import matmul
from benchmarks.turns import Turns, arguments, serve

PIPELINES = ("ours", "plain")
N_VOCAB = 40_481


class Row(NamedTuple):
    """What is measured together."""

    windows: int
    threads: int
    device: str


def child(pipeline: str, row: Row) -> None:
    import torch
    from torch.nn import functional as F

    from baselines import batches, models
    from baselines import device as devices
    from baselines.objective import Objective
    from baselines.recipes import PROFILES

    torch.set_num_threads(row.threads)
    device = devices.find(row.device)
    paper = PROFILES["paper"]
    model = models.build("lstm", paper.size, N_VOCAB, paper.pretraining.dropout)
    model.initialise(torch.Generator().manual_seed(0))
    model.to(device).train()
    objective = Objective(model, device)

    def plain(chosen: torch.Tensor) -> torch.Tensor:
        with devices.autocast(device):
            batch = batches.windows(chosen).to(device)
            tables = model.tables()
            states = model(batch, tables).index_select(0, batch.sources)
            return F.cross_entropy(F.linear(states, tables[0]), batch.targets)

    losses: list[float] = []

    def turn(number: int) -> float:
        torch.manual_seed(number)
        chosen = torch.randint(N_VOCAB, (row.windows, paper.size.n_ctx))
        began = time.perf_counter()
        loss = objective(chosen) if pipeline == "ours" else plain(chosen)
        loss.backward()
        losses.append(float(loss))
        if device.type == "cuda":
            torch.cuda.synchronize()
        passed = time.perf_counter() - began
        model.zero_grad(set_to_none=True)
        return passed

    serve(turn, lambda: {"bytes": devices.peak_memory(device), "losses": losses})


def measure(row: Row, rounds: int) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """-> seconds of each round, and what each pipeline said at the end."""
    environment = {"OMP_NUM_THREADS": str(row.threads)}
    children = [
        (pipeline, ["benchmarks.lstm", "--child", json.dumps([pipeline, row])], environment) for pipeline in PIPELINES
    ]
    with Turns([*children, matmul.pipeline(row.device, row.threads, environment)]) as turns:
        turns.round(0)  # allocates
        found = [turns.round(number) for number in range(1, rounds + 1)]
        return {name: [seconds[name] for seconds in found] for name in found[0]}, turns.finish()


def lines(row: Row, seconds: dict[str, list[float]], last: dict[str, Any]) -> list[str]:
    from baselines.cost import training_flops
    from baselines.recipes import PROFILES

    size = PROFILES["paper"].size
    tokens = row.windows * size.n_ctx
    flops = training_flops(size, tokens, size.n_ctx, lm_loss=True, model="lstm")
    made = []
    for pipeline in PIPELINES:
        times = seconds[pipeline]
        ratio = statistics.median(a / b for a, b in zip(times, seconds["ours"], strict=True))
        typical = statistics.median(times)
        share = flops / typical * min(seconds[matmul.NAME])
        made.append(
            f"| {row.windows} | {row.threads} | {pipeline} | {typical:.2f} ({min(times):.2f} to {max(times):.2f}) | "
            f"{tokens / typical:,.0f} | {ratio:.2f} | {share:.2f} | {last[pipeline]['bytes'] / 1e9:.2f} | "
            f"{last[pipeline]['losses'][-1]:.5f} |"
        )
    return made


def main() -> None:
    parser = arguments(__doc__, rounds=5)
    parser.add_argument("--windows", type=int, default=4, help="of a batch")
    chosen = parser.parse_args()
    if chosen.child:
        pipeline, row = json.loads(chosen.child)
        child(pipeline, Row(*row))
        return
    print(f"Medians (least to most) of {chosen.rounds} interleaved rounds; {chosen.device}.\n")
    print("| windows | threads | pipeline | seconds | tokens/s | faster | share | peak GB | loss |")
    print("|---|---|---|---|---|---|---|---|---|")
    for threads in chosen.threads or (1, 2):
        row = Row(chosen.windows, threads, chosen.device)
        seconds, last = measure(row, chosen.rounds)
        print("\n".join(lines(row, seconds, last)), flush=True)


if __name__ == "__main__":
    main()
