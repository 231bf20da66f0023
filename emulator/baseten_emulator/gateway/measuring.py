"""Measures what callers of models meet, for the metrics export.

A request is counted for the deployment that its URL means, whoever answered: a router, the gateway, a fault. One that
was hung up on has no status, and is not counted.
"""

import re
import time
from collections.abc import Callable

from baseten_emulator.gateway.gateway import find_deployment
from baseten_emulator.world.records import Model
from baseten_emulator.world.wire import RefusedError, Request, Response
from baseten_emulator.world.world import World

_INFERENCE = re.compile(
    r"/hosts/model-(?P<model_id>\w+)/"
    r"(?:(?P<kind>production|development)|(?P<named>environments|deployment)/(?P<name>[^/]+))"
    r"/(?P<action>.+)"
)


def read_inference(request: Request) -> Request | None:
    """Return a request to a model with its parts as parameters; None for any other."""
    match = _INFERENCE.fullmatch(request.path)
    if match is None:
        return None
    params = match.groupdict()
    return request.with_params({**params, "kind": params["kind"] or params["named"]})


def measure(
    world: World,
    deployment_id: str | None,
    request: Request,
    answer: Callable[[Request], Response],
) -> Response:
    """Return the answer to a request, counted for the deployment that it is for, if it is for one."""
    if deployment_id is None:
        return answer(request)
    world.traffic.begin(deployment_id)
    began, given = time.monotonic(), Response(500)
    try:
        given = answer(request)
    finally:
        world.traffic.end(deployment_id, given.delay_seconds)
    if not given.untried and not given.hang_up:
        kind = given.status, request.path.endswith("/async_predict")
        seconds = time.monotonic() - began + given.delay_seconds
        world.traffic.note(deployment_id, kind, seconds)
    return given


def find_target(world: World, request: Request) -> str | None:
    """Return the deployment that a request is for; None where it is for none that is there."""
    inference = read_inference(request)
    if inference is None:
        return None
    model = world.store.get(Model, inference.params["model_id"])
    try:
        return find_deployment(world, model, inference).id if model else None
    except RefusedError:
        return None
