"""One HTML page of all that was measured in a profile, in one file that fetches nothing and names no folder.

What is shown is escaped by the template engine; the texts of examples go through the page's script, which sets text and
never markup. A content security policy lets nothing else run, and nothing at all be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness import data, record
from harness.evidence import analysis, claims, departures, explanation
from harness.evidence.claim import HOLDS
from harness.evidence.explanation import Explanation
from harness.evidence.verdicts import WORDS
from harness.layout import layout
from harness.layout.rows import Analysis, Row
from harness.layout.sheet import Sheet, number_notes
from harness.page import curves, provenance
from harness.page import report_predictions as shown
from harness.page.inline_svg import inlined
from harness.page.report_predictions import Texts
from harness.preparation import plan
from harness.storage.files import write_atomic
from harness.tables import TABLES, Table
from harness.tabular.columns import Scores
from harness.tasks import TASKS

LARGEST = 10_000_000  # bytes of a page
SPARE = 20_000  # of them, for what the page says of its predictions
FIGURES = {  # a file's name, and what is in it
    "figure2-left": "Left: accuracy by the number of layers transferred",
    "figure2-right": "Right: zero-shot scores along pre-training",
}
# a folder, two levels or more, that no letter, digit or mark of a longer word goes before; or a Windows drive's
PLACE = re.compile(r"(?<![\w.:/<])/(?:[^\s/'\",;:)(<>]+/)+|\b[A-Za-z]:\\(?:[^\s\\'\",;:)(<>]+\\)*")


class Whole(NamedTuple):
    """A table. By recipe and column: its findings, what each cell rests on, and the place of that in the page."""

    number: int
    sheet: Sheet
    findings: analysis.Findings
    cells: Mapping[tuple[str, str], Explanation]
    places: Mapping[tuple[str, str], str]


def command(chosen: Namespace, server: Callable[[Path], Mapping[str, Scores]]) -> int:
    """`report`. Raises ValueError where nothing was measured, or --data-dir is of no use."""
    name, _ = plan.choose_profile(chosen.profile, None)
    folder = chosen.runs / name
    if chosen.data_dir and not chosen.with_text:
        raise ValueError("--data-dir is for the texts of the examples; give --with-text too, or leave it out")
    texts, untold = texts_of(folder, plan.choose_origin(name, chosen.data_dir)) if chosen.with_text else ({}, [])
    text = page(folder, name, figures_in(folder), texts, untold, with_text=chosen.with_text, server=server(folder))
    path = chosen.out or folder / "report.html"
    try:
        write_atomic(path, text)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror or error}; give another place with --out FILE") from error
    print(f"wrote {path}, {len(text.encode()) / 1e6:.1f} MB")
    return 0


def figures_in(folder: Path) -> dict[str, str]:
    """name -> SVG, of those that were drawn: beside the runs, or of results/records/<profile> in results/<profile>."""
    places = (folder, folder.parent.parent / folder.name)
    found = {name: next((p for place in places if (p := place / f"{name}.svg").is_file()), None) for name in FIGURES}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items() if path}


def texts_of(folder: Path, origin: data.Origin) -> tuple[Texts, list[str]]:
    """-> (the texts of all splits that the records were scored on, what is missing and why)."""
    found = {}
    missing = []
    scored = {(made.task, name): None for made in shown.chosen_records(record.read_of(folder)) for name in made.scores}
    for task, name in scored:
        try:
            split = data.load(TASKS[task], TASKS[task].evaluations[name], origin, allow_subset=True)
            found[task, name] = shown.texts_of(split.examples, TASKS[task].form)
        except (OSError, ValueError) as error:
            missing.append(f"{task} {name}: {error}")
    return found, missing


def page(
    folder: Path,
    profile: str,
    figures: Mapping[str, str],
    texts: Texts,
    untold: Sequence[str] = (),
    *,
    with_text: bool = False,
    server: Mapping[str, Scores] = layout.NO_SCORES,
) -> str:
    """The page's HTML, at most LARGEST bytes as far as predictions decide.

    folder: the profile's, below runs/ or results/records/. figures: name -> SVG. texts: see `texts_of`; untold: which
    are missing. server: recipe -> what the GLUE server answered. Raises ValueError where there is no record.
    """
    records = list(record.read_of(folder))
    if not records:
        raise ValueError(f"no record in {folder}; run 'python -m harness run --profile {profile}' first")
    chosen = shown.chosen_records(records)
    tables = [whole(table, records, profile, folder, server) for table in TABLES.values()]
    verdicts = Counter(each.verdict.word for table in tables for each in table.findings.values())
    judged = claims.of_folder(folder, profile)
    recipes = {made.recipe for made in records}
    told: dict[str, Any] = {
        "profile": profile,
        "closing": layout.CLOSING.get(profile, "") if profile != "paper" else "",
        "n_records": len(records),
        "recipes": sorted(recipes),
        "verdicts": {word: verdicts[word] for word in WORDS if verdicts[word]},
        "claims": judged,
        "n_hold": sum(claim.verdict == HOLDS for claim in judged),
        "tables": tables,
        "figures": {name: Markup(inlined(text, name)) for name, text in figures.items()},
        "trainings": curves.of_trainings(chosen, folder),
        "pretrainings": curves.of_pretrainings(folder),
        "provenance": provenance.listings(records),
        "signatures": provenance.signatures(chosen),
        "departures": [
            each for each in departures.DEPARTURES if any(each.concerns(each.tasks, r, profile) for r in recipes)
        ],
        "with_text": with_text,
        "untold": untold,
        "half": shown.HALF,
        "present": record.code_hash()[:12],
    }
    rest = render({**told, "sets": [], "data": ""}, folder)
    sets = shown.gather(chosen, folder, texts, LARGEST - SPARE - len(rest.encode()))
    return render({**told, "sets": sets, "data": Markup(shown.embedded([each.as_data() for each in sets]))}, folder)


def whole(
    table: Table, records: Sequence[record.Record], profile: str, folder: Path, server: Mapping[str, Scores]
) -> Whole:
    found: dict[tuple[str, str], analysis.Finding] = {}

    def analyse(table: Table, rows: Sequence[Row]) -> Analysis:
        found.update(analysis.findings(table, rows, profile, folder))
        return analysis.shown(rows, found)

    problems = plan.remembered(folder)
    sheet = layout.lay_out(table, records, profile, problems, record.code_hash(), server, True, analyse)
    columns = {column.name: column for column in table.columns}
    places = {cell: f"table{table.number}-cell{i}" for i, cell in enumerate(found, 1)}
    cells = {
        (recipe, name): explanation.of_cell(table, columns[name], recipe, profile, found, Path(profile))
        for recipe, name in found
    }
    return Whole(table.number, sheet, found, cells, places)


def grouped(sheet: Sheet) -> dict[str, list[Any]]:
    """A sheet's measured lines by recipe, those of no recipe last."""
    groups: dict[str, list[Any]] = {}
    lines = [line for block in sheet.blocks[1:] for line in block]
    for line in sorted(lines, key=lambda line: not line.recipe):
        groups.setdefault(line.recipe, []).append(line)
    return groups


