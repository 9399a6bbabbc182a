"""The other end of `harness.launch`: a process that runs the command lines it is sent, and says what became of each.

A line in is a JSON list of words, a line out {"code": exit code, "said": what it said}. Ends when nobody listens.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import TextIO


class Said(io.StringIO):
    """Kept, and standard error passed on: whole lines, since others write there too."""

    def __init__(self, onwards: TextIO | None) -> None:
        super().__init__()
        self.onwards = onwards

    def write(self, text: str) -> int:
        if self.onwards is not None:
            self.onwards.write(text)
            if text.endswith("\n"):
                self.onwards.flush()
        return super().write(text)


def serve(main: Callable[[list[str]], int]) -> int:
    """main: the command line. -> exit code: 0, or that of a cell which was asked to stop."""
    lines: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()
    busy = threading.Event()
    with os.fdopen(os.dup(1), "w") as replies:
        os.dup2(2, 1)  # what a library prints is no reply

        def listen() -> None:
            for line in sys.stdin:
                lines.put(json.loads(line))
            lines.put(None)
            if busy.is_set():  # who started us is gone: save and leave
                os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=listen, daemon=True).start()
        while (words := lines.get()) is not None:
            busy.set()
            quiet, loud = Said(None), Said(sys.stderr)
            with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(loud):
                try:
                    code = main(words)
                except SystemExit as error:  # words that the parser does not take
                    code = error.code if isinstance(error.code, int) else 1
                except Exception:  # the other cells still can be run
                    traceback.print_exc()
                    code = 1
            if code > 128:
                return code
            print(json.dumps({"code": code, "said": quiet.getvalue() + loud.getvalue()}), file=replies, flush=True)
            busy.clear()
    return 0
