"""The words of the commands that train cells, `run` and `figure`: which seeds, where from, how; the device."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import Any

from harness.command_line.arguments import add_common, add_drawn, add_profile, one_of, positive, seed
from harness.figure2.figure_data import FIGURES
from harness.tasks import TASKS

PRECISIONS, ATTENTIONS = ("auto", "bfloat16", "float32"), ("auto", "math")
CLUSTERS = ("slurm", "local")
ALL = 0  # --jobs without a number


def add_figure(commands: argparse._SubParsersAction[Any], profiles: Collection[str]) -> None:
    figure = commands.add_parser(
        "figure",
        help="run what a figure lacks, then draw it",
        description="Run what a half of the paper's Figure 2 lacks, then write its data (CSV, JSON) and draw it.",
    )
    figure.add_argument("number", type=one_of("figure", FIGURES), metavar="NUMBER", help=f"{' or '.join(FIGURES)}")
    figure.add_argument(
        "--task",
        action="append",
        type=one_of("task", TASKS),
        metavar="NAME",
        help="of 2-left: one task; may be repeated (default: race, mnli)",
    )
    add_seeds(figure)
    figure.add_argument("--draw-only", action="store_true", help="draw from what has been run")
    add_how(figure, profiles)
    add_common(figure)


def add_seeds(parser: argparse._ActionsContainer) -> None:
    seeds = parser.add_mutually_exclusive_group()
    seeds.add_argument("--seed", action="append", type=seed, metavar="K", help="this seed; may be repeated")
    seeds.add_argument(
        "--seeds",
        type=positive,
        metavar="N",
        help="seeds 0..N-1 (default: 3; paper profile: 1 of sets of 10,000 rows and more)",
    )


def add_how(parser: argparse.ArgumentParser, profiles: Collection[str]) -> None:
    """What `harness.many_cells.cell_runs` wants to know beside the cells."""
    how = parser.add_argument_group("where from and how")
    add_profile(how, profiles)
    how.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="data sets as distributed (GLUE's folders, ...), or a bundle that 'fetch' made",
    )
    how.add_argument(
        "--corpus",
        metavar="DIR",
        help="text to pre-train on first, if not done: .txt files, or hub:NAME[:CONFIG][@REVISION]",
    )
    how.add_argument(
        "--weights", type=Path, metavar="DIR", help="pre-trained weights and vocabulary (default: the hub)"
    )
    add_drawn(how)
    add_device(how)
    how.add_argument("--limit", type=positive, metavar="N", help="the first N rows of each split: a trial, no result")
    how.add_argument("--allow-subset", action="store_true", help="accept incomplete data sets, and mark their cells")
    add_many(parser)
    then = parser.add_argument_group("this time")
    then.add_argument("--dry-run", action="store_true", help="say what would run, what is done, how long it takes")
    then.add_argument("--force", action="store_true", help="run again what is done already")


def add_many(parser: argparse.ArgumentParser) -> None:
    """Many cells at once; see `harness.launch` and `harness.many_cells.cluster`."""
    many = parser.add_argument_group("many at once")
    many.add_argument(
        "--jobs",
        type=positive,
        nargs="?",
        const=ALL,
        metavar="N",
        help="N cells at a time, each in a process with its share of the cores, or on a GPU of its own (without N: "
        "as many as GPUs, else cores); on a CPU the last digits depend on the number of threads",
    )
    many.add_argument(
        "--cluster",
        type=one_of("cluster", CLUSTERS),
        metavar="NAME",
        help="slurm: a job a cell, --jobs of them at a time; local: the same without Slurm, to try it",
    )
    many.add_argument(
        "--cluster-options",
        type=setting,
        nargs="+",
        metavar="KEY=VALUE",
        help="partition, minutes, cpus, gpus, memory (GB), or any long option of sbatch: account=me",
    )
    # what one cell of many is told, so that it begins at once; see `harness.many_cells.cell_words`
    for name in ("--part", "--beside"):
        many.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    many.add_argument("--replace", type=int, metavar="NS", help=argparse.SUPPRESS)  # a record of that very time is old


def setting(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not (key and sign and value):
        raise argparse.ArgumentTypeError(f"{text!r}; expected KEY=VALUE, partition=gpu say")
    return key, value


def add_device(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (default: cuda where there is one)")
    parser.add_argument(
        "--precision",
        default="auto",
        type=one_of("precision", PRECISIONS),
        metavar="NAME",
        help=f"of the products: {', '.join(PRECISIONS)} (default: auto, bfloat16 on CUDA)",
    )
    parser.add_argument(
        "--attention",
        default="auto",
        type=one_of("attention", ATTENTIONS),
        metavar="NAME",
        help="auto, or math: the plain one, where a faster one fails",
    )
    parser.add_argument("--compile", action="store_true", help="torch.compile the training step")
