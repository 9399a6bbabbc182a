"""The GLUE server's zip: what is written, what is refused, and every fault that is named in one made elsewhere."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness import submission
from harness.submission import FILES, LARGEST, PLACES, File, faults, filler, of_content, write
from harness.tasks import TASKS

BY_NAME = {file.name: file for file in FILES}
COLA, STSB, QNLI, AX = (BY_NAME[f"{name}.tsv"] for name in ("CoLA", "STS-B", "QNLI", "AX"))
HEADER = "index\tprediction\n"
GOOD = f"{HEADER}0\t1\n1\t0\n2\t1\n"  # CoLA's, of three rows
SMALL = COLA._replace(rows=3)

Contents = Mapping[str, str | bytes]


def everything() -> dict[tuple[str, str], list[float]]:
    return {key: filler(file) for key, file in PLACES.items()}


@pytest.fixture(autouse=True)
def three_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file has three rows, so that a zip takes no second; `monkeypatch.undo()` makes it whole again."""
    files = tuple(file._replace(rows=3) for file in FILES)
    monkeypatch.setattr(submission, "FILES", files)
    monkeypatch.setattr(submission, "PLACES", {(file.task, file.split): file for file in files})


def members() -> dict[str, str]:
    """A submission of three rows a file, by hand."""
    first = {file.name: "0" if file is STSB else file.labels[0] for file in FILES}
    return {name: f"{HEADER}0\t{text}\n1\t{text}\n2\t{text}\n" for name, text in first.items()}


