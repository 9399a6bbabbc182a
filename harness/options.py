"""The command line's words, their help, and the errors for wrong ones."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NoReturn

from harness import __version__
from harness.arguments import amount, one_of, positive, seed
from harness.sheet import FORMATS
from harness.tables import TABLES
from harness.tasks import TASKS

DESCRIPTION = """\
Reproduces the tables of the GPT-1 paper (Radford et al. 2018): fine-tunes, scores, prints measured beside published.

  run        fine-tune and score cells of a table, then print it
  table      print a table from what has been run; needs no GPU and no data
  accept     copy what a table shows from runs/ to results/
  score      compute a record's numbers again from the predictions kept beside it
  submit     write, or check, the zip that the GLUE server scores
  scores     enter the GLUE server's answer, for the tables
  pretrain   train a language model on your own text
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
    what.add_argument(
        "--table",
        action="append",
        type=table_number(),
        metavar="N",
        help="this table's tasks, each with the recipes of the paper's rows; may be repeated",
    )
    what.add_argument(
        "--task", action="append", type=one_of("task", TASKS), metavar="NAME", help="one task; may be repeated"
    )
    what.add_argument(
        "--ablation",
        action="append",
        type=one_of("ablation", recipes),
        metavar="NAME",
        help=f"a recipe: {', '.join(recipes)} ('list' explains); may be repeated (default: the table's, or full); "
        "without --table and --task on Table 5's tasks",
    )
    what.add_argument("--references", action="store_true", help="also what any learner must beat: majority, tfidf")
    what.add_argument(
        "--submission", action="store_true", help="also answer the test splits that only the GLUE server scores"
    )
    seeds = what.add_mutually_exclusive_group()
    seeds.add_argument("--seed", action="append", type=seed, metavar="K", help="this seed; may be repeated")
    seeds.add_argument("--seeds", type=positive, metavar="N", help="seeds 0..N-1 (default: 3; paper profile: 1)")
    how = run.add_argument_group("where from and how")
    add_profile(how, profiles)
    how.add_argument("--data-dir", type=Path, metavar="DIR", help="data sets as distributed (GLUE's folders, ...)")
    how.add_argument(
        "--corpus",
        metavar="DIR",
        help="text to pre-train on first, if not done: .txt files, or hub:NAME[:CONFIG][@REVISION]",
    )
    how.add_argument(
        "--weights", type=Path, metavar="DIR", help="pre-trained weights and vocabulary (default: the hub)"
    )
    how.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (default: cuda where there is one)")
    how.add_argument("--limit", type=positive, metavar="N", help="the first N rows of each split: a trial, no result")
    how.add_argument("--allow-subset", action="store_true", help="accept incomplete data sets, and mark their cells")
    then = run.add_argument_group("this time")
    then.add_argument("--dry-run", action="store_true", help="say what would run, what is done, how long it takes")
    then.add_argument("--force", action="store_true", help="run again what is done already")
    add_common(run)

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
    add_common(table)

    accept = commands.add_parser(
        "accept",
        help="copy a table's records from runs/ to results/ and render it there",
        description="Copy the records that a table shows from runs/ to results/records/, and render it in results/.",
    )
    accept.add_argument("number", type=table_number(), metavar="NUMBER", help=TABLE_HELP)
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

    pretrain = commands.add_parser(
        "pretrain", help="train a language model", description="Train a language model on plain text."
    )
    add_profile(pretrain, profiles)
    add_language_model(pretrain, language_models)
    pretrain.add_argument(
        "--corpus",
        metavar="DIR",
        help=".txt files, or hub:NAME[:CONFIG][@REVISION] of a data set on the hub (mini: its own)",
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
    pretrain.add_argument("--seed", type=seed, default=0, metavar="K", help="of start and order (default: 0)")
    pretrain.add_argument(
        "--device", metavar="NAME", help="cpu, cuda or cuda:N; under torchrun, cuda is each process's own"
    )
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
    sample.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N")
    add_common(sample)

    add_common(commands.add_parser("list", help="what there is", description="Tasks, ablations, profiles, tables."))
    return parser


TABLE_HELP = f"of the paper: {', '.join(map(str, TABLES))}"


def table_number() -> Callable[[str], Any]:
    return one_of("table", [str(number) for number in TABLES], int)


def add_profile(parser: argparse._ActionsContainer, profiles: Collection[str]) -> None:
    parser.add_argument(
        "--profile",
        type=one_of("profile", profiles),
        metavar="NAME",
        help=f"{', '.join(profiles)} (default: paper where there is an NVIDIA GPU, else mini)",
    )


def add_language_model(parser: argparse.ArgumentParser, names: Collection[str]) -> None:
    parser.add_argument(
        "--ablation",
        type=one_of("language model", names),
        default="full",
        metavar="NAME",
        help=f"whose language model: {', '.join(names)} (default: full)",
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs are kept (runs)")
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of an error")
