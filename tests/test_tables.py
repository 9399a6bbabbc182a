"""Tables are laid out from records and from nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import tables
from harness.layout import layout
from harness.record import code_hash
from harness.tabular import paper
from harness.tabular.columns import Column
from harness.tasks import TASKS
from tests.fabricated import HEADINGS, TABLE, grid, markdown, record

# The paper's own numbers


def test_the_papers_rows_come_out_exactly() -> None:
    rows = grid(markdown([]))
    assert rows["ESIM + ELMo (5x)"] == ["–", "–", "89.3", "–", "–", "–"]
    assert rows["CAFE (5x)"] == ["80.2", "79.0", "89.3", "–", "–", "–"]
    assert rows["Stochastic Answer Network (3x)"] == ["80.6", "80.1", "–", "–", "–", "–"]
    assert rows["CAFE"] == ["78.7", "77.9", "88.5", "83.3", "–", "–"]
    assert rows["GenSen"] == ["71.4", "71.3", "–", "–", "82.3", "59.2"]
    assert rows["Multi-task BiLSTM + Attn"] == ["72.2", "72.1", "–", "–", "82.1", "61.7"]
    assert rows["Finetuned Transformer LM (paper)"] == ["82.1", "81.4", "89.9", "88.3", "88.1", "56.0"]


@pytest.mark.parametrize("table", tables.TABLES.values(), ids=lambda table: str(table.number))
def test_a_declared_table_agrees_with_the_papers_and_with_the_tasks(table: tables.Table) -> None:
    published = json.loads(paper.PATH.read_text(encoding="utf-8"))[f"table{table.number}"]
    assert published["title"] == table.title
    assert [tuple(column) for column in published["columns"]] == [(c.name, c.metric) for c in table.columns]
    assert set(table.own.values()) <= set(paper.rows(table.number))
    for column in table.columns:
        assert set(column.tasks) <= set(TASKS)
        if isinstance(column, Column):
            assert set(column.evaluations) <= set(TASKS[column.task].evaluations)
            assert column.metric in TASKS[column.task].metrics


def test_a_table_that_the_paper_lacks() -> None:
    with pytest.raises(ValueError, match="no table 9"):
        paper.rows(9)


# Filling a cell


def test_footnotes_give_the_reasons_once_each() -> None:
    text = markdown([], problems={"mnli/matched": "dev_matched.tsv has 2 of 9815 rows"})
    row = grid(text)["full, paper profile (measured)"]
    assert row == ["– [3]", "– [4]", "– [4]", "– [4]", "– [4]", "– [4]"]
    assert "- [3] The cell is empty: dev\\_matched" not in text  # inside a word an underscore is harmless
    assert "- [3] The cell is empty: dev_matched.tsv has 2 of 9815 rows." in text
    assert text.count("not run yet") == 1


def test_marks_for_other_code_and_for_degenerate_seeds() -> None:
    records = [record(seed=0, code="old"), record(seed=1, status="degenerate"), record(seed=2, status="degenerate")]
    text = markdown([*records, record("snli", code="old")])
    row = grid(text)["full, paper profile (measured)"]
    assert (row[5], row[2], row[3]) == ("60.0 ± 0.0†‡", "60.0 ± –†", "– [3]")
    note = "Made by other code than the present; rerun with --force"
    assert f"- † {note}: SNLI (1 of 1 seed), RTE (1 of 3 seeds)." in text
    assert "- ‡ All predictions are alike, so the number says nothing of the model: RTE (2 of 3 seeds)." in text
    assert "†" not in markdown([record()]) and "‡" not in markdown([record()])


def test_with_several_recipes_a_mark_says_which_is_meant() -> None:
    text = markdown([record(code="old"), record(recipe="no_aux"), record(recipe="no_aux", seed=1, code="old")])
    assert "--force: RTE of full (1 of 1 seed), RTE of no_aux (1 of 2 seeds)." in text


def test_left_out_records_are_counted_in_a_note_of_the_seeds_row() -> None:
    text = markdown([record(limit=64, trained=(64, 2490)), record(seed=0), record(seed=1)])
    assert grid(text)["seeds"][5] == "2 [4]"
    assert "[4] Left out, since configurations are never averaged: 1 record of another configuration." in text


def test_a_fragment_is_explained() -> None:
    text = markdown([record(score=61.3, limit=64, trained=(64, 2490), scored=(64, 277))])
    rows = grid(text)
    assert rows["full, paper profile (measured)"][5] == "(61.3; 64 of 277)"
    assert rows["difference to the paper"][5] == "–"
    note = "Measured on a fragment of the data (n of N rows), so no result for the set"
    assert f"- ( ) {note}; trained on 64 of 2490 rows: RTE." in text


def test_differences_only_where_the_profile_is_the_papers() -> None:
    assert grid(markdown([record(score=57.5)]))["difference to the paper"] == ["–", "–", "–", "–", "–", "+1.5"]
    assert grid(markdown([record(score=55.98)]))["difference to the paper"][5] == "+0.0"
    for profile in ("mini", "small"):
        text = markdown([record(score=57.5, profile=profile)], profile)
        assert "difference" not in text
        assert f"{profile} profile" in text.splitlines()[0]


def test_a_mini_table_says_that_nothing_compares_and_marks_no_column() -> None:
    text = markdown([record(profile="mini")], "mini")
    assert "none of them reproduces the paper or can be compared" in text
    assert grid(text)[""] == HEADINGS
    assert "hidden test set" not in text and "QNLI v2" not in text


def test_columns_of_another_split_or_other_data_are_marked() -> None:
    text = markdown([])
    assert grid(text)[""] == ["MNLI-m [1]", "MNLI-mm [1]", "SNLI", "SciTail", "QNLI [1, 2]", "RTE [1]"]
    assert "- [1] Measured on the validation split; the paper's number is of the hidden test set" in text
    assert "- [2] QNLI v2; the paper used v1" in text
    splits = grid(text)
    assert splits["split (paper)"] == ["test server", "test server", "test", "test", "test server", "test server"]
    assert splits["split (measured)"] == ["validation", "validation", "test", "test", "validation", "validation"]


def test_a_row_a_recipe_full_first_then_the_papers_order() -> None:
    names = ["tfidf", "no_aux", "lstm", "majority", "no_pretraining"]
    records = [record(recipe=name) for name in names]
    assert not any("tfidf" in row or "majority" in row for row in grid(markdown(records)))
    text = markdown(records, references=True)
    rows = [name for name in grid(text) if name.endswith("(measured)")][:-1]
    expected = ["full", "no_pretraining", "no_aux", "lstm", "majority", "tfidf"]
    assert rows == [f"{name}, paper profile (measured)" for name in expected]
    assert grid(text)["seeds, no_aux"][5] == "1"
    assert "difference to the paper, full" in grid(text) and "difference to the paper, no_aux" not in grid(text)


def test_the_caption_says_how_many_seeds() -> None:
    records = [record(seed=0), record(seed=1), record("snli")]
    assert "nothing yet" in markdown([])
    assert "over 1 seed." in markdown(records[:1])
    assert "over 2 seeds." in markdown(records[:2])
    assert "over 1 to 2 seeds." in markdown(records)


HOSTILE = "a|b `c` [x](y) <b> *d* _e_ \\ \x1b[2J\nnew | line"


def test_hostile_text_breaks_neither_form() -> None:
    records = [record(recipe=HOSTILE)]
    text = markdown(records, problems={"rte": HOSTILE, "snli": HOSTILE})
    escaped = r"a\|b \`c\` \[x\](y) \<b\> \*d\* \_e\_ \\ \[2J new \| line"
    assert f"{escaped}, paper profile (measured)" in grid(text)
    assert f"The cell is empty: {escaped}." in text
    assert "\x1b" not in text
    plain = layout.render(TABLE, records, "paper", {"rte": HOSTILE}, code=code_hash())
    assert "\x1b" not in plain and "a|b `c` [x](y)" in plain


def test_the_terminals_form_fits_120_columns_whatever_the_cells() -> None:
    part: dict[str, Any] = {
        "limit": 9000,
        "trained": (9000, 20000),
        "scored": (9000, 9815),
        "code": "old",
        "status": "degenerate",
    }
    every = [record(task, seed, 60.0 + seed, recipe=recipe, **part)
             for task in ("mnli", "snli", "scitail", "qnli", "rte")
             for seed in (0, 1)
             for recipe in ("full", "no_pretraining")]  # fmt: skip
    for records in ([], every):
        text = layout.render(TABLE, records, "paper", {"rte": "a long reason, " * 20}, code=code_hash())
        assert max(map(len, text.splitlines())) <= 120
    assert "(60.5 ± 0.7;" in text and "9815)†‡" in text


GOLDEN = """\
Table 2: Natural language inference
Metric: accuracy in percent. Measured with the small profile: mean ± sample standard deviation over 2 seeds. The small
profile is a small model with little pre-training: its numbers do not reproduce the paper's.

                                  MNLI-m [1]    MNLI-mm [1]    SNLI    SciTail    QNLI [1, 2]    RTE [1]
