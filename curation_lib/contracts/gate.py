"""The gate: judge a dataset's frames against its contract with Great Expectations, and fail closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pandas as pd

from curation_lib.contracts import gx_session
from curation_lib.contracts.data_docs import add_summary, make_offline
from curation_lib.contracts.errors import GateError
from curation_lib.contracts.expectations import Expectation
from curation_lib.contracts.guards import SOME_DOCUMENTS, guards
from curation_lib.contracts.report import failures_of
from curation_lib.contracts.result import GateResult
from curation_lib.contracts.suites import SHARE


def judge(
    name: str,
    frames: Mapping[str, pd.DataFrame],
    expectations: Sequence[Expectation],
    site: Path,
    dropped: Mapping[str, Sequence[str]] | None = None,
) -> GateResult:
    """Judge `frames` (see metrics.py, sample.py) and write Data Docs that need no network into `site`.

    dropped: by rule, what a message shows of the rows that it dropped.
    One page per judged frame; `page` is that of the first frame with a failure, else of `metrics`.
    Raises GateError for an empty contract, and for an unknown frame or column. The session's own files
    lie beside the site, in `.<site>.gx`, and may be deleted.
    """
    judged = _by_frame(name, frames, expectations)
    context = gx_session.open_context(site, site.with_name(f".{site.name}.gx"))
    run = gx_session.start_run(name)
    outcomes = {
        frame: gx_session.validate(
            context,
            run,
            frame,
            _with_absent_languages(frame, frames[frame], lines),
            [_build(e, n) for n, e in enumerate(lines)],
        )
        for frame, lines in judged.items()
    }
    urls = gx_session.write_pages(context, outcomes)
    make_offline(site)
    pages = {frame: _inside(site, url) for frame, url in urls.items()}
    result = _result(name, judged, outcomes, pages, dropped or {})
    for page in result.pages.values():
        add_summary(site / page, [f.line().removeprefix(" - ") for f in result.failures if f.page == page])
    return result


def _result(
    name: str,
    judged: Mapping[str, Sequence[Expectation]],
    outcomes: Mapping[str, Any],
    pages: dict[str, str],
    dropped: Mapping[str, Sequence[str]],
) -> GateResult:
    failures = [
        failure
        for frame, lines in judged.items()
        for failure in failures_of(lines, outcomes[frame].results, pages[frame], dropped)
    ]
    critical = [f for f in failures if f.severity == "critical"]
    page = next((f.page for f in (*critical, *failures)), pages["metrics"])
    return GateResult(name, not critical, sum(map(len, judged.values())), tuple(failures), page, pages)


def _inside(site: Path, url: str) -> str:
    """A page's path within `site`, from the file:// URL that Great Expectations gives."""
    return str(Path(unquote(urlparse(url).path)).relative_to(site.resolve()))


def _by_frame(
    name: str, frames: Mapping[str, pd.DataFrame], expectations: Sequence[Expectation]
) -> dict[str, list[Expectation]]:
    """The expectations of each frame, guards first; `metrics` is always judged."""
    if not expectations:
        raise GateError(f"{name}: the contract holds no expectation; a gate that checks nothing never passes")
    for e in expectations:
        _refuse_unknown(name, frames, e)
    groups: dict[str, list[Expectation]] = {"metrics": []}
    for e in expectations:
        groups.setdefault(e.frame, []).append(e)
    _refuse_unknown(name, frames, SOME_DOCUMENTS)
    groups["metrics"].insert(0, SOME_DOCUMENTS)
    return {frame: list(dict.fromkeys([*guards(own), *own])) for frame, own in groups.items()}


def _refuse_unknown(name: str, frames: Mapping[str, pd.DataFrame], e: Expectation) -> None:
    if e.frame not in frames:
        raise GateError(f"{name}: unknown frame {e.frame!r}; frames are {', '.join(frames)}")
    known = list(frames[e.frame].columns)
    for column in e.columns():
        if column not in known and not (e.frame == "metrics" and SHARE.fullmatch(column)):
            raise GateError(f"{name}: unknown column {column!r} in frame {e.frame!r}; columns are {', '.join(known)}")


def _with_absent_languages(frame: str, data: pd.DataFrame, lines: Sequence[Expectation]) -> pd.DataFrame:
    """A language that no document has, has share 0."""
    absent = [c for e in lines for c in e.columns() if c not in data.columns] if frame == "metrics" else []
    return data.assign(**dict.fromkeys(absent, 0.0))


def _build(e: Expectation, line: int) -> Any:
    """The Great Expectations object of `e`, numbered `line`. Raises GateError when a value is refused."""
    kinds = gx_session.load().expectations
    settings = e.settings()
    if e.rules():
        settings = {"column": "fired", "value_set": list(e.rules())}
    try:
        return getattr(kinds, e.type)(**settings, severity=e.severity, meta={"line": line})
    except ValueError as error:  # what the class's own validation raises
        raise GateError(f"{e.type} on {e.frame}: {error}") from error
