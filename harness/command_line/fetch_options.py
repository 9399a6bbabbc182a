"""The words of `fetch`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness.command_line.arguments import add_common, one_of, table_number
from harness.tasks import TASKS


def add(commands: argparse._SubParsersAction[Any]) -> None:
    fetch = commands.add_parser(
        "fetch",
        help="gather data and weights for a machine without a network",
        description="Gather data, vocabulary and weights into one folder, with a SHA-256 of each file. On the machine "
        "without a network: run --data-dir DIR --offline.",
    )
    what = fetch.add_mutually_exclusive_group(required=True)
    what.add_argument("--bundle", type=Path, metavar="DIR", help="gather into this folder; what is there is kept")
    what.add_argument("--check", type=Path, metavar="DIR", help="compare every file of a bundle with its SHA-256")
    fetch.add_argument(
        "--table", action="append", type=table_number(), metavar="N", help="this table's tasks; may be repeated"
    )
    fetch.add_argument(
        "--task", action="append", type=one_of("task", TASKS), metavar="NAME", help="one task (default: everything)"
    )
    fetch.add_argument("--submission", action="store_true", help="also the test splits that only GLUE's server scores")
    fetch.add_argument("--no-weights", action="store_true", help="leave the released weights and vocabulary out")
    fetch.add_argument("--data-dir", type=Path, metavar="DIR", help="sets that are on no hub (Story Cloze), to copy")
    fetch.add_argument(
        "--profile",
        default="paper",
        type=one_of("profile to fetch for", ("paper", "small")),
        metavar="NAME",
        help="paper, or small, which has no use for the released weights (default: paper)",
    )
    add_common(fetch)
