"""Commands that ask a store: trace, sample, builds, gc."""

from __future__ import annotations

import click


def register(cli: click.Group) -> None:
    """Add the commands to `cli`."""
