"""The file formats in which sets are distributed: a file or folder -> where each row stands, and the row."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.tasks.base import Files, Row

Rows = Iterator[tuple[str, Row]]
AGAIN = "correct it or get the set again"
INDEX = "index"  # GLUE's column that numbers its rows
DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
ANSWER = re.compile(r"\W*([A-Z])\W*")


def read(path: Path, name: str, files: Files) -> Rows:
    """Rows in the file's own columns, each with where it stands ("RTE/dev.tsv line 12").

    Raises ValueError, with the place, for what cannot be read so, OSError for what cannot be opened.
    """
    return READERS[files.format or ("" if path.is_dir() else path.suffix)](path, name, files)


def lines(file: Path, name: str) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line that is not blank. Raises ValueError for what is not UTF-8 text.

    Only LF or CRLF ends a line: a sentence may hold a bare CR, U+0085 or U+2028, at which `str.splitlines` would cut.
    """
    with file.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            text = decoded(raw, f"{name} line {number}", first=number == 1)
            if text := text.removesuffix("\n").removesuffix("\r"):
                yield number, text


def decoded(raw: bytes, where: str, *, first: bool = True) -> str:
    """first: whether a byte-order mark may stand before it."""
    try:
        text = raw.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        got = f"byte 0x{raw[error.start]:02x} at {error.start + 1}"
        raise ValueError(f"{where} is not UTF-8 ({got}); convert it or get the set again") from error
    if "\0" in text:
        raise ValueError(f"{where} has NUL bytes, expected text; convert it or get the set again")
    return text


def tab_separated(file: Path, name: str, files: Files) -> Rows:
    """Rows under a header, or under `files.header`. A quote is a character like any other: sets are written so, and
    quoting loses rows. What a column "index" counts stands there once: a copy of a row would count twice.

    That leaves nothing for a CSV reader to do but split at tabs; Python's refuses a bare CR and fields over 128 kB.
    """
    numbered = lines(file, name)
    header = files.header or next(numbered, (0, ""))[1].split("\t")
    place = header.index(INDEX) if INDEX in header else None
    seen: dict[str, int] = {}
    for number, text in numbered:
        fields = text.split("\t")
        if len(fields) < len(header) and files.ragged:
            continue
        if len(fields) != len(header):
            of = f"{len(header)}, {', '.join(header)}" if files.header else f"{len(header)} as in its header"
            raise ValueError(
                f"{name} line {number} has {len(fields)} fields, expected {of}; "
                f"a tab too many or a line cut short: {AGAIN}"
            )
        if place is not None and (first := seen.setdefault(fields[place], number)) != number:
            raise ValueError(
                f"{name} line {number} has index {fields[place]!r:.30} again, first on line {first}; {AGAIN}"
            )
        yield f"{name} line {number}", dict(zip(header, fields, strict=True))


def comma_separated(file: Path, name: str, _: Files) -> Rows:
    """Rows under a header, quoted as spreadsheets do: a field may hold commas, quotes and newlines."""
    text = decoded(file.read_bytes(), name)
    table = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = next(table, [])
        for fields in table:
            where = f"{name} line {table.line_num}"
            if fields and len(fields) != len(header):
                raise ValueError(f"{where} has {len(fields)} fields, expected {len(header)} as in its header; {AGAIN}")
            if fields:
                yield where, dict(zip(header, fields, strict=True))
    except csv.Error as error:
        raise ValueError(f"{name} line {table.line_num} is not CSV ({error}); {AGAIN}") from error


def json_lines(file: Path, name: str, _: Files) -> Rows:
    """One JSON object a line."""
    for number, text in lines(file, name):
        yield f"{name} line {number}", json_object(text, f"{name} line {number}")