def packed(path: Path, contents: Contents, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def content(file: File, text: str) -> list[str]:
    return list(of_content(file, text.encode()))


def test_files_are_our_hidden_splits_in_the_order_of_our_names() -> None:
    ours = {(task.name, split): (task, source) for task in TASKS.values() for split, source in task.hidden.items()}
    assert ours.keys() == PLACES.keys()
    for key, (task, source) in ours.items():
        file, form = PLACES[key], task.form
        assert (file.rows, len(file.labels)) == (source.n, len(form.names))
        assert file.labels in (form.names, ("0", "1"))
    assert TASKS["stsb"].form[2:] == (STSB.low, STSB.high) == (0.0, 5.0)
    ones = {file.task: TASKS[file.task].form.names[1] for file in FILES if file.labels == ("0", "1")}
    expected = ("cola acceptable", "sst2 positive", "mrpc equivalent", "qqp duplicate", "wnli entailment")
    assert sorted(map(" ".join, ones.items())) == sorted(expected)


@pytest.mark.parametrize("name", ["CoLA", "SST-2", "MRPC", "STS-B", "RTE", "WNLI", "AX"])
def test_rows_of_the_real_test_files(name: str, shared_data: Path) -> None:
    path = shared_data / "glue_data" / ("diagnostic/diagnostic.tsv" if name == "AX" else f"{name}/test.tsv")
    indices = [line.split("\t")[0] for line in path.read_text("utf-8-sig").rstrip("\n").split("\n")[1:]]
    assert indices == [str(index) for index in range(BY_NAME[f"{name}.tsv"].rows)]


def test_a_whole_submission_of_filler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    path = tmp_path / "new" / "submission.zip"
    predictions = everything()
    predictions["cola", "test"][:2] = [1, 1.0]
    predictions["stsb", "test"][:5] = [2.34567, -0.2, 5.1, 5, -0.0]
    predictions["rte", "test"][1] = predictions["wnli", "test"][1] = 1
    predictions["mnli", "ax"][:3] = [0, 1, 2]
    write(path, predictions)
    assert faults(path) == []
    with zipfile.ZipFile(path) as archive:
        read = {name: archive.read(name).decode() for name in archive.namelist()}
    assert " ".join(read).replace(".tsv", "") == "CoLA SST-2 MRPC STS-B MNLI-m MNLI-mm QNLI QQP RTE WNLI AX"
    assert read["CoLA.tsv"].startswith(HEADER + "0\t1\n1\t1\n2\t0\n")
    assert read["STS-B.tsv"].startswith(HEADER + "0\t2.346\n1\t0.000\n2\t5.000\n3\t5.000\n4\t0.000\n")
    assert read["RTE.tsv"].startswith(HEADER + "0\tentailment\n1\tnot_entailment\n2\tentailment\n")
    assert read["WNLI.tsv"].startswith(HEADER + "0\t0\n1\t1\n2\t0\n")
    assert read["AX.tsv"].startswith(HEADER + "0\tentailment\n1\tneutral\n2\tcontradiction\n")
    assert read["QQP.tsv"].endswith("\n390964\t0\n") and read["QQP.tsv"].count("\n") == 390_966
    assert path.stat().st_size < 3_000_000 and max(map(len, read.values())) < LARGEST / 4


def test_the_same_predictions_give_the_same_bytes(tmp_path: Path) -> None:
    predictions: dict[tuple[str, str], list[float]] = {key: [0, 1, 1] for key in PLACES}
    write(tmp_path / "one", predictions)
    write(tmp_path / "two", dict(reversed(predictions.items())))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with zipfile.ZipFile(tmp_path / "one") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_all_wrong_predictions_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    predictions: dict[tuple[str, str], list[float]] = {key: [0, 1, 1] for key in PLACES}
    del predictions["sst2", "test"]
    predictions["cola", "test"] = [0, 1]
    predictions["mrpc", "test"] = [0, 1, float("nan")]
    predictions["stsb", "test"] = [0, float("inf"), 1]
    predictions["qqp", "test"] = [0, 0.5, 1]
    predictions["rte", "test"] = [-1, 0, 0]
    predictions["mnli", "ax"] = [0, 1, 3]
    predictions["mnli", "matched"] = [0, 1, 2]
    (tmp_path / "s.zip").write_text("old")
    with pytest.raises(ValueError) as caught:
        write(tmp_path / "s.zip", predictions)
    label = "expected a label's index from 0 to"
    assert str(caught.value) == (
        "s.zip was not written: CoLA.tsv has 2 predictions, expected 3; SST-2.tsv has no predictions of sst2 test; "
        f"MRPC.tsv has nan at index 2, {label} 1; STS-B.tsv has inf at index 1, expected a number; "
        f"QQP.tsv has 0.5 at index 1, {label} 1; RTE.tsv has -1 at index 0, {label} 1; "
        f"AX.tsv has 3 at index 2, {label} 2; no file holds mnli matched; predict the test splits again"
    )
    assert (tmp_path / "s.zip").read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_qnlis_first_version_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    said = r"QNLI\.tsv has 5740 predictions, expected 5463 \(5740 is QNLI v1's, v2 is scored\); predict"
    with pytest.raises(ValueError, match=said):
        write(tmp_path / "s.zip", everything() | {("qnli", "test"): [0.0] * 5740})
    text = HEADER + "".join(f"{index}\tentailment\n" for index in range(5740))
    assert content(QNLI, text) == ["QNLI.tsv has 5740 rows, expected 5463 (5740 is QNLI v1's, v2 is scored)"]


# The archive

FOLDER = "in a folder, expected flat files alone; zip them without their folder"
NOT_READ = "and was not read; expected at most 16777216"
STRANGE = "is none of GLUE's 11 files; leave it out"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"a\x1b.md": "", "cola.tsv": ""}, [f"'a\\x1b.md' {STRANGE}", f"'cola.tsv' {STRANGE}"]),
        (dict.fromkeys("abcdefgh", ""), [*(f"'{name}' {STRANGE}" for name in "abcde"), "files: and 3 more"]),
        ({"__MACOSX/._AX.tsv": "\0"}, [f"'__MACOSX/._AX.tsv': {FOLDER}"]),
        ({"AX.tsv": b"0" * (LARGEST + 1)}, [f"AX.tsv unpacks to 16777217 bytes {NOT_READ}"]),
    ],
    ids=["nothing", "unknown", "many unknown", "macOS", "bomb"],
)
def test_files_too_many_or_too_large(more: Contents, expected: list[str], tmp_path: Path) -> None:
    assert faults(packed(tmp_path / "s.zip", {**members(), **more})) == expected


