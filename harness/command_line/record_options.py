"""The words of the commands that read what runs have left: table, accept, score, submit, scores."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import Any

from harness.command_line.arguments import TABLE_HELP, add_common, add_drawn, add_profile, one_of, seed, table_number
from harness.figure2.figure_data import FIGURES
from harness.layout.sheet import FORMATS
from harness.tables import TABLES


def add(commands: argparse._SubParsersAction[Any], recipes: Collection[str], profiles: Collection[str]) -> None:
    table = commands.add_parser("table", help="print a table", description="Print a table from records alone.")
    table.add_argument("number", type=table_number(), metavar="NUMBER", help=TABLE_HELP)
    add_profile(table, profiles)
    table.add_argument(
        "--format",
        default="terminal",
        type=one_of("format", FORMATS),
        metavar="NAME",
        help=f"{', '.join(FORMATS)} (default: terminal)",
    )
    table.add_argument("--references", action="store_true", help="also show the rows majority and tfidf")
    table.add_argument("--statistics", action="store_true", help="also intervals, tests between rows, and verdicts")
    add_drawn(table)
    add_common(table)

    accept = commands.add_parser(
        "accept",
        help="copy a table's or figure's records from runs/ to results/ and render it there",
        description="Copy what a table or figure shows from runs/ to results/records/, and render it in results/.",
    )
    shown = {**{str(number): number for number in TABLES}, **{number: number for number in FIGURES}}
    number = one_of("table or figure", shown, shown.__getitem__)
    accept.add_argument("number", type=number, metavar="NUMBER", help=f"a table or figure {', '.join(shown)}")
    add_profile(accept, profiles)
    add_common(accept)

    score = commands.add_parser(
        "score",
        help="compute a record's numbers again from its predictions",
        description="Compute a record's numbers again from the predictions kept beside it; they must agree.",
    )
    score.add_argument("record", type=Path, metavar="RECORD", help="a record.json below runs/, or its folder")
    add_common(score)

    submit = commands.add_parser(
        "submit",
        help="write or check the GLUE server's zip",
        description="Write the zip that the GLUE server scores, from runs made with 'run --submission'.",
    )
    add_profile(submit, profiles)
    submit.add_argument("--ablation", type=one_of("ablation", recipes), default="full", metavar="NAME", help="a recipe")
    submit.add_argument("--seed", type=seed, default=0, metavar="K", help="whose models' answers (default: 0)")
    submit.add_argument("--out", type=Path, metavar="FILE", help="default: submission.zip in the profile's runs")
    submit.add_argument("--fill", action="store_true", help="constant answers for tasks that were not run")
    submit.add_argument("--check", type=Path, metavar="FILE", help="only check this zip, and name every fault")
    add_common(submit)

    scores = commands.add_parser(
        "scores",
        help="enter the GLUE server's answer",
        description="Enter the GLUE server's answer; tables then show it in rows of its own.",
    )
    scores.add_argument(
        "--from",
        dest="file",
        type=Path,
        required=True,
        metavar="FILE",
        help="a line a leaderboard column, as it shows it: 'CoLA 45.4', 'MRPC 82.3/75.7'",
    )
    add_profile(scores, profiles)
    scores.add_argument("--ablation", type=one_of("ablation", recipes), default="full", metavar="NAME", help="of which")
    add_common(scores)
