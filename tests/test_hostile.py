"""Names that would leave their folder, files that would run, texts that would be obeyed: none gets its way."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from baselines import weights
from harness import record, results, submission
from harness.__main__ import main
from harness.layout import layout
from harness.layout.sheet import FORMATS, visible
from harness.sources import corpus, hub
from harness.tables import TABLES
from tests import tiny
from tests.fabricated import answered
from tests.fabricated import record as fabricated
from tests.test_finetune import StopAt, make
from tests.test_main import write_rte

# Names


@pytest.mark.parametrize("recipe", ["../../outside", "/outside", "..", "a/b", "", ".hidden", "a\\b"])
def test_a_record_whose_recipe_names_another_folder_is_not_accepted(tmp_path: Path, recipe: str) -> None:
    runs, kept = tmp_path / "runs", tmp_path / "deep" / "down" / "results"
    made = answered(runs, "rte", [0, 1], [0, 1], profile="mini", trained=(2, 2))
    path = runs / made.recipe / made.name / "record.json"
    path.write_text(record.to_json(replace(made, recipe=recipe)))
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=r"has the recipe .*, expected a name; move it away"):
        results.accept(TABLES[2], runs, "mini", kept)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("word", ["--ablation", "--task", "--profile"])
@pytest.mark.parametrize("name", ["../../etc", "/etc/passwd", "full/../no_aux", "full\x00", "\x1b[2J"])
def test_a_word_that_is_no_known_name_reaches_no_file(
    word: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", word, name, "--runs", str(tmp_path / "runs")])
    said = capsys.readouterr().err
    assert left.value.code == 2 and "unknown" in said and "\x1b" not in said and "\0" not in said
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "name",
    ["../books", "/etc", "a/../../b", "a/b/c", "", ".hidden", "a b", "a/b:../../c", "a/b:/etc", "a\\b", "~/books"],
)
def test_a_hub_corpus_is_no_path_of_this_machine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "resolve", lambda *_: pytest.fail("the hub was asked"))
    monkeypatch.setattr(hub, "load_rows", lambda *_: pytest.fail("something was loaded"))
    with pytest.raises(ValueError, match=r"names no data set; expected hub:NAME or hub:OWNER/NAME"):
        corpus.find(f"hub:{name}", "small")


# Archives


@pytest.mark.parametrize(
    "name", ["../RTE.tsv", "../../../RTE.tsv", "/RTE.tsv", "a/../../RTE.tsv", "..\\RTE.tsv", "C:\\RTE.tsv"]
)
def test_the_checker_says_of_a_member_elsewhere_and_writes_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, f"{submission.HEADER}\n")
    found = submission.faults(path)
    assert any("in a folder, expected flat files alone" in fault for fault in found)
    assert list(tmp_path.rglob("*")) == [path.parent, path]


def test_a_zip_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says so, and one that lies: read is never more than it says."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("RTE.tsv", b"0" * (submission.LARGEST + 1))
    assert path.stat().st_size < 50_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
    assert any(
        fault.startswith("RTE.tsv unpacks to 16777217 bytes and was not read") for fault in submission.faults(path)
    )
    monkeypatch.undo()
    content = path.read_bytes()
    size = (submission.LARGEST + 1).to_bytes(4, "little")
    path.write_bytes(content.replace(size, (10).to_bytes(4, "little")))
    assert any(fault.startswith("RTE.tsv is damaged") for fault in submission.faults(path))


# Pickles


class Malicious:
    """Whoever unpickles this makes a folder."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.place),)


def test_the_malicious_file_would_do_harm(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Malicious(tmp_path / "harm")))
    assert (tmp_path / "harm").exists()


