"""Types queries into the page in a real browser, and prints what it shows, as JSON.

`python drive.py URL [--picture FILE] < queries.json`, in .venv-browser. Exit: 0 done, 77 there is no browser.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

NO_BROWSER = 77
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FIELD = "What are you looking for?"


def browser_of(playwright: Playwright) -> Browser:
    """The machine's Chromium, or Playwright's own. Exits where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    own = playwright.chromium.executable_path
    if not found and not Path(own).exists():
        print(
            "there is no Chromium: run `apt install chromium`, or `.venv-browser/bin/playwright install chromium`",
            file=sys.stderr,
        )
        sys.exit(NO_BROWSER)
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    return playwright.chromium.launch(executable_path=found or own, args=arguments)


class Watch:
    """What a page must not do: errors, broken policies, dialogs, requests to elsewhere."""

    def __init__(self, page: Page, url: str) -> None:
        self.seen: list[str] = []
        self._host = urlsplit(url).netloc
        page.on("console", self._said)
        page.on("pageerror", lambda it: self.seen.append(str(it)))
        page.on("dialog", self._asked)
        page.on("request", self._requested)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.seen.append(message.text)

    def _asked(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self._host:
            self.seen.append(f"request {request.url}")


def asked(page: Page, query: str) -> dict[str, Any]:
    """What the page shows for a query that is typed."""
    page.get_by_label(FIELD).fill(query)
    page.get_by_role("button", name="Search").click()
    return shown(page, query)


def shown(page: Page, query: str) -> dict[str, Any]:
    """What the page shows when it has its answer."""
    expect(page.get_by_label(FIELD)).to_have_value(query)
    page.locator("#hits[aria-busy=false]").wait_for(state="attached")
    return {
        "title": page.title(),
        "status": page.locator("#status").inner_text(),
        "mood": page.locator("#mood").inner_text(),
        "markup": page.locator("#hits :is(script, img, b, iframe, a)").count(),
        "hits": [hit(page, number) for number in range(page.locator("#hits > li").count())],
    }


def hit(page: Page, number: int) -> dict[str, Any]:
    item = page.locator("#hits > li").nth(number)
    told = {
        part: item.locator(f".{part}").inner_text()
        for part in ("topic", "text", "relevance", "nearness")
    }
    return {
        "title": item.locator("h2").inner_text(),
        "moods": item.locator(".moods li").all_inner_texts(),
        **told,
    }


def main() -> None:
    """All in one browser; prints what was shown for each query, and after going back, a link, and too long a query."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--picture")
    arguments = parser.parse_args()
    queries = json.load(sys.stdin)
    with sync_playwright() as playwright:
        browser = browser_of(playwright)
        page = browser.new_page(viewport={"width": 860, "height": 800}, device_scale_factor=1.5)
        watch = Watch(page, arguments.url)
        page.goto(arguments.url)
        told: dict[str, Any] = {"queries": [asked(page, query) for query in queries]}
        told["outline"] = page.locator("body").aria_snapshot()
        if arguments.picture:
            page.screenshot(path=arguments.picture)
        page.go_back()
        told["back"] = shown(page, queries[-2])
        page.get_by_role("link", name="lost luggage").click()
        told["linked"] = shown(page, "I am angry about lost luggage")
        told["seen"] = list(watch.seen)
        page.goto(f"{arguments.url}?q={'x' * 1001}")
        told["refused"] = shown(page, "x" * 1001)["status"]
        browser.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
