"""The zip that the GLUE server scores: written from predictions, and checked whoever wrote it.

The test labels are the server's, so this is the only way to the paper's own columns of Table 4. File names, label
strings, row counts and line ends are those of the official sample submission, but for QNLI, which was released anew.
"""

from __future__ import annotations

import codecs
import io
import itertools
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.storage.files import write_atomic

HEADER = "index\tprediction"
NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?")  # float() would take nan, inf and 1_0


class File(NamedTuple):
    """One file of the zip. `labels` are its strings in the order of our form's names; without any it holds scores."""

    name: str
    task: str
    split: str  # as in `Task.hidden`
    rows: int
    labels: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 5.0

    @property
    def expected(self) -> str:
        if self.labels:
            return f"{', '.join(self.labels[:-1])} or {self.labels[-1]}"
        return f"a number from {self.low:g} to {self.high:g}"

    def takes(self, text: str) -> bool:
        if self.labels:
            return text in self.labels
        return bool(NUMBER.fullmatch(text)) and self.low <= float(text) <= self.high

    def text(self, prediction: float) -> str:
        """A score is clipped to the range and has the sample's three decimals."""
        return self.labels[int(prediction)] if self.labels else f"{max(self.low, min(prediction, self.high)):.3f}"

    def expected_rows(self, got: int) -> str:
        """The official sample still holds QNLI v1; the server answers that with "not all ids present"."""
        note = " (5740 is QNLI v1's, v2 is scored)" if (self.task, got) == ("qnli", 5740) else ""
        return f"expected {self.rows}{note}"


BINARY = ("0", "1")
TWO_WAY = ("entailment", "not_entailment")
THREE_WAY = ("entailment", "neutral", "contradiction")
FILES = (
    File("CoLA.tsv", "cola", "test", 1_063, BINARY),
    File("SST-2.tsv", "sst2", "test", 1_821, BINARY),
    File("MRPC.tsv", "mrpc", "test", 1_725, BINARY),
    File("STS-B.tsv", "stsb", "test", 1_379),
    File("MNLI-m.tsv", "mnli", "test_matched", 9_796, THREE_WAY),
    File("MNLI-mm.tsv", "mnli", "test_mismatched", 9_847, THREE_WAY),
    File("QNLI.tsv", "qnli", "test", 5_463, TWO_WAY),
    File("QQP.tsv", "qqp", "test", 390_965, BINARY),
    File("RTE.tsv", "rte", "test", 3_000, TWO_WAY),
    File("WNLI.tsv", "wnli", "test", 146, BINARY),  # our names run not_entailment, entailment
    File("AX.tsv", "mnli", "ax", 1_104, THREE_WAY),  # GLUE's diagnostic set
)
PLACES = {(file.task, file.split): file for file in FILES}


def filler(file: File) -> list[float]:
    """For a task that was not done, since the server takes no zip without it: the first label or score 0, always."""
    return [0.0] * file.rows


def write(path: Path, predictions: Mapping[tuple[str, str], Sequence[float]]) -> None:
    """Write the zip, whole or not at all; the same predictions give the same bytes.

    predictions: (task, split) -> a number a row of the published test split, in its order: the index of the label in
    our form's names, or STS-B's score, clipped to 0..5. Raises ValueError, one line that names every file whose
    predictions are missing, too few or many, or no labels, and every split that no file holds (a misspelled one would
    leave filler in its place); OSError where writing fails.
    """
    wrong = [text for key, file in PLACES.items() if (text := unwritable(file, predictions.get(key)))]
    wrong += [f"no file holds {task} {split}" for task, split in predictions if (task, split) not in PLACES]
    if wrong:
        raise ValueError(f"{path.name} was not written: {'; '.join(wrong)}; predict the test splits again")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for key, file in PLACES.items():
            member = zipfile.ZipInfo(file.name)  # of 1980-01-01, whenever it is written
            member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            rows = (f"{number}\t{file.text(value)}\n" for number, value in enumerate(predictions[key]))
            members.writestr(member, f"{HEADER}\n{''.join(rows)}")
    write_atomic(path, archive.getvalue())


def unwritable(file: File, values: Sequence[float] | None) -> str:
    """What is wrong with one file's predictions, or ""."""
    if values is None:
        return f"{file.name} has no predictions of {file.task} {file.split}"
    if len(values) != file.rows:
        return f"{file.name} has {len(values)} predictions, {file.expected_rows(len(values))}"
    expected = f"a label's index from 0 to {len(file.labels) - 1}" if file.labels else "a number"
    for number, value in enumerate(values):
        if not math.isfinite(value) or (file.labels and value not in range(len(file.labels))):
            return f"{file.name} has {value} at index {number}, expected {expected}"
    return ""


# Checking

SHOWN = 5  # faults of one kind and file; a file of the wrong sort has as many as lines
LARGEST = 16 * 2**20  # bytes; the largest real one, QQP's, has 4 MB
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError, ValueError)


