"""The management API against the embedded emulator, in process: the client's calls reach it without a socket."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from baseten_emulator.app import App
from baseten_emulator.world.wire import Request
from baseten_emulator.world.world import World
from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.target import parse_target
from baseten_tei.facts.network import httpx_client
from tests.support.control_client import CONFIG, KEY, ManualClock
from tests.support.mock_baseten import stream


class Running:
    """A router that runs and is asked nothing."""


def _boots(_config: object, _secrets: object) -> Running:
    return Running()


class Emulated:
    """An emulated Baseten with a model that serves `first` and has a spare version `second`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = ManualClock()
        world = World(
            clock=self.clock.now,
            step_seconds=1.0,
            api_key=KEY,
            teams=("default", "ads"),
            boot=_boots,
        )
        self.app = App(world)
        self.sent: list[tuple[str, str, Any]] = []
        """Method, path and body of each call that the client made with one."""
        real = httpx_client.Client
        transport = httpx.MockTransport(lambda request: stream(self._transport(request)))
        monkeypatch.setattr(
            httpx_client, "Client", lambda *args, **more: real(*args, transport=transport, **more)
        )
        self.api = BasetenApi(parse_target("baseten"), lambda: KEY, lambda _: None)
        source = {"kind": "model_archive", "deployment": {"config": CONFIG}}
        made = self.send("POST", "/v1/models", {"source": {**source, "name": "bge"}})
        self.model, self.first = made["model"]["id"], made["deployment"]["id"]
        self.pass_time()
        more = self.send("POST", f"/v1/models/{self.model}/deployments", {"source": source})
        self.second = more["deployment"]["id"]
        self.pass_time()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the test's own, past the client."""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        answer = self.app.handle(Request.of(method, path, headers, json.dumps(body or {}).encode()))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def pass_time(self) -> None:
        self.send("POST", "/_emulator/clock", {"advance_seconds": 10})

    def fault(self, fault: str, **options: Any) -> None:
        """Let the next call that changes something fail."""
        changes = {"path": "^(POST|PATCH|DELETE) /v1/", "calls": 1}
        self.send("POST", "/_emulator/faults", {"fault": fault, **changes, **options})

    def _transport(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        if request.content:
            self.sent.append((request.method, target, json.loads(request.content)))
        answer = self.app.handle(
            Request.of(request.method, target, dict(request.headers), request.content)
        )
        if answer.hang_up:
            raise httpx.ReadError("hung up")
        return httpx.Response(
            answer.status, content=answer.body, headers={"content-type": answer.content_type}
        )
