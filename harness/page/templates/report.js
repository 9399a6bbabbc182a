"use strict";
const PAGE = 200; // rows that are drawn at a time
const sets = JSON.parse(document.getElementById("predictions-data").textContent || "[]");
const by = (id) => document.getElementById(id);

// a cell that is linked to is opened
function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const closed = target && target.closest("details");
  if (closed) { closed.open = true; target.scrollIntoView(); }
}
addEventListener("hashchange", reveal);
reveal();

// in print everything is open, and afterwards as it was
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const each of closed) each.open = true;
});
addEventListener("afterprint", () => { for (const each of closed) each.open = false; });

function made(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function named(set, value) {
  if (value === null || value === undefined) return "–";
  if (set.kind === "classify") return set.names[value] ?? String(value);
  return set.kind === "choose" ? `answer ${value + 1}` : String(value);
}

function isWrong(set, label, said) {
  if (label === null) return false;
  return set.kind === "score" ? Math.abs(said - label) > HALF : said !== label;
}

const HALF = Number(by("predictions").dataset.half);
let limit = PAGE;

function fill(select, options) {
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => { const o = made("option", text); o.value = value; return o; }));
  if (options.some(([value]) => value === before)) select.value = before;
}

function current() {
  const set = sets[Number(by("which-set").value)];
  const runs = set.runs.filter((run) => run.recipe === by("which-recipe").value);
  return [set, runs.find((run) => String(run.seed) === by("which-seed").value) ?? runs[0]];
}

function choose() {
  const set = sets[Number(by("which-set").value)];
  const recipes = [...new Set(set.runs.map((run) => run.recipe))];
  fill(by("which-recipe"), recipes.map((name) => [name, name]));
  const runs = set.runs.filter((run) => run.recipe === by("which-recipe").value);
  fill(by("which-seed"), runs.map((run) => [String(run.seed), String(run.seed)]));
  limit = PAGE;
  draw();
}

function draw() {
  const [set, run] = current();
  let rows = run.at.map((place, i) => {
    const [row, key, label, text] = set.examples[place];
    return { row, key, label, text, said: run.said[i], sure: run.sure[i], wrong: isWrong(set, label, run.said[i]) };
  });
  const all = rows.length, errors = rows.filter((each) => each.wrong).length;
  if (by("only-errors").checked) rows = rows.filter((each) => each.wrong);
  const order = by("sorted").value;
  if (order === "most sure") rows.sort((a, b) => (b.sure ?? -1) - (a.sure ?? -1) || a.row - b.row);
  else if (order === "least sure") rows.sort((a, b) => (a.sure ?? 2) - (b.sure ?? 2) || a.row - b.row);
  else rows.sort((a, b) => a.row - b.row);
  const sure = set.kind === "score" ? "difference" : "probability";
  by("sure-heading").textContent = sure;
  const withText = set.examples.some((each) => each.length > 3);
  by("text-heading").hidden = !withText;
  by("predictions-body").replaceChildren(...rows.slice(0, limit).map((each) => {
    const line = made("tr");
    const head = made("th", String(each.row));
    head.scope = "row";
    const last = set.kind === "score" ? (each.label === null ? "–" : (each.said - each.label).toFixed(2))
      : each.sure === null ? "–" : each.sure.toFixed(3);
    const key = made("td");
    key.append(made("code", each.key || "–"));
    line.append(head, key, made("td", named(set, each.label)), made("td", named(set, each.said), each.wrong ? "wrong" : ""),
      made("td", last));
    if (withText) {
      const cell = made("td");
      for (const part of each.text ?? ["–"]) cell.append(made("p", part));
      line.append(cell);
    }
    return line;
  }));
  by("more").hidden = rows.length <= limit;
  const drawn = Math.min(limit, rows.length);
  by("predictions-said").textContent = `${drawn} of ${rows.length} rows listed. On this page are ${all} of the run's ` +
    `${run.n} predictions, and ${errors} of its ${run.wrong} errors.`;
}

if (sets.length) {
  fill(by("which-set"), sets.map((set, i) => [String(i), set.title]));
  for (const id of ["which-set", "which-recipe", "which-seed"]) by(id).addEventListener("change", choose);
  for (const id of ["only-errors", "sorted"]) by(id).addEventListener("change", () => { limit = PAGE; draw(); });
  by("more").addEventListener("click", () => { limit += PAGE; draw(); });
  choose();
}
