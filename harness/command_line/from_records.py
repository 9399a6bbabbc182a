"""The commands that read what runs have left, and need neither model nor data: table, accept, score, submit, scores."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from pathlib import Path

from harness import drawn, record, results, server_scores, submission, tables
from harness.drawn import FIRST, Drawn
from harness.evidence.rescoring import disagreements
from harness.figure2.figure_data import FIGURES
from harness.layout import layout
from harness.layout.sheet import visible
from harness.preparation import plan
from harness.storage import predictions
from harness.tables import TABLES
from harness.tabular.cells import choose
from harness.tabular.columns import Scores
from harness.tasks import TASKS


def table(chosen: Namespace) -> int:
    name, _ = plan.choose_profile(chosen.profile, None)
    which = drawn.asked(chosen)
    plan.choose_origin(name, None, which.world, which.scale)  # refuses a world where there is none
    analyse = analysed(name, chosen.runs / name) if chosen.statistics else layout.none
    print(text_of(chosen.number, chosen.runs / name, name, chosen.format, chosen.references, analyse, which))
    return 0


def text_of(
    number: int,
    runs: Path,
    profile: str,
    format: str = "terminal",
    references: bool = False,
    analyse: layout.Analyse = layout.none,
    which: Drawn = FIRST,
) -> str:
    """A table as one profile's runs fill it, with one world and one pre-training."""
    told = list(record.read_of(runs, which)), profile, plan.remembered(runs), format, record.code_hash()
    server = server_of(runs) if which == FIRST else layout.NO_SCORES  # an answer does not say of which it is
    return layout.render(TABLES[number], *told, server, references, analyse, which.told)


def analysed(profile: str, folder: Path) -> layout.Analyse:
    """Intervals, tests and verdicts; seconds, so only on request. folder: where the profile's records are."""
    from harness.evidence.analysis import analyse

    return partial(analyse, profile=profile, folder=folder)


def show_table(number: int, runs: Path, profile: str, references: bool, which: Drawn = FIRST) -> None:
    """On the terminal, and as Markdown beside the runs."""
    print(text_of(number, runs, profile, references=references, which=which))
    text = text_of(number, runs, profile, "markdown", references, which=which)
    path = tables.write(TABLES[number], text, runs, which.suffix)
    print(f"the same as Markdown: {path}", flush=True)


def server_of(runs: Path) -> dict[str, Scores]:
    return dict(server_scores.read(runs))


def accept(chosen: Namespace) -> int:
    name, _ = plan.choose_profile(chosen.profile, None)
    runs, number = chosen.runs / name, chosen.number
    in_figure = number in FIGURES
    written = results.accept_figure(number, runs, name) if in_figure else results.accept(TABLES[number], runs, name)
    for path in written:
        print(f"wrote {path}", flush=True)
    return 0


def score(chosen: Namespace) -> int:
    """Raises ValueError where what was recorded does not follow from the predictions."""
    path = record.find(chosen.record)
    made = record.read(path)
    if made.fault:
        raise ValueError(f"{path} has no scores: {made.summary}; run it with --force to train it again")
    if wrong := disagreements(made, path.parent):
        raise ValueError(f"{path} does not agree with its predictions: {'; '.join(wrong)}; run the cell again")
    print(visible(made.summary))
    print(f"the predictions in {path.parent / 'predictions'} give the same")
    return 0


def submit(chosen: Namespace) -> int:
    """Raises ValueError where the zip to check has faults, or tasks have no answers and may not be filled."""
    if chosen.check:
        if faults := submission.faults(chosen.check):
            for fault in faults:
                print(fault)
            counted = "fault" if len(faults) == 1 else f"{len(faults)} faults"
            raise ValueError(f"{chosen.check} has the {counted} above; the server would not score it so")
        print(f"{chosen.check} is as the GLUE server wants it")
        return 0
    name, _ = plan.choose_profile(chosen.profile, None)
    refuse_mini(name)
    runs = chosen.runs / name
    answers, missing = answers_of(list(record.read_of(runs)), runs, chosen.ablation, chosen.seed)
    if missing and not (chosen.fill and answers):
        tasks = dict.fromkeys(file.task for file in missing)
        again = " ".join(f"--task {task}" for task in tasks)
        raise ValueError(
            f"no answers of {chosen.ablation} seed {chosen.seed} for {', '.join(file.name for file in missing)} in "
            f"{runs}; run 'python -m harness run --submission --profile {name} --ablation {chosen.ablation} "
            f"--seed {chosen.seed} {again}', or put constant answers in their place with --fill"
        )
    for file in missing:
        answers[file.task, file.split] = submission.filler(file)
    path = chosen.out or runs / "submission.zip"
    submission.write(path, answers)
    if missing:
        print(f"constant answers, which score nothing: {', '.join(file.name for file in missing)}")
    print(f"wrote {path}; when the server has scored it: python -m harness scores --profile {name} --from FILE")
    return 0


def answers_of(
    records: list[record.Record], runs: Path, recipe: str, seed: int
) -> tuple[dict[tuple[str, str], list[float]], list[submission.File]]:
    """-> (task and hidden split -> its predictions, the server's files for which there are none)."""
    answers, missing = {}, []
    for file in submission.FILES:
        of_task = [r for r in records if (r.task, r.recipe) == (file.task, recipe)]
        made = [r for r in choose(of_task, ())[0] if r.seed == seed] if of_task else []
        run = runs / recipe / made[-1].name if made else runs
        if made and predictions.path_of(run, file.split).exists():
            answers[file.task, file.split] = [line.prediction for line in predictions.read(run, file.split)]
        else:
            missing.append(file)
    return answers, missing


def scores(chosen: Namespace) -> int:
    name, _ = plan.choose_profile(chosen.profile, None)
    refuse_mini(name)
    if not chosen.file.is_file():
        raise FileNotFoundError(
            f"no file {chosen.file}; write the server's scores into one, a line a leaderboard column"
        )
    text = chosen.file.read_text(encoding="utf-8", errors="replace")  # odd bytes are then no score, and named
    found = server_scores.parse(text, str(chosen.file))
    path = server_scores.save(chosen.runs / name, chosen.ablation, found, chosen.file.name)
    glue = f"; its GLUE score is {found['glue']['score']:.2f}" if "glue" in found else ""
    shown = [str(number) for number, known in TABLES.items() if set(known.tasks) & set(found) & set(TASKS)]
    print(f"wrote {path}{glue}; tables {', '.join(shown)} show it in a row of its own")
    return 0


def explain(chosen: Namespace) -> int:
    from harness.evidence import explanation

    return explanation.command(chosen)


def claims(chosen: Namespace) -> int:
    from harness.evidence import claims

    return claims.command(chosen)


def diff(chosen: Namespace) -> int:
    from harness.evidence import differences

    return differences.command(chosen)


def report(chosen: Namespace) -> int:
    from harness import report

    return report.command(chosen, server_of)


def refuse_mini(profile: str) -> None:
    if profile == "mini":
        raise ValueError(
            "the mini profile's rows are generated, the GLUE server has the real ones; give --profile paper"
        )
