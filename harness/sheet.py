"""A table laid out, and its text in each format: captions above, notes below, the same words in all."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from tabulate import SEPARATING_LINE, tabulate

WIDTH = 120  # columns of a terminal
LABEL_WIDTH, CELL_WIDTH = 30, 13  # where the table would be wider than that; with six columns it makes 120


class Entry(NamedTuple):
    """What stands in one place: text, symbols explained in the sheet's remarks, and sentences to be numbered below."""

    text: str
    symbols: str = ""
    notes: tuple[str, ...] = ()


class Line(NamedTuple):
    """A row."""

    label: str
    entries: Sequence[Entry]


class Sheet(NamedTuple):
    """A table in no format yet. blocks: groups of rows; remarks: a symbol -> its sentence."""

    title: str
    caption: str
    headings: Sequence[Entry]
    blocks: Sequence[Sequence[Line]]
    remarks: Mapping[str, str]


def terminal(sheet: Sheet) -> str:
    """Plain text, at most WIDTH wide as long as the columns allow it: rows wrap before the terminal wraps them."""
    numbers = number_notes(sheet)
    blocks = [[[printable(line.label), *texts(line.entries, numbers, printable)] for line in b] for b in sheet.blocks]
    headings = ["", *texts(sheet.headings, numbers, printable)]

    def draw(blocks: Sequence[Sequence[Sequence[str]]]) -> str:
        rows = [row for block in blocks for row in (*block, SEPARATING_LINE)][:-1]
        return tabulate(rows, headings, tablefmt="simple", disable_numparse=True)

    drawn = draw(blocks)
    if max(map(len, drawn.splitlines())) > WIDTH:
        drawn = draw([[narrow(row) for row in block] for block in blocks])
    caption = textwrap.fill(printable(sheet.caption), WIDTH)
    notes = [
        textwrap.fill(f"{mark} {printable(note)}", WIDTH, subsequent_indent="    ")
        for mark, note in footnotes(sheet, numbers)
    ]
    return "\n".join([printable(sheet.title), caption, "", drawn, *(["", *notes] if notes else [])]) + "\n"


def narrow(row: Sequence[str]) -> list[str]:
    """The same row over several lines, broken after a semicolon first: "(61.3 ± 1.2;", "64 of 277)"."""
    parts = [[row[0]], *(text.replace("; ", ";\n").split("\n") for text in row[1:])]
    widths = [LABEL_WIDTH, *(CELL_WIDTH for _ in row[1:])]
    return ["\n".join(textwrap.fill(part, width) for part in p) for p, width in zip(parts, widths, strict=True)]


def markdown(sheet: Sheet) -> str:
    """A pipe table, as GitHub renders it, between its caption and a list of notes."""
    numbers = number_notes(sheet)
    rows = [
        [escape_markdown(line.label), *texts(line.entries, numbers, escape_markdown)]
        for block in sheet.blocks
        for line in block
    ]
    headings = ["", *texts(sheet.headings, numbers, escape_markdown)]
    drawn = tabulate(rows, headings, tablefmt="pipe", disable_numparse=True)
    notes = [f"- {mark} {escape_markdown(note)}" for mark, note in footnotes(sheet, numbers)]
    title = f"**{escape_markdown(sheet.title)}.** {escape_markdown(sheet.caption)}"
    return "\n".join([title, "", drawn, *(["", *notes] if notes else [])]) + "\n"


FORMATS: Mapping[str, Callable[[Sheet], str]] = {"terminal": terminal, "markdown": markdown}


def number_notes(sheet: Sheet) -> dict[str, int]:
    """Each sentence once, numbered in the order of reading."""
    lines = [line.entries for block in sheet.blocks for line in block]
    notes = [note for entries in (sheet.headings, *lines) for entry in entries for note in entry.notes]
    return {note: number for number, note in enumerate(dict.fromkeys(notes), start=1)}


def texts(entries: Iterable[Entry], numbers: Mapping[str, int], escape: Callable[[str], str]) -> list[str]:
    """Each entry with its marks: "82.1 ± 0.4†", "– [2]", "QNLI [1, 3]"."""

    def mark(notes: Sequence[str]) -> str:
        return f" [{', '.join(str(numbers[note]) for note in notes)}]" if notes else ""

    return [escape(entry.text) + entry.symbols + mark(entry.notes) for entry in entries]


def footnotes(sheet: Sheet, numbers: Mapping[str, int]) -> list[tuple[str, str]]:
    """(mark, sentence): the symbols first."""
    return [*sheet.remarks.items(), *((f"[{number}]", note) for note, number in numbers.items())]


def printable(text: str) -> str:
    """One line without control characters: a message from elsewhere must not reach the terminal as a command."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def escape_markdown(text: str) -> str:
    """`text` as it is read, whatever it holds: pipes would open a column, backticks and brackets swallow others."""
    text = re.sub(r"([\\|`*<>\[\]~&$])", r"\\\1", printable(text))
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)  # inside a word it is harmless
