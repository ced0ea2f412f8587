"""`winnow mix current`: the mixtures of a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curation_lib.command import STORE, command

if TYPE_CHECKING:
    from curation_lib.runner.store import Store


@click.command()
@STORE
@click.option("--use", metavar="NAME/FINGERPRINT", help="Make this version current.")
@click.option("--of", "report", metavar="REPORT", help="In valuations/ or searches/: make its mixture current.")
@click.option("--source", default="", help="With --of: what recipes call the candidate, where that is not its name.")
@command
def current(store: str, use: str | None, report: str | None, source: str) -> Any:
    """List the mixtures of a store that experiments found, the newest first; of each name one version is current, and a
    recipe's `weights_file: STORE/mixtures/NAME` means that one."""
    from curation_lib.core.errors import ConfigError
    from curation_lib.runner.mixtures import list_mixtures
    from curation_lib.runner.store import Store
    from curation_lib.terminal_mixture import mixtures

    place = Store(store)
    if (use and report) or (source and not report):
        raise ConfigError("--use, or --of with or without --source: give one of them")
    if use:
        _use(place, use)
    elif report:
        _use_found(place, report, source)
    return mixtures(list_mixtures(place))


def _use(store: Store, version: str) -> None:
    from curation_lib.core.errors import ConfigError
    from curation_lib.runner.mixtures import use_mixture

    name, slash, fingerprint = version.partition("/")
    if not slash:
        raise ConfigError(f"--use {version!r}: write NAME/FINGERPRINT")
    use_mixture(store, name, fingerprint)


def _use_found(store: Store, report: str, source: str) -> None:
    from curation_lib.audit.found_mixtures import mixture_in
    from curation_lib.runner.mixtures import publish_mixture, use_mixture

    found = mixture_in(store, report, source)
    use_mixture(store, found.name, publish_mixture(store, found.name, found.weights, found.report))
