"""Rows from a local directory to examples: what loads, what is refused and in which words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.data import Directory, MiniWorld, Opened, Split, load, problem
from harness.tasks import TASKS
from harness.tasks.base import Example, Row, Source, Task

RTE = TASKS["rte"]
SNLI = TASKS["snli"]
HEADER = "index\tsentence1\tsentence2\tlabel\n"
TWO = HEADER + "0\tIt rains.\tIt is wet.\tentailment\n1\tIt rains.\tIt is dry.\tnot_entailment\n"
ROTATED = (
    "label\tindex\tsentence2\tsentence1\n"
    "entailment\t0\tIt is wet.\tIt rains.\nnot_entailment\t1\tIt is dry.\tIt rains.\n"
)


def evaluation(task: Task, name: str = "") -> Source:
    return task.evaluations[name] if name else next(iter(task.evaluations.values()))


def write(folder: Path, source: Source, content: str | bytes) -> Path:
    path = folder / source.files.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rte(folder: Path, content: str | bytes, n: int = 2) -> Split:
    """Load `content` as RTE's validation file, of which `n` rows are published."""
    source = replace(evaluation(RTE), n=n)
    write(folder, source, content)
    return load(RTE, source, Directory(folder))


def snli(folder: Path, *rows: object, n: int = 1) -> Split:
    source = replace(evaluation(SNLI), n=n)
    write(folder, source, "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return load(SNLI, source, Directory(folder))


def pair(label: str = "neutral", first: object = "It rains.", second: object = "It is wet.") -> dict[str, object]:
    return {"gold_label": label, "sentence1": first, "sentence2": second, "annotator_labels": [label]}


# What is accepted


def test_a_split_says_what_it_is_of(tmp_path: Path) -> None:
    count, examples = rte(tmp_path, TWO)
    assert examples == [Example((("It rains.", "It is wet."),), 0), Example((("It rains.", "It is dry."),), 1)]
    assert (count.split, count.n, count.of, count.origin) == ("validation", 2, 2, "directory RTE/dev.tsv")
    assert re.fullmatch("[0-9a-f]{64}", count.hash)


@pytest.mark.parametrize(
    "variant",
    [
        TWO.replace("\n", "\r\n"),
        "\ufeff" + TWO,
        TWO.rstrip("\n"),
        TWO + "\n",
        ROTATED,
    ],
    ids=["CRLF", "byte-order mark", "no newline at the end", "blank line at the end", "columns in another order"],
)
def test_the_same_rows_written_otherwise_are_the_same_examples(tmp_path: Path, variant: str) -> None:
    assert rte(tmp_path / "a", variant) == rte(tmp_path / "b", TWO)


@pytest.mark.parametrize(
    "text", ['"Yes', 'He said "no".', "NA", "null", "None", "a\rb", "a\u2028b\x85c", "x" * 200_000]
)
def test_a_text_is_kept_as_it_is(tmp_path: Path, text: str) -> None:
    _, examples = rte(tmp_path, TWO.replace("It is wet.", text))
    assert examples[0].sequences == (("It rains.", text),)


def test_rows_without_agreement_are_dropped_and_not_counted(tmp_path: Path) -> None:
    count, examples = snli(tmp_path, pair(), pair("-"), pair("contradiction"), n=2)
    assert (count.n, [label for _, label in examples]) == (2, [1, 2])


def test_a_limit_keeps_the_first_and_says_so(tmp_path: Path) -> None:
    whole = rte(tmp_path, TWO)
    count, examples = load(RTE, replace(evaluation(RTE), n=2), Directory(tmp_path), limit=1)
    assert (count.n, count.of, examples) == (1, 2, whole.examples[:1])
    assert count.hash != whole.count.hash
    assert load(RTE, evaluation(RTE), Directory(tmp_path), limit=64).count.n == 2  # a fragment, under a limit
    with pytest.raises(ValueError, match="limit 0; expected at least 1"):
        load(RTE, evaluation(RTE), Directory(tmp_path), limit=0)


# What is refused


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "index\tsentence1\tlabel\n0\ta\tentailment\n",
            "line 2 has no column sentence2; found index, sentence1, label;",
        ),
        (TWO.replace("wet.", "w\tet."), "line 2 has 5 fields, expected 4"),
        (TWO.replace("\tIt is dry.", ""), "line 3 has 3 fields, expected 4"),
        (TWO.replace("It is dry.", " "), "line 3: sentence2 is ' ', expected text; correct the row"),
        (TWO.replace("It is dry.", ""), "line 3: sentence2 is '', expected text; correct the row"),
        (
            TWO.replace("not_ent", "ent").replace("\tentail", "\tENTAIL"),
            "line 2: label 'ENTAILment' .* expected one of",
        ),
        (TWO.replace("not_entailment", "-1"), "line 3: label '-1' .* expected one of entailment, not_entailment"),
        (TWO.replace("not_entailment", "1"), "line 3: label '1' .* expected one of entailment, not_entailment"),
        (TWO.replace("dry", "d\0ry"), "line 3 has NUL bytes"),
        (TWO.encode("utf-16-le"), "line 1 has NUL bytes"),
        (TWO.encode("utf-16"), "line 1 is not UTF-8 .byte 0xff at 1."),
        (TWO.replace("dry", "s\xe8che").encode("latin-1"), "line 3 is not UTF-8 .byte 0xe8 at 20."),
        (TWO.replace("\n", "\r"), "has 0 of 2 rows"),
        ("", "has 0 of 2 rows; a fragment gives no number"),
        (HEADER, "has 0 of 2 rows"),
        (TWO + "2\ta\tb\tentailment\n3\ta\tb\tentailment\n", "has 4 rows, expected 2; get the published version"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"^(RTE/)?dev.tsv {message}") as caught:
        rte(tmp_path, content)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"gold_label": "neutral", "sentence1', "line 2 is not JSON .Unterminated string starting at, at 27."),
        ("[1, 2]", r"line 2 is \[1, 2\], expected a JSON object"),
        ("[" * 100_000, "line 2 is not JSON"),
        ({"gold_label": "neutral", "sentence1": "a"}, "line 2 has no column sentence2; found gold_label, sentence1;"),
        (pair(second=""), "line 2: hypothesis is '', expected text"),
        (pair(second=None), "line 2: hypothesis is None, expected text"),
        (pair(first=["a"]), r"line 2: premise is \['a'\], expected text"),
        (pair(first="a\0"), r"line 2: premise has the character '\\x00'"),
        (pair(first="a\ud800"), r"line 2: premise has the character '\\ud800'"),
        (pair("maybe"), "line 2: label 'maybe' in column 'label'; expected one of entailment, neutral, contradiction"),
    ],
)
def test_a_bad_json_line_is_named(tmp_path: Path, row: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^snli_1.0_test.jsonl {message}") as caught:
        snli(tmp_path, pair(), row, n=2)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_subset_of_nothing_is_no_subset(tmp_path: Path) -> None:
    write(tmp_path, evaluation(RTE), HEADER)
    with pytest.raises(ValueError, match=r"RTE/dev\.tsv has 0 of 277 rows"):
        load(RTE, evaluation(RTE), Directory(tmp_path), allow_subset=True)


def test_what_is_not_there_is_said_with_the_ways_to_provide_it(tmp_path: Path) -> None:
    ways = "give the directory that holds glue_data/RTE/dev.tsv with --data-dir, or .* hub .nyu-mll/glue rte"
    for folder, got in [
        (tmp_path / "none", "no data directory .*none"),
        (tmp_path, f"data directory {tmp_path} is empty"),
    ]:
        with pytest.raises(FileNotFoundError, match=f"^{got}; {ways}"):
            load(RTE, evaluation(RTE), Directory(folder))
    (tmp_path / "glue_data" / "RTE" / "dev.tsv").mkdir(parents=True)  # a folder is no file
    looked = f"{tmp_path}/glue_data/RTE/dev.tsv and {tmp_path}/RTE/dev.tsv"
    with pytest.raises(FileNotFoundError, match=f"^RTE/dev.tsv not found: looked for {looked}; {ways}"):
        load(RTE, evaluation(RTE), Directory(tmp_path))
    assert problem(RTE, evaluation(RTE), Directory(tmp_path)) == "RTE/dev.tsv not found"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TWO, ""),
        (TWO + "\n", ""),
        (TWO.replace("\n", "\r\n").rstrip(), ""),
        (TWO + "2\ta\tb\tentailment\n", "RTE/dev.tsv has 3 rows, expected 2"),
        (HEADER, "RTE/dev.tsv has 0 of 2 rows"),
        ("", "RTE/dev.tsv has 0 of 2 rows"),
    ],
)
def test_a_problem_is_counted_in_lines(tmp_path: Path, content: str, said: str) -> None:
    source = replace(evaluation(RTE), n=2)
    write(tmp_path, source, content)
    assert problem(RTE, source, Directory(tmp_path)) == said


