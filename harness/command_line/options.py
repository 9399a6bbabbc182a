"""The command line's words, their help, and the errors for wrong ones."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

from harness import __version__
from harness.command_line import (
    analysis_options,
    check_options,
    fetch_options,
    record_options,
    run_options,
    study_options,
)
from harness.command_line.arguments import (
    add_common,
    add_drawn,
    add_profile,
    amount,
    listed,
    one_of,
    positive,
    seed,
    table_number,
)
from harness.command_line.run_options import add_device, add_how, add_seeds
from harness.sources import corpus
from harness.tasks import TASKS, ZERO_SHOT

DESCRIPTION = """\
Reproduces the tables of the GPT-1 paper (Radford et al. 2018): fine-tunes, scores, prints measured beside published.

  run        fine-tune and score cells of a table, then print it
  figure     the same for a half of Figure 2, then draw it
  doctor     what is there, what is missing, what to do next; --gpu checks a GPU
  estimate   what a run would cost, before there is data or weights
  fetch      gather data and weights into one folder, for a machine without a network
  table      print a table from what has been run; needs no GPU and no data
  accept     copy what a table or figure shows from runs/ to results/
  explain    the whole chain of one cell: records, data, test, verdict, departures
  claims     the paper's claims, judged by what was measured
  diff       two runs: settings, scores, examples that flipped
  report     one HTML page of all that was measured
  check      has the code regressed? a short run against expected results, for CI
  score      compute a record's numbers again from the predictions kept beside it
  submit     write, or check, the zip that the GLUE server scores
  scores     enter the GLUE server's answer, for the tables
  pretrain   train a language model on your own text
  show       a task's rows, the examples made of them, their tokens
  study      the paper's findings in several generated worlds: run, or --report
  world      the generated miniature's data card, and what gives its labels away
  sample     let a language model continue a text
  list       the tasks, ablations, profiles and tables there are
"""
EXAMPLES = """\
examples:
  python -m harness run --table 2                       Table 2 at the profile that fits this machine
  python -m harness run --ablation no_aux --task rte --seed 0
  python -m harness run --profile small --data-dir DIR --task rte --dry-run
  python -m harness run --ablation no_aux               an ablation on all of Table 5's tasks
  python -m harness table 5 --profile mini --references --format latex
  python -m harness pretrain --profile small --corpus DIR --ablation lstm --minutes 30
  torchrun --nproc_per_node=4 -m harness pretrain --profile paper --corpus hub:rojagtap/bookcorpus
