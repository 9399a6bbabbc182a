"""A table laid out, and its text in each format: captions above, notes below, the same words in all.

CSV and JSON are for programs: a cell a row, its numbers unrounded and apart, the paper's beside ours.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tabulate import SEPARATING_LINE, tabulate

WIDTH = 120  # columns of a terminal
FORMULA = ("=", "+", "-", "@")
CONTROLS = {n: f"\\u{n:04x}" for n in range(0x7F, 0xA0)}  # which JSON may hold as they are, and a terminal obeys
LABEL_WIDTH, LEAST_LABEL, MOST_CELL = 30, 20, 13  # where the table would be wider than that


class Entry(NamedTuple):
    """What stands in one place: text, symbols explained in the sheet's remarks, and sentences to be numbered below."""

    text: str
    symbols: str = ""
    notes: tuple[str, ...] = ()


class Line(NamedTuple):
    """A row. recipe: which it tells of, where it is measured."""

    label: str
    entries: Sequence[Entry]
    recipe: str = ""


class Sheet(NamedTuple):
    """A table in no format yet. blocks: groups of rows; remarks: a symbol -> its sentence; data: a cell a row."""

    title: str
    caption: str
    headings: Sequence[Entry]
    blocks: Sequence[Sequence[Line]]
    remarks: Mapping[str, str]
    data: Sequence[Mapping[str, Any]]


def terminal(sheet: Sheet) -> str:
    """Plain text, at most WIDTH wide as long as the columns allow it: rows wrap before the terminal wraps them."""
    numbers = number_notes(sheet)
    blocks = [[[printable(line.label), *texts(line.entries, numbers, printable)] for line in b] for b in sheet.blocks]
    headings = ["", *texts(sheet.headings, numbers, printable)]

    def draw(headings: Sequence[str], blocks: Sequence[Sequence[Sequence[str]]]) -> str:
        rows = [row for block in blocks for row in (*block, SEPARATING_LINE)][:-1]
        return tabulate(rows, headings, tablefmt="simple", disable_numparse=True)

    drawn = draw(headings, blocks)
    if max(map(len, drawn.splitlines())) > WIDTH:
        drawn = draw(narrow(headings), [[narrow(row) for row in block] for block in blocks])
    caption = textwrap.fill(printable(sheet.caption), WIDTH)
    notes = [
        textwrap.fill(f"{mark} {printable(note)}", WIDTH, subsequent_indent="    ")
        for mark, note in footnotes(sheet, numbers)
    ]
    return "\n".join([printable(sheet.title), caption, "", drawn, *(["", *notes] if notes else [])]) + "\n"


def narrow(row: Sequence[str]) -> list[str]:
    """The same row over several lines, broken after a semicolon first: "(61.3 ± 1.2;", "64 of 277)"."""
    columns = len(row) - 1
    width = min(MOST_CELL, (WIDTH - LEAST_LABEL) // columns - 2)  # two spaces stand between
    cells = [text if width >= len("45.4 ± 13.1") else text.replace(" ± ", "±") for text in row[1:]]
    parts = [[row[0]], *(text.replace("; ", ";\n").split("\n") for text in cells)]
    widths = [min(LABEL_WIDTH, WIDTH - columns * (width + 2)), *(width for _ in cells)]
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


def latex(sheet: Sheet) -> str:
    """A table environment with the rules of the booktabs package, caption above, notes below."""
    numbers = number_notes(sheet)
    rows: list[Any] = []
    for block in sheet.blocks:
        rows += [[printable(line.label), *texts(line.entries, numbers, printable)] for line in block]
        rows.append(SEPARATING_LINE)
    headings = ["", *texts(sheet.headings, numbers, printable)]
    drawn = tabulate(rows[:-1], headings, tablefmt="latex_booktabs", disable_numparse=True)  # which escapes
    caption = f"\\caption{{{escape_latex(f'{sheet.title}. {sheet.caption}')}}}"
    notes = [escape_latex(f"{mark} {note}") for mark, note in footnotes(sheet, numbers)]
    below = ["", "\\footnotesize", " \\\\\n".join(notes)] if notes else []
    return "\n".join(["\\begin{table}", "\\centering", caption, drawn, *below, "\\end{table}"]) + "\n"


def html_table(sheet: Sheet) -> str:
    """A table element with its caption, and a list of notes; all that is shown is escaped."""
    numbers = number_notes(sheet)
    lines = [line for block in sheet.blocks for line in block]
    rows = [[printable(line.label), *texts(line.entries, numbers, printable)] for line in lines]
    headings = ["", *texts(sheet.headings, numbers, printable)]
    drawn = str(tabulate(rows, headings, tablefmt="html", disable_numparse=True))  # which escapes
    title, caption = (html.escape(printable(text)) for text in (sheet.title, sheet.caption))
    notes = [f"<li>{html.escape(printable(f'{mark} {note}'))}</li>" for mark, note in footnotes(sheet, numbers)]
    captioned = drawn.replace("<table>", f"<table>\n<caption><b>{title}.</b> {caption}</caption>", 1)
    return "\n".join([captioned, *(["<ul>", *notes, "</ul>"] if notes else [])]) + "\n"


def comma_separated(sheet: Sheet) -> str:
    names = dict.fromkeys(name for datum in sheet.data for name in datum)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: as_text(value) for name, value in datum.items()} for datum in sheet.data)
    return stream.getvalue()


def as_text(value: Any) -> Any:
    """A text for a spreadsheet, which would take one that begins with a sign for a formula; numbers as they are."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text[:1] in FORMULA else text


def json_text(sheet: Sheet) -> str:
    notes = [f"{mark} {note}" for mark, note in footnotes(sheet, number_notes(sheet))]
    whole = {"title": sheet.title, "caption": sheet.caption, "notes": notes, "cells": sheet.data}
    return json.dumps(whole, indent=1, ensure_ascii=False).translate(CONTROLS) + "\n"


FORMATS: Mapping[str, Callable[[Sheet], str]] = {
    "terminal": terminal,
    "markdown": markdown,
    "latex": latex,
    "html": html_table,
    "csv": comma_separated,
    "json": json_text,
}


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


def visible(text: str) -> str:
    """The same for text of several lines, which keeps its form: other control characters become their escapes."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)


def escape_markdown(text: str) -> str:
    """`text` as it is read, whatever it holds: pipes would open a column, backticks and brackets swallow others."""
    text = re.sub(r"([\\|`*<>\[\]~&$])", r"\\\1", printable(text))
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)  # inside a word it is harmless


LATEX = str.maketrans(
    {char: f"\\{char}" for char in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
)


def escape_latex(text: str) -> str:
    return printable(text).translate(LATEX)
