"""The bill: minutes and dollars of each deployment, by the day in UTC.

The shape is documented (`UsageSummaryV1`). How Baseten rounds is guessed: here minutes are those of all replicas
together, whole ones of each day, for which a replica was active. Loading, which Baseten bills as well, is free.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from baseten_emulator.life.hardware import instance_type
from baseten_emulator.life.replica_history import replica_logs, replica_seconds
from baseten_emulator.world.bodies import read_query
from baseten_emulator.world.records import Deployment, ReplicaLog
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import Request, Response, bad_request, json_response
from baseten_emulator.world.world import World, request_counter

MOST_DAYS = 31
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
_WINDOW = ("start_date", "end_date")


def get_usage_summary(world: World, request: Request) -> Response:
    """Answer GET: at most 31 days, from 2026 on."""
    wish = read_query(request, dict.fromkeys(_WINDOW, str), _WINDOW)
    start, end = (_instant(name, wish[name]) for name in _WINDOW)
    if not timedelta(0) < end - start <= timedelta(days=MOST_DAYS):
        raise bad_request(f"the date range must not be empty, nor exceed {MOST_DAYS} days")
    if start < EARLIEST:
        raise bad_request(f"start_date: the earliest date is {EARLIEST.date()}")
    items = [_item(world, log, start, end) for log in replica_logs(world)]
    billed = [it for it in items if it["minutes"]]
    total = _dollars(sum(it["subtotal"] for it in billed))
    usage = {
        "subtotal": total,
        "credits_used": 0,
        "total": total,
        "minutes": sum(it["minutes"] for it in billed),
        "breakdown": billed,
    }
    return json_response(
        {"dedicated_usage": usage, "training_usage": None, "model_apis_usage": None}
    )


def _instant(name: str, text: str) -> datetime:
    """Return a time that has a zone. Raises ApiError 400."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(f"{name}: {text[:40]!r} is not a time in ISO 8601") from error
    if found.tzinfo is None:
        raise bad_request(f"{name}: {text[:40]!r} has no time zone")
    return found.astimezone(UTC)


def _item(world: World, log: ReplicaLog, start: datetime, end: datetime) -> dict[str, Any]:
    price = instance_type(log.instance_type).price
    requests = world.store.counters(request_counter(log.id))
    daily = [
        {
            "date": day.isoformat(),
            **_costs(int(replica_seconds(log, *span) // 60), price),
            "inference_requests": sum(
                int(n) for minute, n in requests.items() if span[0] <= int(minute) * 60 < span[1]
            ),
        }
        for day, span in _days(start, end)
    ]
    return {
        "billable_resource": _resource(world, log),
        **_costs(sum(it["minutes"] for it in daily), price),
        "inference_requests": sum(it["inference_requests"] for it in daily),
        "daily": [it for it in daily if it["minutes"] or it["inference_requests"]],
    }


def _resource(world: World, log: ReplicaLog) -> dict[str, Any]:
    return {
        "id": log.id,
        "kind": "MODEL_DEPLOYMENT",
        "name": log.name,
        "model_id": log.owner,
        "model_name": log.model_name,
        "is_deleted": world.store.get(Deployment, log.id) is None,
        "instance_type": log.instance_type,
        "environment_name": log.environment,
    }


def _costs(minutes: int, price: float) -> dict[str, Any]:
    cost = _dollars(minutes * price)
    return {"minutes": minutes, "subtotal": cost, "compute_cost": cost, "surcharge_cost": 0}


def _dollars(usd: float) -> float:
    return round(usd, 6)


def _days(start: datetime, end: datetime) -> Iterator[tuple[date, tuple[float, float]]]:
    """Yield each day in UTC with the seconds of it that are in the range."""
    day = start.date()
    while (midnight := datetime(day.year, day.month, day.day, tzinfo=UTC)) < end:
        following = midnight + timedelta(days=1)
        yield day, (max(start, midnight).timestamp(), min(end, following).timestamp())
        day = following.date()


ROUTES: tuple[Route, ...] = (Route("GET", "/v1/billing/usage_summary", get_usage_summary),)
