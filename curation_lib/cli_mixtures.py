"""`winnow mix current`: the mixtures of a store."""

from __future__ import annotations

from typing import Any

import click

from curation_lib.command import STORE, command


@click.command()
@STORE
@click.option("--use", metavar="NAME/FINGERPRINT", help="Make this version current.")
@command
def current(store: str, use: str | None) -> Any:
    """List the mixtures of a store that experiments found, the newest first; of each name one version is current, and a
    recipe's `weights_file: STORE/mixtures/NAME` means that one."""
    from curation_lib.core.errors import ConfigError
    from curation_lib.runner.mixtures import list_mixtures, use_mixture
    from curation_lib.runner.store import Store
    from curation_lib.terminal_mixture import mixtures

    place = Store(store)
    if use:
        name, slash, fingerprint = use.partition("/")
        if not slash:
            raise ConfigError(f"--use {use!r}: write NAME/FINGERPRINT")
        use_mixture(place, name, fingerprint)
    return mixtures(list_mixtures(place))
