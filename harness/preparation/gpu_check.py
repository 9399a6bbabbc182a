"""The device, checked before hours are spent on it: its arithmetic, its speed at each task's shape, what that costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tabulate import tabulate

from harness.monitoring.progress import duration
from harness.preparation import hardware
from harness.preparation.lengths import LENGTHS
from harness.storage.files import write_atomic
from harness.tables import TABLES
from harness.tasks import TASKS

RACE_AT_ITS_LONGEST: dict[str, tuple[float, int]] = {"race, 512 tokens": (512.0, 4)}  # the step that needs most memory


def run(door: Any, profile: Any, device: str, runs: Path, say: Callable[[str], None]) -> int:
    """Say what was found, keep it as `gpu_check.json` beside the runs. 1 if a check failed. Raises OSError."""
    lines = about(door, device)
    for line in lines:
        say(line)
    findings = []
    for finding in door.self_check(profile, device):
        findings.append(finding._asdict())
        say(f"{'ok    ' if finding.passed else 'FAILED'} {finding.name}: {finding.found}")
        if not finding.passed:
            say(f"       switch it off with {finding.remedy}")
    shapes = {name: (length.tokens, length.sequences) for name, length in LENGTHS.items()} | RACE_AT_ITS_LONGEST
    measured = dict(door.speeds(profile, device, shapes))
    say("")
    say(text(measured, profile.finetuning))
    told: dict[str, Any] = {"device": device, "about": lines, "findings": findings}
    told["speeds"] = {name: speed._asdict() for name, speed in measured.items()}
    write_atomic(runs / "gpu_check.json", json.dumps(told, indent=1) + "\n")
    say(f"kept in {runs / 'gpu_check.json'}")
    return 0 if all(finding["passed"] for finding in findings) else 1


def about(door: Any, device: str) -> list[str]:
    """torch's build, the card and its memory, its driver."""
    return [*door.describe_device(device), *([hardware.driver()] if device.startswith("cuda") else [])]


def text(measured: dict[str, Any], settings: Any) -> str:
    """A row a shape: updates and operations a second, memory, a seed's time; then each table's."""
    seconds = {}
    rows = []
    for name, speed in measured.items():
        taken = ""
        if name in TASKS:
            seconds[name] = TASKS[name].train.n // settings.batch * settings.epochs / speed.updates
            # scoring goes forward only, a third of a training step's operations
            scored = sum(source.n for source in TASKS[name].evaluations.values())
            seconds[name] += scored / settings.batch / speed.updates / 3
            taken = duration(seconds[name])
        rows.append([name, f"{speed.updates:,.2f}", f"{speed.flops / 1e12:,.2f}", f"{speed.memory / 1e9:,.1f}", taken])
    headings = ["full recipe on", "updates/s", "TFLOP/s", "peak GB", "a seed"]
    drawn = tabulate(rows, headings, tablefmt="simple", colalign=("left", *["right"] * 4), disable_numparse=True)
    totals = [
        f"Table {number}: {duration(sum(seconds[task] for task in table.tasks) * len(table.own))}"
        for number, table in TABLES.items()
    ]
    return f"{drawn}\n\nA seed of {'; '.join(totals)} (Table 5's other recipes counted as the full one)."
