"""What CI runs is there: its sessions, and the files that it hands on."""

from __future__ import annotations

import re
from pathlib import Path

from harness.check import check_report

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"


def test_every_session_that_ci_names_is_there() -> None:
    there = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.MULTILINE))
    for path in (WORKFLOW, ROOT / ".ci" / "run"):
        named = set(re.findall(r"nox -s (\w+)", path.read_text()))
        assert {"tests", "lint", "regression"} <= named <= there, path


def test_the_workflow_hands_on_what_the_check_leaves_and_sees_the_history() -> None:
    text = WORKFLOW.read_text()
    for name in (check_report.MARKDOWN, check_report.JUNIT):
        assert f"runs/check/now/{name}" in text
    assert "GITHUB_STEP_SUMMARY" in text and "fetch-depth: 0" in text
    assert re.findall(r"uses: \S+@(\S+)", text) and all(
        re.fullmatch(r"v\d+", pin) for pin in re.findall(r"uses: \S+@(\S+)", text)
    )
    assert not re.search(r"https?://", text)  # which index is a setting of the repository
