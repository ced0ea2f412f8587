"""What a store answers about documents that are neither kept nor simply dropped, and how it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from curation_lib import terminal
from curation_lib.audit.trace import trace
from curation_lib.cli import cli
from curation_lib.runner.store import Store
from curation_lib.text.hashing import doc_id
from tests.runner.corpora import prose, rows, run_steps, simple, write_jsonl

ODD = "a [bold]odd[/bold] id [/x] :tada:"
TEXT = "Short [/red] :ticket:`5`."


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Twelve documents, one id with two contents, one line that is no JSON, one id that looks like markup."""
    folder = tmp_path_factory.mktemp("audit")
    written = [*rows(0, 12), {"id": "doc-3", "text": prose(99)}, b"{no [/json]", {"id": ODD, "text": TEXT}]
    write_jsonl(folder / "inputs" / "a.jsonl", written)
    run_steps(simple(folder / "inputs"), folder / "store")
    return Store(str(folder / "store"))


def test_a_document_that_a_stage_quarantined_is_not_called_kept(store: Store) -> None:
    (history,) = trace(store, doc_id("books", "doc-3"))
    assert history["outcome"] in ("kept", "quarantined")  # one of the two contents stays
    (event,) = [e for e in history["events"] if e["event"] == "quarantined"]
    assert event["step"] == "dedup.exact"
    assert "duplicate_id" in event["error"]


def test_an_input_that_was_never_a_document_is_found_by_its_locator(store: Store) -> None:
    (history,) = trace(store, "a.jsonl#13")
    assert history["outcome"] == "quarantined"
    (event,) = history["events"]
    assert (event["step"], event["event"]) == ("sources.books", "quarantined")
    assert event["error"].startswith("not JSON")


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["trace", ODD], [ODD]),
        (["trace", "a.jsonl#13"], ["a.jsonl#13", "not JSON: unexpected character"]),
        (["sample", "", "--dropped", "min_characters"], [ODD, TEXT]),
    ],
)
def test_texts_that_look_like_markup_are_shown_as_they_are(
    store: Store, command: list[str], shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main([*command, "--store", store.url], standalone_mode=False)
    said = capsys.readouterr().out
    assert all(text in said for text in shown), said


def test_a_funnel_shows_reasons_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {
        "rows_in": 2, "created": 0, "dropped": {"a.b": 1}, "quarantined": {"not JSON: [/x] [bold]": 1}, "skipped": 0,
        "kept": 0, "bytes_kept": 0,
    }  # fmt: skip
    terminal.print_funnel({"sources.books": counts})
    assert "[/x] [bold]" in capsys.readouterr().out


def test_errors_are_one_line_and_status_1(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["validate", str(tmp_path / "none.yaml"), "--json"])
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        f"error: cannot read recipe {tmp_path / 'none.yaml'}: No such file or directory"
    ]
    assert "cannot read recipe" in done.stdout.splitlines()[-1]
