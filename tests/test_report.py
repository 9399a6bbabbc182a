"""The page: it tells what was measured, names no machine, fetches nothing, and shows any text as text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from baselines.recipes import LANGUAGE_MODELS, PROFILES, RECIPES
from harness import record, report, results
from harness.__main__ import main
from harness.command_line import options
from harness.command_line.from_records import report as command
from harness.record import Record
from harness.storage import predictions
from harness.tables import TABLES
from tests.fabricated import record as fabricated
from tests.fabricated import rewrite

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><b id=broken>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}",
    "\u2028'+alert(1)+'",
)
BASELINE = {"vocabulary": "v" * 64, "weights": "w" * 64}
ROWS = 60


class Page(HTMLParser):
    """Elements with their attributes, the text outside of scripts and styles, and the data of the page's script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.inside: list[str] = []
        self.data: Any = None
        self.script = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.texts.append(data)
        elif self.inside[-1] == "script" and self.elements[-1][1].get("type") == "application/json":
            self.data = json.loads(data)
        elif self.inside[-1] == "script":
            self.script += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def run(
    folder: Path,
    task: str = "rte",
    seed: int = 0,
    *,
    recipe: str = "full",
    right: int = 40,
    key: str = "k",
    **changes: Any,
) -> Record:
    """A run of 60 rows of which so many are answered rightly, with its predictions and the log of its training."""
    score = 100 * right / ROWS
    made = fabricated(task, seed, score, recipe=recipe, profile="mini", scored=(ROWS, ROWS), baseline=BASELINE)
    made = replace(made, **changes)
    path = record.save(made, folder).parent
    for name in made.scores:
        lines = [
            {
                "key": hashlib.sha256(f"{key}{i}".encode()).hexdigest()[:16],
                "label": i % 2,
                "prediction": float(i % 2 if i < right else 1 - i % 2),
                "score": 0.5 + i / 200,
            }
            for i in range(ROWS)
        ]
        file = predictions.path_of(path, name)
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    events = [{"event": "fine-tuning", "update": u, "loss": 2.0 / u} for u in range(1, 31)]
    (path / "log.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events) + '{"event": "fine-tu')
    return made


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed in (0, 1):
        run(tmp_path / "runs" / "mini", seed=seed)
        run(tmp_path / "runs" / "mini", seed=seed, recipe="lstm", right=20)
    return tmp_path / "runs"


def made(
    folder: Path, profile: str = "mini", figures: Mapping[str, str] | None = None, **more: Any
) -> tuple[str, Page]:
    text = report.page(folder / profile, profile, figures or {}, more.pop("texts", {}), **more)
    return text, Page(text)


def asked(words: str) -> int:
    return command(options.build(RECIPES, PROFILES, LANGUAGE_MODELS).parse_args(words.split()))


# What it tells


def test_a_cell_has_its_number_its_test_and_what_it_rests_on(runs: Path) -> None:
    _, page = made(runs)
    assert "66.7 ± 0.0" in page.text and "33.3 ± 0.0" in page.text
    assert re.search(r"-33\.3; p <?0\.\d+", page.text)
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    places = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert all(link and link[1:] in places for link in links)
    assert sum(str(link).startswith("#table5-cell") for link in links) == 4 * len(TABLES[5].columns)
    assert "Table 5, RTE (acc), lstm, mini profile: 33.3 ± 0.0 over 2 seeds" in page.text
    assert "mini/lstm/rte-seed1-" in page.text  # its record, from the folder of runs on


def test_the_miniature_cannot_pass_for_a_reproduction(runs: Path) -> None:
    _, page = made(runs)
    assert "GPT-1, measured again: mini profile" in page.text
    assert "none of them reproduces the paper" in page.text.split("GPT-1, measured again")[2].split("Summary")[0]
    assert "difference to the paper" not in page.text


def test_a_paper_profile_has_differences_and_verdicts_and_counts_them(tmp_path: Path) -> None:
    made_here = run(tmp_path / "paper", "snli")
    record.save(replace(made_here, profile="paper"), tmp_path / "paper")
    _, page = made(tmp_path, "paper")
    assert "difference to the paper" in page.text and "-23.2" in page.text  # 66.7 where 89.9 was published
    assert "1 not reproduced" in page.text


def test_degenerate_runs_are_counted(tmp_path: Path) -> None:
    run(tmp_path / "mini", status={"validation": "degenerate"})
    _, page = made(tmp_path)
    assert "1 of 1 seeds answered the same to every example" in page.text


def test_curves_are_drawn_a_line_a_seed(runs: Path) -> None:
    _, page = made(runs)
    charts = [attributes["aria-label"] for tag, attributes in page.elements if tag == "svg"]
    assert charts == [f"rte, {r}: loss 2.00 at first, 0.07 at the end, seed 0, seed 1" for r in ("full", "lstm")]
    assert sum(tag == "polyline" for tag, _ in page.elements) == 4


def test_accepted_records_without_predictions_give_a_page(tmp_path: Path) -> None:
    record.save(fabricated(profile="mini", baseline=BASELINE), tmp_path / "mini")
    _, page = made(tmp_path)
    assert page.data == []
    assert "No predictions were kept" in page.text and "60.0 ± –" in page.text


def test_answers_within_an_accepted_record_are_shown_without_keys(runs: Path) -> None:
    folder = runs / "mini"
    kept = [results.with_answers(each, folder / each.recipe / each.name) for each in record.read_all(folder)]
    for each in kept:
        record.save(each, runs.parent / "accepted" / "mini")
    _, page = made(runs.parent / "accepted")
    assert page.data[0]["examples"][0] == [1, "", 0]
    assert page.data[0]["runs"][0]["wrong"] == 20


# What it must not do


def test_hostile_text_is_text_wherever_it_comes_from(tmp_path: Path) -> None:
    folder = tmp_path / "mini"
    for text in HOSTILE:
        recipe = f"odd-{hashlib.sha256(text.encode()).hexdigest()[:4]}"
        run(folder, recipe=recipe, environment={"commit": text, "packages": {text: text}}, finished=text, key=text)
        for path in (folder / recipe).glob("*/record.json"):
            found = json.loads(path.read_text())
            of = {"recipe": text, "key": {**found["key"], "recipe": text}, "train": {**found["train"], "origin": text}}
            rewrite(path, **of, baseline={"device": text, text: text})
    (folder / "problems.json").write_text(json.dumps({"snli": HOSTILE[0], "cola": HOSTILE[1], "qqp": HOSTILE[2]}))
    texts = {("rte", "validation"): {hashlib.sha256(f"{HOSTILE[0]}0".encode()).hexdigest()[:16]: list(HOSTILE)}}
    text, page = made(tmp_path, texts=texts, with_text=True, untold=HOSTILE)
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 2 and "img" not in tags
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "broken" not in [attributes.get("id") for _, attributes in page.elements]
    for each in HOSTILE[:4]:
        assert each in page.text, each
    assert "49" not in page.texts and "alert" not in page.script
    assert "\u2028" not in text.split('id="predictions-data">')[1]


def test_texts_come_back_from_the_pages_data_as_they_were(runs: Path) -> None:
    folder = runs / "mini"
    key = hashlib.sha256(b"k59").hexdigest()[:16]
    _, page = made(runs, texts={("rte", "validation"): {key: list(HOSTILE)}}, with_text=True)
    assert page.data[0]["examples"][-1] == [60, key[:8], 1, list(HOSTILE)]
    assert "Some of these sets may not be passed on" in page.text
    assert "passed on" not in Page(report.page(folder, "mini", {}, {})).text


def test_nothing_is_fetched_and_no_folder_of_the_machine_is_named(runs: Path) -> None:
    (runs / "mini" / "problems.json").write_text(
        json.dumps(
            {"cola": "no file /home/someone/data/CoLA/dev.tsv; give C:\\Users\\someone\\glue", "sst2": str(runs)}
        )
    )
    (next((runs / "mini" / "lstm").glob("rte-seed1-*")) / "predictions" / "validation.jsonl").unlink()
    text, page = made(runs)
    for _, attributes in page.elements:
        for name in ("src", "href", "data", "action", "srcset", "poster"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "http:" not in text and "https:" not in text and "@import" not in text
    for place in (str(runs), str(Path.cwd()), str(Path.home()), "/home/", "someone", "/tmp"):
        assert place not in text, place
    assert "no file dev.tsv" in page.text
    assert "validation.jsonl; they stay where the run was made" in page.text


def test_only_the_pages_own_script_may_run(runs: Path) -> None:
    text, page = made(runs)
    policy = next(str(a["content"]) for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert report.hash_of(page.script) in policy and "unsafe-eval" not in policy
    assert policy.split("script-src")[1].split(";")[0].count("'") == 2
    assert [name for _, a in page.elements for name in a if name == "style"] == []
    assert text.count("<script") == 2


# The command


def test_the_command_writes_one_file(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(f"report --profile mini --runs {runs}") == 0
    assert re.fullmatch(r"wrote .*report\.html, 0\.\d MB\n", capsys.readouterr().out)
    out = runs.parent / "elsewhere" / "page.html"
    assert asked(f"report --profile mini --runs {runs} --out {out}") == 0
    assert out.read_text() == (runs / "mini" / "report.html").read_text()


def test_figures_beside_the_runs_are_drawn_in(runs: Path) -> None:
    (runs / "mini" / "figure2-left.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>layers</text></svg>")
    asked(f"report --profile mini --runs {runs}")
    page = Page((runs / "mini" / "report.html").read_text())
    assert "layers" in page.text and "#figures" in [a.get("href") for _, a in page.elements]


def test_figures_of_accepted_results_are_found_where_they_are_rendered(tmp_path: Path) -> None:
    records, rendered = tmp_path / "results" / "records" / "mini", tmp_path / "results" / "mini"
    run(records)
    rendered.mkdir()
    (rendered / "figure2-right.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>zero</text></svg>")
    assert list(report.figures_in(records)) == ["figure2-right"]


def test_texts_of_the_mini_world_are_matched_by_their_keys(tmp_path: Path) -> None:
    from harness import data
    from harness.tasks import TASKS

    run(tmp_path / "mini")
    path = next(tmp_path.rglob("validation.jsonl"))
    examples = data.load(TASKS["rte"], TASKS["rte"].evaluations["validation"], data.MiniWorld(0)).examples[:ROWS]
    predictions.save(path.parent.parent, "validation", examples, [0.0] * ROWS, [0.75] * ROWS)
    asked(f"report --profile mini --runs {tmp_path} --with-text")
    [of] = Page((tmp_path / "mini" / "report.html").read_text()).data
    assert of["examples"][0][3] == list(examples[0].sequences[0])
    assert of["runs"][0]["sure"] == [0.75] * ROWS


def test_nothing_measured_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^no record in .*mini; run 'python -m harness run --profile mini' first$"):
        asked(f"report --profile mini --runs {tmp_path}")
    with pytest.raises(ValueError, match=r"^--data-dir is for the texts"):
        asked(f"report --profile mini --runs {tmp_path} --data-dir x")


def test_the_templates_are_part_of_the_package() -> None:
    names = {each.name for each in resources.files("harness.page").joinpath("templates").iterdir()}
    assert names >= {"report.html.j2", "report.css", "report.js"}


def test_a_place_that_cannot_be_written_is_named(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (runs / "file").write_text("")
    out = runs / "file" / "report.html"
    assert main(["report", "--profile", "mini", "--runs", str(runs), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert f"cannot write {out}: " in said and "--out FILE" in said and said.count("\n") == 1
