"""A stack's environments as Baseten has them now, beside what the last `up` left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baseten_tei.baseten.statuses import GONE, NOTHING_SERVES, UNHEALTHY
from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment.money.costs import Prices
from baseten_tei.operations.status.schedule_notes import (
    describe_live_schedules,
    settings_in_force,
)
from baseten_tei.provider.drift.environment_drift import (
    environment_drift,
    settings_drift,
    settings_now,
)

MINUTES_PER_HOUR = 60


@dataclass(frozen=True)
class LiveEnvironment:
    """One environment of one model."""

    model: str
    environment: str
    status: str
    replicas: str
    """Active now, and how many there may be: `1 of 0-3`."""
    version: str
    """The deployment that serves."""
    digest: str
    """Its config digest; empty where another pushed it."""
    usd_per_hour: float | None
    """Of the replicas that are active; `None` where the price is not known, nothing on an emulator."""
    drift: tuple[str, ...]
    emulator: bool = False
    """Whether it is on an emulator, which bills nothing."""
    notes: tuple[str, ...] = ()
    """What is worth knowing and nothing to repair."""

    @property
    def is_healthy(self) -> bool:
        """Return whether it can answer, and is what the last `up` left."""
        return not self.drift and self.status not in UNHEALTHY | {GONE}


def live_environment(
    state: Mapping[str, Any],
    model_id: str | None,
    serving: Serving | None,
    prices: Prices | None,
    now: datetime,
    notes: Sequence[str] = (),
) -> LiveEnvironment:
    """Return the row of an environment; `state` is its outputs in the stack's state.

    `model_id` and `serving` are `None` for what is not on Baseten, `prices` on an emulator; `notes` are lines about
    what it is, and versions that cannot serve yet.
    """
    emulator = prices is None
    named = {"model": str(state["model"]), "environment": str(state["environment"])}
    if model_id is None or serving is None:
        what = "the model" if model_id is None else "the environment"
        return LiveEnvironment(**named, status=GONE, replicas="0", version="", digest="", usd_per_hour=0.0,
                   drift=(f"{what} is not on Baseten",), emulator=emulator, notes=())  # fmt: skip
    current = serving.current
    active = current.replicas if current else 0
    settings = settings_in_force(serving)
    bounds = f"{settings.get('min_replica')}-{settings.get('max_replica')}"
    return LiveEnvironment(
        **named,
        status=current.status if current else NOTHING_SERVES,
        replicas=f"{active} of {bounds}",
        version=current.id if current else "",
        digest=current.digest if current else "",
        usd_per_hour=_usd_per_hour(active, current.instance_type if current else "", prices),
        drift=_drift(state, model_id, serving, now),
        emulator=emulator,
        notes=(*notes, *_notes(serving), *describe_live_schedules(state, serving)),
    )


def _usd_per_hour(replicas: int, instance_type: str, prices: Prices | None) -> float | None:
    if prices is None or not replicas:
        return 0.0
    price = prices.of(instance_type)
    return None if price is None else price * MINUTES_PER_HOUR * replicas


def _drift(
    state: Mapping[str, Any], model_id: str, serving: Serving, now: datetime
) -> tuple[str, ...]:
    if "deployment_id" not in state:
        return ("it was never released",)
    found = {
        **settings_drift(state, settings_now(state, serving, now)),
        **environment_drift(state, model_id, serving, {}),
    }
    return tuple(f"{field} {text}" for field, text in found.items())


def _notes(serving: Serving) -> tuple[str, ...]:
    """What the stack does not manage and a caller notices."""
    routing = serving.further.get("traffic_routing")
    return (routing,) if routing else ()


def sort_by_health(rows: list[LiveEnvironment]) -> list[LiveEnvironment]:
    """Return what is not healthy first, then by name."""
    return sorted(rows, key=lambda it: (it.is_healthy, it.model, it.environment))