"""


class Parser(argparse.ArgumentParser):
    """Wrong words get one line, not the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def build(
    recipes: Collection[str], profiles: Collection[str], language_models: Collection[str]
) -> argparse.ArgumentParser:
    """The parser; recipes (some name a language model) and profiles come from the baselines, not imported here."""
    parser = Parser(
        "python -m harness",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"gpt1-harness {__version__}")
    commands = parser.add_subparsers(
        dest="command",
        required=True,
        metavar="COMMAND",
    )

    run = commands.add_parser("run", help="fine-tune and score, then print", description="Fine-tune and score cells.")
    what = run.add_argument_group("what to run (default: every task, the full recipe)")
    add_choice(what, recipes)
    what.add_argument("--references", action="store_true", help="also what any learner must beat: majority, tfidf")
    what.add_argument(
        "--submission", action="store_true", help="also answer the test splits that only the GLUE server scores"
    )
    add_seeds(what)
    add_how(run, profiles)
    add_common(run)

    run_options.add_figure(commands, profiles)
    add_common(commands.add_parser("work"))  # what `--jobs` starts; without help, so not listed

    doctor = commands.add_parser(
        "doctor",
        help="what is there, what is missing, what to do next",
        description="Versions, memory, disk, data, weights: what is there, what is missing. Trains nothing.",
    )
    add_profile(doctor, profiles)
    doctor.add_argument("--data-dir", type=Path, metavar="DIR", help="data sets as distributed, or a bundle")
    doctor.add_argument("--corpus", metavar="DIR", help="text to pre-train on")
    doctor.add_argument("--weights", type=Path, metavar="DIR", help="pre-trained weights and vocabulary")
    doctor.add_argument(
        "--gpu", action="store_true", help="check the device's arithmetic and measure its speed, about two minutes"
    )
    add_device(doctor)
    add_common(doctor)

    price = commands.add_parser(
        "estimate",
        help="what a run would cost, without data or weights",
        description="Updates, operations and hours of a run on the whole real sets, without data or weights.",
    )
    add_choice(price, recipes)
    price.add_argument("--seeds", type=positive, default=1, metavar="N", help="for so many seeds (default: 1)")
    add_profile(price, profiles)
    price.add_argument(
        "--device-tflops", type=amount, metavar="T", help="at so many sustained TFLOP/s (default: measured here)"
    )
    price.add_argument("--device-memory", type=amount, metavar="GB", help="also what is held, in so many GB of a GPU")
    price.add_argument("--device", metavar="NAME", help="measure on cpu, cuda or cuda:N")
    add_common(price)

    seen = commands.add_parser(
        "show",
        help="a task's rows, the examples made of them, their tokens",
        description="Rows as published, the examples made of them, and their tokens as a model reads them.",
    )
    seen.add_argument("task", type=one_of("task", TASKS | ZERO_SHOT), metavar="TASK", help="'list' names them")
    seen.add_argument("-n", type=positive, default=5, metavar="N", help="so many rows (default: 5)")
    seen.add_argument("--split", metavar="NAME", help="train (the default), or another; a wrong name lists them")
    seen.add_argument("--random", type=seed, metavar="K", help="drawn at random with seed K, not the first ones")
    add_profile(seen, profiles)
    seen.add_argument("--data-dir", type=Path, metavar="DIR", help="data sets as distributed")
    seen.add_argument("--corpus", metavar="DIR", help="the vocabulary that was learnt from this text")
    seen.add_argument("--weights", type=Path, metavar="DIR", help="a folder with a vocabulary")
    add_drawn(seen, pretraining=False)
    add_common(seen)

    fetch_options.add(commands)
    record_options.add(commands, recipes, profiles)
    analysis_options.add(commands, profiles)
    check_options.add(commands)
    study_options.add(commands)

    pretrain = commands.add_parser(
        "pretrain", help="train a language model", description="Train a language model on plain text."
    )
    add_profile(pretrain, profiles)
    add_language_model(pretrain, language_models)
    pretrain.add_argument(
        "--corpus",
        metavar="DIR",
        help=".txt files, or hub:NAME[:CONFIG][@REVISION] of a data set on the hub "
        f"(mini: its own; paper: {corpus.DEFAULTS['paper']})",
    )
    pretrain.add_argument("--weights", type=Path, metavar="DIR", help="the vocabulary to use (paper profile only)")
    budget = pretrain.add_mutually_exclusive_group()
    budget.add_argument("--tokens", type=positive, metavar="N", help="train on so many tokens instead")
    budget.add_argument("--updates", type=positive, metavar="N", help="or for so many updates")
    budget.add_argument("--minutes", type=amount, metavar="M", help="or for about so long")
    pretrain.add_argument(
        "--checkpoint-every",
        type=positive,
        metavar="N",
        help="keep the weights each N updates too, beside 0, 1, 2, 4, 8, ...",
    )
    pretrain.add_argument(
        "--pretrain-seed",
        "--seed",
        type=seed,
        default=0,
        metavar="K",
        help="of initial weights, windows and dropout (default: 0)",
    )
    add_drawn(pretrain, pretraining=False)
    add_device(pretrain)
    pretrain.add_argument("--dry-run", action="store_true", help="say what would be trained and how long it takes")
    pretrain.add_argument("--device-tflops", type=amount, metavar="T", help="estimate for a device of T TFLOP/s")
    pretrain.add_argument("--force", action="store_true", help="train again although it is done")
    add_common(pretrain)

    sample = commands.add_parser(
        "sample", help="continue a text", description="Let a pre-trained language model continue a text."
    )
    add_profile(sample, profiles)
    add_language_model(sample, language_models)
    sample.add_argument("--prompt", default="", metavar="TEXT", help="how it starts (default: as a document does)")
    sample.add_argument("--length", type=positive, default=60, metavar="N", help="tokens to add (default: 60)")
    sample.add_argument("--greedy", action="store_true", help="the likeliest token each time, instead of drawing")
    sample.add_argument("--temperature", type=amount, default=1.0, metavar="T", help="of the softmax (default: 1)")
    sample.add_argument("--top-k", type=positive, metavar="K", help="draw among the K likeliest only")
    sample.add_argument("--seed", type=seed, default=0, metavar="K", help="of the draws (default: 0)")
    sample.add_argument(
        "--weights", type=Path, metavar="DIR", help="weights and vocabulary (default: as run finds them)"
    )
    sample.add_argument("--corpus", metavar="DIR", help="the weights that were pre-trained on this text")
    add_drawn(sample)
    sample.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N")
    add_common(sample)

    add_common(commands.add_parser("list", help="what there is", description="Tasks, ablations, profiles, tables."))
    return parser


def add_choice(parser: argparse._ActionsContainer, recipes: Collection[str]) -> None:
    """Which cells; see `plan.choose_cells`."""
    parser.add_argument(
        "--table",
        action="append",
        type=table_number(),
        metavar="N",
        help="this table's tasks, each with the recipes of the paper's rows; may be repeated",
    )
    parser.add_argument(
        "--task", action="append", type=one_of("task", TASKS), metavar="NAME", help="one task; may be repeated"
    )
    parser.add_argument(
        "--ablation",
        action="append",
        type=one_of("ablation", recipes),
        metavar="NAME",
        help=f"a recipe: {', '.join(listed(recipes))} ('list' explains); may be repeated "
        "(default: the table's, or full); without --table and --task on Table 5's tasks",
    )


def add_language_model(parser: argparse.ArgumentParser, names: Collection[str]) -> None:
    parser.add_argument(
        "--ablation",
        type=one_of("language model", names),
        default="full",
        metavar="NAME",
        help=f"whose language model: {', '.join(names)} (default: full)",
    )
