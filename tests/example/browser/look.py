"""Open pages in a real browser at a desk's and a phone's width, and print what does not fit, as JSON.

`python look.py [--pictures FOLDER] PAGE …`, in .venv-browser; each PAGE is a file or a URL. For each page and width:
`wider`, by how many pixels the page is wider than the screen; `outside`, elements that reach beyond it without a box
to scroll in; `scrolled`, tables that are wider than their box; `broken`, dates and words of up to 24 letters and
digits that two lines share. Exit: 0 done, 77 there is no browser.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from drive import browser_of
from playwright.sync_api import Page, sync_playwright

WIDTHS = (1280, 400)
MEASURE = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = node => node && node !== document.body &&
    (["auto", "scroll"].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
  const named = node => `${node.tagName.toLowerCase()}.${node.className} ${node.textContent.trim().slice(0, 60)}`;
  const outside = [...document.body.querySelectorAll("*")]
    .filter(node => node.getBoundingClientRect().right > width + 1 && !scrolls(node)).map(named);
  const scrolled = [...document.querySelectorAll(".wide")]
    .filter(node => node.scrollWidth > node.clientWidth + 1).map(named);
  const broken = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const whole = /\\d{4}-\\d\\d-\\d\\d|[\\p{L}\\p{N}$]{2,24}(?![\\p{L}\\p{N}$])/gu;
    for (const word of words.currentNode.data.matchAll(whole)) {
      if (/[\\p{L}\\p{N}$]/u.test(words.currentNode.data[word.index - 1] ?? " ")) continue;
      const range = document.createRange();
      range.setStart(words.currentNode, word.index);
      range.setEnd(words.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) broken.push(word[0]);
    }
  }
  return { wider: document.scrollingElement.scrollWidth - innerWidth, outside, scrolled, broken };
}"""


def measure(page: Page, address: str, width: int) -> dict[str, Any]:
    """What does not fit a screen of this width."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address if "://" in address else Path(address).resolve().as_uri())
    page.wait_for_load_state("networkidle")
    return dict(page.evaluate(MEASURE))


def main() -> None:
    """Measure every page at every width, and photograph it where pictures are wanted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    measured: dict[str, dict[int, Any]] = {}
    with sync_playwright() as playwright:
        browser = browser_of(playwright)
        page = browser.new_page()
        for address in arguments.pages:
            for width in WIDTHS:
                measured.setdefault(address, {})[width] = measure(page, address, width)
                if arguments.pictures:
                    picture = arguments.pictures / f"{Path(address).stem}-{width}.png"
                    page.screenshot(path=picture, full_page=True)
        browser.close()
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
