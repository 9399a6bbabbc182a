"""The command line: `python -m harness`. The only place that knows both what measures and what is measured."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from baselines import door
from baselines.recipes import LANGUAGE_MODELS, PROFILES, RECIPES, REFERENCES, Profile
from harness import catalogue, from_records, hardware, options, plan, record
from harness.files import require_writable
from harness.progress import Stop, duration
from harness.tasks import TASKS


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 a cell or command failed, 2 wrong words, 130 Ctrl-C, 143 SIGTERM."""
    chosen = options.build(RECIPES, PROFILES, LANGUAGE_MODELS).parse_args(arguments)
    commands: dict[str, Callable[[Namespace], int]] = {
        "run": run,
        "doctor": doctor,
        "estimate": estimate,
        "table": from_records.table,
        "accept": from_records.accept,
        "explain": from_records.explain,
        "claims": from_records.claims,
        "report": from_records.report,
        "score": from_records.score,
        "submit": from_records.submit,
        "scores": from_records.scores,
        "pretrain": pretrain,
        "sample": sample,
        "list": lambda _: catalogue.show(RECIPES, PROFILES),
    }
    try:
        if door.processes() > 1 and chosen.command != "pretrain":
            raise ValueError(f"torchrun shares a pre-training among processes; run {chosen.command!r} without it")
        return commands[chosen.command](chosen)
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OSError, FloatingPointError) as error:
        explain(error, chosen)
        return 1
    except KeyboardInterrupt as stop:
        print("\nstopped; the same command continues from here", file=sys.stderr)
        return stop.code if isinstance(stop, Stop) else 130


def run(chosen: Namespace) -> int:
    from harness import language_model, runner  # they read data; `table` and `list` do without

    profile, device = start(chosen)
    if chosen.limit:  # a trial of fewer rows than a batch is a trial of one batch
        fewer = min(chosen.limit, profile.finetuning.batch)
        profile = replace(profile, finetuning=replace(profile.finetuning, batch=fewer))
    name, runs = profile.name, chosen.runs / profile.name
    seeds = list(dict.fromkeys(chosen.seed or range(chosen.seeds or plan.SEEDS)))
    of_tables = plan.choose_tables(chosen.table, chosen.task, chosen.ablation)
    cells = plan.choose_cells(of_tables, chosen.task, chosen.ablation, tuple(REFERENCES) if chosen.references else ())
    list(record.read_all(runs))  # a file there that is no record is said now, not after the training
    origin = plan.choose_origin(name, chosen.data_dir)
    neural = {recipe: RECIPES[recipe] for recipe in cells if not RECIPES[recipe].is_classical}
    models = dict.fromkeys(cells, language_model.NONE) | language_model.find(door, profile, neural, chosen)
    distinct = list(dict.fromkeys(models.values()))
    ready = all(model.ready for model in distinct)
    tasks = list(dict.fromkeys(task for names in cells.values() for task in names))
    found, problems = runner.load_tasks(
        [TASKS[task] for task in tasks], origin, chosen.limit, chosen.allow_subset, chosen.submission
    )
    for task, problem in problems.items():
        say(f"{task} cannot be run: {problem}")
    elsewhere = plan.unattempted(origin, found | problems)
    plan.remember(runs, {**elsewhere, **problems}, TASKS if chosen.data_dir else found | problems)
    if not found:
        return 1
    cells = {recipe: [task for task in names if task in found] for recipe, names in cells.items()}

    once = [] if chosen.seed or chosen.seeds else [task for task in found if plan.usual_seeds(name, TASKS[task]) == 1]
    # the first seed of everything before the second of anything; where no seed changes anything, one is enough
    every = [
        (seed, recipe, task)
        for seed in seeds
        for recipe, names in cells.items()
        for task in names
        if seed == seeds[0] or not (RECIPES[recipe].is_classical or task in once)
    ]

    def jobs() -> list[runner.Job]:
        prints = {recipe: door.fingerprint(RECIPES[recipe], profile, models[recipe].folder) for recipe in cells}
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
    tuning = sum(door.flops(RECIPES[recipe], profile, *loads[task]) for recipe, task in left)
    training = sum(model.flops for model in distinct)
    say(plan.estimate({"pre-training": training, "fine-tuning": tuning}, lambda: door.probe(profile, device)))
    if chosen.dry_run:
        return 0
    choose_paths(chosen)
    for model in distinct:
        model.prepare(device)

    failed = False
    for job in jobs():
        if is_done(job):
            if not of_tables:
                say(f"{record.read(job.path(chosen.runs)).summary}  (done already)")
            continue
        if chosen.force:
            door.forget(job.folder(chosen.runs))
        folder = models[job.recipe].folder
        make = partial(door.make, RECIPES[job.recipe], profile, job.task.form, job.seeds, device, folder)
        make = partial(make, cache=runs / "tokens")
        try:
            result = runner.run(job, make, chosen.runs)
            say(f"{result.summary}  ({duration(result.seconds)})")
        except (ValueError, OSError, FloatingPointError) as error:  # the other cells still can be run
            explain(error, chosen, f"{job.label} failed")
            failed = True
    for table in of_tables:
        from_records.show_table(table.number, runs, name, references=any(RECIPES[r].is_classical for r in cells))
    return 1 if failed or problems else 0


