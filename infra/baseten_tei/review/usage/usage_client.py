"""Asking Baseten what was up: one bill for all models, metrics of those that are not on it."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.usage import Billed
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.errors import UserError
from baseten_tei.review.usage.measured import (
    Measured,
    billed_span,
    from_bill,
    from_series,
    metrics_span,
)


def read_measured(
    api: BasetenApi, models: Mapping[str, Collection[str]], now: datetime
) -> dict[str, Measured]:
    """Return what was measured, by the model's id; `models` has the environments of each.

    Raises `UserError` where Baseten cannot be asked at all. A bill that this key may not see is left out.
    """
    there = {it.id: it for it in api.models(None)}
    names = Counter(it.name for it in there.values())
    span = billed_span(now)
    bill = _read_bill(api, span.start, span.end)
    found: dict[str, Measured] = {}
    for model_id, environments in models.items():
        if model_id not in there:
            continue
        model = there[model_id]
        since = datetime.fromisoformat(model.created_at) if model.created_at else None
        own = [it for it in bill if _is_of(it, model, names)]
        measured = from_bill(own, span, since) or _read_metrics(
            api, model_id, environments, now, since
        )
        if measured:
            found[model_id] = measured
    return found


def _is_of(it: Billed, model: RemoteModel, names: Mapping[str, int]) -> bool:
    """Whether a part of the bill is of a model: by its id, or by a name that only it has."""
    if it.model_id:
        return it.model_id == model.id
    return it.model == model.name and names[model.name] == 1


def _read_bill(api: BasetenApi, start: datetime, end: datetime) -> list[Billed]:
    """The bill, which a key without the right to it does not get."""
    if start >= end:
        return []
    try:
        return api.billed(start, end)
    except UserError:
        return []


def _read_metrics(
    api: BasetenApi,
    model_id: str,
    environments: Collection[str],
    now: datetime,
    created: datetime | None,
) -> Measured | None:
    span = metrics_span(now, created)
    try:
        series = {it: api.replica_series(model_id, it, span.start, span.end) for it in environments}
    except UserError:
        return None
    return from_series(series, span)
