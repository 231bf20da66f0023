"""Logs of a deployment and of an environment; `ROUTES` holds those of `metrics`, too."""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.faults.patterns import require_quick
from baseten_emulator.life import capacity, log_lines
from baseten_emulator.rest import metrics
from baseten_emulator.rest.deployments import ONE, replica_of, require_deployment
from baseten_emulator.rest.environments import require_serving
from baseten_emulator.rest.promotions import ENVIRONMENT, require_environment
from baseten_emulator.world.bodies import Fields, check_fields, read_query
from baseten_emulator.world.records import Deployment, Died
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import Request, Response, json_response
from baseten_emulator.world.world import World

_FIELDS: Fields = {
    "start_epoch_millis": int, "end_epoch_millis": int, "limit": int, "direction": str,
    "min_level": str, "replica": str, "request_id": str, "component": str, "search_pattern": str,
    "includes": list, "excludes": list,
}  # fmt: skip


def get_logs(world: World, request: Request) -> Response:
    """Answer GET with query parameters, or the deprecated POST with a body."""
    post = request.method == "POST"
    wish = check_fields(request.json(), _FIELDS) if post else read_query(request, _FIELDS)
    return json_response({"logs": log_views(world, require_deployment(world, request), wish)})


def get_environment_logs(world: World, request: Request) -> Response:
    """Answer GET: the logs of what serves the environment now."""
    deployment = require_serving(world, require_environment(world, request))
    return json_response({"logs": log_views(world, deployment, read_query(request, _FIELDS))})


def log_views(
    world: World, deployment: Deployment, wish: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a deployment's log lines that a query asks for. Raises ApiError 400."""
    require_quick("search_pattern", wish.get("search_pattern", ""))
    died = world.store.get(Died, deployment.id)
    name = world.model(deployment.owner).name
    lacking = deployment.outcome is None and capacity.is_lacking(world, deployment, name)
    lines = log_lines.lines_of(deployment, world.now(), world.step_seconds, died, lacking=lacking)
    replica = replica_of(deployment)
    return [line.view(replica) for line in log_lines.select_lines(lines, wish, world.now())]


ROUTES: tuple[Route, ...] = (
    Route("GET", ONE + "/logs", get_logs),
    Route("POST", ONE + "/logs", get_logs),
    Route("GET", ENVIRONMENT + "/logs", get_environment_logs),
    *metrics.ROUTES,
)
