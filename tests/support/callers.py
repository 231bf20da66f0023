"""Every part of the product that calls somebody over HTTP, as a function of an address, with bounds of the test's."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from baseten_tei.baseten import emulator, emulator_hub, router_client
from baseten_tei.baseten.api import BasetenApi, retries
from baseten_tei.baseten.target import Target
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.hub_client import Hub, HubUnreachableError
from baseten_tei.facts.network import requests_client
from baseten_tei.facts.network.bounds import Bounds
from baseten_tei.operations.tuning import load_client
from baseten_tei.push.lookup import Lookup
from baseten_tei.review.forges.forge_client import ForgeClient
from baseten_tei_client import TeiClientError
from baseten_tei_client._router import http_transport
from baseten_tei_client._router.http_transport import HttpTransport
from baseten_tei_client._router.performance_transport import PerformanceTransport
from baseten_tei_client._router.transport import Request, SilenceError
from baseten_tei_client._secrecy import Secret
from pulumi_engine import official
from pulumi_engine.errors import EngineError

KEY = "key-of-nobody"
OURS = (UserError, HubUnreachableError, EngineError, TeiClientError, SilenceError)
Call = Callable[[str, Bounds], object]


def target(url: str) -> Target:
    return Target(url, url, f"{url}/hosts/model-{{model_id}}")


def sdk(url: str, bounds: Bounds) -> object:
    return BasetenApi(target(url), lambda: KEY, lambda _: None, bounds=bounds).models(None)


def lookup(url: str, bounds: Bounds) -> object:
    with Lookup(target(url), KEY, lambda _: None, bounds=bounds) as asking:
        return asking.deployments("bge", None)


def serve_router(url: str, bounds: Bounds) -> object:
    return router_client.router_info(url, KEY, bounds.seconds)


def hub(url: str, bounds: Bounds) -> object:
    return Hub(url, bounds=bounds).read("tiny/embedder", "main", "2026-11-30")


def forge(url: str, bounds: Bounds) -> object:
    return ForgeClient(url, KEY, {}, lambda _: None, bounds=bounds).get_pages("/pulls")


def measure(url: str, _: Bounds) -> object:
    return load_client.read_info(url, KEY)


def teaching(url: str, _: Bounds) -> object:
    return emulator_hub.teach(url, [{"model_id": "a/b"}])


def health(url: str, _: Bounds) -> object:
    return emulator.ensure_running(url, Path(tempfile.gettempdir()))


def engine(url: str, _: Bounds) -> object:
    with tempfile.TemporaryDirectory() as folder:
        return official.fetch(Path(folder), "linux-x64", lambda _: None, url)


def client(url: str, bounds: Bounds) -> object:
    transport = HttpTransport(Secret(KEY), "Bearer", local=url.startswith("http://"))
    return asyncio.run(_send(transport, f"{url}/info", None, bounds))


def fast_client(url: str, bounds: Bounds) -> object:
    sync_url = f"{url}/sync"
    transport = PerformanceTransport(
        Secret(KEY), sync_url, HttpTransport(Secret(KEY), "Bearer", True)
    )
    return asyncio.run(_send(transport, f"{sync_url}/rerank", {"query": "a"}, bounds))


async def _send(transport: Any, url: str, body: Any, bounds: Bounds) -> object:
    try:
        return await transport.send(Request(url, body), bounds.seconds)
    finally:
        await transport.close()


BOUNDED: Mapping[str, Call] = {
    it.__name__: it
    for it in (sdk, lookup, serve_router, hub, forge, measure, teaching, health, engine, client)
}
"""Those whose answers are bounded in size as well."""
EVERY: Mapping[str, Call] = {**BOUNDED, "fast_client": fast_client}


def set_bounds(monkeypatch: pytest.MonkeyPatch, bounds: Bounds) -> None:
    """Let all of them have these bounds, and try once."""
    for module in (load_client, emulator_hub, emulator):
        monkeypatch.setattr(module, "BOUNDS", bounds)
    monkeypatch.setattr(router_client, "LARGEST_BYTES", bounds.size)
    monkeypatch.setattr(official, "SUMS_SECONDS", bounds.seconds)
    monkeypatch.setattr(official, "LARGEST_SUMS", bounds.size)
    monkeypatch.setattr(http_transport, "LARGEST_LOOK", bounds.size)
    monkeypatch.setattr(requests_client, "CONNECT_SECONDS", bounds.seconds)
    monkeypatch.setattr(retries, "ATTEMPTS", 1)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
