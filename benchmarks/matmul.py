"""The rate of torch's own matrix product, a pipeline among those that take turns: what the others could reach at most.

In the type that the trainings' products have (`device.precision`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from benchmarks.turns import Pipeline, serve

NAME = "matmul"
Shape = tuple[int, int, int]  # (M, K) by (K, N)
SQUARE: dict[str, Shape] = {"cpu": (1024, 1024, 1024), "cuda": (8192, 8192, 8192)}  # enough for all of the machine
LEAST = 0.3  # seconds of a round
WAIT = 2e9  # floating-point operations at least between two waits for the device


def mlp(width: int) -> Shape:
    """The larger of GPT's own products, forward, over 256 tokens."""
    return 256, width, 4 * width


def pipeline(device: str, threads: int, environment: Mapping[str, str], shape: Shape | None = None) -> Pipeline:
    """A round of it is seconds a floating-point operation. shape: `SQUARE` by default."""
    return NAME, ["benchmarks.matmul", json.dumps([device, threads, shape])], environment


def seconds_each(device: Any, shape: Shape) -> float:
    """Seconds a floating-point operation."""
    import torch

    from baselines import device as devices

    m, k, n = shape
    dtype = getattr(torch, devices.precision(device))
    x, w = torch.randn(m, k, device=device, dtype=dtype), torch.randn(k, n, device=device, dtype=dtype)
    out = x.new_empty(m, n)
    flops = 2 * m * k * n
    at_once = max(4, int(WAIT / flops))
    done, began = 0, time.perf_counter()
    while (passed := time.perf_counter() - began) < LEAST:
        for _ in range(at_once):
            torch.mm(x, w, out=out)
        float(out[0, 0])  # waits for the device
        done += at_once
    return passed / (done * flops)


def main() -> None:
    import torch

    from baselines import device as devices

    name, threads, shape = json.loads(sys.argv[1])
    torch.set_num_threads(threads)
    device = devices.find(name)
    serve(lambda _: seconds_each(device, shape or SQUARE[device.type]), lambda: None)


if __name__ == "__main__":
    main()