def faults(path: Path) -> list[str]:
    """Everything for which the server might refuse the zip at `path`, or score it wrongly; empty if there is nothing.

    Each is one line that says where (file and line), what was got and what was expected; of one kind a few are shown
    and the others counted. Any bytes are safe to check: nothing is extracted, and no file over 16 MiB is read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return list(of_archive(archive))
    except UNREADABLE as error:
        return [f"{path.name} is not a zip that can be read ({error}); write it again"]


def of_archive(archive: zipfile.ZipFile) -> Iterator[str]:
    places = [(re.split(r"[/\\]", info.filename), info) for info in archive.infolist()]
    if nested := [readable(info.filename) for place, info in places if len(place) > 1]:
        more = f" and {len(nested) - 2} more" if len(nested) > 2 else ""
        yield f"{', '.join(nested[:2])}{more}: in a folder, expected flat files alone; zip them without their folder"
    strange = [place[0] for place, _ in places if len(place) == 1 and place[0] not in {file.name for file in FILES}]
    yield from few(
        "files", (f"{readable(name)} is none of GLUE's {len(FILES)} files; leave it out" for name in strange)
    )
    for file in FILES:
        found = [info for _, info in places if info.filename == file.name]
        if len(found) > 1:
            yield f"{file.name} is there {len(found)} times, expected once; the last was looked at"
        found = found or [info for place, info in places if place[-1] == file.name]
        if found:
            yield from of_member(archive, found[-1], file)
        else:
            yield f"{file.name} is missing; the server takes any answers to a task not done, but no zip without them"


def of_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: File) -> Iterator[str]:
    if info.flag_bits & 1:
        yield f"{file.name} is encrypted and was not read; zip it without a password"
    elif info.file_size > LARGEST:
        yield f"{file.name} unpacks to {info.file_size} bytes and was not read; expected at most {LARGEST}"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile unpacks others unbounded
        yield f"{file.name} is compressed by method {info.compress_type} and was not read; expected deflate or none"
    else:
        try:
            with archive.open(info) as stream:
                data = stream.read(info.file_size + 1)  # one more, so that the end and with it the CRC is reached
        except UNREADABLE as error:
            yield f"{file.name} is damaged ({error}); write the zip again"
        else:
            yield from of_content(file, data)


def of_content(file: File, data: bytes) -> Iterator[str]:
    """Faults of a file as a whole, then of its lines."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        where = data.count(b"\n", 0, error.start) + 1
        yield f"{file.name} line {where} is not UTF-8 (byte 0x{data[error.start]:02x}); save it as UTF-8"
    if data.startswith(codecs.BOM_UTF8):
        yield f"{file.name} line 1 starts with a byte-order mark, expected none; save it as UTF-8 without"
    text = data.decode("utf-8-sig", errors="backslashreplace")
    if crlf := text.count("\r\n"):
        yield f"{file.name} has CRLF at the end of {crlf} lines, expected LF as in the sample (CRLF has been accepted)"
    if (header := next(lines(text))[1]) != HEADER:
        yield f"{file.name} line 1 is {readable(header)}, expected the header {HEADER!r}"
    rows = sum(line != "" for _, line in body(text))
    if rows != file.rows:
        yield f"{file.name} has {rows} rows, {file.expected_rows(rows)}"
    seen = {index(line.partition("\t")[0], file.rows) for _, line in body(text)}
    missing = [str(number) for number in range(file.rows) if number not in seen]
    if missing and rows:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        yield f"{file.name} lacks index {', '.join(missing[:SHOWN])}{more}; expected each from 0 to {file.rows - 1}"
    yield from few(file.name, (f"{file.name} line {where} {what}" for where, what in of_lines(file, text, rows)))


def of_lines(file: File, text: str, rows: int) -> Iterator[tuple[int, str]]:
    """Where and what, for the lines after the header. rows: how many there are, which if too many is said elsewhere."""
    seen, last = set[int](), -1
    for where, line in body(text):
        first, *others = line.split("\t")
        if line == "":
            yield where, "is empty"
            continue
        if len(others) != 1:
            yield where, f"has {1 + len(others)} columns, expected 2 with a tab between"
        elif not file.takes(others[0]):
            yield where, f"has {readable(others[0])}, expected {file.expected}"
        number = index(first, max(file.rows, rows))
        if number is None:
            yield where, f"has index {readable(first)}, expected a whole number from 0 to {file.rows - 1}"
            continue
        if number in seen:
            yield where, f"has index {number} again, expected each once"
        elif number < last:
            yield where, f"has index {number} after {last}, expected them in order"
        seen.add(number)
        last = number


def index(text: str, end: int) -> int | None:
    """A whole number below `end`, written plainly."""
    return number if re.fullmatch("0|[1-9][0-9]{0,8}", text) and (number := int(text)) < end else None


def body(text: str) -> Iterator[tuple[int, str]]:
    """The lines after the header; the first too if it is a row."""
    return itertools.dropwhile(lambda each: each[0] == 1 and not re.match("[0-9]+\t", each[1]), lines(text))


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Number, from 1, and content of each line; an empty file has one."""
    for number, line in enumerate(io.StringIO(text or "\n", newline="\n"), 1):
        yield number, line[:-2] if line.endswith("\r\n") else line.removesuffix("\n")


def few(what: str, found: Iterable[str]) -> Iterator[str]:
    rest = iter(found)
    yield from itertools.islice(rest, SHOWN)
    if more := sum(1 for _ in rest):
        yield f"{what}: and {more} more"


def readable(text: str) -> str:
    """Foreign text, for one line of a terminal: quoted, escaped, cut."""
    return ascii(text[:60]) + ("..." if len(text) > 60 else "")
