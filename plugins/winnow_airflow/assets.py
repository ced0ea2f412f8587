"""One asset per gated dataset, `winnow://<corpus>/<step>`, one per finished build, `winnow://<corpus>/build`, one per
model, `winnow://models/<name>`, and one per mixture, `winnow://mixtures/<name>`, with an event for each version that
becomes current; and one per experiment, `winnow://valuations/<name>` and `winnow://searches/<name>`, with an event for
each report.

A gate emits its dataset's event, not the step: an event says that the contract holds. Other DAGs may be
scheduled on it, e.g. `schedule=[dataset_asset("demo", "export.pretrain")]`.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, AssetAlias, Context

BUILD = "build"
LABELS = Asset(name="labels", uri="winnow://labels", group="winnow")
"""Whoever adds labelled documents emits its event: models are trained anew then."""

MIXTURES, VALUED, SEARCHED = (AssetAlias(name=name, group="winnow") for name in ("mixtures", "valuations", "searches"))
"""Which mixture a run makes current, and which experiment it carries out, it alone knows: events are of
`winnow://mixtures/<name>` and the like."""


def dataset_asset(corpus: str, step_id: str) -> Asset:
    """The asset of one step's dataset, e.g. `export.pretrain`, or of the whole build (`build`)."""
    return Asset(name=f"{corpus}/{step_id}", uri=f"winnow://{corpus}/{step_id}", group="winnow")


def model_asset(name: str) -> Asset:
    """The asset of a model's current version."""
    return Asset(name=f"models/{name}", uri=f"winnow://models/{name}", group="winnow")


def named_asset(alias: AssetAlias, name: str) -> Asset:
    """The asset `winnow://<alias>/<name>`."""
    return Asset(name=f"{alias.name}/{name}", uri=f"winnow://{alias.name}/{name}", group="winnow")


def emit(context: Context, asset: Asset, **extra: Any) -> None:
    """Attach what consumers need to the asset event that Airflow records when the task succeeds."""
    context["outlet_events"][asset].extra.update(extra)


def emit_named(context: Context, alias: AssetAlias, name: str, **extra: Any) -> None:
    """Emit an event of `winnow://<alias>/<name>` through the alias, which is the task's outlet."""
    context["outlet_events"][alias].add(named_asset(alias, name), extra=extra)
