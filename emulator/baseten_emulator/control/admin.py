"""/_emulator: what no real Baseten has. Calls, faults, clock, health; loopback only, without a key."""

import os

from baseten_emulator.faults import faults
from baseten_emulator.world.bodies import check_fields, require_range, require_room
from baseten_emulator.world.records import Deployment, Fault, Model, Secret
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import Request, Response, json_response
from baseten_emulator.world.world import World

MOST_SECONDS = 366 * 24 * 3600
MOST_SECONDS_AHEAD = 100 * MOST_SECONDS


def health(world: World, _request: Request) -> Response:
    """Answer GET: alive, where, and how much it holds."""
    counts = {
        kind.__name__.lower() + "s": len(world.store.all(kind)) for kind in (Model, Deployment)
    }
    return json_response({"status": "ok", "url": world.base_url, "pid": os.getpid(), **counts})


def list_calls(world: World, _request: Request) -> Response:
    """Answer GET: the call log, oldest first."""
    return json_response({"calls": world.store.calls()})


def clear_calls(world: World, _request: Request) -> Response:
    """Answer DELETE: the call log is emptied; `seq` goes on counting."""
    world.store.clear_calls()
    return json_response({"calls": []})


def list_faults(world: World, _request: Request) -> Response:
    """Answer GET: the faults that are set, and those there are."""
    live = [
        {"model": f.owner, "fault": f.kind, "calls": f.calls_left, **f.options}
        for f in world.store.all(Fault)
    ]
    return json_response({"faults": live, "known": faults.KINDS})


def set_fault(world: World, request: Request) -> Response:
    """Answer POST {model, fault, ...}."""
    fault = faults.parse_fault(world, request.json())
    require_room(world.store.count(Fault), faults.MAX_FAULTS, "faults")
    world.store.put(fault)
    return json_response({"model": fault.owner, "fault": fault.kind, **fault.options})


def clear_faults(world: World, request: Request) -> Response:
    """Answer DELETE, all or those of `?model=`."""
    for fault in world.store.all(Fault, request.arg("model")):
        world.store.delete(Fault, fault.id)
    return json_response({"faults": []})


def advance_clock(world: World, request: Request) -> Response:
    """Answer POST {advance_seconds}: time passes."""
    kinds = {"advance_seconds": (int, float)}
    seconds = check_fields(request.json(), kinds, required=("advance_seconds",))["advance_seconds"]
    require_range("advance_seconds", seconds, 0, MOST_SECONDS)
    ahead = world.store.counter("clock_offset_seconds") + seconds
    require_range("the clock's seconds ahead", ahead, 0, MOST_SECONDS_AHEAD)
    world.store.counter("clock_offset_seconds", add=seconds)
    return json_response({"now": world.now()})


def list_secrets(world: World, _request: Request) -> Response:
    """Answer GET: each secret's name and the SHA-256 of its value, to see that a rotation arrived."""
    secrets = world.store.all(Secret)
    return json_response({"secrets": [{"name": s.name, "sha256": s.sha256} for s in secrets]})


def reset(world: World, _request: Request) -> Response:
    """Answer POST: everything is forgotten."""
    world.store.reset()
    return json_response({"reset": True})


def shutdown(_world: World, _request: Request) -> Response:
    """Answer POST, and stop the server after it."""
    answer = json_response({"stopping": True})
    return Response(answer.status, answer.body, answer.content_type, stop=True)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/_emulator/health", health),
    Route("GET", "/_emulator/calls", list_calls),
    Route("DELETE", "/_emulator/calls", clear_calls),
    Route("GET", "/_emulator/faults", list_faults),
    Route("POST", "/_emulator/faults", set_fault),
    Route("DELETE", "/_emulator/faults", clear_faults),
    Route("POST", "/_emulator/clock", advance_clock),
    Route("GET", "/_emulator/secrets", list_secrets),
    Route("POST", "/_emulator/reset", reset),
    Route("POST", "/_emulator/shutdown", shutdown),
)
