"""The words of the commands that judge what was measured: explain, claims, diff, report."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import Any

from harness.command_line.arguments import TABLE_HELP, add_common, add_profile, positive, table_number


def add(commands: argparse._SubParsersAction[Any], profiles: Collection[str]) -> None:
    explain = commands.add_parser(
        "explain",
        help="the whole chain of one cell of a table",
        description="A cell's number, verdict, test, records, signatures, data and departures.",
    )
    explain.add_argument("number", type=table_number(), metavar="TABLE", help=TABLE_HELP)
    explain.add_argument("cell", metavar="CELL", help="a column, and a recipe after a slash: rte, cola/lstm")
    add_profile(explain, profiles)
    add_common(explain)

    claims = commands.add_parser(
        "claims",
        help="the paper's claims, judged by what was measured",
        description="The paper's claims, each with its published and its measured evidence, and whether it holds.",
    )
    claims.add_argument("--json", action="store_true", help="as data")
    add_profile(claims, profiles)
    add_common(claims)

    diff = commands.add_parser(
        "diff",
        help="two runs: settings, scores, examples that flipped",
        description="Two runs of one task: what differs in their settings, their scores, and which examples flipped.",
    )
    for name in ("one", "other"):
        diff.add_argument(name, type=Path, metavar=name.upper(), help="a record.json below runs/, or its folder")
    diff.add_argument("--flips", type=positive, default=10, metavar="N", help="show so many of each kind (default: 10)")
    add_common(diff)

    report = commands.add_parser(
        "report",
        help="one HTML page of all that was measured",
        description="One self-contained HTML page: tables, verdicts, figures, curves, claims, predictions.",
    )
    report.add_argument("--out", type=Path, metavar="FILE", help="default: report.html in the profile's runs")
    report.add_argument(
        "--with-text",
        action="store_true",
        help="also the texts of the examples: some sets may not be passed on; needs the data",
    )
    report.add_argument("--data-dir", type=Path, metavar="DIR", help="data sets as distributed, for --with-text")
    add_profile(report, profiles)
    add_common(report)
