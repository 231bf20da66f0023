"""The page of a verification, for a reviewer: what was looked at, what was found, and pictures of it."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.review.report.escaping import escape_html
from baseten_tei.review.report.html_blocks import render_document, render_table

Record = Mapping[str, Any]


def render_page(record: Record) -> str:
    """Return the whole document."""
    title = f"{record['model']}: can the index of next take over?"
    rows = [
        ("", [(it["name"], "name"), (str(it["passed"]), ""), (it["found"], "text")])
        for it in record["checks"]
    ]
    parts = [f"<h1>{escape_html(title)}</h1>", render_table(("check", "passed", "found"), rows)]
    return render_document(title, "\n".join(parts))
