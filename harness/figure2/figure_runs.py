"""The command `figure`: run what a half of the paper's Figure 2 lacks, then write its data and its drawing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness import drawn
from harness.drawn import FIRST, Drawn
from harness.figure2 import figure_data
from harness.figure2.figure_data import FIGURES, LEFT, TASKS_LEFT
from harness.many_cells.cell_runs import Place, run
from harness.storage.files import write_atomic

FORMATS = ("csv", "json", "svg", "png")


def make(place: Place) -> int:
    """Run what is missing, then draw -> the exit code. Raises ValueError, OSError, Stop, as `cell_runs.run` does."""
    number = place.chosen.number
    found = layers(place) if number == LEFT else zero_shot(place)
    if found is None:
        return 0
    draw(number, place.folder, place.profile.name, place.say, drawn.asked(place.chosen))
    return 1 if found else 0


def layers(place: Place) -> bool | None:
    """Cells for each number of layers -> whether any failed; None where nothing was to be run."""
    blocks = [f"transfer_{n}" for n in range(place.profile.size.n_layer)]
    tasks = list(dict.fromkeys(place.chosen.task or TASKS_LEFT))
    found = run(place, dict.fromkeys(("no_pretraining", *blocks, "full"), tasks), beside=True)
    if not found.through and found.failed:
        raise ValueError("no task can be run, for the reasons above; nothing is drawn")
    return found.failed if found.through else None


def zero_shot(place: Place) -> bool | None:
    """Scores at each checkpoint of both language models -> whether one is left out; None where nothing was to be run.

    Raises FileNotFoundError where there is neither of the two, nor text to train them on.
    """
    chosen, say = place.chosen, place.say
    if chosen.task:
        raise ValueError(f"--task goes with figure {LEFT}; {chosen.number} has its own tasks, so leave it out")
    if chosen.cluster or chosen.jobs is not None:
        raise ValueError(f"--jobs and --cluster go with figure {LEFT}; {chosen.number} is one process")
    from harness.figure2 import zero_shot_runs
    from harness.preparation import language_model, plan

    which = drawn.asked(chosen)
    origin = plan.choose_origin(place.profile.name, chosen.data_dir, which.world, which.scale)
    models, absent = {}, None
    for name in ("full", "lstm"):
        recipe = place.recipes[name]
        try:
            models[recipe.model] = language_model.find_one(place.door, place.profile, [recipe], chosen)
        except FileNotFoundError as error:
            absent = error
            say(f"the {recipe.model} is left out: {error}")
    if absent and not models:
        raise absent
    say("; ".join(f"{kind}: {model.says}" for kind, model in models.items()))
    training = sum(model.flops for model in models.values())
    say(plan.estimate({"pre-training": training}, lambda: place.door.probe(place.profile, place.device)))
    if chosen.dry_run:
        return None
    place.choose_paths()
    for model in models.values():
        model.prepare(place.device)
    folders = {kind: model.folder for kind, model in models.items()}
    told = place.door, place.profile, place.device, folders, origin, chosen.runs, say
    zero_shot_runs.run(*told, limit=chosen.limit, allow_subset=chosen.allow_subset, which=which)
    return absent is not None


def draw(number: str, folder: Path, profile: str, say: Callable[[str], None], which: Drawn = FIRST) -> None:
    """From what `folder`, one profile's runs, holds. Raises ValueError where that is nothing, OSError."""
    found = figure_data.rows(number, folder, profile, which)
    if not found:
        words = "".join(f" --{name.replace('_', '-')} {seed}" for name, seed in which.key.items())
        made_by = f"python -m harness figure {number} --profile {profile}{words}"
        raise ValueError(f"no data for figure {number} in {folder}; '{made_by}' makes it")
    for gap in figure_data.missing(number, found):
        say(f"figure {number} lacks {gap}")
    for gone in figure_data.diverged(number, folder, profile, which):
        say(f"figure {number} is without {gone}")
    paths = write(number, found, profile, folder, FORMATS, which)
    say(f"Figure {number}, {FIGURES[number]}: {', '.join(map(str, paths))}")


def write(
    number: str, found: figure_data.Rows, profile: str, folder: Path, formats: tuple[str, ...], which: Drawn = FIRST
) -> list[Path]:
    """`folder/figure2-left.csv` and so on; which world and pre-training stands in their names. Raises OSError."""
    from harness import figures

    paths = [path_of(f"{number}{which.suffix}", folder, name) for name in formats]
    for path, name in zip(paths, formats, strict=True):
        if name in ("csv", "json"):
            write_atomic(path, figure_data.to_csv(found) if name == "csv" else figure_data.to_json(found))
        else:
            write_atomic(path, figures.render(number, found, profile, name, which.told))
    return paths


def path_of(number: str, folder: Path, format: str) -> Path:
    return folder / f"figure{number}.{format}"
