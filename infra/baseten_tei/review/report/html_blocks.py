"""The parts that all HTML pages of this project share: they need no other file and fit a phone's screen.

A table becomes one block a row where the screen is narrow, each cell behind its column's name. What is wider than the
screen all the same (a long line of YAML, a word of 60 letters) scrolls within its own box.
"""

import re
from collections.abc import Iterable, Sequence

from baseten_tei.review.report.escaping import escape_html

STYLE = """
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Noto Sans",sans-serif;max-width:82rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
body{overflow-wrap:break-word}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem}h1,h2{line-height:1.25}
h4{margin:1rem 0 .2rem}ul{margin:.2rem 0;padding-left:1.3rem}
small{color:#59636e;font-size:.87em}
code,pre{font:.87em/1.45 ui-monospace,"DejaVu Sans Mono",monospace;background:#f2f4f7;border-radius:4px}
code{padding:.1em .3em}pre{padding:.8rem;overflow-x:auto}
.wide{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;min-width:100%;font-size:14px}
th,td{border:1px solid #d1d9e0;padding:.35rem .5rem;text-align:left;vertical-align:top}
th{background:#f6f8fa}
td{overflow-wrap:anywhere;min-width:4rem}td.name,td.text{min-width:13rem}
.number,.fixed{white-space:nowrap}.number{text-align:right;font-variant-numeric:tabular-nums}
img{max-width:100%;height:auto;border:1px solid #d1d9e0}
@media (max-width:48rem){
body{margin:1rem auto}h1{font-size:1.35rem}h2{font-size:1.15rem}
table{font-size:15px}table,tbody,td{display:block}tr:first-child{display:none}
tr{display:flex;flex-direction:column;border:1px solid #d1d9e0;border-radius:6px;margin:.6rem 0;padding:.3rem .6rem}
td,.number{border:0;padding:.15rem 0;text-align:left;white-space:normal}
td:empty{display:none}td::before{content:attr(data-column) ": ";color:#59636e}
td.name{order:-1;font-weight:600}td.name::before{content:none}
}
"""
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
