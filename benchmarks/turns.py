"""Pipelines that take turns, each in a process of its own: what one leaves in its allocator or caches helps no other.

A child says "ready", then answers each line that it is told with one line of JSON; meanwhile the others wait.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, NamedTuple, NoReturn, Self

Pipeline = tuple[str, list[str], Mapping[str, str]]  # name, words, what its environment has besides ours

READY, END = "ready", "end"
LAST_WORDS = 2000  # characters of a dead child's stderr


def arguments(description: str | None, rounds: int) -> argparse.ArgumentParser:
    """What every script of pipelines that take turns understands. rounds: by default."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=rounds)
    made.add_argument("--threads", action="append", type=int, help="may be repeated (default: 1 and 2)")
    made.add_argument("--device", default="cpu")
    made.add_argument("--child", help=argparse.SUPPRESS)
    return made


def run(main: Callable[[], None]) -> None:
    """A script's `main`; a file that is missing or broken ends it with what is wrong, in one line."""
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(str(error))


class Child(NamedTuple):
    process: subprocess.Popen[str]
    said: IO[bytes]  # its stderr; a file, since a pipe that nobody reads would fill and stop it

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.fail()

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return line.strip() if line.endswith("\n") else self.fail()

    def fail(self) -> NoReturn:
        code = self.process.wait()
        self.said.seek(0)
        last = self.said.read().decode(errors="replace")[-LAST_WORDS:]
        raise SystemExit(f"{' '.join(map(str, self.process.args[1:]))} ended with {code}:\n{last}")  # type: ignore[index]

    def close(self) -> None:
        """Its stdin ends, and with that `serve`; what does not end by itself is killed."""
        assert self.process.stdin is not None and self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.said.close()


class Turns:
    """`python -m WORDS` each. Raises SystemExit, with the last words of its stderr, where a child dies."""

    def __init__(self, pipelines: Sequence[Pipeline]) -> None:
        self.pipelines = pipelines
        self.children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        try:
            for name, words, environment in self.pipelines:
                said = tempfile.TemporaryFile()
                process = subprocess.Popen(
                    [sys.executable, "-m", *words],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    text=True,
                    env={**os.environ, **environment},
                )
                child = self.children[name] = Child(process, said)
                while child.hear() != READY:  # what a library prints while it is imported
                    pass
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for child in self.children.values():
            child.close()

    def round(self, number: int) -> dict[str, float]:
        """Every pipeline's step of this number, in the order in which they were named -> its seconds."""
        return {name: float(value) for name, value in self.ask(str(number)).items()}

    def finish(self) -> dict[str, Any]:
        """What each has to say at the end, and the end."""
        last = self.ask(END)
        self.close()
        return last

    def ask(self, line: str) -> dict[str, Any]:
        answers = {}
        for name, child in self.children.items():
            child.tell(line)
            answers[name] = json.loads(child.hear())
        return answers


def serve(step: Callable[[int], float], last: Callable[[], Any]) -> None:
    """The child's side: step(number) for each number that comes, last() at the end; returns where nobody asks more.

    Whatever else goes to the standard output goes to the standard error from now on.
    """
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)

        def answer(line: str) -> None:
            answers.write(f"{line}\n")
            answers.flush()

        answer(READY)
        for line in sys.stdin:
            if line.strip() == END:
                answer(json.dumps(last()))
                return
            answer(json.dumps(step(int(line))))
