"""Many cells: which are done already, what the others cost, and who runs them: this process, several, or a cluster."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, NamedTuple

from harness import drawn, record, runner
from harness.many_cells.cell_words import Asked, Cell, words
from harness.many_cells.in_turn import Waiting, in_turn
from harness.many_cells.tally import Tally
from harness.preparation import estimate, language_model, plan
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
    beside = beside or chosen.beside
    for recipe in cells:
        door.require_fits(recipes[recipe], profile)
    seeds = list(dict.fromkeys(chosen.seed or range(chosen.seeds or plan.SEEDS)))
    if not chosen.dry_run:
        record.set_aside_damaged(runs, say)
    list(record.read_all(runs))  # a file there that is no record is said now, not after the training
    which = drawn.asked(chosen)
    origin = plan.choose_origin(name, chosen.data_dir, which.world, which.scale)
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
    if not chosen.part:  # whoever started it has looked at all sets
        elsewhere = plan.unattempted(origin, found | problems)
        plan.remember(runs, {**elsewhere, **problems}, TASKS if chosen.data_dir else found | problems)
    if not found:
        return Outcome(through=False, failed=True)
    cells = {recipe: [task for task in names if task in found] for recipe, names in cells.items()}

    once = [] if chosen.seed or chosen.seeds else [task for task in found if plan.usual_seeds(name, TASKS[task]) == 1]
    # the first seed of everything before the second of anything; where no seed changes anything, one is enough
    every = [
        Cell(seed, recipe, task)
        for seed in seeds
        for recipe, names in cells.items()
        for task in names
        if seed == seeds[0] or not (recipes[recipe].is_classical or task in once)
    ]

    def jobs() -> list[runner.Job]:
        prints = {recipe: door.fingerprint(recipes[recipe], profile, models[recipe].folder) for recipe in cells}
        return [
            runner.Job(TASKS[task], recipe, name, seed, prints[recipe], found[task], which)
            for seed, recipe, task in every
        ]

    def is_done(job: runner.Job) -> bool:
        return not chosen.force and job.is_done(chosen.runs, chosen.replace)

    # before the pre-training there is no hash of weights, so no key, and nothing can be done already
    known = jobs() if ready else None
    left = [cell for i, cell in enumerate(every) if known is None or not is_done(known[i])]
    loads = {task: plan.load_of(data) for task, data in found.items()}
    flops = {cell: door.flops(recipes[cell.recipe], profile, *loads[cell.task]) for cell in left}
    if not chosen.part:
        say(plan.describe_cells(cells, seeds, len(every), len(every) - len(left), once))
        say(f"data: {next(iter(found.values())).train.count.origin}; {'; '.join(model.says for model in distinct)}")
        parts = {"pre-training": sum(model.flops for model in distinct), "fine-tuning": sum(flops.values())}
        probe = cache(partial(door.probe, profile, place.device))
        if name != "mini" and parts["fine-tuning"]:  # whose cells are minutes
            rows = {task: data.train.count.n for task, data in found.items()}
            price = partial(estimate.of_left, [cell[1:] for cell in left], rows, loads, profile.finetuning)
            say(price(lambda recipe, load: door.flops(recipes[recipe], profile, *load), probe()))
        processes, threads = sharing(place, len(left))
        of_each = partial(door.probe, profile, place.device, threads=threads)
        say(plan.estimate(parts, probe, processes=processes, of_each=of_each))

    def command(cell: Cell, replaced: int | None) -> list[str]:
        return words(chosen, name, cell, models[cell.recipe].folder, Asked(hidden, beside), replaced)

    fan_out = chooser(place)
    if chosen.dry_run:
        if chosen.cluster:
            from harness.many_cells import cluster

            cluster.describe(place, [command(cell, None) for cell in left])
        return Outcome(through=False, failed=False)
    place.choose_paths()
    for model in distinct:
        model.prepare(place.device)

    tally = Tally()
    waiting = []
    for cell, job in zip(every, jobs(), strict=True):
        if is_done(job):
            door.tidy(job.folder(chosen.runs))
            tally.cached += 1
            if tell_done:
                say(f"{record.read(job.path(chosen.runs)).summary}  (done already)")
            continue
        replaced = job.made(chosen.runs) if chosen.force else chosen.replace
        recipe, folder = recipes[cell.recipe], models[cell.recipe].folder
        make = partial(door.make, recipe, profile, job.task.form, job.seeds, place.device, folder)
        make = partial(make, cache=runs / "tokens")
        waiting.append(Waiting(job, make, command(cell, replaced), replaced, flops.get(cell, 0.0)))
    if fan_out is not None and waiting:
        fan_out(place, waiting, tally)
    else:
        in_turn(place, waiting, tally)
    if not chosen.part:
        tally.tell(say, problems)
    return Outcome(through=True, failed=bool(tally.failures or problems))


def sharing(place: Place, cells: int) -> tuple[int, int | None]:
    """How many processes will share so many cells here, and the threads of each, where they share the cores too."""
    if place.chosen.jobs is None or place.chosen.cluster:
        return 1, None
    from harness import launch

    devices = launch.slots(place)
    return min(cells, len(devices)), launch.threads_each(devices) if place.device == "cpu" else None


def chooser(place: Place) -> Callable[[Place, list[Waiting], Tally], None] | None:
    """Who runs the cells, None for this process; finds out now whether that can be."""
    if place.chosen.cluster:
        from harness.many_cells import cluster

        cluster.require(place.chosen.cluster, dry_run=place.chosen.dry_run)
        return cluster.submit
    if place.chosen.jobs is not None:
        from harness import launch

        launch.slots(place)
        return launch.run
    return None


def of_limit(profile: Any, limit: int | None) -> Any:
    """A trial of fewer rows than a batch is a trial of one batch."""
    settings = profile.finetuning
    return replace(profile, finetuning=replace(settings, batch=min(limit, settings.batch))) if limit else profile
