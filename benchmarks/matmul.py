"""The rate of torch's own matrix product, a pipeline among those that take turns: what the others could reach at most.

Square, and large enough for all of the machine; in the type that the trainings' products have (`device.precision`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping

from benchmarks.turns import Pipeline, serve

NAME = "matmul"
SIDE = {"cpu": 1024, "cuda": 8192}
LEAST = 0.3  # seconds of a round


def pipeline(device: str, threads: int, environment: Mapping[str, str]) -> Pipeline:
    """A round of it is seconds a floating-point operation."""
    return NAME, ["benchmarks.matmul", json.dumps([device, threads])], environment


def main() -> None:
    import torch

    from baselines import device as devices

    name, threads = json.loads(sys.argv[1])
    torch.set_num_threads(threads)
    device = devices.find(name)
    dtype = getattr(torch, devices.precision(device))
    side = SIDE[device.type]
    x, w = torch.randn(2, side, side, device=device, dtype=dtype)
    out = torch.empty_like(x)

    def step(_: int) -> float:
        done, began = 0, time.perf_counter()
        while (passed := time.perf_counter() - began) < LEAST:
            for _ in range(4):
                torch.mm(x, w, out=out)
            float(out[0, 0])  # waits for the device
            done += 4
        return passed / (done * 2 * side**3)

    serve(step, lambda: None)


if __name__ == "__main__":
    main()
