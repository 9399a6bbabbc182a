"""A bundle's manifest, its files against their sums, and the rows that come back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from harness import data
from harness.data import Directory, TheHub
from harness.preparation import bundle, plan
from harness.preparation.bundle import Bundle, Entry, Manifest
from harness.sources import hub
from harness.sources.hub import HubRows
from harness.tasks import TASKS
from harness.tasks.base import Hub
from tests.test_data import evaluation

COMMIT = "1f3c" * 10
RTE = TASKS["rte"]
TRAIN = "hub/nyu-mll/glue/rte/train.jsonl"


def entry(content: bytes, rows: int | None = None, source: str = f"hub nyu-mll/glue rte @ {COMMIT}") -> Entry:
    return Entry(hashlib.sha256(content).hexdigest(), len(content), source, rows)


def made(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    Manifest({name: entry(content, content.count(b"\n")) for name, content in files.items()}).write(folder)
    return folder


def rows(n: int = 3) -> list[dict[str, Any]]:
    return [{"sentence1": f"A {i}.", "sentence2": f"B {i}.", "label": "entailment", "idx": i} for i in range(n)]


def as_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def load_train(folder: Path) -> data.Split:
    return data.load(RTE, RTE.train, Bundle(folder), allow_subset=True)


def told(folder: Path, **changes: Any) -> None:
    """Write other things into the manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


# Rows


ODD = "é\u2028 tab\t \u0001 \"quoted\" 'NBSP\u00a0' 💡 back\\slash"


