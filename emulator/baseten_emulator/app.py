"""One request in, one response out: who may ask, who answers, and what is logged.

Each request runs in one transaction, after everything that is due has been applied. Routers answer outside of it, so
that slow inference blocks nobody.
"""

import re
from dataclasses import dataclass, replace

from baseten_emulator.control import (
    admin,
    hub_repositories,
    outside_changes,
    paces,
    startup_times,
)
from baseten_emulator.faults import matching
from baseten_emulator.faults.matching import Call
from baseten_emulator.gateway import gateway, measuring
from baseten_emulator.gateway.gateway import Forward
from baseten_emulator.graphql import api
from baseten_emulator.http import doorkeeper, key_scopes
from baseten_emulator.life import due_events, replica_history
from baseten_emulator.push import create_faults, uploads
from baseten_emulator.rest import (
    activation,
    deployments,
    environments,
    logs,
    metrics_export,
    models,
    secrets,
    workspace,
)
from baseten_emulator.world import calls
from baseten_emulator.world.records import Fault, Model
from baseten_emulator.world.routing import Route, find_route
from baseten_emulator.world.wire import ApiError, RefusedError, Request, Response
from baseten_emulator.world.world import World

_OBJECT = f"/{uploads.BUCKET}/{{key+}}"
UPLOAD_ROUTES = (
    Route("PUT", _OBJECT, uploads.put),
    Route("POST", _OBJECT, uploads.post),
    Route("GET", _OBJECT, uploads.get),
    Route("DELETE", _OBJECT, uploads.abort),
)
REST_ROUTES = (
    *models.ROUTES,
    *deployments.ROUTES,
    *activation.ROUTES,
    *logs.ROUTES,
    *environments.ROUTES,
    *secrets.ROUTES,
    *workspace.ROUTES,
)
GRAPHQL_ROUTES = (Route("POST", "/graphql", api.execute),)
ADMIN_ROUTES = (
    *admin.ROUTES,
    *outside_changes.ROUTES,
    *hub_repositories.ROUTES,
    *paces.ROUTES,
    *startup_times.ROUTES,
)
_HOST = re.compile(r"model-(\w+)\.api\.localhost")
_MODEL_PATH = re.compile(r"/v1/models/(\w+)|/hosts/model-(\w+)")


@dataclass
class App:
    """The emulated Baseten behind one `handle`."""

    world: World

    def __post_init__(self) -> None:
        """Let the world keep its history."""
        replica_history.keep_history(self.world)

    def judge_head(self, request: Request) -> Response | None:
        """Return the refusal of a request whose head decides alone; None where its body is to be read."""
        request = _by_host(request)
        surface = surface_of(request)
        refusal = doorkeeper.judge_head(request, surface)
        if refusal or surface == "control":
            return refusal
        if surface != "upload" and key_scopes.is_own_key(self.world, request):
            return None
        with self.world.store.transaction():
            if surface == "upload":
                return uploads.judge_head(self.world, request)
            return key_scopes.judge_key(self.world, request, surface)

    def body_limit(self, request: Request) -> int:
        """Return how many bytes the body of a request may have."""
        return doorkeeper.BODY_LIMITS[surface_of(_by_host(request))]

    def handle(self, request: Request) -> Response:
        """Answer one request; a bug answers 500 and names itself."""
        refusal, request = self.judge_head(request), _by_host(request)
        if surface_of(request) == "control":
            return refusal or self._administer(request)
        answer = refusal or self._catch_up_and_answer(request)
        if not answer.untried:
            with self.world.store.transaction():
                self.world.store.log_call(calls.build_entry(self.world, request, answer))
        return answer

    def _catch_up_and_answer(self, request: Request) -> Response:
        with self.world.store.transaction():
            due_events.catch_up(self.world)
            target = measuring.find_target(self.world, request)
        return measuring.measure(self.world, target, request, self._answer)

    def is_holding(self, fault_id: str) -> bool:
        """Return whether a fault still holds the call that it stopped."""
        with self.world.store.transaction():
            return self.world.store.get(Fault, fault_id) is not None

    def _administer(self, request: Request) -> Response:
        try:
            with self.world.store.transaction():
                match = find_route(ADMIN_ROUTES, request)
                return match[0](self.world, match[1]) if match else _nothing_here(request)
        except RefusedError as refusal:
            return refusal.response

    def _answer(self, request: Request) -> Response:
        with self.world.store.transaction():
            call = _call(self.world, request)
            fault = matching.find_fault(self.world, call)
        if fault is None:
            return self._carry_out(call)
        response = self._carry_out(call) if matching.takes_effect(fault) else None
        return matching.apply_fault(fault, call, response)

    def _carry_out(self, call: Call) -> Response:
        """Return the real answer, or what the faults of pushes make of it."""
        with self.world.store.transaction():
            fate = create_faults.fate_of(self.world, call.operation, call.arguments)
        if fate.refusal:
            return fate.refusal
        if fate.raced:
            self._answer_without_faults(call.request)
        return self._answer_without_faults(call.request)

    def _answer_without_faults(self, request: Request) -> Response:
        try:
            with self.world.store.transaction():
                answer = _dispatch(self.world, request)
            return answer.answer() if isinstance(answer, Forward) else answer
        except RefusedError as refusal:
            return refusal.response


def surface_of(request: Request) -> str:
    """Return which of the four surfaces of the service a request is for, or the emulator's own."""
    if request.path.startswith("/_emulator/"):
        return "control"
    if request.path.startswith(f"/{uploads.BUCKET}/"):
        return "upload"
    if request.path.rstrip("/") == "/graphql":
        return "graphql"
    return "inference" if request.path.startswith("/hosts/") else "management"


def _dispatch(world: World, request: Request) -> Response | Forward:
    if inference := measuring.read_inference(request):
        return gateway.resolve(world, inference)
    routes = {
        "upload": UPLOAD_ROUTES,
        "graphql": GRAPHQL_ROUTES,
        "inference": gateway.STATUS_ROUTES,
        "management": (*REST_ROUTES, *metrics_export.ROUTES),
    }[surface_of(request)]
    route = find_route(routes, request)
    return route[0](world, route[1]) if route else _nothing_here(request)


def _by_host(request: Request) -> Request:
    """Return a request to a model's own host, as the path form of the same."""
    match = _HOST.fullmatch(request.host)
    return replace(request, path=f"/hosts/model-{match[1]}{request.path}") if match else request


def _call(world: World, request: Request) -> Call:
    """Return a request as faults see it; GraphQL is only parsed where a fault is set."""
    surface, operation, arguments = surface_of(request), None, None
    if surface == "graphql" and world.store.all(Fault):
        operation, arguments = calls.read_call(request)
    return Call(request, surface, operation, arguments or {}, _model_of(world, request))


def _model_of(world: World, request: Request) -> Model | None:
    match = _MODEL_PATH.match(request.path)
    return world.store.get(Model, match[1] or match[2]) if match else None


def _nothing_here(request: Request) -> Response:
    message = f"the emulator has no {request.method} {request.path[:300]}"
    return ApiError(404, "NOT_FOUND", message).response
