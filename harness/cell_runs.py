"""Many cells: which are done already, what the others cost, and then one after the other."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, NamedTuple

from harness import estimate, language_model, plan, record, runner
from harness.progress import duration
from harness.tasks import TASKS


@dataclass(frozen=True)
class Place:
    """What the command line hands in: the door to what is measured, what was asked for, and how it speaks."""

    door: Any
    recipes: Mapping[str, Any]
    profile: Any
    device: str
    chosen: Namespace  # the words of `run`, or of `figure`
    say: Callable[[str], None]
    explain: Callable[[Exception, str], None]
    choose_paths: Callable[[], None]  # called once something is about to be trained

    @property
    def folder(self) -> Any:
        return self.chosen.runs / self.profile.name


class Outcome(NamedTuple):
    through: bool  # went through the cells; not where it was only to say what it would do, or there was no data
    failed: bool


def run(
    place: Place,
    cells: Mapping[str, Sequence[str]],
    *,
    hidden: bool = False,
    beside: bool = False,
    tell_done: bool = False,
) -> Outcome:
    """Those of `cells` (recipe -> tasks) that are missing, each with the seeds asked for.

    hidden, beside: see `runner.load_tasks`. tell_done: whether to say the scores of what is done already. Raises Stop
    when stopped, the state saved; ValueError or OSError for what concerns all cells, before anything is trained.
    """
    door, chosen, say = place.door, place.chosen, place.say
    profile = of_limit(place.profile, chosen.limit)
    name, runs, recipes = profile.name, place.folder, place.recipes
    for recipe in cells:
        door.require_fits(recipes[recipe], profile)
    seeds = list(dict.fromkeys(chosen.seed or range(chosen.seeds or plan.SEEDS)))
    if not chosen.dry_run:
        record.set_aside_damaged(runs, say)
    list(record.read_all(runs))  # a file there that is no record is said now, not after the training
    origin = plan.choose_origin(name, chosen.data_dir)
    neural = {recipe: recipes[recipe] for recipe in cells if not recipes[recipe].is_classical}
    models = dict.fromkeys(cells, language_model.NONE) | language_model.find(door, profile, neural, chosen)
    distinct = list(dict.fromkeys(models.values()))
    ready = all(model.ready for model in distinct)
    tasks = list(dict.fromkeys(task for names in cells.values() for task in names))
    found, problems = runner.load_tasks(
        [TASKS[task] for task in tasks], origin, chosen.limit, chosen.allow_subset, hidden, beside
    )
    for task, problem in problems.items():
        say(f"{task} cannot be run: {problem}")
    elsewhere = plan.unattempted(origin, found | problems)
    plan.remember(runs, {**elsewhere, **problems}, TASKS if chosen.data_dir else found | problems)
    if not found:
        return Outcome(through=False, failed=True)
    cells = {recipe: [task for task in names if task in found] for recipe, names in cells.items()}

    once = [] if chosen.seed or chosen.seeds else [task for task in found if plan.usual_seeds(name, TASKS[task]) == 1]
    # the first seed of everything before the second of anything; where no seed changes anything, one is enough
    every = [
        (seed, recipe, task)
        for seed in seeds
        for recipe, names in cells.items()
        for task in names
        if seed == seeds[0] or not (recipes[recipe].is_classical or task in once)
    ]

    def jobs() -> list[runner.Job]:
        prints = {recipe: door.fingerprint(recipes[recipe], profile, models[recipe].folder) for recipe in cells}
        return [
            runner.Job(TASKS[task], recipe, name, seed, prints[recipe], found[task]) for seed, recipe, task in every
        ]

    def is_done(job: runner.Job) -> bool:
        return not chosen.force and job.is_done(chosen.runs)

    # before the pre-training there is no hash of weights, so no key, and nothing can be done already
    waiting = [job for job in jobs() if not is_done(job)] if ready else None
    done = len(every) - len(waiting) if waiting is not None else 0
    say(plan.describe_cells(cells, seeds, len(every), done, once))
    say(f"data: {next(iter(found.values())).train.count.origin}; {'; '.join(model.says for model in distinct)}")
    loads = {task: plan.load_of(data) for task, data in found.items()}
    left = [(job.recipe, job.task.name) for job in waiting] if waiting is not None else [cell[1:] for cell in every]
    tuning = sum(door.flops(recipes[recipe], profile, *loads[task]) for recipe, task in left)
    training = sum(model.flops for model in distinct)
    probe = cache(partial(door.probe, profile, place.device))
    if name != "mini" and tuning:  # whose cells are minutes
        rows = {task: data.train.count.n for task, data in found.items()}
        price = partial(estimate.of_left, left, rows, loads, profile.finetuning)
        say(price(lambda recipe, load: door.flops(recipes[recipe], profile, *load), probe()))
    say(plan.estimate({"pre-training": training, "fine-tuning": tuning}, probe))
    if chosen.dry_run:
        return Outcome(through=False, failed=False)
    place.choose_paths()
    for model in distinct:
        model.prepare(place.device)

    failed = False
    for job in jobs():
        if is_done(job):
            door.tidy(job.folder(chosen.runs))
            if tell_done:
                say(f"{record.read(job.path(chosen.runs)).summary}  (done already)")
            continue
        if chosen.force:
            door.forget(job.folder(chosen.runs))
        folder = models[job.recipe].folder
        make = partial(door.make, recipes[job.recipe], profile, job.task.form, job.seeds, place.device, folder)
        make = partial(make, cache=runs / "tokens")
        try:
            result = runner.run(job, make, chosen.runs)
            say(f"{result.summary}  ({duration(result.seconds)})")
            failed = failed or bool(result.fault)
        except (ValueError, OSError, FloatingPointError) as error:  # the other cells still can be run
            place.explain(error, f"{job.label} failed")
            failed = True
    return Outcome(through=True, failed=failed or bool(problems))


def of_limit(profile: Any, limit: int | None) -> Any:
    """A trial of fewer rows than a batch is a trial of one batch."""
    settings = profile.finetuning
    return replace(profile, finetuning=replace(settings, batch=min(limit, settings.batch))) if limit else profile
