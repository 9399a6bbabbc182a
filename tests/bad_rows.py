"""Every kind of broken row in every file format, and what is said of it; what is read all the same, by which rule."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from harness.data import Directory, Split, load
from harness.tasks import TASKS, ZERO_SHOT

Content = str | bytes | dict[str, str | bytes]  # of a file, or of the files of a folder


class Kind(NamedTuple):
    """A set whose evaluation file is given: good content of two rows, to be broken."""

    task: str
    good: Content

    def load(self, folder: Path, content: Content, n: int = 2) -> Split:
        task = {**TASKS, **ZERO_SHOT}[self.task]
        source = replace(next(iter(task.evaluations.values())), n=n, part=None)
        path = folder / source.files.path
        files = content if isinstance(content, dict) else {"": content}
        for name, each in files.items():
            place = path / name if name else path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(each if isinstance(each, bytes) else each.encode())
        return load(task, source, Directory(folder))


def snli(**changes: Any) -> str:
    row = {"gold_label": "neutral", "sentence1": "It rains.", "sentence2": "It is wet.", **changes}
    return json.dumps({name: value for name, value in row.items() if value is not ...}) + "\n"


def scitail(**changes: Any) -> str:
    return json.dumps({"sentence1": "It rains.", "sentence2": "It is wet.", "gold_label": "neutral", **changes}) + "\n"


def passage(**changes: Any) -> str:
    told = {"article": "It rains.", "questions": ["Wet?", "Dry?"], "answers": ["A", "B"]}
    return json.dumps({**told, "options": [["yes", "no", "so", "both"]] * 2, **changes})


def schemas(*changes: tuple[str, str]) -> str:
    one = (
        "<schema><text><txt1>The cup broke since</txt1><pron>it</pron><txt2>fell.</txt2></text><answers>"
        "<answer>the cup</answer><answer>the dog</answer></answers><correctAnswer>A</correctAnswer></schema>"
    )
    text = f"<collection>{one}{one}</collection>"
    for old, new in changes:
        text = text.replace(old, new, 1)
    return text


RTE_HEADER = "index\tsentence1\tsentence2\tlabel\n"
STORY_HEADER = (
    "InputStoryid,InputSentence1,InputSentence2,InputSentence3,InputSentence4,RandomFifthSentenceQuiz1,"
    "RandomFifthSentenceQuiz2,AnswerRightEnding\n"
)
STSB_HEADER = "index\tgenre\tsentence1\tsentence2\tscore\n"
BLOCK = "The cup broke since it fell.\nit\nthe cup,the dog\nthe cup\n\n"
KINDS = {
    "rte": Kind("rte", RTE_HEADER + "0\tIt rains.\tIt is wet.\tentailment\n1\tIt rains.\tIt is dry.\tnot_entailment\n"),
    "cola": Kind("cola", "gj04\t1\t\tIt rains.\ngj04\t0\t*\tRains it the.\n"),
    "stsb": Kind("stsb", STSB_HEADER + "0\tnews\tIt rains.\tIt pours.\t3.8\n1\tnews\tIt rains.\tIt snows.\t1.2\n"),
    "qqp": Kind(
        "qqp", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tWhy?\tHow?\t0\n1\t3\t4\tA?\tB?\t1\n"
    ),
    "snli": Kind("snli", snli() + snli(gold_label="entailment")),
    "scitail": Kind("scitail", scitail() + scitail(gold_label="entailment")),
    "story_cloze": Kind("story_cloze", STORY_HEADER + "a,It rained.,All day.,She ran.,She fell.,Wet.,Dry.,1\n" * 2),
    "race": Kind("race", {"1.txt": passage()}),
    "dpr": Kind("dpr", BLOCK * 2),
    "wsc273": Kind("wsc273", schemas()),
}


def changed(kind: str, old: str, new: str) -> str:
    good = KINDS[kind].good
    assert isinstance(good, str) and old in good
    return good.replace(old, new, 1)


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("dev.tsv", str(KINDS["rte"].good))
    return stream.getvalue()


RTE, COLA, QQP = (str(KINDS[name].good) for name in ("rte", "cola", "qqp"))
DRY = "It is dry."
HTML = "<!DOCTYPE html>\n<html><body>404: not here</body></html>\n"
# kind of file, what is broken, its content, what is said
REFUSED: list[tuple[str, str, Content, str]] = [
    ("rte", "a column is missing", RTE.replace("\tsentence2", ""), r"RTE/dev.tsv line 2 has 4 fields, expected 3"),
    (
        "rte",
        "a column has another name",
        RTE.replace("sentence2", "text"),
        "line 2 has no column sentence2; found index,",
    ),
    ("rte", "a tab too many", changed("rte", "dry", "d\try"), "RTE/dev.tsv line 3 has 5 fields, expected 4"),
    ("rte", "a line cut short", RTE[:-20], "RTE/dev.tsv line 3 has 3 fields, expected 4"),
    ("rte", "a NUL", changed("rte", "dry", "d\0ry"), "RTE/dev.tsv line 3 has NUL bytes"),
    ("rte", "UTF-16", RTE.encode("utf-16"), "RTE/dev.tsv line 1 is not UTF-8"),
    ("rte", "Latin-1", changed("rte", "dry", "séche").encode("latin-1"), "RTE/dev.tsv line 3 is not UTF-8 .byte 0xe9"),
    ("rte", "CR alone ends lines", RTE.replace("\n", "\r"), "RTE/dev.tsv has 0 of 2 rows"),
    ("rte", "an empty sentence", changed("rte", DRY, ""), "RTE/dev.tsv line 3: sentence2 is '', expected text"),
    ("rte", "a blank sentence", changed("rte", DRY, " \u2003"), "RTE/dev.tsv line 3: sentence2 is .* expected text"),
    (
        "rte",
        "a label outside the set",
        changed("rte", "not_entailment", "maybe"),
        "line 3: label 'maybe'.*expected one",
    ),
    (
        "rte",
        "a label by number",
        changed("rte", "not_entailment", "1"),
        "line 3: label '1'.*expected one of entailment",
    ),
    ("rte", "no label", changed("rte", "not_entailment", ""), "line 3: label ''.*expected one of entailment"),
    ("rte", "an index twice", changed("rte", "\n1\t", "\n0\t"), "line 3 has index '0' again, first on line 2"),
    ("rte", "the header twice", RTE_HEADER + RTE, "line 2: label 'label' in column 'label'; expected one of"),
    ("rte", "a row too many", f"{RTE}2\ta\tb\tentailment\n", "RTE/dev.tsv has 3 rows, expected 2; get the published"),
    ("rte", "a row too few", RTE[: RTE.index("\n1\t") + 1], "RTE/dev.tsv has 1 of 2 rows; a fragment gives no number"),
    ("rte", "an empty file", "", "RTE/dev.tsv has 0 of 2 rows"),
    ("rte", "an error page in its place", HTML, "RTE/dev.tsv line 2 has no column sentence1"),
    ("rte", "a zip in its place", zipped(), "RTE/dev.tsv line 1 (is not UTF-8|has NUL bytes)"),
    ("rte", "a gzip in its place", gzip.compress(RTE.encode()), "RTE/dev.tsv line 1 is not UTF-8"),
    ("rte", "another set in its place", str(KINDS["stsb"].good), "RTE/dev.tsv line 2 has no column label; found index"),
    ("rte", "WNLI's labels", RTE.replace("not_entailment", "0").replace("entailment", "1"), "line 2: label '1'"),
    (
        "rte",
        "the train file in its place",
        RTE_HEADER + "".join(f"{i}\ta\tb\tentailment\n" for i in range(9)),
        "9 rows",
    ),
    ("cola", "a field short", changed("cola", "0\t*\t", "0\t"), "CoLA/dev.tsv line 2 has 3 fields, expected 4, source"),
    ("cola", "another label", changed("cola", "\t1\t", "\t2\t"), "line 1: label '2'.*expected one of unacceptable"),
    (
        "cola",
        "a header that it has not",
        f"source\tlabel\tmark\tsentence\n{COLA}",
        "line 1: label 'label'",
    ),
    ("stsb", "a score of NaN", changed("stsb", "1.2", "nan"), "line 3: label 'nan'.*expected a number from 0 to 5"),
    ("stsb", "an infinite score", changed("stsb", "1.2", "1e999"), "line 3: label '1e999'.*expected a number from 0"),
    ("stsb", "a score too high", changed("stsb", "1.2", "5.2"), "line 3: label '5.2'.*expected a number from 0 to 5"),
    ("stsb", "a score below", changed("stsb", "1.2", "-0.2"), "line 3: label '-0.2'.*expected a number from 0 to 5"),
    ("stsb", "a score in words", changed("stsb", "1.2", "one"), "line 3: label 'one'.*expected a number from 0 to 5"),
    ("stsb", "no score", changed("stsb", "1.2", ""), "line 3: label ''.*expected a number from 0 to 5"),
    ("qqp", "a tab too many", changed("qqp", "Why?", "W\thy?"), "QQP/dev.tsv line 2 has 7 fields, expected 6"),
    ("snli", "a line cut short", snli() + snli()[:30], r"snli_1.0_test.jsonl line 2 is not JSON .*at \d+.; correct"),
    ("snli", "no object", snli() + "[1, 2]\n", r"line 2 is \[1, 2\], expected a JSON object"),
    ("snli", "a list of everything", json.dumps([json.loads(snli())] * 2), "line 1 is .*, expected a JSON object"),
    ("snli", "a column is missing", snli() + snli(sentence2=...), "line 2 has no column sentence2; found gold_label"),
    ("snli", "an empty sentence", snli() + snli(sentence2=""), "line 2: hypothesis is '', expected text"),
    ("snli", "no sentence", snli() + snli(sentence1=None), "line 2: premise is None, expected text"),
    ("snli", "NaN for a sentence", snli() + snli(sentence1=float("nan")), "line 2: premise is nan, expected text"),
    ("snli", "half a character", snli() + snli(sentence1="\ud800"), r"line 2: premise has the character '\\ud800'"),
    ("snli", "another label", snli() + snli(gold_label="yes"), "line 2: label 'yes'.*expected one of entailment"),
    ("snli", "a list for a label", snli() + snli(gold_label=["-"]), r"line 2: label \['-'\].*expected one of"),
    ("snli", "too deep", snli() + "[" * 99_999, "line 2 is not JSON"),
    (
        "scitail",
        "another label",
        scitail() + scitail(gold_label="entails"),
        "scitail_1.0_test.txt line 2: label 'entails'",
    ),
    (
        "scitail",
        "its TSV in its place",
        "It rains.\tIt is wet.\tneutral\n" * 2,
        "scitail_1.0_test.txt line 1 is not JSON",
    ),
    ("story_cloze", "a lone quote", changed("story_cloze", "All", '"All'), r"\.csv line 3 is not CSV .unexpected end"),
    ("story_cloze", "a comma too many", changed("story_cloze", "All", "All,"), "line 2 has 9 fields, expected 8"),
    ("story_cloze", "an empty sentence", changed("story_cloze", "All day.", ""), "line 2: input_sentence_2 is '', exp"),
    (
        "story_cloze",
        "an empty ending",
        changed("story_cloze", "Dry.", ""),
        "line 2: sentence_quiz2 is '', expected text",
    ),
    (
        "story_cloze",
        "a third ending",
        changed("story_cloze", ",1\n", ",3\n"),
        "line 2: label '3'.*expected one of 1, 2",
    ),
    (
        "story_cloze",
        "a column is missing",
        changed("story_cloze", "Quiz2", "Quiz3"),
        "no column RandomFifthSentenceQuiz2",
    ),
    ("story_cloze", "a NUL", changed("story_cloze", "All", "A\0ll"), r"\.csv has NUL bytes"),
    (
        "story_cloze",
        "Windows-1252",
        changed("story_cloze", "All", "’ll").encode("cp1252"),
        r"\.csv is not UTF-8 .byte 0x92",
    ),
    (
        "race",
        "three answers",
        {"1.txt": passage(options=[["a", "b", "c"]] * 2)},
        r"1.txt question 1: options .*list of 4",
    ),
    (
        "race",
        "an answer E",
        {"1.txt": passage(answers=["E", "A"])},
        "1.txt question 1: label 'E'.*expected one of A, B",
    ),
    (
        "race",
        "an answer short",
        {"1.txt": passage(answers=["A"])},
        "1.txt has no questions, options and answers, as many",
    ),
    ("race", "an empty article", {"1.txt": passage(article=" ")}, "1.txt question 1: article is ' ', expected text"),
    (
        "race",
        "an empty option",
        {"1.txt": passage(options=[["a", "b", "c", ""]] * 2)},
        "question 1: text is '', expected",
    ),
    ("race", "no JSON", {"1.txt": "It rains."}, "RACE/test/middle/1.txt is not JSON"),
    ("race", "Latin-1", {"1.txt": b'{"article": "\xe9"}'}, "RACE/test/middle/1.txt is not UTF-8 .byte 0xe9"),
    ("race", "no files", {"1.html": passage()}, "RACE/test/middle has no .txt files, expected a passage in each"),
    (
        "dpr",
        "a line short",
        BLOCK + BLOCK.replace("it\n", "", 1),
        "test.c.txt line 6 begins a block of 3 lines, expected 4",
    ),
    (
        "dpr",
        "a third candidate",
        BLOCK * 2 + BLOCK.replace("the dog", "a,b", 1),
        "line 11 has the candidates .*expected two",
    ),
    ("dpr", "a wrong answer", BLOCK + BLOCK.replace("the cup\n\n", "the cat\n\n"), "line 6 has the candidates"),
    (
        "dpr",
        "no such pronoun",
        BLOCK + BLOCK.replace("\nit\n", "\nhe\n"),
        "line 6: the pronoun 'he' is not in the sentence",
    ),
    ("wsc273", "no XML", "It rains.", "WSCollection.xml is not XML"),
    ("wsc273", "entities", "<!DOCTYPE a [<!ENTITY b 'c'>]>" + schemas(), "has <!DOCTYPE, expected plain elements"),
    ("wsc273", "no such answer", schemas((">A<", ">C<")), "schema 1 has the pronoun 'it'.*answer 'C' to 2 options"),
    ("wsc273", "no pronoun", schemas((">it<", "><")), "schema 1 has the pronoun ''.*expected all of them"),
]

LONG = "word " * 20_000  # 100,000 characters
# what is read all the same, by which rule, and the texts of the first row
ACCEPTED: dict[str, tuple[str, Content, Callable[[tuple[str, ...]], bool]]] = {
    "CRLF ends a line as LF does": ("rte", RTE.replace("\n", "\r\n"), lambda t: t == ("It rains.", "It is wet.")),
    "a byte-order mark is no text": ("rte", "\ufeff" + RTE, lambda t: t[0] == "It rains."),
    "the last line need not end": ("rte", RTE.rstrip("\n"), lambda t: t[0] == "It rains."),
    "blank lines are no rows": ("rte", RTE + "\n\r\n", lambda t: t[0] == "It rains."),
    "a lone quote is a character in TSV": ("rte", changed("rte", "wet", '"wet'), lambda t: t[1] == 'It is "wet.'),
    "other white space ends no line": (
        "rte",
        changed("rte", "wet", "\u2028\x85\rw"),
        lambda t: "\u2028\x85\rw" in t[1],
    ),
    "more columns are not read": (
        "rte",
        "".join(f"x\t{line}\n" for line in RTE.splitlines()),
        lambda t: t == ("It rains.", "It is wet."),
    ),
    "100,000 characters are a text": ("rte", changed("rte", "It is wet.", LONG), lambda t: t[1] == LONG),
    "a text is not what it would do": (
        "rte",
        changed("rte", "wet", "\x1b[2J=cmd()"),
        lambda t: "\x1b[2J=cmd()" in t[1],
    ),
    "QQP: rows cut short are dropped": ("qqp", f"{QQP}2\t5\n", lambda t: t == ("Why?", "How?")),
    "QQP: a question may be empty": ("qqp", changed("qqp", "How?", ""), lambda t: t == ("Why?", "")),
    "SNLI: rows without agreement are dropped": (
        "snli",
        snli(gold_label="-") + str(KINDS["snli"].good),
        lambda t: t == ("It rains.", "It is wet."),
    ),
    "CSV: a quoted field holds commas and newlines": (
        "story_cloze",
        changed("story_cloze", "Wet.", '"Wet,\nor ""dry""."'),
        lambda t: t[1] == 'Wet,\nor "dry".',
    ),
    "RACE: folders below are read too": ("race", {"a/1.txt": passage()}, lambda t: t[:2] == ("It rains.", "Wet?")),
}