def doctor(chosen: Namespace) -> int:
    from harness import doctor, gpu_check

    name, why = plan.choose_profile(chosen.profile, chosen.device)
    profile, device = PROFILES[name], choose_device(chosen.device)
    say(f"profile {name}: {profile.summary} ({why}); device {device}")
    doctor.report(door, profile, RECIPES, chosen, say)
    if not chosen.gpu:
        return 0
    choose_paths(chosen)
    return gpu_check.run(door, profile, device, chosen.runs / name, say)


def estimate(chosen: Namespace) -> int:
    from harness import estimate

    profile = PROFILES[chosen.profile or "paper"]
    say(estimate.report(door, profile, RECIPES, chosen, lambda: door.probe(profile, choose_device(chosen.device))))
    return 0


def pretrain(chosen: Namespace) -> int:
    from harness import language_model

    if door.processes() > 1:
        # torchrun ends all when one fails, and kills half a minute later: time to say what this one knows of it
        signal.signal(signal.SIGTERM, lambda *_: None)
    profile, device = start(chosen)
    budget = plan.budget(profile.pretraining, profile.size.n_ctx, chosen)
    profile = replace(profile, pretraining=replace(profile.pretraining, **budget))
    recipe = RECIPES[chosen.ablation]
    model = language_model.Untrained(door, profile, recipe, chosen, chosen.seed, chosen.checkpoint_every)
    if chosen.force and not chosen.dry_run:
        model.forget()
    say(model.says)
    if door.rank() == 0:
        say(plan.describe_pretraining(profile, recipe.model, door.parameters(recipe, profile), door.processes()))
        say(plan.estimate_pretraining(model, chosen, lambda: door.probe(profile, device, recipe.model)))
    if not chosen.dry_run:
        choose_paths(chosen)
        model.prepare(device)
    return 0


def sample(chosen: Namespace) -> int:
    from harness import language_model

    name, _ = plan.choose_profile(chosen.profile, chosen.device)
    profile, recipe = PROFILES[name], RECIPES[chosen.ablation]
    model = language_model.find_one(door, profile, [recipe], chosen)
    if not model.ready:
        raise FileNotFoundError(f"nothing is pre-trained in {model.folder}; run 'python -m harness pretrain' first")
    temperature = 0.0 if chosen.greedy else chosen.temperature
    how = {"length": chosen.length, "temperature": temperature, "top_k": chosen.top_k, "seed": chosen.seed}
    print(door.sample(chosen.prompt, recipe, profile, model.folder, device=choose_device(chosen.device), **how))
    return 0


def start(chosen: Namespace) -> tuple[Profile, str]:
    """Say which profile it is and why -> (profile, device). Finds out now whether results can be written."""
    name, why = plan.choose_profile(chosen.profile, chosen.device)
    say(f"profile {name}: {PROFILES[name].summary} ({why})")
    require_writable(chosen.runs / name)
    return PROFILES[name], choose_device(chosen.device)


def explain(error: Exception, chosen: Namespace, what: str = "harness") -> None:
    if chosen.debug:
        traceback.print_exc()
    print(f"{what}: {error}", file=sys.stderr, flush=True)


def choose_device(asked: str | None) -> str:
    """Raises ValueError, naming the driver, where there is an NVIDIA GPU that torch cannot use."""
    if asked == "cpu":
        return asked
    if asked:
        door.require_device(asked)
        return asked
    if not hardware.has_nvidia():
        return "cpu"
    if problem := door.cuda_problem():
        raise ValueError(
            f"an NVIDIA GPU is there ({hardware.driver()}), but {problem}; install a torch build for this driver, "
            "or run without it: --device cpu"
        )
    return "cuda"


def choose_paths(chosen: Namespace) -> None:
    if (chosen.precision, chosen.attention, chosen.compile) != ("auto", "auto", False):
        door.choose_paths(precision=chosen.precision, attention=chosen.attention, compile=chosen.compile)


def say(text: str) -> None:
    if door.rank() == 0:  # one of several processes speaks
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
