"""The report as one self-contained HTML page, with every model and every line."""

from baseten_tei.review.report.escaping import escape_html
from baseten_tei.review.report.html_blocks import (
    Cell,
    render_document,
    render_list,
    render_sentence,
    render_table,
)
from baseten_tei.review.report.report_data import (
    ChangeReport,
    Cost,
    ModelReport,
    StackReport,
)
from baseten_tei.review.report.sections import cost_by_hour
from baseten_tei.review.report.wording import (
    drift_lines,
    format_amounts,
    format_finding,
    format_reasons,
    missing_prices_note,
    price_source,
    rank_models,
    stack_title,
    token_costs,
    what_it_is,
)

_STYLE = """
details{border:1px solid #d1d9e0;border-radius:6px;padding:.4rem .8rem;margin:.6rem 0}
.breaks{color:#a40e26;font-weight:600}.add{color:#116329}.del{color:#a40e26}
tr.total{font-weight:600}tr.unchanged{color:#59636e}
"""
_WORDS = ("model", "what happens", "why")
_MONEY = ("minimum a month", "typical a month", "maximum a month")


def render_page(report: ChangeReport) -> str:
    """Return the whole document."""
    contract = render_list("Breaks readers of the outputs", report.contract, "breaks")
    stacks = (_stack(stack) for stack in report.stacks)
    body = "\n".join(["<h1>What this change does</h1>", contract, *stacks])
    return render_document("baseten-tei report", body, _STYLE)


def _stack(stack: StackReport) -> str:
    findings = [*stack.findings, *stack.policies]
    parts = [
        f"<h2><code>{escape_html(stack.stack)}</code>: {escape_html(stack_title(stack))}</h2>",
        f"<p><small>Against {render_sentence(stack.origin)}. {render_sentence(price_source(stack))}</small></p>",
        render_list(
            "Blocks the change",
            [*stack.errors, *(format_finding(it) for it in findings if it.blocks)],
            "breaks",
        ),
        render_list("Changed by others", [f"{name}: {text}" for name, text in drift_lines(stack)]),
        render_list("Secrets", stack.secrets),
        render_list("Advice", [format_finding(it) for it in findings if not it.blocks]),
        _table(stack) if stack.models else "",
        render_list(
            "Typical replicas",
            [f"{name}: {text}" for name, text in cost_by_hour.typical_lines(stack.models)],
        ),
        *(_hours(model) for model in stack.models),
        *(_details(stack, model) for model in rank_models(stack.models) if model.changes),
    ]
    return "\n".join(part for part in parts if part)


def _table(stack: StackReport) -> str:
    """Return a row for each model, and one for their sum if they cost money."""
    money = not stack.on_emulator
    rows: list[tuple[str, list[Cell]]]
    rows = [(model.kind, _row(model, money)) for model in rank_models(stack.models)]
    if money:
        rows.append(("total", _cells("all models", "", missing_prices_note(stack), stack.cost)))
    return render_table((*_WORDS, *(_MONEY if money else ())), rows)


def _row(model: ModelReport, money: bool) -> list[Cell]:
    why = [*(["breaks callers"] if model.breaks else []), *format_reasons(model)]
    return _cells(model.name, model.kind, "; ".join(why), model.cost if money else None)


def _cells(name: str, kind: str, why: str, cost: Cost | None) -> list[Cell]:
    amounts = format_amounts(cost) if cost else []
    return [(name, "name"), (kind, "fixed"), (why, "text"), *((it, "number") for it in amounts)]


def _details(stack: StackReport, model: ModelReport) -> str:
    summary = f"{model.kind}: {model.name} ({what_it_is(model)})"
    parts = [
        render_list("Breaks callers", model.breaks, "breaks"),
        render_list("Callers may notice", model.notices),
        render_list("Traffic", model.traffic),
        render_list("Cost", token_costs(stack, model)),
        f"<pre>{''.join(map(_diff_line, model.diff.splitlines()))}</pre>" if model.diff else "",
    ]
    return f"<details open><summary>{render_sentence(summary)}</summary>{''.join(parts)}</details>"


def _hours(model: ModelReport) -> str:
    """Return the table of its hours; empty without schedules."""
    rows = cost_by_hour.hour_rows(model)
    kinds = ("name", "fixed", "fixed", "number", "number", "number")
    cells = [("", list(zip(row, kinds, strict=True))) for row in rows]
    name = f"<h4>{escape_html(model.name)}: by the hour</h4>"
    return f"{name}{render_table(cost_by_hour.HEADINGS, cells)}" if rows else ""


def _diff_line(line: str) -> str:
    sign = {"+": "add", "-": "del"}.get(line[:1], "same")
    return f'<span class="{sign}">{escape_html(line)}</span>\n'