@pytest.mark.parametrize("kind", ["pickle", "torch", "objects", "zip of arrays"])
@pytest.mark.parametrize("reader", ["weights", "a piece of the release", "a checkpoint", "a record"])
def test_no_reader_unpickles(tmp_path: Path, kind: str, reader: str) -> None:
    harm, file = tmp_path / "harm", tmp_path / "file"
    with file.open("wb") as stream:
        if kind == "pickle":
            pickle.dump(Malicious(harm), stream)
        elif kind == "torch":
            torch.save({"a": Malicious(harm)}, stream)
        elif kind == "objects":
            np.save(stream, np.array([Malicious(harm)], dtype=object), allow_pickle=True)
        else:
            np.savez(stream, a=np.array([Malicious(harm)], dtype=object))
    run = tmp_path / "run" / "training.safetensors"
    if reader == "a checkpoint":
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path, report=StopAt(2)).fit(tiny.examples(16))
        run.write_bytes(file.read_bytes())
        try:
            make(tmp_path).fit(tiny.examples(16))  # it may begin anew
        except ValueError as error:
            assert run.name in str(error)  # noqa: PT017
    else:
        reads = {"weights": weights.read_hub, "a piece of the release": weights.read_piece, "a record": record.read}
        with pytest.raises(ValueError, match="file"):
            reads[reader](file)
    assert not harm.exists()


def test_an_array_that_claims_more_than_there_is_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "params_0.npy"
    np.save(path, np.zeros(1000, np.float32))
    path.write_bytes(path.read_bytes().replace(b"(1000,)", b"(9" + b"0" * 13 + b",)"))
    with pytest.raises(ValueError, match=r"params_0.npy is not a whole array of numbers"):
        weights.read_piece(path)


# Texts

TEXTS = (
    "<script>alert(1)</script>",
    "a | b",
    "\\input{/etc/passwd}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\x1b[2J\x1b]0;title\x07",
    "\x9b2J",
    "one\r\ntwo",
    "{{7*7}} ${7*7} `id` $(id)",
)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_text_in_every_format(format: str, text: str) -> None:
    """As the reason of an empty cell, as the name of a recipe, and as the fault of a training."""
    made = [fabricated(seed=seed, recipe=text, profile="mini") for seed in (0, 1)]
    made[1] = replace(made[1], scores={}, fault=text)
    found = layout.render(TABLES[2], made, "mini", {"snli": text}, format)
    assert not any(not char.isprintable() and char != "\n" for char in found)
    if format == "html":
        assert "<script" not in found
    elif format == "latex":
        assert "\\input" not in found and "{{7" not in found and "${7" not in found.replace("\\$", "")
    elif format == "csv":
        rows = list(csv.DictReader(io.StringIO(found)))
        values = [value for row in rows for value in row.values() if value]
        assert not [v for v in values if v[0] in "=+-@" and not v.lstrip("+-").replace(".", "", 1).isdigit()]
    elif format == "json":
        assert any(cell["row"] == text for cell in json.loads(found)["cells"])


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a header, where nothing quotes them; in a label, in a name of a file."""
    tiny.weights_folder(tmp_path / "weights")
    for number, harm in enumerate(("\x1b[2J", "\x9b2J", "\x07", "\u202e")):
        for where in ("header", "label", "folder"):
            data = tmp_path / f"{number}{where}{harm if where == 'folder' else ''}"
            path = write_rte(data) / "RTE/dev.tsv"
            text = path.read_text()
            if where == "header":
                path.write_text(text.replace("sentence2", f"sentence{harm}", 1))
            elif where == "label":
                path.write_text(text.replace("entailment\n", f"{harm}\n", 1))
            else:
                path.unlink()
            words = ["--profile", "small", "--task", "rte", "--ablation", "no_pretraining", "--device", "cpu"]
            given = ["--weights", str(tmp_path / "weights"), "--data-dir", str(data), "--runs", str(tmp_path / "runs")]
            assert main(["run", *words, *given]) == 1
            told = capsys.readouterr()
            assert repr(harm)[1:-1] in told.out + told.err, (where, told)
            assert harm not in told.out + told.err


def test_what_is_visible_keeps_its_lines() -> None:
    assert visible("a\n\tb é –\x1b\r\x7f\ud800") == "a\n\tb é –\\x1b\\r\\x7f\\ud800"
