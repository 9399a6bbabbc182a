"""The paper's claims as a list, and whether they hold in what was measured."""

from __future__ import annotations

import json
import textwrap
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness import record
from harness.evidence.claim import Claim, Points
from harness.evidence.figure_claims import layers, lstm_varies, zero_shot_rises
from harness.evidence.table_claims import CONTRASTS, contrast, state_of_the_art
from harness.figure2 import figure_data
from harness.layout.layout import CLOSING
from harness.layout.sheet import WIDTH, escape_markdown, printable
from harness.preparation import plan
from harness.record import Record


def judge_all(records: Iterable[Record], profile: str, folder: Path, left: Points, right: Points) -> list[Claim]:
    """folder: where the records' answers are. left, right: the tidy rows of Figure 2, as far as there are any."""
    records = list(records)
    return [
        *(contrast(each, records, profile, folder) for each in CONTRASTS),
        state_of_the_art(records, profile),
        layers(left),
        zero_shot_rises(right),
        lstm_varies(right),
    ]


def of_folder(folder: Path, profile: str) -> list[Claim]:
    """folder: the profile's, below runs/ or results/records/."""
    left, right = (figure_data.rows(number, folder, profile) for number in (figure_data.LEFT, figure_data.RIGHT))
    return judge_all(record.read_of(folder), profile, folder, left, right)


def command(chosen: Namespace) -> int:
    profile, _ = plan.choose_profile(chosen.profile, None)
    found = of_folder(chosen.runs / profile, profile)
    if chosen.json:
        print(json.dumps([claim._asdict() for claim in found], indent=1))
    else:
        print("\n".join(terminal(found, profile)))
    return 0


def caption(profile: str) -> str:
    return (
        f"The paper's claims, judged by the {profile} profile. {CLOSING[profile] if profile != 'paper' else ''}".strip()
    )


def terminal(found: Sequence[Claim], profile: str) -> Iterator[str]:
    yield from textwrap.wrap(caption(profile), WIDTH)
    for claim in found:
        yield ""
        yield f"{claim.verdict.upper()}: {claim.text} ({claim.where})"
        for label, text in (("published", claim.published), ("measured", claim.measured)):
            yield textwrap.fill(f"  {label:<10} {printable(text)}", WIDTH, subsequent_indent=" " * 13)


def markdown(found: Sequence[Claim], profile: str) -> str:
    rows = ["| claim | published | verdict | measured |", "|:--|:--|:--|:--|"]
    for claim in found:
        cells = (f"{claim.text} ({claim.where})", claim.published, claim.verdict, claim.measured)
        rows.append(f"| {' | '.join(map(escape_markdown, cells))} |")
    return "\n".join([f"**{escape_markdown(caption(profile))}**", "", *rows]) + "\n"
