"""The metrics export, `https://app.baseten.co/metrics`: what there is of every model, for Prometheus to scrape.

Names, types and labels: Baseten docs (observability/export-metrics/supported-metrics). Of those the emulator has what
it measures; a deployment that was never asked has no answers yet, and one that is gone nothing any more.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from baseten_emulator.life.lifecycle import UNDER_WAY
from baseten_emulator.life.views import count_replicas, current_status
from baseten_emulator.world.records import Deployment, Model
from baseten_emulator.world.routing import Route
from baseten_emulator.world.traffic import BUCKETS, Answered, Kind
from baseten_emulator.world.wire import Request, Response
from baseten_emulator.world.world import World

PER_MINUTE = 6
"""Requests that the export lets in, of the whole organization (Baseten docs: export metrics, rate limits)."""
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = "baseten_end_to_end_response_time_seconds"
_HEADS = {
    "baseten_inference_requests_total": ("counter", "Cumulative number of requests to the model."),
    _SECONDS: ("histogram", "End-to-end response time in seconds."),
    "baseten_replicas_active": ("gauge", "Number of replicas ready to serve model requests."),
    "baseten_replicas_starting": ("gauge", "Number of replicas starting up."),
    "baseten_concurrent_requests": ("gauge", "In-flight requests, those that wait included."),
}
Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]
"""A name, labels, a value."""


def export_metrics(world: World, request: Request) -> Response:
    """Answer GET /metrics in Prometheus's text format."""
    del request
    samples = [it for model in world.store.all(Model) for it in _of_model(world, model)]
    lines = [line for name in _HEADS for line in _render(name, samples)]
    return Response(200, "".join(f"{line}\n" for line in lines).encode(), _TYPE)


def _of_model(world: World, model: Model) -> Iterator[Sample]:
    for deployment in world.store.all(Deployment, owner=model.id):
        labels = {
            "model_id": model.id,
            "model_name": model.name,
            "deployment_id": deployment.id,
            "environment": deployment.environment or "",
            "rollout_phase": _phase(world, deployment),
        }
        status = current_status(world, deployment, model.name)
        starting = status in UNDER_WAY or status == "WAKING_UP"
        active = 0 if starting else count_replicas(world, deployment, status)
        yield "baseten_replicas_active", labels, active
        yield "baseten_replicas_starting", labels, int(starting)
        yield "baseten_concurrent_requests", labels, world.traffic.under_way(deployment.id)
        for kind, answered in world.traffic.answers(deployment.id):
            yield from _of_answers(labels, kind, answered)


def _of_answers(labels: Labels, kind: Kind, answered: Answered) -> Iterator[Sample]:
    told = {**labels, "status_code": str(kind[0]), "is_async": str(kind[1]).lower()}
    yield "baseten_inference_requests_total", told, answered.total
    bounds = [*map(str, BUCKETS), "+Inf"]
    for bound, count in zip(bounds, accumulate(answered.counts), strict=True):
        yield f"{_SECONDS}_bucket", {**told, "le": bound}, count
    yield f"{_SECONDS}_sum", told, answered.seconds
    yield f"{_SECONDS}_count", told, answered.total


def _phase(world: World, deployment: Deployment) -> str:
    """Return `promoting` for what an environment is about to take over, `stable` for what serves one."""
    if not deployment.environment:
        return ""
    environment = world.environment(deployment.owner, deployment.environment)
    candidate = environment.candidate if environment else None
    return "promoting" if candidate and candidate.deployment_id == deployment.id else "stable"


def _render(name: str, samples: Iterable[Sample]) -> Iterator[str]:
    kind, text = _HEADS[name]
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for found, labels, value in samples:
        if found == name or (kind == "histogram" and found.startswith(f"{name}_")):
            pairs = ",".join(f'{key}="{_escape(it)}"' for key, it in labels.items())
            yield f"{found}{{{pairs}}} {value}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


ROUTES = (Route("GET", "/metrics", export_metrics, per_minute=PER_MINUTE),)
