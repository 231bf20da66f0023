"""The parts that all HTML pages of this project share: they need no other file and fit a phone's screen.

A table becomes one block a row where the screen is narrow, each cell behind its column's name. What is wider than the
screen all the same (a long line of YAML, a word of 60 letters) scrolls within its own box.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from baseten_tei.review.report.escaping import escape_html

STYLE = "\n" + Path(__file__).with_name("page.css").read_text("utf-8")
_CODE = re.compile(r"`([^`]+)`")
_LONG_WORD = re.compile(r"[^\s&;]{20,}")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_JOINT = re.compile(r"(?<=[\w])([./_:@])(?=\w)")

Cell = tuple[str, str]
"""A text, and its class: `name` (of the row), `text` (sentences), `number`, `fixed` (never broken), or none."""


def render_document(title: str, body: str, style: str = "") -> str:
    """Return a whole document."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape_html(title)}</title><style>{STYLE}{style}</style></head><body>\n{body}\n</body></html>\n"
    )


def render_sentence(text: str) -> str:
    """Return a sentence as HTML; text between backticks becomes code."""
    parts = _CODE.split(text)
    return "".join(
        f"<code>{_breakable(part)}</code>" if n % 2 else _breakable(part)
        for n, part in enumerate(parts)
    )


def render_list(name: str, items: Iterable[str], kind: str = "") -> str:
    """Return a list of sentences below its name; empty without items."""
    lines = "".join(f"<li>{render_sentence(item)}</li>" for item in items)
    return f'<h4>{escape_html(name)}</h4><ul class="{kind}">{lines}</ul>' if lines else ""


def render_table(headings: Sequence[str], rows: Iterable[tuple[str, Sequence[Cell]]]) -> str:
    """Return a table; each row is the name of its class and its cells."""
    head = "".join(f"<th>{escape_html(heading)}</th>" for heading in headings)
    body = "\n".join(_row(headings, kind, cells) for kind, cells in rows)
    return f'<div class="wide"><table><tr>{head}</tr>\n{body}</table></div>'


def _breakable(text: str) -> str:
    """Return the text as HTML; a long path or name may break at its joints, a date not."""
    shown = _LONG_WORD.sub(lambda word: _JOINT.sub(r"\1<wbr>", word[0]), escape_html(text))
    return _DATE.sub(r'<span class="fixed">\g<0></span>', shown)


def _row(headings: Sequence[str], kind: str, cells: Sequence[Cell]) -> str:
    columns = "".join(
        f'<td class="{classes}" data-column="{escape_html(heading)}">{render_sentence(text)}</td>'
        for heading, (text, classes) in zip(headings, cells, strict=True)
    )
    return f'<tr class="{kind}">{columns}</tr>'
