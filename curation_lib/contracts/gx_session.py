"""Great Expectations, held at arm's length: imported on first use, quiet, no usage statistics, no network.

The import costs seconds of CPU, so that no module of this project does it when it is imported itself.
"""

from __future__ import annotations

import html
import logging
import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

SITE = "contracts"
KEYS: Mapping[str, tuple[str, ...]] = {
    "sources": ("source",),
    "languages": ("language",),
    "rules": ("rule",),
    "sample": ("doc_id",),
}
"""The columns that name a row of a frame in results and pages."""


def load() -> Any:
    """The `great_expectations` package, at WARNING: at INFO it logs some 200 lines about itself."""
    logger = logging.getLogger("great_expectations")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.WARNING)
    # Read once by the package, on import; there is no argument for it.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations

    return great_expectations


def open_context(site: Path, private: Path) -> Any:
    """A file context kept under `private` whose only Data Docs site is written to `site`."""
    gx = load()
    private.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=str(private))
    bars = gx.data_context.types.base.ProgressBarsConfig(globally=False, metric_calculations=False)
    context.variables.progress_bars = bars
    for name in context.get_site_names():
        context.delete_data_docs_site(name)
    context.add_data_docs_site(site_name=SITE, site_config=_site_config(site))
    return context


def _site_config(site: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False},
        # A page per run says all that a page per suite would.
        "site_section_builders": {"expectations": "None", "profiling": "None"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site.resolve())},
    }


def start_run(name: str) -> Any:
    """The name and time under which the frames of one gate are judged and shown together."""
    return load().RunIdentifier(run_name=name, run_time=datetime.now(UTC))


def validate(context: Any, run: Any, frame: str, data: pd.DataFrame, expectations: Sequence[Any]) -> Any:
    """Judge `data` within `run`; gives Great Expectations' validation result, in the order of `expectations`.

    `expectations` carry their number as meta["line"], for results come back in another order.
    """
    gx = load()
    label = f"{run.run_name}.{frame}"
    asset = context.data_sources.add_or_update_pandas("dataset").add_dataframe_asset(frame)
    suite = context.suites.add_or_update(gx.ExpectationSuite(name=label, expectations=list(expectations)))
    batch = asset.add_batch_definition_whole_dataframe("all")
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(name=label, data=batch, suite=suite)
    )
    form = {"result_format": "COMPLETE", "unexpected_index_column_names": list(KEYS.get(frame, ()))}
    outcome = definition.run(batch_parameters={"dataframe": data}, result_format=form, run_id=run)
    outcome.results.sort(key=lambda r: int(r.expectation_config.meta["line"]))
    return outcome


def write_pages(context: Any, outcomes: Mapping[str, Any]) -> dict[str, str]:
    """The Data Docs pages of `outcomes` (frame -> validation result) and the index; gives frame -> page URL.

    Great Expectations writes values into its pages as they are, so a document's text could run as a script
    in the reader's browser. The stored results, which the pages are made of, are therefore escaped first;
    UpdateDataDocsAction would render them before that is possible.
    """
    keys = {frame: _key(outcome) for frame, outcome in outcomes.items()}
    for frame, outcome in outcomes.items():
        context.validation_results_store.set(key=keys[frame], value=_escaped_outcome(outcome))
    context.build_data_docs(site_names=[SITE], resource_identifiers=list(keys.values()))
    return {frame: _url(context, key) for frame, key in keys.items()}


def _url(context: Any, key: Any) -> str:
    (found,) = context.get_docs_sites_urls(resource_identifier=key, site_names=[SITE])
    return str(found["site_url"])


def _key(outcome: Any) -> Any:
    identifiers = import_module("great_expectations.data_context.types.resource_identifiers")
    return identifiers.ValidationResultIdentifier(
        expectation_suite_identifier=identifiers.ExpectationSuiteIdentifier(name=outcome.suite_name),
        run_id=outcome.meta["run_id"],
        batch_identifier=outcome.batch_id,
    )


def _escaped_outcome(outcome: Any) -> Any:
    copied = deepcopy(outcome)
    asset = copied.meta["active_batch_definition"]["data_asset_name"]
    copied.meta["batch_spec"] = {"data_asset_name": asset}  # or else the page says "None"
    for result in copied.results:
        result.result = _escaped(result.result)
        # Code to run on a frame that the reader does not have.
        result.result.pop("unexpected_index_query", None)
        result.exception_info = _escaped(result.exception_info)
        result.expectation_config.kwargs = _escaped(result.expectation_config.kwargs)
    return copied


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {_escaped(k): _escaped(v) for k, v in value.items()}
    return [_escaped(v) for v in value] if isinstance(value, list | tuple) else value
