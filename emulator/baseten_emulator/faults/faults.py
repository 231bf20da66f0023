"""Faults, by name and per model; tests set them through /_emulator/faults.

    {"model": "bge", "fault": "rate_limited", "on": "management", "path": "^PATCH ", "calls": 2, "skip": 1}

`model` is a name or "*". Faults of CALLS happen to single calls (see `matching`): `on` is the surface ("management",
"graphql", "upload", "inference" or "any"), `path` a regular expression that is searched in "METHOD /path" or in a
GraphQL operation's name, `skip` how many of these calls pass first, `calls` how often it happens then (absent:
always), `when` whether the call takes effect first ("before", "after"). Faults of STATE last while they are set;
where one is used up by pushes, `calls` counts those.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from baseten_emulator.faults.patterns import require_quick
from baseten_emulator.world.bodies import Fields, check_fields, require_range, require_short
from baseten_emulator.world.records import STATUSES, Deployment, Fault
from baseten_emulator.world.wire import bad_request
from baseten_emulator.world.world import World

CALLS: dict[str, str] = {
    "unauthorized": "calls answer 401",
    "payment_required": "calls answer 402",
    "forbidden": "calls answer 403",
    "not_found_at_first": 'calls answer 404 until what they name is "seconds" old (default 30)',
    "conflict": "calls answer 409",
    "too_large": "calls answer 413",
    "rate_limited": 'calls answer 429 ("retry_after", default 1 second)',
    "server_error": 'calls answer 5xx ("status", default 500)',
    "bad_gateway": "calls answer 502 with a page of HTML",
    "unavailable": "calls answer 503",
    "hang_up": "calls find the connection closed without an answer",
    "reset": "calls find the connection reset",
    "slow_reply": 'calls take effect and are answered after "seconds" (default 5)',
    "truncated": "calls take effect, and their answer is cut in half",
    "hold": "calls are held before or after they take effect, until the fault is cleared",
}
STATE: dict[str, str] = {
    "build_failed": 'the next deployments of the model end in BUILD_FAILED, saying "log_lines"',
    "deploy_failed": 'the next deployments of the model end in DEPLOY_FAILED, saying "log_lines"',
    "slow": 'deployments stay in "status" (default BUILDING) for as long as the fault is set',
    "no_capacity": 'deployments wait DEPLOYING for a machine with this "gpu" (default any), for "seconds" (default for '
    'ever); after half an hour they are in "status" (default INACTIVE, or DEPLOY_FAILED)',
    "unhealthy": "ready deployments are UNHEALTHY and answer 500",
    "unknown_status": 'deployments are in a "status" that no client knows (default MIGRATING)',
    "oom_under_load": "inference answers 424, out of GPU memory; /health and /info work",
    "promotion_stuck": "promotions do not end for as long as the fault is set",
    "promotion_failed": 'promotions end as FAILED, saying "message"',
    "settings_queued": "changed settings are QUEUED and not applied for as long as the fault is set",
    "gpu_forbidden": 'pushes are refused: the organization may not have the GPU ("gpu", default any)',
    "schedules_not_enabled": "autoscaling schedules are refused: not enabled for the organization",
    "in_flight_tokens_not_enabled": "target_in_flight_tokens is refused in the same way",
    "regions_not_enabled": "a region of a push or a promotion is refused in the same way",
    "upload_refused": "uploads answer 403 AccessDenied",
    "upload_lost": "the archive is missing when the create reads it",
    "create_hangs": 'the create mutation commits, then hangs for "seconds" (default 60)',
    "duplicate_create": "somebody else sends the same create a moment earlier",
    "cpu_fallback": "/info shows a router on CPU: max_batch_requests 4",
    "wrong_model": '/info shows another model ("model_id", default someone/else)',
    "wrong_pooling": "the router pools in another way than configured",
    "wrong_dtype": "the router computes in another precision than configured",
    "wrong_prompt": "the router puts another prompt before each text",
    "wrong_revision": "the router runs another revision than configured",
    "batch_noise": "vectors differ in their last digits with the order in a batch",
}
KINDS: dict[str, str] = {**CALLS, **STATE}
_FIELDS: Fields = {
    "model": str, "fault": str, "calls": int, "on": str, "path": str, "skip": int, "when": str,
    "status": (str, int), "retry_after": int, "seconds": (int, float), "message": str, "gpu": str,
    "model_id": str, "log_lines": list, "value": (str, int, float), "deployments": str,
}  # fmt: skip
_MOST = {"calls": 1_000_000, "skip": 1_000_000, "retry_after": 3600, "seconds": 86_400}
MAX_FAULTS = 1000
MAX_LINES = 200
MAX_TEXT = 2000
_GIVEN_UP = ("INACTIVE", "DEPLOY_FAILED")
_SURFACES = ("any", "management", "graphql", "upload", "inference")


def parse_fault(world: World, body: Mapping[str, Any]) -> Fault:
    """Return the fault that a JSON body describes. Raises ApiError 400 that lists the known ones."""
    options = check_fields(body, _FIELDS, required=("fault",))
    kind, model = options.pop("fault"), options.pop("model", "*")
    if kind not in KINDS:
        raise bad_request(f'there is no fault "{kind}"; known: {", ".join(KINDS)}')
    if options.setdefault("on", "any") not in _SURFACES:
        raise bad_request(f"on must be one of {', '.join(_SURFACES)}")
    if options.get("when", "before") not in ("before", "after"):
        raise bad_request("when must be before or after")
    if kind == "slow" and options.setdefault("status", "BUILDING") not in STATUSES:
        raise bad_request(f"status must be one of {', '.join(STATUSES)}")
    if kind == "no_capacity":
        options |= _bound_lack(options, world.now())
    require_quick("path", options.get("path", ""))
    _check_sizes(kind, model, options)
    if options.get("deployments", "all") not in ("all", "new"):
        raise bad_request("deployments must be all or new")
    if options.get("deployments") == "new":  # created from now on: what serves already stays well
        options["since"] = world.now()
    return Fault(world.next_id(), model, kind, options, options.pop("calls", None))


def _bound_lack(options: Mapping[str, Any], now: float) -> dict[str, float]:
    """Return when a lack of capacity ends, if it does."""
    if options.get("status", "INACTIVE") not in _GIVEN_UP:
        raise bad_request(f"status must be one of {', '.join(_GIVEN_UP)}")
    return {"until": now + options["seconds"]} if "seconds" in options else {}


def _check_sizes(kind: str, model: str, options: Mapping[str, Any]) -> None:
    """Refuse what would be kept, and then be more than a socket, a clock or a log can do."""
    for name, most in _MOST.items():
        require_range(name, options.get(name, 0), 0, most)
    for name, text in {"model": model, **options}.items():
        require_short(name, text, MAX_TEXT)
    lines, status = options.get("log_lines", []), options.get("status", 500)
    if len(lines) > MAX_LINES or not all(isinstance(line, str) for line in lines):
        raise bad_request(f"log_lines must be at most {MAX_LINES} texts")
    for line in lines:
        require_short("log_lines", line, MAX_TEXT)
    if kind == "server_error" and not (isinstance(status, int) and 500 <= status <= 599):
        raise bad_request(f"status: {status!r} must be a number between 500 and 599")
    if kind != "server_error" and "status" in options and not isinstance(status, str):
        raise bad_request(f"status: {status!r} must be a word")


def find_live(world: World, model_name: str, kind: str) -> Fault | None:
    """Return the fault of this kind that is set for a model, None when there is none."""
    faults = [*world.store.all(Fault, model_name), *world.store.all(Fault, "*")]
    return next((fault for fault in faults if fault.kind == kind), None)


def find_live_for(world: World, model_name: str, deployment: Deployment, kind: str) -> Fault | None:
    """Return the fault of this kind that is set for a deployment of this model, None where there is none."""
    fault = find_live(world, model_name, kind)
    spared = fault is not None and deployment.created_at < fault.options.get("since", 0.0)
    return None if spared else fault


def use_up(world: World, fault: Fault | None) -> Fault | None:
    """Use up one call of a fault, and return it as it was; None stays None."""
    if fault is None or fault.calls_left is None:
        return fault
    if fault.calls_left <= 1:
        world.store.delete(Fault, fault.id)
    else:
        world.store.put(replace(fault, calls_left=fault.calls_left - 1))
    return fault
