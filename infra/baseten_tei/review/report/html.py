"""The report as one HTML page that needs nothing else, with every model and every line."""

from collections.abc import Iterable

from baseten_tei.review.report.document import Found, ModelReport, Report, StackReport
from baseten_tei.review.report.escaping import element
from baseten_tei.review.report.wording import (
    amounts,
    drift_lines,
    per_million,
    ranked,
    reasons,
    title,
    what_it_is,
)

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #d1d9e0;padding:.35rem .6rem;text-align:left;vertical-align:top}
td.money{text-align:right;white-space:nowrap}
code,pre{font:13px/1.45 ui-monospace,monospace;background:#f6f8fa;border-radius:4px}
code{padding:.1em .3em}pre{padding:.8rem;overflow:auto}
details{border:1px solid #d1d9e0;border-radius:6px;padding:.4rem .8rem;margin:.6rem 0}
.breaks{color:#a40e26;font-weight:600}.add{color:#116329}.del{color:#a40e26}small{color:#59636e}
"""


def render_page(report: Report) -> str:
    """A whole document."""
    contract = _list("Breaks readers of the outputs", report.contract, "breaks")
    body = "\n".join([contract, *(_stack(stack) for stack in report.stacks)])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>baseten-tei report</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>What this change does</h1>\n{body}\n</body></html>\n"
    )


def _stack(stack: StackReport) -> str:
    found = [*stack.findings, *stack.policies]
    parts = [
        f"<h2><code>{element(stack.stack)}</code>: {element(title(stack))}</h2>",
        f"<p><small>Against {element(stack.origin)}. Prices: {element(stack.prices)}.</small></p>",
        _list(
            "Stands in the way",
            [*stack.errors, *(_found(it) for it in found if _stops(it))],
            "breaks",
        ),
        _list("Changed by others", [f"{name}: {text}" for name, text in drift_lines(stack)]),
        _list("Secrets", stack.secrets),
        _list("Advice", [_found(it) for it in found if not _stops(it)]),
        _table(stack),
        *(_details(model) for model in ranked(stack.models) if model.changes),
    ]
    return "\n".join(part for part in parts if part)


def _table(stack: StackReport) -> str:
    heads = ("model", "what happens", "why", "$/month, minimum", "typical", "maximum")
    rows = [
        [model.name, model.kind, "; ".join(reasons(model)), *amounts(model.cost)]
        for model in ranked(stack.models)
    ]
    rows.append(["all models", "", ", ".join(stack.cost.unpriced), *amounts(stack.cost)])
    head = "".join(f"<th>{element(it)}</th>" for it in heads)
    return f"<table><tr>{head}</tr>{''.join(map(_row, rows))}</table>"


def _row(cells: list[str]) -> str:
    words = "".join(f"<td>{element(it)}</td>" for it in cells[:3])
    money = "".join(f'<td class="money">{element(it)}</td>' for it in cells[3:])
    return f"<tr>{words}{money}</tr>"


def _details(model: ModelReport) -> str:
    summary = f"{model.kind}: {model.name} ({what_it_is(model)})"
    cost = per_million(model)
    parts = [
        _list("Breaks callers", model.breaks, "breaks"),
        _list("Callers may notice", model.notices),
        _list("Traffic", model.traffic),
        _list("Cost", [cost] if cost else []),
        f"<pre>{''.join(map(_diff_line, model.diff.splitlines()))}</pre>" if model.diff else "",
    ]
    return f"<details open><summary>{element(summary)}</summary>{''.join(parts)}</details>"


def _diff_line(line: str) -> str:
    sign = {"+": "add", "-": "del"}.get(line[:1], "same")
    return f'<span class="{sign}">{element(line)}</span>\n'


def _list(name: str, items: Iterable[str], kind: str = "") -> str:
    lines = "".join(f"<li>{element(it)}</li>" for it in items)
    return f'<h4>{element(name)}</h4><ul class="{kind}">{lines}</ul>' if lines else ""


def _found(it: Found) -> str:
    where = f"{it.model}: " if it.model else ""
    return f"{it.level} {it.rule} {where}{it.message}: {it.fix}"


def _stops(it: Found) -> bool:
    return it.level in ("error", "mandatory")