def test_more_lines_are_no_problem_where_some_are_unlabelled(tmp_path: Path) -> None:
    snli(tmp_path, pair(), pair("-"))
    assert problem(SNLI, replace(evaluation(SNLI), n=1), Directory(tmp_path)) == ""
    assert problem(SNLI, evaluation(SNLI), Directory(tmp_path)) == "snli_1.0_test.jsonl has 2 of 9824 rows"


# Origins are alike


@dataclass(frozen=True)
class Given:
    """An origin of rows in the hub's columns, as the hub gives them: other columns beside, other order."""

    found: tuple[Row, ...]

    def open(self, task: Task, source: Source) -> Opened:  # noqa: ARG002
        def rows() -> Iterator[tuple[str, Row]]:
            for n, row in enumerate(self.found):
                yield f"given row {n}", row

        return Opened("given", "given", source.n, rows())


def test_the_same_rows_hash_alike_from_two_origins(tmp_path: Path) -> None:
    given = Given(
        (
            {"idx": 0, "label": "entailment", "sentence2": "It is wet.", "sentence1": "It rains."},
            {"idx": 1, "label": "not_entailment", "sentence2": "It is dry.", "sentence1": "It rains."},
        )
    )
    here, there = rte(tmp_path, TWO), load(RTE, replace(evaluation(RTE), n=2), given)
    assert here.examples == there.examples
    assert here.count.hash == there.count.hash
    swapped = load(RTE, replace(evaluation(RTE), n=2), Given(given.found[::-1]))
    assert swapped.count.hash != here.count.hash


