"""A deployment's logs: GET with query parameters, and the deprecated POST with a body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import logs
from .bodies import Fields, checked
from .records import Deployment
from .rest_deployments import ONE, asked_deployment
from .routing import Route
from .wire import Request, Response, json_response, refused
from .world import World

_LOG_FIELDS: Fields = {
    "start_epoch_millis": int, "end_epoch_millis": int, "limit": int, "direction": str,
    "min_level": str, "replica": str, "request_id": str, "component": str, "search_pattern": str,
    "includes": list, "excludes": list,
}  # fmt: skip


def get_logs(world: World, request: Request) -> Response:
    """GET with query parameters, or the deprecated POST with a body."""
    wish = request.json() if request.method == "POST" else _log_query(request)
    return json_response({"logs": log_views(world, asked_deployment(world, request), wish)})


def log_views(
    world: World, deployment: Deployment, wish: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A deployment's log lines that a query asks for. Raises ApiError 400."""
    wish = checked(wish, _LOG_FIELDS)
    try:
        re.compile(wish.get("search_pattern", ""))
    except re.error as error:
        raise refused(f"search_pattern: {error}") from error
    lines = logs.lines_of(deployment, world.now(), world.step_seconds)
    return [line.view(deployment.id[:5]) for line in logs.selected(lines, wish, world.now())]


def _log_query(request: Request) -> dict[str, Any]:
    query: dict[str, Any] = {}
    for name, values in request.query.items():
        if _LOG_FIELDS.get(name) is int:
            query[name] = int(values[-1]) if values[-1].lstrip("-").isdigit() else values[-1]
        else:
            query[name] = list(values) if _LOG_FIELDS.get(name) is list else values[-1]
    return query


ROUTES: tuple[Route, ...] = (
    Route("GET", ONE + "/logs", get_logs),
    Route("POST", ONE + "/logs", get_logs),
)
