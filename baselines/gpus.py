"""Which GPUs there are to place cells on, and why there are none; torch is loaded only when asked."""

from __future__ import annotations


def count() -> int:
    """Those that CUDA_VISIBLE_DEVICES lets this process see; 0 without CUDA."""
    import torch

    return torch.cuda.device_count()


def problem() -> str:
    """Why torch cannot use the GPU that is there, or nothing."""
    import torch

    if torch.version.cuda is None:
        return f"torch {torch.__version__} is a build without CUDA"
    if not torch.cuda.is_available():
        return f"torch {torch.__version__} (CUDA {torch.version.cuda}) cannot use it, most likely its driver is too old"
    return ""
