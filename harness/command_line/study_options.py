"""The words of the commands about generated worlds: `world` and `study`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness.command_line.arguments import TABULATED, add_common, add_drawn, add_scale, one_of, positive, seed
from harness.command_line.run_options import ALL, add_device

# what `run` and `figure` can be told besides, and a study is not
FIXED = {
    "profile": "mini",
    "data_dir": None,
    "corpus": None,
    "weights": None,
    "allow_subset": False,
    "task": None,
    "seed": None,
    "force": False,
    "cluster": None,
    "cluster_options": None,
    "part": False,
    "beside": False,
    "replace": None,
}


def add(commands: argparse._SubParsersAction[Any]) -> None:
    card = commands.add_parser(
        "world",
        help="the generated miniature's data card",
        description="The generated miniature: outline, sizes, hash, licence, and what gives its labels away. A minute.",
    )
    add_drawn(card, pretraining=False)
    card.add_argument(
        "--format",
        default="terminal",
        type=one_of("format", TABULATED),
        metavar="NAME",
        help=f"{', '.join(TABULATED)} (default: terminal)",
    )
    add_common(card)

    study = commands.add_parser(
        "study",
        help="do generated worlds show what the paper found?",
        description="Every Table 2 to 4 task by four recipes and Figure 2, in several generated worlds with several "
        "pre-trainings each. Hours; the same command continues. --report reads what is there.",
    )
    study.add_argument(
        "--worlds",
        type=seed,
        nargs="+",
        default=[10, 11, 12],
        metavar="N",
        help="seeds of the worlds (default: 10 11 12; settings are chosen on 0, 1, 2)",
    )
    study.add_argument(
        "--pretrain-seeds", type=positive, default=3, metavar="N", help="pre-trainings of each, seeds 0..N-1"
    )
    study.add_argument("--seeds", type=positive, default=3, metavar="N", help="fine-tuning seeds 0..N-1")
    study.add_argument("--report", action="store_true", help="train nothing: print what there is, with verdicts")
    study.add_argument(
        "--to", type=Path, metavar="DIR", help="with --report: write report.md, layers.svg and zero_shot.svg there too"
    )
    study.add_argument(
        "--format",
        default="terminal",
        type=one_of("format", TABULATED),
        metavar="NAME",
        help=f"of the report's tables: {', '.join(TABULATED)} (default: terminal)",
    )
    study.add_argument("--jobs", type=positive, nargs="?", const=ALL, metavar="N", help="so many at a time, as in run")
    study.add_argument("--limit", type=positive, metavar="N", help="the first N rows of each split: a trial, no result")
    study.add_argument("--dry-run", action="store_true", help="say what would run, what is done, how long it takes")
    add_scale(study)
    add_device(study)
    add_common(study)
    study.set_defaults(**FIXED)
