"""The parts of the comment, as Markdown; all texts from specs are escaped."""

import re
from collections.abc import Iterable, Sequence
from itertools import starmap

from baseten_tei.review.report.escaping import code_block, code_span, escape_html, escape_prose
from baseten_tei.review.report.report_data import Cost, ModelReport, ReportedFinding, StackReport
from baseten_tei.review.report.sections import cost_by_hour
from baseten_tei.review.report.wording import (
    drift_lines,
    format_amounts,
    missing_prices_note,
    price_source,
    stack_title,
    token_costs,
    what_it_is,
)

_DIFF_CHARACTERS = 12_000
"""Of a config's diff; a config is some 2,000 characters long."""
_SHOWN_CHARACTERS = 400
_REASONS_IN_ROW = 2
_STACKS_NAMED = 20
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")
_UNBROKEN = "\u00a0→ "
"""An amount and the arrow behind it stay on one line."""


def stack_head(stack: StackReport, lines: int) -> str:
    """Return heading, origin, and all that a reader must not miss, at most `lines` of each list."""
    findings = [*stack.findings, *stack.policies]
    breaks = ((it.name, text) for it in stack.models for text in it.breaks)
    lists = {
        "⛔ **Blocks the change**": [
            *map(_sentence, stack.errors),
            *(_format_finding(it) for it in findings if it.blocks),
        ],
        "🔴 **Breaks callers**": starmap(_label, breaks),
        "🟠 **Changed by others**, since the last `pulumi up` (`pulumi up` brings it back)": starmap(
            _label, drift_lines(stack)
        ),
        "**Secrets**": map(_sentence, stack.secrets),
        "**Typical replicas**": starmap(_label, cost_by_hour.typical_lines(stack.models)),
        "**Advice**": [_format_finding(it) for it in stack.policies if not it.blocks],
    }
    blocks = [
        f"### {code_span(stack.stack)}: {escape_prose(stack_title(stack))}",
        f"Against {escape_prose(stack.origin)}. {escape_prose(price_source(stack))}",
        *(_format_list(name, items, lines) for name, items in lists.items()),
    ]
    return "\n\n".join(block for block in blocks if block)


def contract_block(problems: Iterable[str]) -> str:
    """Return the changes of the outputs' schema that break readers; empty without any."""
    name = "🔴 **Breaks readers of the outputs** (docs/outputs.schema.json)"
    return _format_list(name, map(_sentence, problems))


def no_change_line(stacks: Sequence[str]) -> str:
    """Return how many stacks are left out, and their names; empty if none are."""
    names = ", ".join(code_span(name) for name in stacks[:_STACKS_NAMED])
    more = f" and {len(stacks) - _STACKS_NAMED} more" if len(stacks) > _STACKS_NAMED else ""
    count = "1 stack does" if len(stacks) == 1 else f"{len(stacks)} stacks do"
    return f"{count} not change: {names}{more}." if stacks else ""


def table_head(stack: StackReport) -> str:
    """Return the head of the table of models, without money for an emulator."""
    words = "| model | what happens | why |"
    if stack.on_emulator:
        return f"{words}\n|---|---|---|"
    return f"{words} $/month, minimum | typical | maximum |\n|---|---|---|---|---|---|"


def model_row(stack: StackReport, model: ModelReport) -> str:
    """Return a model of a stack in one line."""
    reasons = [
        f"{code_span(field, table=True)} {_sentence(values, table=True)}"
        for field, values in model.why.items()
    ] or [code_span(what_it_is(model), table=True)]
    more = f" and {len(reasons) - _REASONS_IN_ROW} more" if len(reasons) > _REASONS_IN_ROW else ""
    name = f"{'🔴 ' if model.breaks else ''}{code_span(model.name, table=True)}"
    why = f"{'; '.join(reasons[:_REASONS_IN_ROW])}{more}"
    return _row([name, model.kind, why, *([] if stack.on_emulator else _amounts(model.cost))])


def total_rows(stack: StackReport) -> list[str]:
    """Return the row of the stack's sums, unchanged models included; none for an emulator."""
    if stack.on_emulator:
        return []
    costs = (f"**{it}**" for it in _amounts(stack.cost))
    return [_row(["**all models**", "", _sentence(missing_prices_note(stack), table=True), *costs])]


def model_details(stack: StackReport, model: ModelReport) -> str:
    """Return everything else that is known of a model, folded."""
    breaks = (f"🔴 {_sentence(text)}" for text in model.breaks)
    findings = [_format_finding(it) for it in stack.findings if it.model == model.name]
    parts = [
        _format_list("**Why**", starmap(_label, model.why.items())),
        _format_list("**Traffic**", map(_sentence, model.traffic)),
        _format_list("**Callers**", [*breaks, *map(_sentence, model.notices)]),
        _format_list("**Rules**", findings),
        _format_list("**Cost**", map(escape_prose, token_costs(stack, model))),
        _hours(model),
        _config(model),
    ]
    summary = escape_html(f"{model.name}: {what_it_is(model)}")
    inner = "\n\n".join(part for part in parts if part)
    return (
        f"<details><summary>{model.kind} <code>{summary}</code></summary>\n\n{inner}\n\n</details>"
    )


def _hours(model: ModelReport) -> str:
    """Return the table of its hours; empty without schedules."""
    rows = cost_by_hour.hour_rows(model)
    if not rows:
        return ""
    head = [_row(cost_by_hour.HEADINGS), "|---|---:|---|---:|---:|---:|"]
    return "\n".join([*head, *(_row(escape_prose(it, table=True) for it in row) for row in rows)])


def _label(name: str, text: str) -> str:
    return f"{code_span(name)}: {_sentence(text)}"


def _format_finding(it: ReportedFinding) -> str:
    where = f"{code_span(it.model)}: " if it.model else ""
    return f"{it.level} {code_span(it.rule)} {where}{_sentence(it.message)}: {_sentence(it.fix)}"


def _format_list(name: str, items: Iterable[str], most: int = 20) -> str:
    """Return a list below its name, at most `most` items and how many are left out; empty without items."""
    lines = [f"- {item}" for item in items]
    rest = [f"- … and {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join([name, *lines[:most], *rest]) if lines else ""


def _config(model: ModelReport) -> str:
    if not model.diff:
        return ""
    shown, cut = model.diff, ""
    if len(shown) > _DIFF_CHARACTERS:
        shown = shown[:_DIFF_CHARACTERS].rsplit("\n", 1)[0]
        cut = f"\n… and {model.diff[len(shown) :].count(chr(10))} more lines"
    return f"**`config.yaml`**\n\n{code_block(shown, 'diff')}{cut}"


def _amounts(cost: Cost) -> list[str]:
    return [it.replace(" → ", _UNBROKEN) for it in format_amounts(cost)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _sentence(text: str, *, table: bool = False) -> str:
    """Return the text, escaped and shortened; of a commit its first twelve digits."""
    short = _COMMIT.sub(lambda it: f"{it[0][:12]}…", text)
    if len(short) > _SHOWN_CHARACTERS:
        short = f"{short[: _SHOWN_CHARACTERS - 1]}…"
    return escape_prose(short, table=table)
