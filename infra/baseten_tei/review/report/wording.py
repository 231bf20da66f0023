"""Words that every form of the report shares: money, counts, the order of models."""

from collections import Counter
from collections.abc import Iterable

from baseten_tei.review.report.report_data import Cost, ModelReport, Money, StackReport

_RANK = ("deleted", "created", "pushed", "forgotten", "settings only", "renamed", "unchanged")
"""What a reader should see first."""


def format_usd(amount: float | None) -> str:
    """`$1,239`; below ten dollars with cents; what is not known is `unknown`."""
    if amount is None:
        return "unknown"
    return f"${amount:,.0f}" if amount == 0 or amount >= 10 else f"${amount:,.2f}"


def format_change(before: float | None, after: float | None) -> str:
    """`$619 → $1,239`, or one amount where both are the same."""
    one, other = format_usd(before), format_usd(after)
    return one if one == other else f"{one} → {other}"


def format_amounts(cost: Cost) -> list[str]:
    """At the fewest, the usual and the most replicas."""
    keys = ("minimum", "typical", "maximum")
    return [format_change(getattr(cost.before, key), getattr(cost.after, key)) for key in keys]


def format_per_million(model: ModelReport) -> str:
    """`$0.0123 per million tokens (…)`; empty where nobody measured."""
    if model.usd_per_million_tokens is None:
        return ""
    return f"${model.usd_per_million_tokens:.4f} per million tokens ({model.measured})"


def format_counts(models: Iterable[ModelReport]) -> str:
    """`1 created, 2 pushed, 12 unchanged`."""
    found = Counter[str](model.kind for model in models)
    order = ("created", "pushed", "settings only", "renamed", "deleted", "forgotten", "unchanged")
    return ", ".join(f"{found[it]} {it}" for it in order if found[it]) or "no models"


def stack_title(stack: StackReport) -> str:
    """Return what happens, in one line; without money where nothing is billed."""
    if stack.errors:
        return "the preview stops with an error"
    if stack.on_emulator:
        return f"{format_counts(stack.models)}, on an emulator"
    before, after = stack.cost.before.typical, stack.cost.after.typical
    money = f"{format_change(before, after)} a month, typically"
    return f"{format_counts(stack.models)}; {'cost unknown' if before is after is None else money}"


def price_source(stack: StackReport) -> str:
    """Return whose prices the report counts with, or that there are none."""
    return "On an emulator: nothing is billed." if stack.on_emulator else f"Prices: {stack.prices}."


def unpriced_note(stack: StackReport) -> str:
    """Return the instance types without a known price in a sentence; empty where all are known."""
    names = ", ".join(f"`{name}`" for name in stack.cost.unpriced)
    return f"no price is known for {names}" if names else ""


def rank_models(models: Iterable[ModelReport]) -> list[ModelReport]:
    """Largest changes first: what breaks callers, what comes or goes, what moves most money, what differs most."""
    return sorted(models, key=_size)


def _size(model: ModelReport) -> tuple[bool, int, float, int, str]:
    money = _difference(model.cost.before, model.cost.after)
    return not model.breaks, _RANK.index(model.kind), -money, -len(model.diff), model.name


def _difference(before: Money, after: Money) -> float:
    """Of the most that it may cost; an unknown price counts as large."""
    if before.maximum is None or after.maximum is None:
        return float("inf") if before != after else 0.0
    return abs(after.maximum - before.maximum)


def what_it_is(model: ModelReport) -> str:
    """`embedding BAAI/bge-base-en-v1.5 on L4:4x16`."""
    return f"{model.task} {model.model_id} on {model.instance_type}"


def format_reasons(model: ModelReport) -> list[str]:
    """`field: before → after`, one each; of a model that comes or goes, what it is."""
    return [f"{field}: {values}" for field, values in model.why.items()] or [what_it_is(model)]


def drift_lines(stack: StackReport) -> list[tuple[str, str]]:
    """Model, and what somebody else changed of it."""
    return [
        (model.name, f"{field} {text}")
        for model in stack.models
        for field, text in model.drift.items()
    ]
