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
from typing import Any

from baselines import door
from baselines.recipes import LANGUAGE_MODELS, PROFILES, RECIPES, REFERENCES, Profile, at_scale
from harness import drawn
from harness.command_line import catalogue, from_records, options
from harness.layout.sheet import visible
from harness.monitoring.progress import Stop
from harness.preparation import hardware, plan
from harness.sources import hub
from harness.storage.files import require_writable


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 done, 1 a cell or command failed, 2 wrong words, 130 Ctrl-C, 143 SIGTERM."""
    chosen = options.build(RECIPES, PROFILES, LANGUAGE_MODELS).parse_args(arguments)
    commands: dict[str, Callable[[Namespace], int]] = {
        "run": run,
        "figure": figure,
        "doctor": doctor,
        "estimate": estimate,
        "check": check,
        "fetch": fetch,
        "table": from_records.table,
        "accept": from_records.accept,
        "explain": from_records.explain,
        "claims": from_records.claims,
        "diff": from_records.diff,
        "report": from_records.report,
        "score": from_records.score,
        "submit": from_records.submit,
        "scores": from_records.scores,
        "pretrain": pretrain,
        "sample": sample,
        "show": show,
        "work": work,
        "world": world,
        "study": study,
        "list": lambda _: catalogue.show(RECIPES, PROFILES),
    }
    try:
        if chosen.offline:
            hub.stay_offline()
        if door.processes() > 1 and chosen.command != "pretrain":
            raise ValueError(f"torchrun shares a pre-training among processes; run {chosen.command!r} without it")
        return commands[chosen.command](chosen)
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OSError, FloatingPointError) as error:
        explain(chosen, error)
        return 1
    except KeyboardInterrupt as stop:
        print("\nstopped; the same command continues from here", file=sys.stderr)
        return stop.code if isinstance(stop, Stop) else 130


def run(chosen: Namespace) -> int:
    from harness.many_cells import cell_runs  # it reads data; `table` and `list` do without

    place = place_of(chosen)
    of_tables = plan.choose_tables(chosen.table, chosen.task, chosen.ablation)
    references = tuple(REFERENCES) if chosen.references else ()
    cells = plan.choose_cells(of_tables, chosen.task, chosen.ablation, references)
    found = cell_runs.run(place, cells, hidden=chosen.submission, tell_done=not of_tables)
    if found.through:
        classical = any(RECIPES[recipe].is_classical for recipe in cells)
        for table in of_tables:
            from_records.show_table(table.number, place.folder, place.profile.name, classical, drawn.asked(chosen))
    return 1 if found.failed else 0


def figure(chosen: Namespace) -> int:
    from harness.figure2 import figure_runs

    name, _ = plan.choose_profile(chosen.profile, chosen.device)
    if chosen.draw_only:
        figure_runs.draw(chosen.number, chosen.runs / name, name, say, drawn.asked(chosen))
        return 0
    return figure_runs.make(place_of(chosen))


def work(_: Namespace) -> int:
    from harness.many_cells import worker

    return worker.serve(main)


def doctor(chosen: Namespace) -> int:
    from harness.preparation import doctor, gpu_check

    name, why = plan.choose_profile(chosen.profile, chosen.device)
    profile, device = PROFILES[name], choose_device(chosen.device)
    say(f"profile {name}: {profile.summary} ({why}); device {device}")
    doctor.report(door, profile, RECIPES, chosen, say, partial(door.probe, profile, device))
    if not chosen.gpu:
        return 0
    choose_paths(chosen)
    return gpu_check.run(door, profile, device, chosen.runs / name, say)


def estimate(chosen: Namespace) -> int:
    from harness.preparation import estimate

    profile = PROFILES[chosen.profile or "paper"]
    say(estimate.report(door, profile, RECIPES, chosen, lambda: door.probe(profile, choose_device(chosen.device))))
    return 0


def check(chosen: Namespace) -> int:
    """Exit code: 0 as expected, 1 regressed, 2 it could not be found out."""
    from harness.command_line import check
    from harness.regression import Bench

    profile = PROFILES["mini"]
    asked = check.Asked(chosen.update, chosen.of, chosen.expected or check.path_of(profile.name), chosen.exact)
    try:
        return check.run(Bench(door, RECIPES, profile, chosen.runs / "check" / "now", say), asked)
    except (ValueError, OSError) as error:
        explain(chosen, error)
        return 2


def fetch(chosen: Namespace) -> int:
    from harness.preparation import fetch

    return fetch.run(chosen, say)


def pretrain(chosen: Namespace) -> int:
    from harness.preparation import language_model

    if door.processes() > 1:
        # torchrun ends all when one fails, and kills half a minute later: time to say what this one knows of it
        signal.signal(signal.SIGTERM, lambda *_: None)
    profile, device = start(chosen)
    plan.choose_origin(profile.name, None, chosen.world_seed, chosen.scale)  # refuses a world where there is none
    budget = plan.budget(profile.pretraining, profile.size.n_ctx, chosen)
    profile = replace(profile, pretraining=replace(profile.pretraining, **budget))
    recipe = RECIPES[chosen.ablation]
    model = language_model.Untrained(door, profile, recipe, chosen, every=chosen.checkpoint_every)
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
    from harness.preparation import language_model

    name, _ = plan.choose_profile(chosen.profile, chosen.device)
    profile, recipe = at_scale(PROFILES[name], chosen.scale), RECIPES[chosen.ablation]
    plan.choose_origin(name, None, chosen.world_seed, chosen.scale)
    model = language_model.find_one(door, profile, [recipe], chosen)
    if not model.ready:
        raise FileNotFoundError(f"nothing is pre-trained in {model.folder}; run 'python -m harness pretrain' first")
    temperature = 0.0 if chosen.greedy else chosen.temperature
    how = {"length": chosen.length, "temperature": temperature, "top_k": chosen.top_k, "seed": chosen.seed}
    text = door.sample(chosen.prompt, recipe, profile, model.folder, device=choose_device(chosen.device), **how)
    print(visible(text))
    return 0


def show(chosen: Namespace) -> int:
    from harness.data_card import show

    name, _ = plan.choose_profile(chosen.profile, "cpu" if chosen.profile is None and not chosen.data_dir else None)
    return show.command(chosen, door, at_scale(PROFILES[name], chosen.scale), RECIPES, say)


def study(chosen: Namespace) -> int:
    if chosen.report:
        from harness.study import study_report

        return study_report.command(chosen)
    if chosen.to:
        raise ValueError("--to is where the report goes, so give --report with it")
    from harness.study import study

    return study.command(chosen, place_of(chosen))


def world(chosen: Namespace) -> int:
    from harness.data_card import world_card

    return world_card.command(chosen)


def start(chosen: Namespace) -> tuple[Profile, str]:
    """Say which profile it is and why -> (profile, device). Finds out now whether results can be written."""
    name, why = plan.choose_profile(chosen.profile, chosen.device)
    profile = at_scale(PROFILES[name], chosen.scale)
    say(f"profile {name}: {profile.summary} ({why})")
    require_writable(chosen.runs / name)
    return profile, choose_device(chosen.device)


def place_of(chosen: Namespace) -> Any:
    """What `harness.many_cells.cell_runs` needs of the command line and of what is measured."""
    from harness.many_cells.cell_runs import Place

    profile, device = start(chosen)
    failed = partial(explain, chosen)
    return Place(door, RECIPES, profile, device, chosen, say, failed, partial(choose_paths, chosen))


def explain(chosen: Namespace, error: Exception, what: str = "harness") -> None:
    if chosen.debug:
        traceback.print_exc()
    for line in (f"{what}: {error}", *getattr(error, "__notes__", ())):
        print(visible(line), file=sys.stderr, flush=True)


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
        print(visible(text), flush=True)


if __name__ == "__main__":
    sys.exit(main())