@pytest.mark.parametrize("between", ["/", "\\"])
def test_a_folder_is_named_and_looked_into(between: str, tmp_path: Path) -> None:
    contents = {f"mine{between}{name}": text for name, text in members().items()}
    del contents[f"mine{between}AX.tsv"]
    contents[f"mine{between}WNLI.tsv"] = GOOD.replace("1\t0", "1\t2")
    two = ", ".join(repr(f"mine{between}{name}") for name in ("CoLA.tsv", "SST-2.tsv"))
    assert faults(packed(tmp_path / "s.zip", contents)) == [
        f"{two} and 8 more: {FOLDER}",
        "WNLI.tsv line 3 has '2', expected 0 or 1",
        "AX.tsv is missing; the server takes any answers to a task not done, but no zip without them",
    ]


def test_doubled_files_and_methods_without_bounds(tmp_path: Path) -> None:
    path = packed(tmp_path / "s.zip", members())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("CoLA.tsv", GOOD.replace("2\t1", "2\tx"))
    assert faults(path) == [
        "CoLA.tsv is there 2 times, expected once; the last was looked at",
        "CoLA.tsv line 4 has 'x', expected 0 or 1",
    ]
    first, *others = faults(packed(path, members(), zipfile.ZIP_LZMA))
    assert first == "CoLA.tsv is compressed by method 14 and was not read; expected deflate or none"
    assert len(others) == 10


@pytest.mark.parametrize(
    ("at", "value", "said"),  # at: in its local header; two further on in the central one
    [
        (6, 1, "encrypted and was not read; zip it without a password"),
        (14, 7, "damaged (Bad CRC-32 for file 'CoLA.tsv'); write the zip again"),
        (22, 7, "damaged (Bad CRC-32 for file 'CoLA.tsv'); write the zip again"),  # longer than it says
    ],
)
def test_a_damaged_member(at: int, value: int, said: str, tmp_path: Path) -> None:
    data = bytearray(packed(tmp_path / "s.zip", members()).read_bytes())
    data[at] = data[data.index(b"PK\x01\x02") + at + 2] = value
    (tmp_path / "s.zip").write_bytes(data)
    assert faults(tmp_path / "s.zip") == [f"CoLA.tsv is {said}"]


def test_what_is_no_zip(tmp_path: Path) -> None:
    (tmp_path / "s.zip").write_text(GOOD)
    (said,) = faults(tmp_path / "s.zip")
    assert said == "s.zip is not a zip that can be read (File is not a zip file); write it again"
    for path in (tmp_path / "none.zip", tmp_path):
        (said,) = faults(path)
        assert said.startswith(f"{path.name} is not a zip that can be read (")


# One file

NO_HEADER = "expected the header 'index\\tprediction'"
WHOLE = "expected a whole number from 0 to 2"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("2\t1\n", "2\t1", []),
        (GOOD, "", [f"line 1 is '', {NO_HEADER}", "has 0 rows, expected 3"]),
        (HEADER, "", [f"line 1 is '0\\t1', {NO_HEADER}"]),
        ("index", "id", [f"line 1 is 'id\\tprediction', {NO_HEADER}"]),
        ("index", "\ufeffindex", ["line 1 starts with a byte-order mark, expected none; save it as UTF-8 without"]),
        ("\n", "\r\n", ["has CRLF at the end of 4 lines, expected LF as in the sample (CRLF has been accepted)"]),
        ("1\t0\n", "1\t0\n\n", ["line 4 is empty"]),
        ("1\t0", "1", ["line 3 has 1 columns, expected 2 with a tab between"]),
        ("1\t0", "1\t0\t0", ["line 3 has 3 columns, expected 2 with a tab between"]),
        ("1\t0", "1\t 0", ["line 3 has ' 0', expected 0 or 1"]),
        ("1\t0\n", "", ["has 2 rows, expected 3", "lacks index 1; expected each from 0 to 2"]),
        ("2\t1\n", "2\t1\n3\t0\n", ["has 4 rows, expected 3"]),
        ("1\t0", "0\t0", ["lacks index 1; expected each from 0 to 2", "line 3 has index 0 again, expected each once"]),
        ("0\t1\n1\t0\n", "1\t0\n0\t1\n", ["line 3 has index 0 after 1, expected them in order"]),
        ("2\t1", "3\t1", ["lacks index 2; expected each from 0 to 2", f"line 4 has index '3', {WHOLE}"]),
        ("2\t1", "2.0\t1", ["lacks index 2; expected each from 0 to 2", f"line 4 has index '2.0', {WHOLE}"]),
    ],
)
def test_faults_of_a_file(old: str, new: str, expected: list[str]) -> None:
    assert content(SMALL, GOOD.replace(old, new) if old else GOOD) == [f"CoLA.tsv {said}" for said in expected]


