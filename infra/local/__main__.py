"""`python -m infra.local up|down|status|env`, run from the checkout's root."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path

import click

from infra.local import credentials, environment, processes, stack
from infra.local.credentials import UI_USER, Credentials
from infra.local.errors import StackError
from infra.local.settings import Settings, load

CHECKOUT = Path(__file__).resolve().parents[2]


class _Group(click.Group):
    """Turns an expected error into its one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except StackError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group)
def main() -> None:
    """The local stack: Airflow, Dask and an S3 store on this machine, loopback only."""


@main.command()
def up() -> None:
    """Start everything that is not running and wait until it is healthy."""
    # The S3 client of this very process must not take the way over a proxy either.
    os.environ.update({"NO_PROXY": environment.no_proxy(os.environ), "no_proxy": environment.no_proxy(os.environ)})
    begun = time.monotonic()
    settings, secrets, started = stack.up(load(os.environ, CHECKOUT), os.environ, click.echo)
    click.echo(f"up after {time.monotonic() - begun:.0f} s" if started else "already up")
    click.echo(_summary(settings, secrets))


@main.command()
def down() -> None:
    """Stop everything `up` started. Data stays."""
    settings = load(os.environ, CHECKOUT)
    count = stack.down(settings)
    click.echo(f"stopped {count} processes; data stays in {settings.home}" if count else "nothing was running")


@main.command()
def status() -> None:
    """Show each process and part; exit code 1 unless all are healthy."""
    settings = load(os.environ, CHECKOUT)
    report = stack.health(settings)
    for name, state in report.items():
        click.echo(f"{name:24}{state}")
    if not report:
        click.echo(f"not running ({settings.home})")
    else:
        file = processes.config_file(settings)
        click.echo(f"supervisorctl: {sys.executable} -m supervisor.supervisorctl -c {file}")
        click.echo(_summary(settings, credentials.read(settings)))
    sys.exit(0 if stack.is_healthy(report) else 1)


@main.command()
def env() -> None:
    """Print `export` lines with which other commands reach the store, Airflow and Dask."""
    settings = load(os.environ, CHECKOUT)
    secrets = credentials.read(settings)
    for name, value in environment.variables(settings, secrets, os.environ).items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _summary(settings: Settings, secrets: Credentials) -> str:
    assert settings.store is not None
    place = f"{settings.store.url} at {settings.store.endpoint}" if settings.store.endpoint else settings.store.url
    rows = {
        "Airflow UI": f"{settings.airflow_url}  user {UI_USER}, password {secrets.ui_password}",
        "Dask dashboard": f"{settings.dashboard_url}  scheduler {settings.scheduler_address}",
        "Store": f"{place}  ({settings.store.reason})",
        "State and logs": str(settings.home),
    }
    return "\n".join(f"{name:16}{value}" for name, value in rows.items())


if __name__ == "__main__":
    main()