def render(told: Mapping[str, Any], folder: Path) -> str:
    here = [str(place) for place in (folder.resolve(), folder.resolve().parent, Path.cwd(), Path.home())]

    def displayed(value: Any) -> Any:
        """What a template shows: texts without places of this machine."""
        return without_places(value, here) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=PackageLoader("harness.page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=displayed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    source = {name: environment.loader.get_source(environment, f"report.{name}")[0] for name in ("css", "js")}  # type: ignore[union-attr]
    script = f"\n{source['js']}"
    policy = (
        f"default-src 'none'; script-src '{hash_of(script)}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment.get_template("report.html.j2").render(
        told,
        policy=Markup(policy),
        css=Markup(source["css"]),
        script=Markup(script),
        captions=FIGURES,
        grouped=grouped,
        numbered=number_notes,
        columns={number: [column.name for column in table.columns] for number, table in TABLES.items()},
        width=curves.WIDTH,
        height=curves.HEIGHT,
    )


def hash_of(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def without_places(text: str, here: Sequence[str]) -> str:
    """Folders of this machine are nobody else's business; a file's own name stays."""
    for place in sorted(here, key=len, reverse=True):
        if len(place) > 1:
            text = text.replace(f"{place}/", "").replace(place, ".")
    return PLACE.sub("", text)
