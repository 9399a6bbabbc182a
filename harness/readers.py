"""The file formats in which sets are distributed: file -> numbered rows, in the file's own columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from harness.tasks.base import Row


def lines(file: Path, name: str) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line that is not blank. Raises ValueError for what is not UTF-8 text.

    Only LF or CRLF ends a line: a sentence may hold a bare CR, U+0085 or U+2028, at which `str.splitlines` would cut.
    """
    with file.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                got = f"byte 0x{raw[error.start]:02x} at {error.start + 1}"
                raise ValueError(
                    f"{name} line {number} is not UTF-8 ({got}); convert it or get the set again"
                ) from error
            if "\0" in text:
                raise ValueError(f"{name} line {number} has NUL bytes, expected text; convert it or get the set again")
            if text := text.removesuffix("\n").removesuffix("\r"):
                yield number, text


def tab_separated(file: Path, name: str) -> Iterator[tuple[int, Row]]:
    """Rows under a header. A quote is a character like any other: sets are written so, and quoting loses rows.

    That leaves nothing for a CSV reader to do but split at tabs; Python's refuses a bare CR and fields over 128 kB.
    """
    numbered = lines(file, name)
    header = next(numbered, (0, ""))[1].split("\t")
    for number, text in numbered:
        fields = text.split("\t")
        if len(fields) != len(header):
            raise ValueError(
                f"{name} line {number} has {len(fields)} fields, expected {len(header)} as in its header; "
                "a tab too many or a line cut short: correct it or get the set again"
            )
        yield number, dict(zip(header, fields, strict=True))


def json_lines(file: Path, name: str) -> Iterator[tuple[int, Row]]:
    """One JSON object a line."""
    for number, text in lines(file, name):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            said = f"{error.msg}, at {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
            raise ValueError(f"{name} line {number} is not JSON ({said}); correct it or get the set again") from error
        if not isinstance(row, dict):
            raise ValueError(
                f"{name} line {number} is {text:.40}, expected a JSON object; correct it or get the set again"
            )
        yield number, row


READERS = {".tsv": tab_separated, ".jsonl": json_lines, ".txt": json_lines}  # SciTail's JSON lines are named .txt
