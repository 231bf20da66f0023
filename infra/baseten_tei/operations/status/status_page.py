"""How a stack stands as one HTML page that needs nothing else."""

from collections.abc import Sequence

from baseten_tei.operations.status.live_environments import LiveEnvironment
from baseten_tei.operations.status.live_table import HEADINGS, cells, summary
from baseten_tei.operations.status.stack_status import StackStatus
from baseten_tei.review.report.escaping import escape_html
from baseten_tei.review.report.html_blocks import Cell, render_document, render_list, render_table

_STYLE = "tr.sick{background:#ffebe9}.sick .name{font-weight:600}"
_COLUMNS = ("healthy", *HEADINGS[1:-2], "$ an hour", HEADINGS[-1])
_CLASSES = (
    "fixed", "name", "", "fixed", "fixed", "fixed", "fixed", "number", "text",
)  # fmt: skip


def render_page(status: StackStatus, rows: Sequence[LiveEnvironment] | None, moment: str) -> str:
    """Return the whole document; `rows` is `None` where Baseten was not asked, `moment` is when all of this was so."""
    parts = [
        f"<h1>{escape_html(status.title)}</h1><p><small>As of {escape_html(moment)}</small></p>",
        render_list("What pulumi up would do", (change.line for change in status.changes)),
        render_list("Not compared", status.unknown),
        render_list("Autoscaling schedules", status.schedules),
        "" if rows is None else _live(rows),
    ]
    return render_document(status.title, "\n".join(parts), _STYLE)


def _live(rows: Sequence[LiveEnvironment]) -> str:
    table = render_table(_COLUMNS, map(_row, rows)) if rows else ""
    return f"<h2>{escape_html(summary(rows))}</h2>\n{table}"


def _row(row: LiveEnvironment) -> tuple[str, list[Cell]]:
    """Return a row whose state is a word as well, not a colour alone."""
    texts = ("yes" if row.is_healthy else "! no", *cells(row)[1:])
    return "healthy" if row.is_healthy else "sick", list(zip(texts, _CLASSES, strict=True))