def test_a_line_may_have_two_faults_and_be_no_text() -> None:
    assert list(of_content(SMALL, GOOD.encode().replace(b"1\t0", b"x\t\xff"))) == [
        "CoLA.tsv line 3 is not UTF-8 (byte 0xff); save it as UTF-8",
        "CoLA.tsv lacks index 1; expected each from 0 to 2",
        "CoLA.tsv line 3 has '\\\\xff', expected 0 or 1",
        f"CoLA.tsv line 3 has index 'x', {WHOLE}",
    ]


@pytest.mark.parametrize("score", ["nan", "inf", "5.001", "-0.1", "1_0", "", "3,5", "٣", "1e999", "9" * 99])
def test_a_score_is_a_number_in_its_range(score: str) -> None:
    row = STSB._replace(rows=1)
    (said,) = content(row, f"{HEADER}0\t{score}\n")
    assert said.endswith(", expected a number from 0 to 5") and len(said) < 150
    assert [content(row, f"{HEADER}0\t{good}\n") for good in ("5", "0.000", "3.", "1e-3", "-0")] == [[]] * 5


def test_a_file_of_the_wrong_sort_is_named_in_a_few_lines() -> None:
    found = content(AX, HEADER + "".join(f"{number}\t0\n" for number in range(1, 1001)))
    assert found[:3] == [
        "AX.tsv has 1000 rows, expected 1104",
        "AX.tsv lacks index 0, 1001, 1002, 1003, 1004 and 99 more; expected each from 0 to 1103",
        "AX.tsv line 2 has '0', expected entailment, neutral or contradiction",
    ]
    assert found[7:] == ["AX.tsv: and 995 more"]


EDIT = st.tuples(st.integers(0, len(GOOD)), st.integers(0, 3), st.text("0123\t\n\r \ufeffé-.", max_size=3))


@given(st.lists(EDIT, max_size=3))
@example([(len(GOOD) - 1, 1, "\r")])  # a last line that a CR alone ends
def test_a_file_is_without_fault_only_if_it_is_the_format(edits: list[tuple[int, int, str]]) -> None:
    text = GOOD
    for start, cut, new in edits:
        text = text[:start] + new + text[start + cut :]
    found = content(SMALL, text)
    assert (found == []) == bool(re.fullmatch("index\tprediction\n0\t[01]\n1\t[01]\n2\t[01]\n?", text))
    assert all(line.isprintable() and line.startswith("CoLA.tsv") for line in found)


@given(st.binary(max_size=300))
def test_any_bytes_for_a_file(data: bytes) -> None:
    found = list(of_content(SMALL, data))
    assert found and all(map(str.isprintable, found))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 255)), max_size=8), st.integers(0, 10**4))
def test_any_damage_to_a_zip_is_told_and_never_raised(damage: list[tuple[int, int]], length: int) -> None:
    with TemporaryDirectory() as folder:
        path = packed(Path(folder) / "s.zip", members())
        data = bytearray(path.read_bytes())
        for place, value in damage:
            data[-1 - place % len(data)] = value
        path.write_bytes(data[: length or None])
        assert all(line.isprintable() for line in faults(path))
