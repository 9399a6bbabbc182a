"""The hub's path with the real libraries, which download from a stub of the hub on 127.0.0.1.

Each question is asked in a process of its own, since the libraries read at their import where hub and cache are.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow
import pyarrow.parquet
import pytest

from tests.stub_hub import StubHub, commit_of

ROOT = Path(__file__).parents[1]
LABEL = {"class_label": {"names": {"0": "entailment", "1": "not_entailment"}}}
SWAPPED = {"class_label": {"names": {"0": "not_entailment", "1": "entailment"}}}
THREE = {"class_label": {"names": {"0": "entailment", "1": "neutral", "2": "contradiction"}}}
WEIGHTS = {"model.safetensors": b"\0" * 100_000, "vocab.json": b"{}", "merges.txt": b"#\n", "config.json": b"{}"}

LOAD = """
import json, sys
from harness import data
from harness.sources import corpus, hub
from harness.tasks import TASKS
try:
    for name, kind in json.loads(sys.argv[1]):
        if name == "weights":
            print(json.dumps(str(hub.weights_folder(files=hub.VOCABULARY_FILES if kind else hub.WEIGHT_FILES))))
        elif name == "corpus":
            found = corpus.find(kind, "small")
            print(json.dumps([found.name, found.hash, list(found), list(found)]))
        else:
            task = TASKS[name]
            source = task.train if kind == "train" else task.evaluations[kind]
            count, examples = data.load(task, source, data.TheHub(), allow_subset=name != "rte")
            print(json.dumps([count.n, count.of, count.hash, count.origin, examples[:3]]))
except (ValueError, OSError) as error:
    sys.exit(str(error))
