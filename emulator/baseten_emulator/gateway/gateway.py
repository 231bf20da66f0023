"""The gateway: from a model's URL to the router of the deployment that serves it.

Baseten docs (inference): `/predict` maps to `docker_server.predict_endpoint`, `/sync/<route>` to `/<route>` of the
server; errors are {"error": ...}. The caller's credentials stop here.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from baseten_emulator.faults import error_bodies, faults
from baseten_emulator.gateway.router_settings import apply_wrong_answers, keep_pace
from baseten_emulator.life.views import PRODUCTION, current_status
from baseten_emulator.world.records import Activity, AsyncRequest, Deployment, Died, Model
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import RefusedError, Request, Response, json_response
from baseten_emulator.world.world import RunningRouter, World

MAX_BODY_BYTES = 100 * 1024 * 1024
MAX_ASYNC_BYTES = 256 * 1024
_HOP_HEADERS = ("authorization", "host", "connection", "expect", "content-length")


@dataclass(frozen=True)
class Forward:
    """A request on its way to a running router; answered outside the store's lock."""

    world: World
    model: Model
    deployment: Deployment
    request: Request
    delay_seconds: float = 0.0

    def answer(self) -> Response:
        """Ask the router."""
        if self._is_out_of_memory():
            return error_bodies.out_of_memory_response(self.request.path)
        router: RunningRouter = self.world.router_of(self.deployment)
        if not hasattr(router, "handle"):  # it started once; what it needs is missing now
            deployment = self.deployment.id
            raise gateway_error(500, f"Model is unhealthy: deployment {deployment} died on restart")
        keep_pace(self.world, self.model, self.deployment, router)
        router = apply_wrong_answers(self.world, self.model, self.deployment, router)
        headers = {k: v for k, v in self.request.headers.items() if k not in _HOP_HEADERS}
        # With a router there, the data plane is loaded.
        from baseten_emulator.tei.model.death import RouterDiedError

        try:
            answer = router.handle(
                self.request.method, self.request.path, headers, self.request.body
            )
        except RouterDiedError as death:
            self._bury(death.log_lines)
            raise gateway_error(500, "Model is unhealthy: the server died") from death
        response = Response(answer.status, answer.body, answer.content_type, answer.headers)
        return replace(self._disguise(response), delay_seconds=self.delay_seconds)

    def _bury(self, log_lines: tuple[str, ...]) -> None:
        """Keep what the server said last; the next request finds one that was started again."""
        with self.world.store.transaction():
            died = Died(self.deployment.id, self.model.id, self.world.now(), log_lines)
            self.world.store.put(died)
        self.world.forget_router(self.deployment)

    def _is_out_of_memory(self) -> bool:
        """Return whether a POST meets that fault: under load only, a readiness probe or /info is fine."""
        with self.world.store.transaction():
            fault = faults.find_live(self.world, self.model.name, "oom_under_load")
            return fault is not None and self.request.method == "POST"

    def _disguise(self, response: Response) -> Response:
        if self.request.path != "/info" or response.status != 200:
            return response
        with self.world.store.transaction():
            cpu = faults.find_live(self.world, self.model.name, "cpu_fallback")
            wrong = faults.find_live(self.world, self.model.name, "wrong_model")
        changes: dict[str, Any] = {"max_batch_requests": 4} if cpu else {}
        if wrong:
            changes["model_id"] = wrong.options.get("model_id", "someone/else")
        body = json.dumps({**json.loads(response.body), **changes}).encode()
        return replace(response, body=body) if changes else response


def resolve(world: World, request: Request) -> Response | Forward:
    """Return what answers a request on a model's host. Raises RefusedError."""
    model = world.store.get(Model, request.params["model_id"])
    if model is None:
        raise gateway_error(404, f"model {request.params['model_id']} does not exist")
    deployment = find_deployment(world, model, request)
    if len(request.body) > MAX_BODY_BYTES:
        raise gateway_error(413, "the request body is larger than 100 MB")
    action = request.params["action"]
    delay = _wake(world, model, deployment)
    if action == "wake" and request.method == "POST":
        return replace(json_response({}), delay_seconds=delay)
    target = replace(request, path=_route_of(deployment, request, action))
    forward = Forward(world, model, deployment, target, delay)
    return _answer_async(forward) if action == "async_predict" else forward


