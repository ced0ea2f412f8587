"""The Airflow UI as an operator sees it, in headless Chromium. Pictures go to $WINNOW_SCREENSHOTS or a temp folder."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from infra.local.demo import pages
from tests.end_to_end.browser import shoot
from tests.end_to_end.running import SMALL, Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def run_id(disturbed: dict[str, Any]) -> str:
    """A run that ended green."""
    assert disturbed["state"] == "success"
    return str(disturbed["run_id"])


def test_the_dag_and_its_green_run_are_seen(page: Page, stack: Stack, run_id: str) -> None:
    page.goto(f"{stack.settings.airflow_url}/dags/{SMALL}/runs/{run_id}")
    expect(page.get_by_text("dedup.minhash").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Success").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Failed", exact=True)).to_have_count(0)
    shoot(page, "run")


def test_data_docs_open_from_the_navigation(page: Page, stack: Stack, run_id: str) -> None:
    page.goto(stack.settings.airflow_url)
    page.get_by_text("Data Docs").first.click()
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_text("small").first).to_be_visible(timeout=30_000)
    shoot(page, "data_docs")


def test_a_gate_shows_its_page_of_expectations(page: Page, stack: Stack, run_id: str) -> None:
    outside: list[str] = []
    ours = (stack.settings.airflow_url, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(ours) else outside.append(r.url))
    page.goto(f"{stack.settings.airflow_url}/winnow/gate/{SMALL}/{run_id}/dedup.minhash.gate")
    expect(page.get_by_text("Expectation", exact=False).first).to_be_visible(timeout=30_000)
    shoot(page, "gate")
    assert not outside, f"Data Docs ask the network for {outside[:3]}"


@pytest.mark.parametrize("name", ["Data Docs", "Dask dashboard"])
def test_the_pages_that_make_run_names_open(page: Page, stack: Stack, run_id: str, name: str) -> None:
    answer = page.goto(pages(stack.settings)[name])
    assert answer is not None
    assert answer.status == 200
    shown = {"Data Docs": SMALL.removeprefix("corpus_build__"), "Dask dashboard": "Workers"}[name]
    expect(page.get_by_text(shown).first).to_be_visible(timeout=30_000)
    shoot(page, name.replace(" ", "_").lower())


def test_pages_ask_for_a_login(stack: Stack) -> None:
    import requests

    answer = requests.get(f"{stack.settings.airflow_url}/winnow/", timeout=30, allow_redirects=False)
    assert answer.status_code == 401
