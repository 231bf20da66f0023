"""The parts of the comment, as Markdown; all texts from specs are escaped."""

import re
from collections.abc import Iterable, Iterator, Sequence

from baseten_tei.review.report.escaping import code_block, code_span, escape_html, escape_prose
from baseten_tei.review.report.report_data import Cost, ModelReport, ReportedFinding, StackReport
from baseten_tei.review.report.wording import (
    drift_lines,
    format_amounts,
    format_per_million,
    price_source,
    stack_title,
    unpriced_note,
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
    against = f"Against {escape_prose(stack.origin)}. {escape_prose(price_source(stack))}"
    blocks = [f"### {code_span(stack.stack)}: {escape_prose(stack_title(stack))}", against]
    lists = {
        "⛔ **Blocks the change**": _blockers(stack),
        "🔴 **Breaks callers**": _breaking(stack),
        "🟠 **Changed by others**, since the last `pulumi up` (`pulumi up` brings it back)": [
            f"{code_span(name)}: {escape_prose(_cut(text))}" for name, text in drift_lines(stack)
        ],
        "**Secrets**": [escape_prose(_cut(line)) for line in stack.secrets],
        "**Advice**": [_format_finding(it) for it in stack.policies if it.level == "advisory"],
    }
    blocks += [_format_list(name, items, lines) for name, items in lists.items() if items]
    return "\n\n".join(blocks)


def contract_block(problems: Iterable[str]) -> str:
    """Return the changes of the outputs' schema that break readers; empty without any."""
    lines = [escape_prose(_cut(problem)) for problem in problems]
    return _format_list("🔴 **Breaks readers of the outputs** (docs/outputs.schema.json)", lines)


def no_change_line(stacks: Sequence[str]) -> str:
    """Return how many stacks are left out, and their names; empty if none are."""
    names = ", ".join(code_span(name) for name in stacks[:_STACKS_NAMED])
    more = f" and {len(stacks) - _STACKS_NAMED} more stacks" if len(stacks) > _STACKS_NAMED else ""
    return f"No change: {names}{more}." if stacks else ""


def table_head(stack: StackReport) -> str:
    """Return the head of the table of models, without money for an emulator."""
    words = "| model | what happens | why |"
    if stack.on_emulator:
        return f"{words}\n|---|---|---|"
    return f"{words} $/month, minimum | typical | maximum |\n|---|---|---|---|---|---|"


def model_row(stack: StackReport, model: ModelReport) -> str:
    """Return a model of a stack in one line."""
    told = [
        f"{code_span(field, table=True)} {escape_prose(_cut(values), table=True)}"
        for field, values in model.why.items()
    ] or [code_span(what_it_is(model), table=True)]
    more = f" and {len(told) - _REASONS_IN_ROW} more" if len(told) > _REASONS_IN_ROW else ""
    name = f"{'🔴 ' if model.breaks else ''}{code_span(model.name, table=True)}"
    why = f"{'; '.join(told[:_REASONS_IN_ROW])}{more}"
    return _row([name, model.kind, why, *([] if stack.on_emulator else _amounts(model.cost))])


def total_rows(stack: StackReport) -> list[str]:
    """Return the row of the stack's sums, unchanged models included; none for an emulator."""
    costs = (f"**{it}**" for it in _amounts(stack.cost))
    row_of_all = _row(
        ["**all models**", "", escape_prose(unpriced_note(stack), table=True), *costs]
    )
    return [] if stack.on_emulator else [row_of_all]


def model_details(stack: StackReport, model: ModelReport) -> str:
    """Return everything else that is known of a model, folded."""
    findings = [it for it in stack.findings if it.model == model.name]
    parts = [
        _format_list(
            "**Why**",
            [f"{code_span(field)}: {escape_prose(_cut(it))}" for field, it in model.why.items()],
        ),
        _format_list("**Traffic**", [escape_prose(_cut(it)) for it in model.traffic]),
        _format_list(
            "**Callers**",
            [*_format_breaks(model), *(escape_prose(_cut(it)) for it in model.notices)],
        ),
        _format_list("**Rules**", [_format_finding(it) for it in findings]),
        _format_list("**Cost**", [escape_prose(it) for it in (format_per_million(model),) if it]),
        _config(model),
    ]
    summary = escape_html(f"{model.name}: {what_it_is(model)}")
    inner = "\n\n".join(part for part in parts if part)
    return (
        f"<details><summary>{model.kind} <code>{summary}</code></summary>\n\n{inner}\n\n</details>"
    )


def _blockers(stack: StackReport) -> list[str]:
    stopping = [*stack.findings, *stack.policies]
    return [
        *(escape_prose(_cut(line)) for line in stack.errors),
        *(_format_finding(it) for it in stopping if it.level in ("error", "mandatory")),
    ]


def _breaking(stack: StackReport) -> list[str]:
    return [
        f"{code_span(it.name)}: {escape_prose(_cut(text))}"
        for it in stack.models
        for text in it.breaks
    ]


def _format_breaks(model: ModelReport) -> Iterator[str]:
    return (f"🔴 {escape_prose(_cut(text))}" for text in model.breaks)


def _format_finding(it: ReportedFinding) -> str:
    where = f"{code_span(it.model)}: " if it.model else ""
    return f"{it.level} {code_span(it.rule)} {where}{escape_prose(_cut(it.message))}: {escape_prose(_cut(it.fix))}"


def _format_list(name: str, items: Iterable[str], most: int = 20) -> str:
    """Return a list below its name, at most `most` items and how many are left out; empty without items."""
    found = list(items)
    if not found:
        return ""
    rest = [f"- … and {len(found) - most} more"] if len(found) > most else []
    return "\n".join([name, *(f"- {item}" for item in found[:most]), *rest])


def _config(model: ModelReport) -> str:
    if not model.diff:
        return ""
    shown = (
        model.diff[:_DIFF_CHARACTERS].rsplit("\n", 1)[0]
        if len(model.diff) > _DIFF_CHARACTERS
        else model.diff
    )
    cut = (
        ""
        if shown == model.diff
        else f"\n… and {model.diff[len(shown) :].count(chr(10))} more lines"
    )
    return f"**`config.yaml`**\n\n{code_block(shown, 'diff')}{cut}"


def _amounts(cost: Cost) -> list[str]:
    return [it.replace(" → ", _UNBROKEN) for it in format_amounts(cost)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cut(text: str) -> str:
    """Return the text, shortened; of a commit its first twelve digits."""
    short = _COMMIT.sub(lambda it: f"{it[0][:12]}…", text)
    return short if len(short) <= _SHOWN_CHARACTERS else f"{short[: _SHOWN_CHARACTERS - 1]}…"
