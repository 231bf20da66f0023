"""Text from specs, put where it cannot be more than text: Markdown of GitHub and GitLab, HTML, a workflow's log.

A name like `**x**`, `<img>`, `@everyone`, `::error::` or one with a line break is shown as it was written. What
renders to something else, links, calls people or closes a block is escaped; what cannot be seen is made visible.
"""

import html
import re

JOINER = "\u2060"
"""Takes no room; behind it `@name` calls nobody, and `https:` begins no link."""

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Control characters, those that turn the direction of writing, those of no width, halves of pairs."""
_ACTIVE = re.compile(r"[\\`*_\[\]<>#|~&@]")
_AT_START = re.compile(r"^(\d{0,9})([.):+=!/-])")
_CALLING = re.compile(r"(\\[@#])(?=\w)|((?:https?|ftp)\:)(?=//)|(www)(?=\.)", re.IGNORECASE)
_CODE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"^\s*::|##\[")


def show_hidden(text: str, keep: str = "") -> str:
    """The text with each hidden character as its number, `\\u202e`; those in `keep` stay."""
    return _HIDDEN.sub(lambda it: it[0] if it[0] in keep else f"\\u{ord(it[0]):04x}", text)


def escape_prose(text: str, *, table: bool = False) -> str:
    """A sentence within a line of Markdown, or of a `table`; what stands between backticks becomes code."""
    parts = _CODE.split(show_hidden(text))
    return "".join(
        code_span(part, table=table) if n % 2 else _escape_markdown(part)
        for n, part in enumerate(parts)
    )


def code_span(text: str, *, table: bool = False) -> str:
    """A value as a Markdown code span. In a table a bar would begin the next cell, within code too."""
    shown = show_hidden(text) or " "
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" or shown.strip() != shown else ""
    span = f"{ticks}{pad}{shown}{pad}{ticks}"
    return span.replace("|", "\\|") if table else span


def code_block(text: str, language: str) -> str:
    """Lines as a block of code that nothing in them can close."""
    shown = show_hidden(text, keep="\n\t")
    longest = max((len(run) for run in re.findall("`{3,}", shown)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def escape_html(text: str) -> str:
    """Text between HTML tags, or in a quoted attribute."""
    return html.escape(show_hidden(text), quote=True)


def escape_log_line(text: str) -> str:
    """A line of a job's log that is no workflow command (GitHub: `::name::` at its start, `##[name]` anywhere)."""
    shown = show_hidden(text)
    return _COMMAND.sub(lambda it: f"{it[0][:-1]}{JOINER}{it[0][-1]}", shown)


def _escape_markdown(text: str) -> str:
    escaped = _ACTIVE.sub(lambda it: f"\\{it[0]}", text)
    escaped = _AT_START.sub(r"\1\\\2", escaped)
    return _CALLING.sub(lambda it: f"{it[0]}{JOINER}", escaped)
