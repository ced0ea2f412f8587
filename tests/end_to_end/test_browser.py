"""The Airflow UI as an operator sees it, in headless Chromium. Pictures go to $WINNOW_SCREENSHOTS or a temp folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from infra.local.credentials import UI_USER
from infra.local.demo import pages
from tests.end_to_end.running import SMALL, Stack

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def page(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A logged-in page of the Airflow UI."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        profile = str(tmp_path_factory.mktemp("chromium"))
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, headless=True, args=FLAGS, viewport={"width": 1500, "height": 1000}
        )
        opened = browser.new_page()
        opened.goto(stack.settings.airflow_url)
        opened.locator("input[name=username]").fill(UI_USER)
        opened.locator("input[name=password]").fill(stack.credentials.ui_password)
        opened.locator("button[type=submit]").click()
        opened.wait_for_url(lambda url: "login" not in url)
        yield opened
        browser.close()


@pytest.fixture(scope="module")
def run_id(disturbed: dict[str, Any]) -> str:
    """A run that ended green."""
    assert disturbed["state"] == "success"
    return str(disturbed["run_id"])


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("WINNOW_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")


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
