"""A Baseten in this process, a stack on it, and a wire between them that can be cut at any call."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from baseten_emulator.app import App
from baseten_emulator.server import Server
from baseten_emulator.world.wire import Request, Response
from baseten_emulator.world.world import World
from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.patience import Patience
from baseten_tei.baseten.router_client import router_info, router_post
from baseten_tei.baseten.target import Target, parse_target
from baseten_tei.baseten.versions import pushed_version
from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.plan import plan_model
from baseten_tei.deployment.push_job import Job, read_job, write_job
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.release.gates.gates import Asking, Gates
from baseten_tei.provider.release.release import Releasing
from baseten_tei.provider.release.waiting import Waiting
from baseten_tei.provider.resources.environment import EnvironmentResource
from baseten_tei.provider.resources.model import ModelResource
from baseten_tei.provider.resources.secret import SecretResource
from baseten_tei.push.lookup import Lookup
from baseten_tei.spec.args import EmbeddingArgs
from tests.faults.driver import COMMAND, Driver, Entry, State, Step
from tests.faults.pusher import Pusher
from tests.support.control_client import ManualClock

KEY = "fuzz-api-key-0123456789abcdef"
OWNER = Owner("baseten-tei", "fuzz")
NAME = "gemma"
SECRET = "hf_access_key"


@dataclass
class CutWire(App):
    """The emulator behind a wire that breaks at a call, before or after its effect: then all calls are lost."""

    calls_left: int | None = None
    after: bool = False
    cut: bool = False
    on_cut: Callable[[], None] = lambda: None
    """Set by whoever has to remember."""
    on_call: Callable[[], None] = lambda: None
    """Set by whoever looks on."""
    changed: Callable[[Request, Response], Response] = lambda _, answer: answer
    """Set by whoever wants other answers than these."""

    def handle(self, request: Request) -> Response:
        if request.path.startswith("/_emulator/"):
            return super().handle(request)
        if not self.cut and self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                if self.after:
                    super().handle(request)
                self.cut = True
                self.on_cut()
        answer = Response(hang_up=True) if self.cut else super().handle(request)
        self.on_call()
        return self.changed(request, answer)

    def mend(self) -> None:
        """A new process: every call gets through."""
        self.calls_left, self.cut = None, False


@dataclass
class Pauses(ManualClock):
    """A clock that moves when someone pauses, and can be asked to do something after a few pauses."""

    left: int = 0
    then: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        super().__init__()

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.advance(seconds)
        self.left -= 1
        if self.left == 0:
            self.then()


@dataclass
class Client:
    """Somebody who asks production; `failures` holds every answer that was no 200."""

    asked: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass
class Fuzzed:
    """A platform and a stack. `token` is the value of the stack's secret."""

    wire: CutWire
    target: Target
    driver: Driver
    clock: Pauses
    token: str = "hf_first-token-0123456789"
    known_at_the_cut: dict[str, Entry] = field(default_factory=dict)

    def remember(self) -> None:
        """What is known at this moment is all that a killed process leaves."""
        self.known_at_the_cut = dict(self.driver.entries)

    def asked(self, method: str, path: str, body: Any = None) -> Response:
        """A call of somebody else's, which no broken wire concerns."""
        data = json.dumps(body).encode() if body is not None else b""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        return App(self.wire.world).handle(Request.of(method, path, headers, data))

    def ask_emulator(self, method: str, path: str, body: Any = None) -> Any:
        """What such a call is told. It has to be answered well."""
        answer = self.asked(method, path, body)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def after_pauses(self, count: int, then: Callable[[], object]) -> None:
        """Do something once the provider has paused so often."""
        self.clock.left, self.clock.then = count, then

    def client(self) -> Client:
        """A client that asks production after each call of the stack's, from now on."""
        client, app = Client(), App(self.wire.world)
        model = self.driver.entries[f"{NAME}-production"].state["model_id"]
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        path = f"/hosts/model-{model}/production/predict"

        def ask() -> None:
            answer = app.handle(Request.of("POST", path, headers, b'{"input": "are you there?"}'))
            client.asked += 1
            if answer.status != 200:
                client.failures.append(f"{answer.status} {answer.body[:200]!r}")

        self.wire.on_call = ask
        return client

    def program(self, args: EmbeddingArgs) -> list[Step]:
        """What the components register for a gated model, in their order."""
        plan = plan_model(NAME, args, OWNER, self.wire.world.base_url)
        owner = {"project": OWNER.project, "stack": OWNER.stack}
        secret = {"name": SECRET, "value": self.token, **owner}
        names = [SECRET, f"{NAME}-model", f"{NAME}-push"]

        def push(state: State) -> Values:
            generation = state[names[1]].state["generation"]
            return {"stdin": plan.job.config, "environment": write_job(plan.job, generation)}

        def released(inputs: Values, state: State) -> Values:
            return {**inputs, "secret_generation": state[SECRET].state["generation"]}

        return [
            Step(SECRET, "baseten:index:Secret", lambda _: secret),
            Step(names[1], "baseten:index:Model", lambda _: dict(plan.model_inputs)),
            *([Step(names[2], COMMAND, push)] if plan.pushed else []),
            *(
                Step(f"{NAME}-{it}", "baseten:index:Environment", partial(released, dict(inputs)))
                for it, inputs in plan.environment_inputs.items()
            ),
        ]


@contextmanager
def open_fuzz_world() -> Iterator[Fuzzed]:
    """An empty platform with a clock that only moves when the provider sleeps."""
    clock = Pauses()
    wire = CutWire(World(clock=clock.now, step_seconds=1.0, api_key=KEY))
    server = Server(wire, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    target = parse_target(wire.world.base_url)
    try:
        yield _stack(wire, target, clock)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _stack(wire: CutWire, target: Target, clock: Pauses) -> Fuzzed:
    api = BasetenApi(target, lambda: KEY, clock.pause, lambda: 0.5)
    releasing = Releasing(api, _gates(target, clock), Waiting(clock.now, clock.pause))
    resources = {
        "baseten:index:Model": ModelResource(api),
        "baseten:index:Environment": EnvironmentResource(api, releasing),
        "baseten:index:Secret": SecretResource(api),
    }
    fuzz = Fuzzed(wire, target, Driver(resources, partial(_pushed, target, clock)), clock)
    wire.on_cut = fuzz.remember
    return fuzz


def _gates(target: Target, clock: Pauses) -> Gates:
    asking = Asking(
        lambda url, seconds: router_info(url, KEY, seconds),
        lambda url, route, body, seconds: router_post(url, route, body, KEY, seconds),
        Patience(clock.now, clock.pause),
    )
    return Gates(target, asking, lambda _: b"")


def _pushed(target: Target, clock: Pauses, inputs: Values) -> Values:
    """What `python -m baseten_tei.push` does, with the pusher in truss's place."""
    job: Job = read_job(inputs["environment"], inputs["stdin"])
    with Lookup(target, KEY, clock.pause, lambda: 0.5) as lookup:
        found = pushed_version(lookup.deployments(job.model, None), job.digest)
    return {
        "deployment_id": found.id if found else Pusher(target.management_url, KEY).push(job),
        "pushed": found is None,
    }
