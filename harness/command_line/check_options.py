"""The words of `check`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness.command_line.arguments import add_common, positive


def add(commands: argparse._SubParsersAction[Any]) -> None:
    check = commands.add_parser(
        "check",
        help="has the code regressed? minutes; for CI",
        description="Compare what the code computes and scores in a short mini run with results/mini/expected.json. "
        "Exit code: 0 as expected, 1 regressed, 2 it could not be found out. Leaves check.md and junit.xml "
        "in DIR/check/now.",
    )
    check.add_argument("--exact", action="store_true", help="only what is exact: nothing is trained for scores")
    check.add_argument("--update", action="store_true", help="run anew what is expected, say what changed, keep it")
    check.add_argument(
        "--of", type=positive, default=12, metavar="N", help="with --update: of so many runs, 10 at least (default: 12)"
    )
    check.add_argument("--expected", type=Path, metavar="FILE", help="another file of expected results")
    add_common(check)