assert "torch" not in sys.modules
"""
ALL = (("rte", "train"), ("rte", "validation"), ("snli", "test"), ("scitail", "test"), ("weights", ""))


Columns = Mapping[str, Sequence[object]]


class Answer(NamedTuple):
    status: int
    lines: list[Any]  # a line of JSON each
    errors: str
    seconds: float


def ask(endpoint: str, home: Path, *wanted: Sequence[str], **variables: str) -> Answer:
    """Load what is `wanted` in a new process, with its cache in `home`."""
    kept = {name: value for name, value in os.environ.items() if not re.match("(?i)hf_|.*_proxy$", name)}
    environment = kept | {"HF_ENDPOINT": endpoint, "HF_HOME": str(home)} | variables
    command = [sys.executable, "-c", LOAD, json.dumps(wanted)]
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    seconds = time.monotonic() - started
    return Answer(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr, seconds)


def parquet(columns: Columns) -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), file)
    return file.getvalue()


def repository(config: str, features: Mapping[str, object], **splits: Columns) -> dict[str, bytes]:
    """A data set as the hub keeps it: parquet files, and a card whose head (YAML, so JSON will do) declares them."""
    listed = [{"name": name, "dtype": kind} for name, kind in features.items()]
    card = {
        "configs": [
            {"config_name": config, "data_files": [{"split": split, "path": f"{config}/{split}-*"} for split in splits]}
        ],
        "dataset_info": [{"config_name": config, "features": listed}],
    }
    files = {"README.md": f"---\n{json.dumps(card)}\n---\n# A data set\n".encode()}
    return files | {f"{config}/{split}-00000-of-00001.parquet": parquet(columns) for split, columns in splits.items()}


def glue(label: object, number: int) -> dict[str, bytes]:
    """RTE with the published counts. `number` stands for entailment, which every third row is."""

    def rows(n: int) -> Columns:
        labels = [number if i % 3 == 0 else 1 - number for i in range(n)]
        return {**texts(n), "label": labels, "idx": range(n)}

    def texts(n: int) -> Columns:
        return {"sentence1": [f'It "rains {i}.' for i in range(n)], "sentence2": [f"It is wet {i}." for i in range(n)]}

    features = {"sentence1": "string", "sentence2": "string", "label": label, "idx": "int32"}
    hidden = {**texts(30), "label": [-1] * 30, "idx": range(30)}
    return repository("rte", features, train=rows(2490), validation=rows(277), test=hidden)


def everything() -> dict[str, dict[str, bytes]]:
    snli: Columns = {"premise": ["a", "b", "c"], "hypothesis": ["d", "e", "f"], "label": [2, -1, 0]}
    text: Columns = {"sentence1": ["a", "b"], "sentence2": ["c", "d"], "gold_label": ["neutral", "entailment"]}
    strings = {"premise": "string", "hypothesis": "string", "label": THREE}
    return {
        "datasets/nyu-mll/glue": glue(LABEL, 0),
        "datasets/stanfordnlp/snli": repository("plain_text", strings, test=snli),
        "datasets/allenai/scitail": repository("snli_format", dict.fromkeys(text, "string"), test=text),
        "models/openai-community/openai-gpt": WEIGHTS | {"tf_model.h5": b"not this"},
    }


class Downloaded(NamedTuple):
    answer: Answer
    home: Path
    requests: list[str]
    repositories: dict[str, dict[str, bytes]]


@pytest.fixture(scope="module")
def downloaded(tmp_path_factory: pytest.TempPathFactory) -> Downloaded:
    home, repositories = tmp_path_factory.mktemp("home"), everything()
    with StubHub(repositories) as stub:
        answer = ask(stub.endpoint, home, *ALL)
        return Downloaded(answer, home, stub.requests, repositories)


def test_the_real_libraries_load_what_the_hub_publishes(downloaded: Downloaded) -> None:
    status, lines, errors, _ = downloaded.answer
    assert (status, errors) == (0, "")
    commits = {name: commit_of(files) for name, files in downloaded.repositories.items()}
    train, validation, snli, scitail, weights = lines
    assert train[:2] == [2490, 2490]
    assert validation[:2] == [277, 277]
    assert validation[3] == f"hub nyu-mll/glue rte @ {commits['datasets/nyu-mll/glue']}"
    first = [[['It "rains 0.', "It is wet 0."]], 0], [[['It "rains 1.', "It is wet 1."]], 1]
    assert validation[4][:2] == list(first)
    assert snli[:2] == [2, 9824]  # the one labelled -1 is dropped
    assert snli[4] == [[[["a", "d"]], 2], [[["c", "f"]], 0]]
    assert scitail[:2] == [2, 2126]
    assert scitail[4] == [[[["a", "c"]], 1], [[["b", "d"]], 0]]
    folder = Path(weights)
    assert folder.name == commits["models/openai-community/openai-gpt"]
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == WEIGHTS
    assert not any("tf_model" in request for request in downloaded.requests)


@pytest.mark.parametrize("variables", [{}, {"HF_HUB_OFFLINE": "1"}], ids=["nothing listens", "HF_HUB_OFFLINE"])
def test_what_was_loaded_once_loads_without_the_hub(
    downloaded: Downloaded, dead: str, variables: dict[str, str]
) -> None:
    again = ask(dead, downloaded.home, *ALL, **variables)
    assert again[:3] == downloaded.answer[:3]  # commits too


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            ("rte", "validation"),
            "cannot load nyu-mll/glue rte validation: {}, and it is not in the cache .* --data-dir DIR",
        ),
        (("weights", ""), "cannot get the weights openai-community/openai-gpt: {}, and they are not .* --weights DIR"),
    ],
)
def test_a_hub_out_of_reach_is_said_in_one_line_within_three_seconds(
    tmp_path: Path, dead: str, wanted: tuple[str, str], message: str
) -> None:
    status, lines, errors, seconds = ask(dead, tmp_path, wanted)
    reason = f"{dead.removeprefix('http://')} cannot be reached .Connection refused."
    assert (status, lines) == (1, [])
    assert errors.count("\n") == 1
    assert re.fullmatch(message.format(reason) + "\n", errors), errors
    assert seconds < 3


@pytest.mark.parametrize("status", [503, 404])
def test_a_hub_that_refuses_is_said_in_one_line(tmp_path: Path, downloaded: Downloaded, status: int) -> None:
    with StubHub({}, status) as stub:
        for wanted in (("rte", "validation"), ("weights", "")):
            answer = ask(stub.endpoint, tmp_path, wanted)
            assert answer.status == 1
            assert answer.errors.count("\n") == 1
            assert str(status) in answer.errors
        again = ask(stub.endpoint, downloaded.home, *ALL[1:])
        assert again.lines == downloaded.answer.lines[1:]  # the cache still serves


def test_labels_go_by_the_hubs_names_and_a_new_commit_is_loaded_anew(downloaded: Downloaded, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(downloaded.home, home, symlinks=True)
    swapped = glue(SWAPPED, 1)
    with StubHub({"datasets/nyu-mll/glue": swapped}) as stub:
        [found] = ask(stub.endpoint, home, ("rte", "validation")).lines
    before = downloaded.answer.lines[1]
    assert found[3] == f"hub nyu-mll/glue rte @ {commit_of(swapped)}" != before[3]
    assert found[:3] == before[:3]  # the examples hash alike
    assert found[4] == before[4]


def test_another_number_of_rows_than_published_is_refused(tmp_path: Path) -> None:
    columns: Columns = {"sentence1": ["a"] * 278, "sentence2": ["b"] * 278, "label": [0] * 278}
    features = {"sentence1": "string", "sentence2": "string", "label": LABEL}
    few = {name: values[:3] for name, values in columns.items()}
    with StubHub({"datasets/nyu-mll/glue": repository("rte", features, train=few, validation=columns)}) as stub:
        more = ask(stub.endpoint, tmp_path, ("rte", "validation"))
        fewer = ask(stub.endpoint, tmp_path, ("rte", "train"))
    assert "nyu-mll/glue rte validation has 278 rows, expected 277; get the published" in more.errors
    assert "nyu-mll/glue rte train has 3 of 2490 rows; a fragment gives no number" in fewer.errors


def test_columns_and_hidden_labels_of_the_hub_are_checked(tmp_path: Path) -> None:
    bare = repository("rte", {"sentence1": "string", "label": LABEL}, validation={"sentence1": ["a"], "label": [0]})
    hidden: Columns = {"premise": ["a"], "hypothesis": ["b"], "label": [-1]}
    mnli = repository("mnli", {"premise": "string", "hypothesis": "string", "label": THREE}, validation_matched=hidden)
    for files, wanted, message in [
        (bare, ("rte", "validation"), "nyu-mll/glue rte validation has no column sentence2; found sentence1, label; "),
        (
            mnli,
            ("mnli", "matched"),
            "nyu-mll/glue mnli validation_matched row 0: label '-1' in column 'label'; expected",
        ),
        (
            mnli,
            ("rte", "validation"),
            "cannot load nyu-mll/glue rte validation at [0-9a-f]{40}: ValueError: .*rte.*not found",
        ),
    ]:
        with StubHub({"datasets/nyu-mll/glue": files}) as stub:
            answer = ask(stub.endpoint, tmp_path, wanted)
        assert (answer.status, answer.errors.count("\n")) == (1, 1), answer.errors
        assert re.match(message, answer.errors), answer.errors


def test_weights_half_downloaded_are_not_taken_for_whole(downloaded: Downloaded, dead: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(downloaded.home, home, symlinks=True)
    [weights] = home.rglob("model.safetensors")
    weights.unlink()
    answer = ask(dead, home, ("weights", ""))
    assert answer.status == 1
    assert "and they are not (whole) in the cache" in answer.errors
    models = {"models/openai-community/openai-gpt": {name: WEIGHTS[name] for name in ("vocab.json", "config.json")}}
    with StubHub(models) as stub:
        answer = ask(stub.endpoint, tmp_path / "other", ("weights", ""))
    assert re.match("the weights .* at [0-9a-f]{40} lack model.safetensors, merges.txt; ", answer.errors)


def test_a_vocabulary_alone_can_be_had_without_the_weights(downloaded: Downloaded, dead: str, tmp_path: Path) -> None:
    vocabulary = {name: WEIGHTS[name] for name in ("vocab.json", "merges.txt")}
    with StubHub(downloaded.repositories) as stub:
        status, [folder], errors, _ = ask(stub.endpoint, tmp_path, ("weights", "vocabulary"))
    assert (status, errors) == (0, "")
    assert Path(folder).name == commit_of(downloaded.repositories["models/openai-community/openai-gpt"])
    assert {file.name: file.read_bytes() for file in Path(folder).iterdir()} == vocabulary
    assert not any("model.safetensors" in request for request in stub.requests if "/resolve/" in request)
    assert ask(dead, tmp_path, ("weights", "vocabulary")).lines == [folder]
    answer = ask(dead, tmp_path, ("weights", ""))  # which would be more
    assert (answer.status, answer.errors.count("\n")) == (1, 1)
    elsewhere = ask(dead, tmp_path / "other", ("weights", "vocabulary"))
    assert "or give a folder that holds vocab.json, merges.txt with --weights DIR" in elsewhere.errors
