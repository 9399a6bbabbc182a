"""How many GPUs there are to place cells on; torch is loaded only when asked."""

from __future__ import annotations


def count() -> int:
    """Those that CUDA_VISIBLE_DEVICES lets this process see; 0 without CUDA."""
    import torch

    return torch.cuda.device_count()
