"""Headless Chromium, logged in to the Airflow UI. Pictures go to $WINNOW_SCREENSHOTS where that is set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from infra.local.credentials import UI_USER
from tests.end_to_end.running import Stack

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def logged_in(stack: Stack, profile: Path) -> Iterator[Page]:
    """A logged-in page of the Airflow UI."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=chromium, headless=True, args=FLAGS, viewport={"width": 1500, "height": 1000}
        )
        opened = browser.new_page()
        opened.goto(stack.settings.airflow_url)
        opened.locator("input[name=username]").fill(UI_USER)
        opened.locator("input[name=password]").fill(stack.credentials.ui_password)
        opened.locator("button[type=submit]").click()
        opened.wait_for_url(lambda url: "login" not in url)
        yield opened
        browser.close()


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page, where pictures are asked for."""
    if folder := os.environ.get("WINNOW_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")
