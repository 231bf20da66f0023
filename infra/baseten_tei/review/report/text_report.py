"""The report for a terminal or a job's log, a block per stack."""

from collections.abc import Iterator

from baseten_tei.review.report.escaping import escape_log_line
from baseten_tei.review.report.report_data import ChangeReport, ModelReport, StackReport
from baseten_tei.review.report.sections import cost_by_hour
from baseten_tei.review.report.text_table import align
from baseten_tei.review.report.wording import (
    drift_lines,
    format_change,
    format_finding,
    format_reasons,
    price_source,
    rank_models,
    stack_title,
    token_costs,
)

_HEADINGS = ("model", "what happens", "$/month, typical", "why")


def render_text(report: ChangeReport) -> str:
    """Return the report as plain text, without colours."""
    contract = [f"BREAKS READERS OF THE OUTPUTS: {it}" for it in report.contract]
    blocks = [contract, *(list(_stack_lines(stack)) for stack in report.stacks)]
    return "\n\n".join("\n".join(map(escape_log_line, lines)) for lines in blocks if lines) + "\n"


def _stack_lines(stack: StackReport) -> Iterator[str]:
    yield f"{stack.stack}: {stack_title(stack)}"
    yield f"  against {stack.origin}. {price_source(stack)}"
    yield from (f"  stops: {line}" for line in stack.errors)
    yield from (f"  {format_finding(it)}" for it in (*stack.findings, *stack.policies))
    yield from (f"  drift: {name}: {text}" for name, text in drift_lines(stack))
    yield from (f"  secret {line}" for line in stack.secrets)
    changing = rank_models(model for model in stack.models if model.changes)
    if changing:
        rows = [_HEADINGS, *map(_row, changing)]
        yield from (
            f"  {line}"
            for line in align([row[:2] + row[3:] for row in rows] if stack.on_emulator else rows)
        )
    for model in changing:
        yield from _model_lines(stack, model)
    for model in stack.models:
        yield from _hour_lines(model)
    yield from (f"  {name}: {text}" for name, text in cost_by_hour.typical_lines(stack.models))


def _hour_lines(model: ModelReport) -> Iterator[str]:
    if rows := cost_by_hour.hour_rows(model):
        yield f"  {model.name}: by the hour"
        yield from (f"    {it}" for it in align([cost_by_hour.HEADINGS, *rows], right=range(1, 6)))


def _row(model: ModelReport) -> tuple[str, ...]:
    costs = format_change(model.cost.before.typical, model.cost.after.typical)
    return model.name, model.kind, costs, "; ".join(format_reasons(model))


def _model_lines(stack: StackReport, model: ModelReport) -> Iterator[str]:
    yield from (f"  {model.name}: BREAKS CALLERS: {text}" for text in model.breaks)
    yield from (f"  {model.name}: callers: {text}" for text in model.notices)
    yield from (f"  {model.name}: {text}" for text in (*model.traffic, *token_costs(stack, model)))