def find_deployment(world: World, model: Model, request: Request) -> Deployment:
    """Return what a request on a model's host is for. Raises RefusedError where that is not there."""
    kind, name = request.params["kind"], request.params.get("name") or PRODUCTION
    wanted: str | None = name
    if kind == "development":
        wanted = model.development_deployment_id
    elif kind in (PRODUCTION, "environments"):
        environment = world.environment(model.id, name)
        wanted = environment.current_deployment_id if environment else None
    deployment = world.store.get(Deployment, wanted)
    if deployment is None or deployment.owner != model.id:
        raise gateway_error(404, f"model {model.id} has no {kind} deployment at {request.path}")
    return deployment


def _wake(world: World, model: Model, deployment: Deployment) -> float:
    """Note the use of a deployment, and return how many seconds the request waits until it is awake."""
    status, now = current_status(world, deployment, model.name), world.now()
    if status in ("INACTIVE", "DEACTIVATING"):
        raise gateway_error(404, f"deployment {deployment.id} is deactivated")
    if status in ("UNHEALTHY", "DEPLOY_FAILED", "BUILD_FAILED", "FAILED", "BUILD_STOPPED"):
        raise gateway_error(500, f"Model is unhealthy: deployment {deployment.id} is {status}")
    if status not in ("ACTIVE", "SCALED_TO_ZERO", "WAKING_UP"):
        raise gateway_error(400, f"Model is not ready: deployment {deployment.id} is {status}")
    before = world.store.get(Activity, deployment.id)
    woken_at = now if status == "SCALED_TO_ZERO" else before.woken_at if before else None
    world.store.put(Activity(deployment.id, model.id, now, woken_at))
    if deployment.scaled_down:
        world.store.put(replace(deployment, scaled_down=False))
    if status == "ACTIVE" or woken_at is None:
        return 0.0
    return max(0.0, woken_at + world.step_seconds - now)


def _route_of(deployment: Deployment, request: Request, action: str) -> str:
    if action.startswith("sync/") or action == "sync":
        return "/" + action.removeprefix("sync").lstrip("/")
    if request.method == "POST" and action in ("predict", "async_predict"):
        return str(deployment.archive_config["docker_server"]["predict_endpoint"])
    raise gateway_error(404, f"no route {request.method} {request.path}")


def _answer_async(forward: Forward) -> Response:
    """Answer an asynchronous request at once, and keep what became of it."""
    body = forward.request.json()
    if len(forward.request.body) > MAX_ASYNC_BYTES:
        raise gateway_error(413, "an asynchronous request is at most 256 KiB")
    if "model_input" not in body:
        raise gateway_error(400, "model_input: field required")
    payload = json.dumps(body["model_input"]).encode()
    forwarded = replace(forward, request=replace(forward.request, body=payload))
    status = "SUCCEEDED" if forwarded.answer().status < 400 else "FAILED"
    world = forward.world
    kept = AsyncRequest(
        world.next_id(), forward.model.id, forward.deployment.id, world.now(), status
    )
    world.store.put(kept)
    return json_response({"request_id": kept.id}, 202)


def get_async_status(world: World, request: Request) -> Response:
    """Answer GET /async_request/{id}."""
    kept = world.store.get(AsyncRequest, request.params["request_id"])
    if kept is None or kept.owner != request.params["model_id"]:
        raise gateway_error(404, f"async request {request.params['request_id']} does not exist")
    answer = {"request_id": kept.id, "model_id": kept.owner, "deployment_id": kept.deployment_id}
    return json_response({**answer, "status": kept.status})


def gateway_error(status: int, message: str) -> RefusedError:
    """Return a refusal in the gateway's shape."""
    return RefusedError(json_response({"error": message}, status))


_HOST = "/hosts/model-{model_id}"
STATUS_ROUTES = (Route("GET", _HOST + "/async_request/{request_id}", get_async_status),)
