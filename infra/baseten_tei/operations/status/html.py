"""How a stack stands as one HTML page that needs nothing else."""

from collections.abc import Iterable, Sequence

from baseten_tei.operations.status.live import Row
from baseten_tei.operations.status.report import Standing
from baseten_tei.operations.status.table import HEADINGS, cells, summary
from baseten_tei.review.report.escaping import element

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #d1d9e0;padding:.3rem .6rem;text-align:left;vertical-align:top}
td:nth-child(8){text-align:right}tr.unwell{background:#ffebe9;font-weight:600}small{color:#59636e}
"""


def render_page(standing: Standing, rows: Sequence[Row] | None, moment: str) -> str:
    """A whole document; `rows` is `None` where Baseten was not asked, `moment` is when all of this was so."""
    parts = [
        f"<h1>{element(standing.title)}</h1><p><small>{element(moment)}</small></p>",
        _list("What pulumi up would do", (change.line for change in standing.changes)),
        _list("Not compared", standing.unknown),
        "" if rows is None else _table(rows),
    ]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{element(standing.title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n{''.join(parts)}\n</body></html>\n"
    )


def _table(rows: Sequence[Row]) -> str:
    head = "".join(f"<th>{element(it)}</th>" for it in HEADINGS)
    body = "\n".join(map(_row, rows))
    return f"<h2>{element(summary(rows))}</h2>\n<table><tr>{head}</tr>\n{body}</table>"


def _row(row: Row) -> str:
    found = "".join(f"<td>{element(it)}</td>" for it in cells(row))
    return f'<tr class="{"well" if row.well else "unwell"}">{found}</tr>'


def _list(name: str, items: Iterable[str]) -> str:
    found = "".join(f"<li>{element(it)}</li>" for it in items)
    return f"<h2>{element(name)}</h2><ul>{found}</ul>" if found else ""
