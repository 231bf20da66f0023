"""Escape text from specs for Markdown of GitHub and GitLab, HTML, and a workflow's log.

A name like `**x**`, `<img>`, `@everyone`, `::error::` or one with a line break is shown as it was written: it can
neither format, link, mention people nor close a block, and hidden characters are made visible.
"""

import html
import re

JOINER = "\u2060"
"""Has no width; after it `@name` mentions nobody, and `https:` does not begin a link."""

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Control characters, those that change the direction of writing or have no width, lone surrogates."""
_ACTIVE = re.compile(r"[\\`*_\[\]<>#|~&@]")
_AT_START = re.compile(r"^(\d{0,9})([.):+=!/-])")
_CALLING = re.compile(r"(\\[@#])(?=\w)|((?:https?|ftp)\:)(?=//)|(www)(?=\.)", re.IGNORECASE)
_CODE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"^\s*::|##\[")


def show_hidden(text: str, keep: str = "") -> str:
    """Return the text with each hidden character as its number, `\\u202e`; those in `keep` stay."""
    return _HIDDEN.sub(lambda it: it[0] if it[0] in keep else f"\\u{ord(it[0]):04x}", text)


def escape_prose(text: str, *, table: bool = False) -> str:
    """Return a sentence for a line of Markdown, or of a `table`; text between backticks becomes code."""
    parts = _CODE.split(show_hidden(text))
    return "".join(
        code_span(part, table=table) if n % 2 else _escape_markdown(part)
        for n, part in enumerate(parts)
    )


def code_span(text: str, *, table: bool = False) -> str:
    """Return a value as a Markdown code span. In a table a bar would begin the next cell, even in code."""
    shown = show_hidden(text) or " "
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" or shown.strip() != shown else ""
    span = f"{ticks}{pad}{shown}{pad}{ticks}"
    return span.replace("|", "\\|") if table else span


def code_block(text: str, language: str) -> str:
    """Return lines as a fenced block that nothing in them can close."""
    shown = show_hidden(text, keep="\n\t")
    longest = max((len(run) for run in re.findall("`{3,}", shown)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def escape_html(text: str) -> str:
    """Return text for use between HTML tags, or in a quoted attribute."""
    return html.escape(show_hidden(text), quote=True)


def escape_log_line(text: str) -> str:
    """Return a log line that is not a workflow command (GitHub: `::name::` at its start, `##[name]` anywhere)."""
    shown = show_hidden(text)
    return _COMMAND.sub(lambda it: f"{it[0][:-1]}{JOINER}{it[0][-1]}", shown)


def _escape_markdown(text: str) -> str:
    escaped = _ACTIVE.sub(lambda it: f"\\{it[0]}", text)
    escaped = _AT_START.sub(r"\1\\\2", escaped)
    return _CALLING.sub(lambda it: f"{it[0]}{JOINER}", escaped)
