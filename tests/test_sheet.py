"""A table in each format: the same cells and notes, safe wherever it is pasted."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from harness.layout import layout
from harness.layout.sheet import FORMATS, printable
from harness.tables import TABLES
from tests.fabricated import TABLE, record

HOSTILE = "a_b & 50% #1 {x} ~ ^ \\ $ <script>alert(1)</script>\x1b[2J"


def text(format: str, **options: object) -> str:
    records = [record("rte", seed, 57.5 + seed, status="degenerate") for seed in (0, 1)]
    return layout.render(TABLE, records, "paper", {"snli": HOSTILE}, format, **options)  # type: ignore[arg-type]


def test_latex_has_booktabs_rules_between_the_blocks_and_balanced_braces() -> None:
    lines = text("latex").splitlines()
    assert lines[0] == "\\begin{table}" and lines[-1] == "\\end{table}"
    assert [line for line in lines if "rule" in line] == [
        "\\toprule",
        "\\midrule",
        "\\midrule",
        "\\midrule",
        "\\bottomrule",
    ]
    rows = [line for line in lines if line.endswith("\\\\") and "&" in line]
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(TABLE.columns)}
    assert any("58.0 ± 0.7‡" in row for row in rows)


def test_latex_escapes_what_it_would_read_as_a_command() -> None:
    (note,) = [line for line in text("latex").splitlines() if "alert" in line]
    expected = r"a\_b \& 50\% \#1 \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{} \$ <script>alert(1)"
    assert f"{expected}</script> [2J." in note
    found = layout.render(TABLE, [record(recipe=HOSTILE)], "paper", format="latex")
    assert r"a\_b \& 50\%" in found and "\x1b" not in found
    unescaped = re.sub(r"\\[&%$#_{}]", "", found)
    assert unescaped.count("{") == unescaped.count("}")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.opened.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_well_formed_and_runs_nothing() -> None:
    for found in (text("html"), layout.render(TABLE, [record(recipe=HOSTILE)], "paper", format="html")):
        tags = Tags()
        tags.feed(found)
        assert tags.open == [] and "script" not in tags.opened
        assert tags.opened.count("table") == tags.opened.count("caption") == 1
        assert "&lt;script&gt;" in found and "\x1b" not in found
    assert tags.opened.count("tr") == 1 + 7 + 3 + 4  # head, paper, ours (full too) and differences, seeds and splits


def cells(format: str) -> list[dict[str, object]]:
    if format == "json":
        found: list[dict[str, object]] = json.loads(text("json"))["cells"]
        return found
    return list(csv.DictReader(io.StringIO(text("csv"))))


@pytest.mark.parametrize("format", ["csv", "json"])
def test_data_has_a_cell_a_row(format: str) -> None:
    found = cells(format)
    (paper,) = [
        c for c in found if (c["source"], c["column"], c["row"]) == ("paper", "rte", "Finetuned Transformer LM (ours)")
    ]
    assert (float(str(paper["score"])), paper["split"]) == (56.0, "test server")
    (ours,) = [c for c in found if (c["source"], c["column"]) == ("measured", "rte")]
    assert (ours["row"], ours["profile"], ours["split"]) == ("full", "paper", "validation")
    assert [float(str(ours[name])) for name in ("score", "spread", "seeds", "n", "of", "difference", "degenerate")] == [
        58.0, pytest.approx(0.5**0.5), 2, 277, 277, 2.0, 2,
    ]  # fmt: skip
    (empty,) = [c for c in found if (c["source"], c["column"]) == ("measured", "snli")]
    assert empty["reason"] == (printable(HOSTILE) if format == "csv" else HOSTILE)  # CSV has no escapes
    assert empty["score"] in (None, "")


def test_json_has_title_caption_and_notes() -> None:
    found = json.loads(text("json"))
    assert found["title"] == "Table 2: Natural language inference"
    assert found["caption"].startswith("Metric: accuracy in percent. Measured with the paper profile: ")
    assert any(note.startswith("‡ All predictions are alike") for note in found["notes"])


@pytest.mark.parametrize("number", TABLES)
@pytest.mark.parametrize("format", FORMATS)
def test_every_table_comes_in_every_format(number: int, format: str) -> None:
    found = layout.render(TABLES[number], [record("rte"), record("race"), record("cola")], "paper", format=format)
    published = {2: "82.1", 3: "62.9", 4: "45.4", 5: "74.7"}[number]
    assert published in found
    if format == "terminal":
        assert max(map(len, found.splitlines())) <= 120


def test_the_servers_scores_have_rows_of_their_own() -> None:
    server = {"full": {"rte": {"acc": 57.0}}, "lstm": {"cola": {"mc": 20.0}}}
    options = {"format": "csv", "server": server}
    found = csv.DictReader(io.StringIO(layout.render(TABLE, [record("rte", 0, 60.0)], "paper", **options)))  # type: ignore[arg-type]
    told = {
        c["source"]: (c["score"], c["split"], c["difference"]) for c in found if c["column"] == "rte" and c["profile"]
    }
    assert told == {"measured": ("60.0", "validation", "4.0"), "GLUE server": ("57.0", "test server", "1.0")}
    shown = layout.render(TABLE, [record("rte", 0, 60.0)], "paper", format="markdown", server=server)
    assert "full, paper profile (GLUE server)" in shown and "lstm" not in shown
    assert "difference to the paper, full, test server" in shown
