"""torch.compile as an option: the same numbers, faster where it works, and a fallback where it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from baselines import device as devices
from baselines.report import Report


def compiled(function: Callable[..., Any], report: Report) -> Callable[..., Any]:
    """`function`, compiled for changing shapes if that was chosen (`device.PATHS`).

    Where compiling fails, for want of a compiler or in any other way, `report` hears of it once and the function itself
    is called. A failure of the function is its own.
    """
    if not devices.PATHS.compile:
        return function
    used = torch.compile(function, dynamic=True)

    def call(*arguments: Any) -> Any:
        nonlocal used
        try:
            return used(*arguments)
        except Exception as error:  # compilers fail in many ways
            if used is function or devices.is_out_of_memory(error):
                raise
            report({"event": "not compiled", "reason": str(error).strip().partition("\n")[0]})
            used = function
        return function(*arguments)

    return call