@pytest.mark.parametrize(
    ("task", "rows"),
    [
        ("rte", [{"sentence1": ODD, "sentence2": "b", "label": "not_entailment", "idx": 0}]),
        ("stsb", [{"sentence1": ODD, "sentence2": "b", "label": 3.799999952316284, "idx": 0}]),
        (
            "race",
            [
                {
                    "article": ODD,
                    "question": "Why?",
                    "options": ["a", ODD, "c", "d"],
                    "answer": "B",
                    "example_id": "high1.txt",
                }
            ],
        ),
        (
            "snli",
            [
                {"premise": "a", "hypothesis": ODD, "label": "-1"},
                {"premise": "a", "hypothesis": "b", "label": "neutral"},
            ],
        ),
    ],
)
def test_rows_come_back_as_the_hub_gave_them(
    task: str, rows: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same content hash, which is what the key of a record has of its data."""
    known = TASKS[task]
    monkeypatch.setattr(hub, "load_rows", lambda _: HubRows(COMMIT, list(rows[0]), iter(rows)))
    source = known.train
    direct = data.load(known, source, TheHub(), allow_subset=True)
    folder = made(tmp_path, {bundle.name_of(source): as_lines(rows)})
    again = data.load(known, source, Bundle(folder), allow_subset=True)
    assert again.examples == direct.examples and len(again.examples) >= 1
    assert again.count.hash == direct.count.hash
    assert again.count.origin == f"bundle of hub nyu-mll/glue rte @ {COMMIT}"


def test_a_bundle_is_told_from_a_directory(tmp_path: Path) -> None:
    assert plan.choose_origin("paper", tmp_path) == Directory(tmp_path)
    (tmp_path / "manifest.json").write_text('{"files": []}')  # of something else
    assert plan.choose_origin("paper", tmp_path) == Directory(tmp_path)
    Manifest().write(tmp_path)
    assert plan.choose_origin("paper", tmp_path) == Bundle(tmp_path)
    assert plan.choose_origin("paper", None) == TheHub()


def test_a_part_of_a_published_split_is_that_part(tmp_path: Path) -> None:
    """Of the 285 Winograd schemas on the hub the first 273 are the set."""
    from harness.tasks import ZERO_SHOT

    task = ZERO_SHOT["wsc273"]
    schemas = [
        {
            "text": f"The cat {i} saw it.",
            "pronoun": "it",
            "pronoun_loc": len(f"The cat {i} saw "),
            "options": ["a", "b"],
            "label": 0,
        }
        for i in range(285)
    ]
    folder = made(tmp_path, {bundle.name_of(evaluation(task)): as_lines(schemas)})
    assert data.load(task, evaluation(task), Bundle(folder)).count.n == 273


# Changed files


def test_every_flipped_byte_and_every_cut_of_a_file_is_named(tmp_path: Path) -> None:
    content = as_lines(rows(1))
    folder = made(tmp_path, {TRAIN: content})
    assert load_train(folder).count.n == 1
    for at in range(len(content)):
        (folder / TRAIN).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(
            ValueError, match=f"{TRAIN} has SHA-256 [0-9a-f]{{16}}, expected .* copy it or fetch it again"
        ):
            load_train(folder)
        (folder / TRAIN).write_bytes(content[:at])
        with pytest.raises(ValueError, match=f"{TRAIN} has {at} bytes, expected {len(content)}"):
            load_train(folder)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    folder = made(tmp_path, {TRAIN: as_lines(rows())})
    with pytest.raises(FileNotFoundError, match=r"does not hold hub/nyu-mll/glue/rte/validation.jsonl; fetch it again"):
        data.load(RTE, evaluation(RTE), Bundle(folder))
    with pytest.raises(FileNotFoundError, match=r"does not hold story_cloze/.*csv; .*goo\.gl/forms"):
        data.load(TASKS["story_cloze"], TASKS["story_cloze"].train, Bundle(folder))
    (folder / TRAIN).unlink()
    with pytest.raises(FileNotFoundError, match=f"{TRAIN} is missing"):
        load_train(folder)


def test_a_table_hears_what_a_bundle_lacks(tmp_path: Path) -> None:
    folder = made(tmp_path, {TRAIN: as_lines(rows())})
    assert Bundle(folder).problem(RTE, RTE.train) == "rte/train.jsonl has 3 of 2490 rows"
    (folder / TRAIN).write_bytes(b"short")
    assert Bundle(folder).problem(RTE, RTE.train).startswith("rte/train.jsonl has 5 bytes, expected ")
    reasons = plan.unattempted(Bundle(folder), [])
    assert reasons["mnli/matched"] == "mnli/validation_matched.jsonl is not in the bundle"
    assert "goo.gl/forms" in reasons["story_cloze"]


# The manifest


OUTSIDE = [
    "../secret",
    "/etc/hostname",
    "hub/../../secret",
    "..",
    "",
    "a\\..\\..\\b",
    "C:/x",
    "a\0b",
    "link",
    "folder/secret",
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_path_that_leaves_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    content = b"{}\n"
    (tmp_path / "secret").write_bytes(content)
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder").symlink_to(tmp_path)
    Manifest().write(folder)
    told(folder, files={name: asdict(entry(content))})
    with pytest.raises(ValueError, match=r"which leads out of the folder or is a link; do not use this bundle"):
        bundle.manifest(folder)
    with pytest.raises(ValueError, match="leads out of the folder"):
        load_train(folder)


def test_a_manifest_cut_anywhere_gives_no_rows(tmp_path: Path) -> None:
    """Where it ends before it says what it is, the folder is none of ours, and is searched as any other."""
    folder = made(tmp_path, {TRAIN: as_lines(rows())})
    path = folder / "manifest.json"
    whole = path.read_bytes()
    for at in range(len(whole) - 1):  # only the last newline may be missing
        path.write_bytes(whole[:at])
        origin = plan.choose_origin("paper", folder)
        with pytest.raises((ValueError, FileNotFoundError), match=r"is cut or damaged|not found: looked for"):
            data.load(RTE, RTE.train, origin, allow_subset=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 2}, r"has schema 2, expected 1; fetch it again .*, by this version"),
        ({"files": []}, "is not the manifest of a bundle"),
        ({"files": {TRAIN: {"sha256": "abc", "bytes": 1, "source": "x"}}}, f"says of '{TRAIN}' "),
        ({"files": {TRAIN: {"sha256": "a" * 64, "bytes": -1, "source": "x"}}}, f"says of '{TRAIN}' "),
        ({"files": {TRAIN: {"sha256": "a" * 64, "bytes": 1, "source": "x", "rows": "3"}}}, f"says of '{TRAIN}' "),
        ({"files": {TRAIN: {"sha256": 1, "bytes": "x", "source": None, "more": 1}}}, f"says of '{TRAIN}' "),
        ({"files": {TRAIN: None}}, f"says of '{TRAIN}' "),
    ],
)
def test_a_manifest_that_is_not_as_written_is_refused(changes: Mapping[str, Any], message: str, tmp_path: Path) -> None:
    folder = made(tmp_path, {TRAIN: as_lines(rows())})
    told(folder, **changes)
    with pytest.raises(ValueError, match=message):
        load_train(folder)


# Weights


def test_a_bundles_weights_are_compared_with_their_sums(tmp_path: Path) -> None:
    assert bundle.weights_in(None) is None and bundle.weights_in(tmp_path) is None
    folder = made(tmp_path / "data only", {TRAIN: as_lines(rows())})
    assert bundle.weights_in(folder) is None
    files = {f"weights/{name}": name.encode() for name in hub.WEIGHT_FILES}
    folder = made(tmp_path / "both", files)
    assert bundle.weights_in(folder) == (folder / "weights", f"bundle of hub nyu-mll/glue rte @ {COMMIT}")
    (folder / "weights/model.safetensors").write_bytes(b"model.safetensorz")
    with pytest.raises(ValueError, match=r"weights/model\.safetensors has SHA-256"):
        bundle.weights_in(folder)
    assert bundle.weights_in(folder, hub.VOCABULARY_FILES) is not None  # all that pre-training asks for


def test_two_configurations_do_not_share_a_file() -> None:
    names = [bundle.split_name(Hub("o/n", config, split)) for config in ("a", "b") for split in ("train", "test")]
    assert len(set(names)) == 4 and names[0] == "hub/o/n/a/train.jsonl"