def test_the_mini_world_is_an_origin_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(task: str, split: str, seed: int) -> Iterator[Row]:
        for n in range(3):
            yield {"sentence1": f"{task} {split}", "sentence2": f"seed {seed}, {n}", "label": "entailment"}

    world = SimpleNamespace(VERSION=7, SIZES={"rte": {"validation": 3}}, rows=rows)
    monkeypatch.setattr("harness.mini_world", world, raising=False)
    count, examples = load(RTE, evaluation(RTE), MiniWorld(5))
    assert (count.split, count.n, count.of, count.origin) == ("validation", 3, 3, "mini world 7, seed 5")
    assert examples[2] == Example((("rte validation", "seed 5, 2"),), 0)
    assert load(RTE, evaluation(RTE), MiniWorld(6)).count.hash != count.hash


def test_a_hidden_label_of_the_hub_is_an_error() -> None:
    row = {"sentence1": "a", "sentence2": "b", "label": "-1"}
    with pytest.raises(ValueError, match=r"^given row 0: label '-1' .* expected one of"):
        load(RTE, replace(evaluation(RTE), n=1), Given((row,)))


def test_importing_it_is_cheap() -> None:
    code = "import sys, harness.data; print(*{'torch', 'datasets', 'huggingface_hub', 'numpy'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


# Anything at all

LINES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([HEADER.encode(), b"0\ta\tb\tentailment\n", b"\t\t\t\n", b"\xef\xbb\xbf", b"\r", b"\n"]),
        st.recursive(
            st.one_of(st.none(), st.floats(), st.text(max_size=5)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3),
                st.dictionaries(st.sampled_from(["sentence1", "sentence2", "gold_label", "x"]), inner, max_size=4),
            ),
            max_leaves=6,
        ).map(lambda value: json.dumps(value).encode() + b"\n"),
        st.just(json.dumps(pair()).encode() + b"\n"),
    ),
    max_size=8,
).map(b"".join)


@settings(max_examples=200, deadline=None)
@given(LINES)
@example(b"1" * 5000 + b"\n")  # more digits than Python turns into a number
def test_any_bytes_are_rows_or_a_clear_error(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        said = []
        for task in (RTE, SNLI):
            source = evaluation(task)
            write(Path(folder), source, content)
            try:
                count, examples = load(task, source, Directory(Path(folder)), allow_subset=True)
            except (ValueError, OSError) as error:
                said.append(str(error))
            else:
                assert count.n == len(examples) > 0
            said.append(problem(task, source, Directory(Path(folder))))
        assert not any("\n" in line for line in said)
