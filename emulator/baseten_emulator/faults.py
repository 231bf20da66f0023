"""Things that go wrong on purpose, by name and per model; tests set them through /_emulator/faults.

    {"model": "bge", "fault": "rate_limited", "calls": 2, "on": "management"}

`model` is a name or "*"; `calls` is how often it happens (absent: always); `on` limits where:
"management" (REST), "graphql", "inference" or "any".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .bodies import Fields, checked
from .lifecycle import STATUSES
from .records import Fault, Model
from .wire import Request, Response, json_response, refused
from .world import World

KINDS: dict[str, str] = {
    "build_failed": 'the next deployments of the model end in BUILD_FAILED, saying "log_lines"',
    "deploy_failed": 'the next deployments of the model end in DEPLOY_FAILED, saying "log_lines"',
    "slow": 'deployments stay in "status" (default BUILDING) for as long as the fault is set',
    "unhealthy": "ready deployments are UNHEALTHY and answer 500",
    "cpu_fallback": "/info shows a router on CPU: max_batch_requests 4",
    "wrong_model": '/info shows another model ("model_id", default someone/else)',
    "rate_limited": 'calls answer 429 ("retry_after", default 1 second)',
    "server_error": 'calls answer 5xx ("status", default 500)',
    "hang_up": "calls find the connection closed without an answer",
    "create_hangs": 'the create mutation commits, then hangs for "seconds" (default 60)',
    "upload_refused": "uploads answer 403 AccessDenied",
}
_FIELDS: Fields = {
    "model": str, "fault": str, "calls": int, "on": str, "status": (str, int),
    "retry_after": int, "model_id": str, "seconds": (int, float), "log_lines": list,
}  # fmt: skip
_SURFACES = ("any", "management", "graphql", "inference")


def parse_fault(world: World, body: Mapping[str, Any]) -> Fault:
    """A fault from its JSON. Raises ApiError 400 that lists what there is."""
    options = checked(body, _FIELDS, required=("fault",))
    kind, model = options.pop("fault"), options.pop("model", "*")
    if kind not in KINDS:
        raise refused(f'no fault is called "{kind}"; there are: {", ".join(KINDS)}')
    if options.setdefault("on", "any") not in _SURFACES:
        raise refused(f"on must be one of {', '.join(_SURFACES)}")
    if kind == "slow" and options.setdefault("status", "BUILDING") not in STATUSES:
        raise refused(f"status must be one of {', '.join(STATUSES)}")
    return Fault(world.next_id(), model, kind, options, options.pop("calls", None))


def live(world: World, model_name: str, kind: str) -> Fault | None:
    """The fault of this kind that is set for a model, None when there is none."""
    faults = [*world.store.all(Fault, model_name), *world.store.all(Fault, "*")]
    return next((fault for fault in faults if fault.kind == kind), None)


def take(world: World, fault: Fault | None) -> Fault | None:
    """The fault again, after using up one of its calls."""
    if fault is None or fault.calls_left is None:
        return fault
    if fault.calls_left <= 1:
        world.store.delete(Fault, fault.id)
    else:
        world.store.put(replace(fault, calls_left=fault.calls_left - 1))
    return fault


def intercepted(
    world: World, request: Request, surface: str, model: Model | None
) -> Response | None:
    """The answer that a fault gives in place of the real one, or None."""
    for kind in ("hang_up", "rate_limited", "server_error"):
        for fault in world.store.all(Fault):
            if fault.kind == kind and _concerns(fault, request, surface, model):
                take(world, fault)
                return _answer(fault)
    return None


def _concerns(fault: Fault, request: Request, surface: str, model: Model | None) -> bool:
    if fault.options["on"] not in ("any", surface):
        return False
    if fault.owner == "*" or (model is not None and fault.owner == model.name):
        return True
    return surface == "graphql" and f'\\"{fault.owner}\\"'.encode() in request.body


def _answer(fault: Fault) -> Response:
    if fault.kind == "hang_up":
        return Response(hang_up=True)
    if fault.kind == "server_error":
        status = int(fault.options.get("status", 500))
        return json_response({"error": "Internal server error"}, status)
    retry_after = fault.options.get("retry_after", 1)
    error = "Rate limit exceeded. Please try again later."
    return json_response({"error": error, "retry_after": retry_after}, 429)