def passages(folder: Path, name: str, _: Files) -> Rows:
    """RACE: a passage a file, in folders of their own or not; a row a question, in the hub's columns."""
    found = [path for path in folder.rglob("*.txt") if path.is_file()]
    if not found:
        raise ValueError(f"{name} has no .txt files, expected a passage in each; get the set as it is distributed")
    for path in sorted(found, key=lambda path: (path.parent, len(path.stem), path.stem)):
        where = f"{name}/{path.relative_to(folder).as_posix()}"
        passage = json_object(decoded(path.read_bytes(), where), where)
        lists = [passage.get(column) for column in ("questions", "options", "answers")]
        if not all(isinstance(each, list) for each in lists) or len({len(each) for each in lists if each}) != 1:
            raise ValueError(f"{where} has no questions, options and answers, as many of each; {AGAIN}")
        for number, (question, options, answer) in enumerate(zip(*lists, strict=True), 1):
            row = {"article": passage.get("article"), "question": question, "options": options, "answer": answer}
            yield f"{where} question {number}", row


def json_object(text: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        said = f"{error.msg}, at {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise ValueError(f"{where} is not JSON ({said}); {AGAIN}") from error
    if not isinstance(row, dict):
        raise ValueError(f"{where} is {text:.40}, expected a JSON object; {AGAIN}")
    return row


def blocks(file: Path, name: str, _: Files) -> Rows:
    """The Definite Pronoun Resolution set: blocks of four lines, sentence, pronoun, two candidates, the right one."""
    text = decoded(file.read_bytes(), name).replace("\r\n", "\n")
    number = 1
    for block in re.split(r"\n[^\S\n]*(?=\n)", text):
        said = [line.strip() for line in block.split("\n") if line.strip()]
        where = f"{name} line {number + len(block) - len(block.lstrip(chr(10)))}"
        number += block.count("\n") + 1
        if not said:
            continue
        if len(said) != 4:
            raise ValueError(f"{where} begins a block of {len(said)} lines, expected 4, sentence to answer; {AGAIN}")
        sentence, pronoun, listed, right = said
        candidates = [candidate.strip() for candidate in listed.split(",")]
        if len(candidates) != 2 or right not in candidates:
            raise ValueError(
                f"{where} has the candidates {listed!r:.80} and the answer {right!r:.40}, expected two and one of "
                f"them; {AGAIN}"
            )
        label = str(candidates.index(right))
        yield where, {"sentence": sentence, "pronoun": pronoun, "candidates": candidates, "label": label}


def schemas(file: Path, name: str, _: Files) -> Rows:
    """The Winograd schemas of the New York University collection, in the hub's columns.

    Its declaration says ISO-8859-1, its bytes are UTF-8. A document type or entities, which can grow without bound or
    name other files, are refused.
    """
    text = decoded(file.read_bytes(), name)
    if found := DECLARATION.search(text):
        raise ValueError(f"{name} has {found[0]}, expected plain elements: it could name other files; {AGAIN}")
    try:
        collection = ElementTree.fromstring(text)
    except (ElementTree.ParseError, RecursionError) as error:
        raise ValueError(f"{name} is not XML ({error}); {AGAIN}") from error
    for number, schema in enumerate(collection.iter("schema"), 1):
        where = f"{name} schema {number}"
        before, pronoun, after, answer = (
            single_spaced(schema.findtext(path)) for path in ("text/txt1", "text/pron", "text/txt2", "correctAnswer")
        )
        options = [single_spaced(option.text) for option in schema.iterfind("answers/answer")]
        letter = ANSWER.fullmatch(answer)
        if not (pronoun and after and letter and ord(letter[1]) - ord("A") < len(options)):
            raise ValueError(
                f"{where} has the pronoun {pronoun!r:.20}, {after!r:.40} after it, and the answer {answer!r:.20} to "
                f"{len(options)} options, expected all of them; {AGAIN}"
            )
        loc = len(before) + 1 if before else 0
        row = {"text": f"{before} {pronoun} {after}".strip(), "pronoun": pronoun, "pronoun_loc": loc}
        yield where, {**row, "options": options, "label": str(ord(letter[1]) - ord("A"))}


def single_spaced(text: str | None) -> str:
    return " ".join((text or "").split())


READERS: dict[str, Callable[[Path, str, Files], Rows]] = {
    ".tsv": tab_separated,
    ".csv": comma_separated,
    ".jsonl": json_lines,
    ".txt": json_lines,  # SciTail's
    "": passages,  # a folder
    "blocks": blocks,
    ".xml": schemas,
}
