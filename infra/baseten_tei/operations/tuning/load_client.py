"""Sending a load to a router, and asking it about itself: asyncio, a connection for each request in flight."""

import asyncio
import json
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from baseten_tei.errors import UserError, redact
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.network.bounds import CHUNK, LEFT_SECONDS, MIB, Bounds, LargeError
from baseten_tei.facts.network.httpx_client import Client
from baseten_tei.facts.network.network_errors import NoAnswerError
from baseten_tei.facts.tei.router_calls import build_call, parse_info
from baseten_tei.facts.tei.routes import ROUTES
from baseten_tei.operations.tuning.load_texts import estimate_tokens
from baseten_tei.operations.tuning.request_load import Load, arrivals, batches
from baseten_tei.operations.tuning.samples import TIMINGS, Sample
from baseten_tei.provider.release.golden.texts import QUERY

BOUNDS = Bounds(seconds=120.0, size=64 * MIB)
"""Of one answer: a batch of 1,024 vectors of 4,096 numbers has 50 MB as JSON."""
BODIES = 256
"""Requests that are made ready before the load begins, and sent in turn."""


@dataclass(frozen=True)
class Endpoint:
    """A router's URL, below which `/info` and the task's route are; the key, where it wants one."""

    url: str
    task: str
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class LoadResult:
    """What came of a load. `busy` is the share of one core that the client took: near 1, the figures are its own.

    `tokens_are_guessed`: the router's header `x-compute-tokens` did not come through.
    """

    samples: tuple[Sample, ...]
    busy: float
    tokens_are_guessed: bool


@dataclass(frozen=True)
class _Body:
    content: bytes
    texts: int
    guessed_tokens: int


def send_load(endpoint: Endpoint, load: Load, texts: Sequence[str], seed: int = 0) -> LoadResult:
    """Send it, and return once every answer is there."""
    bodies = [
        _Body(
            json.dumps(build_call(endpoint.task, batch, QUERY).body).encode(),
            len(batch),
            round(estimate_tokens(batch)),
        )
        for batch in batches(texts, load.texts_per_request, BODIES)
    ]
    return asyncio.run(_Sending(endpoint, load, bodies).send(seed))


def read_info(endpoint_url: str, api_key: str | None) -> Mapping[str, Any]:
    """Return a router's `/info`. Raises `UserError` where there is none."""
    url = f"{endpoint_url}/info"
    try:
        with Client(BOUNDS, **_settings(endpoint_url, api_key)) as client:
            answer = client.get(url)
        info = parse_info(decode_json(answer.content)) if answer.status_code == 200 else None
    except NoAnswerError as error:
        why = error.why
        raise UserError(f"{url} does not answer ({why.what}): {why.todo}") from error
    except ValueError:
        info = None
    if info is None:
        said = redact(answer.text, [api_key])[:200]
        raise UserError(
            f"{url} answered {answer.status_code} {said}: --url is a router's own, for one on Baseten "
            "https://model-….api.baseten.co/environments/production/sync"
        )
    return info


def read_metrics(endpoint: Endpoint) -> str:
    """Return a router's `/metrics`; empty where it has none."""
    try:
        with Client(BOUNDS, **_settings(endpoint.url, endpoint.api_key)) as client:
            answer = client.get(f"{endpoint.url}/metrics")
    except NoAnswerError:
        return ""
    return answer.text if answer.status_code == 200 else ""


class _Sending:
    """One load on its way."""

    def __init__(self, endpoint: Endpoint, load: Load, bodies: Sequence[_Body]) -> None:
        self.endpoint, self.load, self.bodies = endpoint, load, bodies
        self.url = endpoint.url + ROUTES[endpoint.task].path
        self.samples: list[Sample] = []
        self.guessed = False
        self._numbers = count()
        self._began = 0.0
        self._tls = httpx.create_ssl_context()

    async def send(self, seed: int) -> LoadResult:
        """Send everything, from the first request to the last answer."""
        began, used = time.perf_counter(), time.process_time()
        self._began = began
        async with AsyncExitStack() as self._open_clients:
            await (self._send_closed() if self.load.clients else self._send_open(seed))
            took = time.perf_counter() - began
            busy = (time.process_time() - used) / took
        return LoadResult(tuple(self.samples), busy, self.guessed)

    async def _send_closed(self) -> None:
        async def one(client: httpx.AsyncClient) -> None:
            while (now := self._now()) < self.load.seconds:
                await self._request(client, now)

        clients = [await self._client() for _ in range(self.load.clients)]
        self._began = time.perf_counter()  # making clients takes no time of the load
        await asyncio.gather(*(one(client) for client in clients))

    async def _send_open(self, seed: int) -> None:
        idle: list[httpx.AsyncClient] = []
        let_in = asyncio.Semaphore(self.load.most_in_flight)

        async def one(due: float) -> None:
            async with let_in:
                client = idle.pop() if idle else await self._client()
                await self._request(client, due)
                idle.append(client)

        under_way = []
        for due in arrivals(self.load, seed):
            await asyncio.sleep(max(0.0, due - self._now()))
            under_way.append(asyncio.ensure_future(one(due)))
        await asyncio.gather(*under_way)

    async def _client(self) -> httpx.AsyncClient:
        """Return a client of one connection: a pool looks through all of its own at each request (8 ms for 64)."""
        settings = _settings(self.endpoint.url, self.endpoint.api_key)
        return await self._open_clients.enter_async_context(
            httpx.AsyncClient(**settings, verify=self._tls)
        )

    async def _request(self, client: httpx.AsyncClient, due: float) -> None:
        body = self.bodies[next(self._numbers) % len(self.bodies)]
        try:
            async with asyncio.timeout(BOUNDS.seconds):
                answer = await _post(client, self.url, body.content)
        except (httpx.HTTPError, TimeoutError, LargeError):
            self.samples.append(Sample(due, self._now(), 0, body.texts, 0))
            return
        self.samples.append(self._sample(answer, due, body))

    def _sample(self, answer: httpx.Response, due: float, body: _Body) -> Sample:
        tokens = _number(answer.headers.get("x-compute-tokens"))
        if answer.status_code == 200 and tokens is None:
            self.guessed = True
        counted = body.guessed_tokens if tokens is None else int(tokens)
        headers = {name: _number(answer.headers.get(f"x-{name}-time")) for name in TIMINGS}
        timings = {name: value for name, value in headers.items() if value is not None}
        whole = timings if len(timings) == len(TIMINGS) else {}
        return Sample(due, self._now(), answer.status_code, body.texts, counted, whole)

    def _now(self) -> float:
        return time.perf_counter() - self._began


def _number(header: str | None) -> float | None:
    """Return what a header counts; `None` where it is not there or not a number."""
    try:
        number = float(header or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


async def _post(client: httpx.AsyncClient, url: str, content: bytes) -> httpx.Response:
    """Return an answer whose body was received and dropped: only its headers are looked at. Raises `LargeError`."""
    received = 0
    async with client.stream("POST", url, content=content) as answer:
        async for chunk in answer.aiter_raw(CHUNK):
            received += len(chunk)
            if received > BOUNDS.size:
                raise LargeError(BOUNDS.size)
    return answer


def _settings(url: str, api_key: str | None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    return {
        "headers": headers,
        "timeout": BOUNDS.seconds + LEFT_SECONDS,
        "trust_env": not url.startswith("http://"),
    }
