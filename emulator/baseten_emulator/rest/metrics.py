"""Metrics and startups of a deployment, and of an environment: there, of what serves it now."""

from typing import Any

from baseten_emulator.life import capacity, metric_series, startups
from baseten_emulator.life.replica_history import average_replicas, replica_log
from baseten_emulator.life.views import count_replicas, current_status
from baseten_emulator.rest.deployments import ONE, require_deployment
from baseten_emulator.rest.environments import require_serving
from baseten_emulator.rest.promotions import ENVIRONMENT, require_environment
from baseten_emulator.world.bodies import Fields, read_query
from baseten_emulator.world.records import Deployment
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import Request, Response, bad_request, json_response
from baseten_emulator.world.world import World, request_counter

_METRICS: Fields = {
    "mode": str,
    "start_epoch_millis": int,
    "end_epoch_millis": int,
    "metrics": list,
}
_SUMMARY: Fields = {"start_epoch_millis": int, "end_epoch_millis": int, "min_duration_ms": int}
_STARTUPS: Fields = {
    **_SUMMARY, "cursor": str, "limit": int, "outcomes": list, "phase": str, "search": str,
    "sort_by": str, "direction": str,
}  # fmt: skip
_WINDOW = ("start_epoch_millis", "end_epoch_millis")


def get_metrics(world: World, request: Request) -> Response:
    """Answer GET: requests and replicas; `mode` CURRENT (default), SUMMARY or SERIES."""
    deployment, wish = _find_target(world, request), read_query(request, _METRICS)
    window = metric_series.Window.of(wish, world.now())
    counted = world.store.counters(request_counter(deployment.id))
    requests = {int(minute): int(count) for minute, count in counted.items()}
    status = current_status(world, deployment, world.model(deployment.owner).name)
    running, log = count_replicas(world, deployment, status), replica_log(world, deployment)

    def replicas(start: float, end: float) -> float | None:
        return running if start == end else average_replicas(log, start, end)

    return json_response(
        metric_series.render_metrics(window, wish.get("metrics", []), requests, replicas)
    )


def list_startups(world: World, request: Request) -> Response:
    """Answer GET: the attempts in a window."""
    attempts = _attempts(world, request, read_query(request, _STARTUPS, _WINDOW))
    page = {"pagination": {"has_more": False, "cursor": None}, "total_count": len(attempts)}
    return json_response({"items": attempts, **page})


def summarise_startups(world: World, request: Request) -> Response:
    """Answer GET: how long they took."""
    wish = read_query(request, _SUMMARY, _WINDOW)
    return json_response(startups.summarise(_attempts(world, request, wish), wish))


def _attempts(world: World, request: Request, wish: dict[str, Any]) -> list[dict[str, Any]]:
    if wish["start_epoch_millis"] >= wish["end_epoch_millis"]:
        raise bad_request("end_epoch_millis must be after start_epoch_millis")
    deployment = _find_target(world, request)
    name = world.model(deployment.owner).name
    lacking = capacity.is_lacking(world, deployment, name)
    attempts = startups.attempts_of(deployment, world.step_seconds, world.now(), lacking)
    environment = request.params.get("env_name")
    return [
        {**a, "environment_name": environment} for a in startups.select_attempts(attempts, wish)
    ]


def _find_target(world: World, request: Request) -> Deployment:
    if "env_name" in request.params:
        return require_serving(world, require_environment(world, request))
    return require_deployment(world, request)


ROUTES: tuple[Route, ...] = tuple(
    Route("GET", of + suffix, handler)
    for of in (ONE, ENVIRONMENT)
    for suffix, handler in (
        ("/metrics", get_metrics),
        ("/startups", list_startups),
        ("/startups/summary", summarise_startups),
    )
)