--------------------------------  ------------  -------------  ------  ---------  -------------  -----------
ESIM + ELMo (5x)                  –             –              89.3    –          –              –
CAFE (5x)                         80.2          79.0           89.3    –          –              –
Stochastic Answer Network (3x)    80.6          80.1           –       –          –              –
CAFE                              78.7          77.9           88.5    83.3       –              –
GenSen                            71.4          71.3           –       –          82.3           59.2
Multi-task BiLSTM + Attn          72.2          72.1           –       –          82.1           61.7
Finetuned Transformer LM (paper)  82.1          81.4           89.9    88.3       88.1           56.0
--------------------------------  ------------  -------------  ------  ---------  -------------  -----------
full, small profile (measured)    – [3]         – [4]          – [4]   – [4]      – [4]          54.0 ± 1.4†
--------------------------------  ------------  -------------  ------  ---------  -------------  -----------
seeds                             0             0              0       0          0              2
split (paper)                     test server   test server    test    test       test server    test server
split (measured)                  validation    validation     test    test       validation     validation

† Made by other code than the present; rerun with --force: RTE (1 of 2 seeds).
[1] Measured on the validation split; the paper's number is of the hidden test set, scored by the server.
[2] QNLI v2; the paper used v1 (108,436 training rows), which can no longer be had.
[3] The cell is empty: dev_matched.tsv has 2 of 9815 rows.
[4] The cell is empty: not run yet.
"""


def test_the_whole_table_as_a_terminal_shows_it() -> None:
    records = [record(score=53.0, profile="small", code="old"), record(seed=1, score=55.0, profile="small")]
    problems = {"mnli/matched": "dev_matched.tsv has 2 of 9815 rows"}
    assert layout.render(TABLE, records, "small", problems, code=code_hash()) == GOLDEN


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'tex'; expected one of terminal, markdown, latex, html, csv, json"):
        layout.render(TABLE, [], "mini", format="tex")


def test_write_replaces_the_file_whole(tmp_path: Path) -> None:
    for text in ("old\n", "new"):
        path = tables.write(TABLE, text, tmp_path / "mini")
    assert path == tmp_path / "mini" / "table2.md"
    assert path.read_text(encoding="utf-8") == "new\n"
    assert [file.name for file in path.parent.iterdir()] == ["table2.md"]


def test_importing_the_tables_loads_no_heavy_library() -> None:
    script = (
        "import sys, harness.tables; print(*{'torch', 'pandas', 'datasets', 'numpy', 'sklearn'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_a_row_that_chose_its_epoch_on_the_scored_split_says_so() -> None:
    text = markdown([record("rte", 0, 60.0), record("rte", 0, 65.0, recipe="best_epoch")], profile="paper")
    caution = "Of its epochs the one that is best on this very split is scored, which flatters the number."
    (note,) = [line for line in text.splitlines() if caution in line]
    mark = note.split()[1]
    rows = grid(text)
    assert mark.strip("[]") in rows["best_epoch, paper profile (measured)"][HEADINGS.index("RTE")]
    assert "[" not in rows["full, paper profile (measured)"][HEADINGS.index("RTE")]
