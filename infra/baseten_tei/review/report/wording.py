"""Words that all formats of the report share: money, counts, the order of models."""

from collections import Counter
from collections.abc import Iterable

from baseten_tei.review.report.report_data import (
    Cost,
    ModelReport,
    Money,
    ReportedFinding,
    StackReport,
)

_RANK = ("deleted", "created", "pushed", "forgotten", "settings only", "renamed", "unchanged")
"""In the order in which a reader should see them."""


def format_usd(amount: float | None) -> str:
    """Return `$1,239`, with cents below ten dollars, `unknown` for `None`."""
    if amount is None:
        return "unknown"
    return f"${amount:,.0f}" if amount == 0 or amount >= 10 else f"${amount:,.2f}"


def format_change(before: float | None, after: float | None) -> str:
    """Return `$619 → $1,239`, or one amount if both are the same."""
    one, other = format_usd(before), format_usd(after)
    return one if one == other else f"{one} → {other}"


def format_amounts(cost: Cost) -> list[str]:
    """Return the costs at the fewest, the usual and the most replicas."""
    keys = ("minimum", "typical", "maximum")
    return [format_change(getattr(cost.before, key), getattr(cost.after, key)) for key in keys]


def token_costs(stack: StackReport, model: ModelReport) -> list[str]:
    """Return `$0.0123 per million tokens (…)`; empty without a measurement, and for an emulator."""
    usd = model.usd_per_million_tokens
    if stack.on_emulator or usd is None:
        return []
    return [f"${usd:.4f} per million tokens ({model.measured})"]


def format_finding(it: ReportedFinding) -> str:
    """Return `error: TEI-GPU-001 bge: message: fix`, without the model for a whole stack."""
    where = f"{it.model}: " if it.model else ""
    return f"{it.level}: {it.rule} {where}{it.message}: {it.fix}"


def format_counts(models: Iterable[ModelReport]) -> str:
    """Return e.g. `1 created, 2 pushed, 12 unchanged`."""
    found = Counter[str](model.kind for model in models)
    order = ("created", "pushed", "settings only", "renamed", "deleted", "forgotten", "unchanged")
    return ", ".join(f"{found[it]} {it}" for it in order if found[it]) or "no models"


def stack_title(stack: StackReport) -> str:
    """Return what happens, in one line, without money for an emulator."""
    if stack.errors:
        return "the preview failed"
    if stack.on_emulator:
        return f"{format_counts(stack.models)}, on an emulator"
    before, after = stack.cost.before.typical, stack.cost.after.typical
    money = f"{format_change(before, after)} a month, typically"
    return f"{format_counts(stack.models)}; {'cost unknown' if before is after is None else money}"


def price_source(stack: StackReport) -> str:
    """Return whose prices the report uses, or that nothing is billed."""
    return "On an emulator: nothing is billed." if stack.on_emulator else f"Prices: {stack.prices}."


def missing_prices_note(stack: StackReport) -> str:
    """Return a sentence with the instance types of unknown price; empty if all are known."""
    names = ", ".join(f"`{name}`" for name in stack.cost.unpriced)
    return f"no price is known for {names}" if names else ""


def rank_models(models: Iterable[ModelReport]) -> list[ModelReport]:
    """Sort models: first those that break callers, that come or go, that change most costs, that differ most."""
    return sorted(models, key=_size)


def _size(model: ModelReport) -> tuple[bool, int, float, int, str]:
    money = _difference(model.cost.before, model.cost.after)
    return not model.breaks, _RANK.index(model.kind), -money, -len(model.diff), model.name


def _difference(before: Money, after: Money) -> float:
    """Return the difference of the maximum cost; an unknown price counts as large."""
    if before.maximum is None or after.maximum is None:
        return float("inf") if before != after else 0.0
    return abs(after.maximum - before.maximum)


def what_it_is(model: ModelReport) -> str:
    """Return e.g. `embedding BAAI/bge-base-en-v1.5 on L4:4x16`."""
    return f"{model.task} {model.model_id} on {model.instance_type}"


def format_reasons(model: ModelReport) -> list[str]:
    """Return `field: before → after` of each change; of a model that comes or goes, what it is."""
    return [f"{field}: {values}" for field, values in model.why.items()] or [what_it_is(model)]


def drift_lines(stack: StackReport) -> list[tuple[str, str]]:
    """Return each model with what others changed of it, one pair a change."""
    return [
        (model.name, f"{field} {text}")
        for model in stack.models
        for field, text in model.drift.items()
    ]
