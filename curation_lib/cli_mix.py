"""Commands about mixes: `winnow mix plan`, `diff`, `search` and `optimise`."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import (
    ANSWER,
    PLAN,
    SCHEDULER,
    STORE,
    WORKERS,
    command,
    experiment,
    experiment_session,
    require_budget,
)


@click.group()
def mix() -> None:
    """What the mixes of a recipe would hold, and how two builds or phases differ."""


@mix.command()
@click.argument("recipe")
@STORE
@click.option("--build", default="", help="Not the corpus's last build but this one (the start of its id).")
@click.option("--phase", default="", help="Only this one.")
@click.option("--output", metavar="DIR", help="Folder or URL for mix_plan.json and mix_plan.html.")
@SCHEDULER
@WORKERS
@command
def plan(
    recipe: str, store: str, build: str, phase: str, output: str | None, scheduler: str, workers: int | None
) -> Any:
    """Say what the mixes of RECIPE would hold over the documents of a build: per source tokens, epochs, what repeats
    are worth, licences, languages, and what keeps a mix from being larger.

    Writes no mix. The exit status is 1 where one cannot be made as asked."""
    from curation_lib import terminal
    from curation_lib.audit.mix_plan import mix_plan
    from curation_lib.audit.mix_plan_page import write
    from curation_lib.core.recipe import load_recipe
    from curation_lib.runner.dask import scheduler as connect
    from curation_lib.runner.session import Session
    from curation_lib.runner.store import Store
    from curation_lib.terminal_mix import planned

    parsed = load_recipe(recipe)
    progress = terminal.progress()
    session = Session(Store(store), connect(scheduler, workers), progress, recipe=parsed)
    report = mix_plan(parsed, session, build, phase)
    return planned(report, write(report, Store(output)) if output else [])


@mix.command()
@click.argument("before")
@click.argument("after")
@STORE
@click.option("--phase", default="", help="Only this one.")
@click.option("--samples", type=click.IntRange(0), default=20, show_default=True, help="Documents shown per side.")
@click.option("--output", metavar="DIR", help="Folder or URL for mix_diff.json, mix_diff.html and tables of documents.")
@command
def diff(before: str, after: str, store: str, phase: str, samples: int, output: str | None) -> Any:
    """Say how the mix AFTER differs from BEFORE: what entered, what left and by which rule, how shares moved.

    Each is BUILD:PHASE, or BUILD for all phases that both have."""
    from curation_lib.audit.mix_diff import mix_diff
    from curation_lib.audit.mix_diff_page import write
    from curation_lib.runner.store import Store
    from curation_lib.terminal_mix import compared

    found = mix_diff(Store(store), before, after, phase, samples)
    return compared(found, write(found, Store(output)) if output else [])


@mix.command()
@experiment
@PLAN
@ANSWER
@command
def search(file: str, only_plan: bool, output: str | None, **options: Any) -> Any:
    """Train the swarm of proxy runs that FILE describes, fit their losses, and train the best mixture beside UniMax's:
    it ships, as a `weights_file`, where it is better outside of noise.

    An extra (`make setup-train`). Measures this machine for half a minute a scale, once. What the store holds is not
    trained again."""
    from curation_lib.audit.searches import reported
    from curation_lib.runner.mixture_search import plan as planned
    from curation_lib.runner.search_cost import costs_of, todo_of
    from curation_lib.terminal_mixture import optimised, swarm
    from curation_lib.valuation.mixture_search import load_search

    asked, session = load_search(file), experiment_session(**options)
    made = planned(asked, session)
    left = todo_of(asked, made, session)
    answer = swarm(made, left, costs_of(asked, made, session)) if only_plan else {}
    require_budget(left, **options)
    if only_plan:
        return answer
    report = reported(asked, made, session, output)
    return optimised(report, report["written"])


@mix.command()
@click.argument("table")
@click.option("--target", "targets", required=True, multiple=True, metavar="COLUMN[=VALUE]", help="Losses; repeatable.")
@click.option("--losses", default="", metavar="TABLE", help="The losses, where they are in a table of their own.")
@click.option("--key", default="index", show_default=True, metavar="COLUMN", help="What both tables share.")
@click.option("--domains", default="weight_*", show_default=True, metavar="GLOB", help="Columns of weights.")
@click.option("--parameters", default="", metavar="COLUMN", help="Sizes of models, where there are several.")
@click.option("--scale", type=float, help="The size that the mixture is for [the largest].")
@click.option("--beyond", type=float, help="Where a mixture that drifts with scale would be at this size.")
@click.option("--natural", metavar="FILE", help="`domain: tokens` in YAML or JSON [the mean of the runs].")
@click.option("--kl", type=click.FloatRange(0, min_open=True), help="Nats from natural at most [as half of the runs].")
@click.option("--kl-penalty", type=click.FloatRange(0), default=0.0, help="Loss per nat from natural, instead.")
@click.option("--budget", type=click.IntRange(1), help="Tokens of the run to come; caps epochs.")
@click.option("--max-epochs", type=click.FloatRange(0, min_open=True), default=4.0, show_default=True)
@click.option("--license-cap", "license_caps", multiple=True, metavar="GLOB=SHARE", help="The first glob counts.")
@click.option("--draws", type=click.IntRange(20), default=200, show_default=True, help="Of runs, for intervals.")
@click.option("--output", metavar="DIR", help="Folder or URL for mixture.json, mixture.html and weights.yaml.")
@command
def optimise(table: str, targets: tuple[str, ...], output: str | None, **options: Any) -> Any:
    """Fit losses to mixtures over the proxy runs of TABLE (.csv, .parquet, .jsonl; a row per run), and find the best
    mixture within limits. It is shipped, as a `weights_file`, where it beats UniMax outside of noise."""
    from curation_lib.audit.mixture_page import write
    from curation_lib.mix.search.answer import answer
    from curation_lib.mix.search.natural import mean_mixture, read_natural
    from curation_lib.mix.search.question import Question
    from curation_lib.mix.search.reading import Layout, read_runs
    from curation_lib.runner.store import Store
    from curation_lib.terminal_mixture import optimised

    values = dict(_valued(one, "--target", 1.0) for one in targets)
    question = Question(
        list(values.values()),
        options["kl"],
        options["kl_penalty"],
        options["budget"],
        options["max_epochs"],
        [_valued(one, "--license-cap") for one in options["license_caps"]],
        options["scale"],
        options["beyond"],
    )
    layout = Layout(list(values), options["domains"], options["parameters"], options["losses"], options["key"])
    runs = read_runs(table, layout)
    natural = read_natural(options["natural"], runs.domains) if options["natural"] else mean_mixture(runs)
    report = answer(runs, question, natural, options["draws"])
    return optimised(report, write(report, Store(output)) if output else [])


def _valued(text: str, option: str, default: float | None = None) -> tuple[str, float]:
    """NAME=NUMBER, or NAME where there is a default."""
    from curation_lib.core.errors import ConfigError

    name, equals, number = text.rpartition("=")
    if not equals and default is not None:
        return text, default
    try:
        return name, float(number)
    except ValueError:
        raise ConfigError(f"{option} {text}: write NAME=NUMBER") from None
