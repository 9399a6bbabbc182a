"""Words that several commands share; what one may be, and the error, naming what there is, for what it may not."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

from harness.drawn import SCALES
from harness.tables import TABLES

TABULATED = {
    "terminal": "simple",
    "markdown": "github",
    "latex": "latex_booktabs",
    "html": "html",
}  # tabulate's names
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


def add_drawn(parser: argparse._ActionsContainer, *, pretraining: bool = True) -> None:
    """See `harness.drawn`."""
    parser.add_argument(
        "--world-seed", type=seed, default=0, metavar="N", help="which generated world (mini profile; default: 0)"
    )
    add_scale(parser)
    if pretraining:
        parser.add_argument(
            "--pretrain-seed",
            type=seed,
            default=0,
            metavar="N",
            help="which pre-training: of its initial weights, windows and dropout (default: 0)",
        )


def add_scale(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--scale",
        type=one_of("scale", [str(scale) for scale in SCALES], int),
        default=1,
        metavar="N",
        help=f"how large world and model are, {' or '.join(map(str, SCALES))} (mini profile; default: 1)",
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs are kept (runs)")
    parser.add_argument(
        "--offline", action="store_true", help="open no connection: only what is on this machine is used"
    )
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of an error")


def one_of(kind: str, names: Collection[str], convert: Callable[[str], Any] = str) -> Callable[[str], Any]:
    """An argument that must be one of `names`; the error names the nearest."""

    def check(text: str) -> Any:
        if text in names:
            return convert(text)
        near = difflib.get_close_matches(text, names, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise argparse.ArgumentTypeError(f"unknown {kind} {text!r}; {hint}There are: {', '.join(listed(names))}")

    return check


def listed(names: Iterable[str]) -> list[str]:
    """Names that only differ in their number as one: "transfer_0 to transfer_11"."""
    groups: dict[str, list[str]] = {}
    for name in names:
        stem, _, number = name.rpartition("_")
        groups.setdefault(stem if stem and number.isdecimal() else name, []).append(name)
    return [own[0] if len(own) == 1 else f"{own[0]} to {own[-1]}" for own in groups.values()]


def seed(text: str) -> int:
    return whole(text, 0, 2**31 - 1)  # what every generator takes


def amount(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number above 0")
    return number


def positive(text: str) -> int:
    return whole(text, 1)


def whole(text: str, least: int, most: int | None = None) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least or (most is not None and number > most):
        upper = "up" if most is None else f"to {most}"
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from {least} {upper}")
    return number
