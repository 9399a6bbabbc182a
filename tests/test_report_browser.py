"""The page in a real browser, opened from disk: nothing is refused, its controls work, hostile text is text."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import report
from tests.test_report import HOSTILE, run

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is here")
DRIVER = """
function rows() {
  return [...document.querySelectorAll("#predictions-body tr")].map((line) =>
    [...line.children].slice(0, 5).map((cell) => cell.textContent).join(" ")).join("|");
}
function pick(id, value) {
  const select = document.getElementById(id);
  select.value = value;
  select.dispatchEvent(new Event("change"));
}
const seen = {};
const note = (name) => { seen[name] = rows(); };
addEventListener("load", () => {
  note("at first");
  seen.said = document.getElementById("predictions-said").textContent;
  pick("sorted", "most sure"); note("most sure");
  pick("sorted", "least sure"); note("least sure");
  pick("sorted", "row");
  document.getElementById("only-errors").click(); note("all");
  pick("which-recipe", "lstm"); pick("which-seed", "1"); note("lstm");
  pick("which-set", "1"); note("other set");
  location.hash = "#table5-cell1";
  setTimeout(() => {
    const cell = document.getElementById("table5-cell1");
    let open = 0;
    for (let at = cell.closest("details"); at; at = at.parentElement.closest("details")) open += at.open;
    seen.opened = String(open);
    seen.wide = String(document.documentElement.scrollWidth <= innerWidth);
    const texts = [...document.querySelectorAll("#predictions-body p")].map((p) => p.textContent);
    seen.hostile = texts.filter((text) => text !== "–").join("|");
    seen.images = String(document.images.length + document.querySelectorAll("#broken").length);
    for (const [name, text] of Object.entries(seen)) {
      const pre = document.createElement("pre");
      pre.id = `seen-${name.replaceAll(" ", "-")}`;
      pre.textContent = text;
      document.body.append(pre);
    }
  }, 50);
});
"""


def opened(page: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The document as the browser has it in the end, and what it logged."""
    own = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'browser'}"]
    log = ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000", "--dump-dom"]
    return subprocess.run(
        [str(BROWSER), *own, *log, *words, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )


def driven(text: str) -> str:
    """A copy that also lets the driver run, and nothing else."""
    allowed = base64.b64encode(hashlib.sha256(DRIVER.encode()).digest()).decode()
    text = text.replace("script-src ", f"script-src 'sha256-{allowed}' ", 1)
    return text.replace("</body>", f"<script>{DRIVER}</script></body>")


@pytest.fixture
def page(tmp_path: Path) -> str:
    folder = tmp_path / "runs" / "mini"
    for seed in (0, 1):
        run(folder, seed=seed, right=57)
        run(folder, seed=seed, recipe="lstm", right=59)
    run(folder, "wnli", right=58)
    key = hashlib.sha256(b"k58").hexdigest()[:16]
    return report.page(folder, "mini", {}, {("wnli", "validation"): {key: list(HOSTILE)}}, with_text=True)


def console(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_page_has_nothing_to_complain_of(page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(page)
    done = opened(path, tmp_path)
    assert console(done) == []
    assert len(re.findall("<tr>", done.stdout.split('id="predictions-body"')[1].split("</tbody>")[0])) == 3
    path.write_text(page.replace("</body>", "<script>console.log(1)</script></body>"))
    [refused] = console(opened(path, tmp_path))
    assert "Content Security Policy" in refused  # so the check above would have seen it


def test_the_controls_do_what_they_say(page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(driven(page))
    done = opened(path, tmp_path, "--window-size=500,800")
    assert console(done) == []
    seen = dict(re.findall(r'<pre id="seen-([a-z-]+)">(.*?)</pre>', done.stdout, re.DOTALL))
    key = {row: hashlib.sha256(f"k{row - 1}".encode()).hexdigest()[:8] for row in range(1, 61)}
    names = ("entailment", "not_entailment")  # RTE's, in its order
    line = {
        row: f"{row} {key[row]} {names[(row - 1) % 2]} {names[row % 2]} {0.5 + (row - 1) / 200:.3f}"
        for row in (58, 59, 60)
    }
    assert seen["at-first"] == seen["least-sure"] == "|".join(line[row] for row in (58, 59, 60))
    assert seen["most-sure"] == "|".join(line[row] for row in (60, 59, 58))
    assert seen["said"] == "3 of 3 rows listed. On this page are 60 of the run's 60 predictions, and 3 of its 3 errors."
    assert [len(seen[name].split("|")) for name in ("all", "lstm", "other-set")] == [60, 60, 60]
    assert seen["lstm"] != seen["all"] and seen["lstm"].endswith(line[60])
    assert (seen["opened"], seen["wide"], seen["images"]) == ("2", "true", "0")
    assert html.unescape(seen["hostile"]) == "|".join(HOSTILE)
