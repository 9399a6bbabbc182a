"""What the regression check found, for a person, for a CI service's page (Markdown), and for its list (JUnit XML)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Xml

from tabulate import tabulate

from harness.monitoring.progress import duration
from harness.storage.files import write_atomic

MARKDOWN, JUNIT = "check.md", "junit.xml"
HEADINGS = ("of", "what", "expected", "found")
CUT = 100  # characters of a value
GROUPS = {"fixed training": "of the fixed training", "trainings": "failed trainings"}  # as they are counted


class Finding(NamedTuple):
    """One thing that was compared. group: facts, fixed training, scores, trainings."""

    group: str
    name: str
    passed: bool
    expected: str
    found: str


class Found(NamedTuple):
    """A whole check. since: which commits may have done it, a line each. could_not: why nothing could be found out."""

    findings: Sequence[Finding]
    seconds: float
    since: Sequence[str]
    could_not: str = ""

    @property
    def passed(self) -> bool:
        return not self.could_not and all(finding.passed for finding in self.findings)

    @property
    def headline(self) -> str:
        """ "Regression check: passed, 107 facts, 18 of the fixed training, 4 scores as expected (2 min)" """
        taken = f"({duration(self.seconds)})"
        if self.could_not:
            return f"Regression check: could not run {taken}"
        groups = Counter(finding.group for finding in self.findings)
        of = ", ".join(f"{n} {GROUPS.get(group, group)}" for group, n in groups.items())
        if self.passed:
            return f"Regression check: passed, {of} as expected {taken}"
        failed = sum(not finding.passed for finding in self.findings)
        return f"Regression check: REGRESSED, {failed} of {of} not as expected {taken}"


def write(found: Found, folder: Path) -> None:
    """Both files. Raises OSError."""
    write_atomic(folder / MARKDOWN, markdown(found))
    write_atomic(folder / JUNIT, junit(found))


def terminal(found: Found) -> str:
    return "\n".join(lines(found, "simple"))


def markdown(found: Found) -> str:
    return f"### {found.headline}\n" + "\n".join(["", *lines(found, "pipe")[1:], ""])


def lines(found: Found, form: str) -> list[str]:
    """The headline, what is not as expected, all scores, and the commits since."""
    told = [found.headline, ""]
    if found.could_not:
        return [*told, found.could_not]
    if failed := [finding for finding in found.findings if not finding.passed]:
        told += [drawn(failed, form), "", "Since the expectations were made:", ""]
        bullet = "- " if form == "pipe" else "  "
        told += [bullet + line for line in found.since] + [""]
    if scores := [finding for finding in found.findings if finding.group == "scores"]:
        told += [drawn(scores, form)]
    return told


def drawn(findings: Sequence[Finding], form: str) -> str:
    rows = [[cell[:CUT].replace("|", "/") for cell in (f.group, f.name, f.expected, f.found)] for f in findings]
    return tabulate(rows, HEADINGS, tablefmt=form, disable_numparse=True)


def junit(found: Found) -> bytes:
    """A test case a finding, as CI services read it."""
    findings = found.findings
    failures = sum(not finding.passed for finding in findings)
    suite = Xml.Element(
        "testsuite",
        name="regression check",
        tests=str(len(findings) or 1),
        failures=str(failures),
        errors=str(int(bool(found.could_not))),
        time=f"{found.seconds:.1f}",
    )
    for finding in findings:
        case = Xml.SubElement(suite, "testcase", classname=f"check.{finding.group}", name=finding.name)
        if not finding.passed:
            message = f"{finding.found}; expected {finding.expected}" if finding.expected else finding.found
            Xml.SubElement(case, "failure", message=message).text = "\n".join(found.since)
    if found.could_not:
        case = Xml.SubElement(suite, "testcase", classname="check", name="could run")
        Xml.SubElement(case, "error", message=found.could_not)
    written: bytes = Xml.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written
