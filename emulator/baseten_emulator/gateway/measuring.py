"""What callers of models meet, counted as the metrics export tells it: answers by status, seconds, requests in flight.

A request is counted for the deployment that its URL means, whoever answered: a router, the gateway, a fault. One that
was hung up on has no status, and is not counted.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from baseten_emulator.gateway.gateway import find_deployment
from baseten_emulator.world.records import Model
from baseten_emulator.world.wire import RefusedError, Request, Response
from baseten_emulator.world.world import World

INFERENCE = re.compile(
    r"/hosts/model-(?P<model_id>\w+)/"
    r"(?:(?P<kind>production|development)|(?P<named>environments|deployment)/(?P<name>[^/]+))"
    r"/(?P<action>.+)"
)
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of response times in seconds: ours, since the docs name none."""


@dataclass(frozen=True)
class Answered:
    """How often a deployment answered with one status, and how soon: counts by bucket, the last one without a bound."""

    status: str
    is_async: bool
    counts: tuple[int, ...]
    seconds: float

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)


def read_inference(request: Request) -> Request | None:
    """Return a request to a model with its parts as parameters; None for any other."""
    match = INFERENCE.fullmatch(request.path)
    if match is None:
        return None
    params = match.groupdict()
    return request.with_params({**params, "kind": params["kind"] or params["named"]})


def measure(world: World, request: Request, answer: Callable[[Request], Response]) -> Response:
    """Return the answer to a request, counted if it is one to a model."""
    deployment_id = _target(world, request)
    if deployment_id is None:
        return answer(request)
    world.in_flight.begin(deployment_id)
    began, given = time.monotonic(), Response(500)
    try:
        given = answer(request)
    finally:
        world.in_flight.end(deployment_id, given.delay_seconds)
    if not given.untried and not given.hang_up:
        seconds = time.monotonic() - began + given.delay_seconds
        _count(world, deployment_id, request, given.status, seconds)
    return given


def answers_of(world: World, deployment_id: str) -> Iterator[Answered]:
    """Yield what a deployment answered so far, a status at a time."""
    counted = world.store.counters(f"answered/{deployment_id}/")
    took = world.store.counters(f"took/{deployment_id}/")
    for key in sorted(took):
        status, kind = key.split("/")
        counts = (int(counted.get(f"{key}/{it}", 0)) for it in range(len(BUCKETS) + 1))
        yield Answered(status, kind == "async", tuple(counts), took[key])


def _target(world: World, request: Request) -> str | None:
    """The deployment that a request is for; None where it is for none that is there."""
    inference = read_inference(request)
    if inference is None:
        return None
    with world.store.transaction():
        model = world.store.get(Model, inference.params["model_id"])
        try:
            return find_deployment(world, model, inference).id if model else None
        except RefusedError:
            return None


def _count(world: World, deployment_id: str, request: Request, status: int, seconds: float) -> None:
    kind = "async" if request.path.endswith("/async_predict") else "sync"
    bucket = next((n for n, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))
    key = f"{deployment_id}/{status}/{kind}"
    with world.store.transaction():
        world.store.counter(f"answered/{key}/{bucket}", add=1)
        world.store.counter(f"took/{key}", add=seconds)
