"""How a full-size step of fine-tuning grows with the length of sequences, and with the batch; and where its time goes.

usage: python -m benchmarks.growth [--rounds 5] [--threads 1] [--device cpu]

Random tokens, one sequence an example, LM loss and dropout on. The rounds go through all sizes in turn. "Expected" is
in proportion to the floating-point operations of the products, fitted to all rows with a constant for what a step costs
whatever its size (the optimizer): where it holds, no padding and no wasted logits are paid for. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from typing import Any

from benchmarks import matmul
from benchmarks.step import Row, n_vocab_of, ours, size_of, useful_flops

ROW = Row("CoLA", "paper", True, 1)
LENGTHS = {(8, length): f"8 of {length}" for length in (10, 16, 32, 64, 128, 256, 512)}
BATCHES = {(batch, 32): f"{batch} of 32" for batch in (1, 2, 4, 16, 32, 64)}
PROFILED = {(16, 12): "16 of 12", (8, 70): "8 of 70", (4, 256): "4 of 256", (4, 512): "4 of 512"}
KINDS = {  # of torch's operations; what is in none of them is "the rest"
    "matrix products": ("aten::mm", "aten::addmm", "aten::addmm_", "aten::bmm", "aten::baddbmm_"),
    "attention's kernel": ("aten::_scaled_dot_product_", "aten::_flash_attention", "aten::_efficient_attention"),
    "optimizer and norm": ("aten::_fused_adamw_", "aten::linalg_vector_norm", "aten::_foreach_"),
    "GELU, LayerNorm, softmax": ("aten::gelu", "aten::native_layer_norm", "aten::_softmax", "aten::exp_"),
    "dropout's random numbers": ("aten::random_", "aten::bernoulli_", "aten::ge", "aten::native_dropout"),
}


def batch_of(shape: tuple[int, int]) -> list[Any]:
    import torch

    from baselines.batches import Encoded

    ids = torch.randint(n_vocab_of(ROW), shape, generator=torch.Generator().manual_seed(0))
    return [Encoded((row.tolist(),), float(i % 2), 0) for i, row in enumerate(ids)]


def growth(step: Any, rounds: int, device: Any) -> None:
    import numpy as np

    shapes = {**LENGTHS, **BATCHES}
    seconds: dict[tuple[int, int], list[float]] = {shape: [] for shape in shapes}
    peaks = []
    for number in range(rounds + 1):
        peaks.append(1 / matmul.seconds_each(device, matmul.mlp(size_of(ROW).n_embd)))
        for shape in shapes:
            batch = batch_of(shape)
            began = time.perf_counter()
            step(batch)
            if number:  # the first one allocates
                seconds[shape].append(time.perf_counter() - began)
    typical = {shape: statistics.median(found) for shape, found in seconds.items()}
    flops = {shape: useful_flops(ROW, batch_of(shape)) for shape in shapes}
    design = np.array([[1.0, flops[shape]] for shape in shapes])
    weight = 1.0 / np.array([typical[shape] for shape in shapes])  # relative errors, or the longest row decides alone
    (constant, each), *_ = np.linalg.lstsq(design * weight[:, None], np.ones(len(shapes)), rcond=None)
    rates = f"{1e-9 / each:.0f} GFLOP/s; matmul alone {max(peaks) / 1e9:.0f}"
    print(f"A constant of {constant:.3f} s, then {rates}.\n")
    print("| sequences of tokens | s a step (least to most) | expected | examples/s | tokens/s | share of matmul |")
    print("|---|---|---|---|---|---|")
    for shape, name in shapes.items():
        n, length = shape
        print(
            f"| {name} | {typical[shape]:.3f} ({min(seconds[shape]):.3f} to {max(seconds[shape]):.3f}) | "
            f"{constant + each * flops[shape]:.3f} | {n / typical[shape]:.2f} | {n * length / typical[shape]:.0f} | "
            f"{flops[shape] / typical[shape] / max(peaks):.2f} |"
        )


def where(step: Any) -> None:
    """Shares of the processor's time (on CUDA: of the device's)."""
    from torch.profiler import ProfilerActivity, profile

    print("\n| sequences of tokens | " + " | ".join([*KINDS, "the rest"]) + " |")
    print("|---|" + "---|" * (len(KINDS) + 1))
    for shape, name in PROFILED.items():
        batch = batch_of(shape)
        step(batch)
        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as found:
            step(batch)
        times: Counter[str] = Counter()
        for event in found.key_averages():
            kind = next((kind for kind, names in KINDS.items() if event.key.startswith(names)), "the rest")
            times[kind] += event.self_device_time_total or event.self_cpu_time_total
        shares = (f"{100 * times[kind] / times.total():.1f} %" for kind in (*KINDS, "the rest"))
        print(f"| {name} | " + " | ".join(shares) + " |")


def main() -> None:
    import torch

    from baselines import device as devices

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    device = devices.find(chosen.device)
    print(f"Medians of {chosen.rounds} rounds; {devices.name(device)}.\n")
    step = ours(ROW, device)
    growth(step, chosen.rounds, device)
    where(step)


if __name__ == "__main__":
    main()
