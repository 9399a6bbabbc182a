"""How many cells: the last line of a run, and why some have failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.record import Record


@dataclass
class Tally:
    """done: now. cached: found done. failures: cell -> why."""

    done: int = 0
    cached: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    def enter(self, label: str, made: Record) -> None:
        """A cell that was run now; a record of one that diverged says why, and has no number."""
        if made.fault:
            self.failures[label] = made.fault
        else:
            self.done += 1

    def tell(self, say: Callable[[str], None], problems: Mapping[str, str]) -> None:
        """problems: task -> why none of its cells could be begun."""
        n = self.done + self.cached + len(self.failures)
        counts = f"{self.done} done, {self.cached} cached, {len(self.failures)} failed"
        say(f"{n} cell{'s' if n != 1 else ''}: {counts}")
        for label, why in self.failures.items():
            say(f"  {label} failed: {why}")
        for task, why in problems.items():
            say(f"  {task} was not begun: {why}")
