"""Everything a handler may use: the memory, the time, the data plane and the settings."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from baseten_emulator.world.ids import normalise_secret_name, opaque_id
from baseten_emulator.world.rate_limits import RateLimits
from baseten_emulator.world.records import Deployment, Environment, Model, Secret, Taught
from baseten_emulator.world.store import Store
from baseten_emulator.world.traffic import Traffic
from baseten_emulator.world.wire import not_found

DEFAULT_TEAM = "default"
_ROUTERS_KEPT = 256


class DataPlaneResponse(Protocol):
    """What a running router answers."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


class RunningRouter(Protocol):
    """A running server of one deployment."""

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> DataPlaneResponse:
        """Answer one request."""
        ...


# (config.yaml, secrets by name) -> a Router, or something with `log_lines` when it cannot start.
Boot = Callable[[Mapping[str, Any], Mapping[str, str]], Any]


def request_counter(deployment_id: str, at: float | None = None) -> str:
    """Return the counter of a deployment's requests in the minute of `at`; without it, their common prefix."""
    return f"asked/{deployment_id}/{'' if at is None else int(at // 60)}"


@dataclass
class World:
    """One emulated Baseten. `base_url` is where it can be reached, without a trailing slash."""

    store: Store = field(default_factory=Store)
    clock: Callable[[], float] = time.time
    step_seconds: float = 0.2
    base_url: str = "http://127.0.0.1:8791"
    api_key: str = field(default="emulator", repr=False)
    teams: tuple[str, ...] = (DEFAULT_TEAM,)
    boot: Boot | None = None
    """The data plane of a test; None is TEI, with the repositories that the emulator was taught."""
    traffic: Traffic = field(default_factory=Traffic)
    rate_limits: RateLimits | None = None
    """Baseten's rate limits; None, the default, lets every call in."""
    secret_values: set[str] = field(default_factory=set, repr=False)  # in memory only, to hide them
    _routers: OrderedDict[str, Any] = field(default_factory=OrderedDict, repr=False)
    _routers_lock: Lock = field(default_factory=Lock, repr=False)

    def now(self) -> float:
        """Return the present: the clock's, plus what /_emulator/clock has added."""
        return self.clock() + self.store.counter("clock_offset_seconds")

    def next_id(self) -> str:
        """Return an id never given before."""
        return opaque_id(int(self.store.counter("ids", add=1)))

    def model(self, model_id: str) -> Model:
        """Return the model with this id. Raises ApiError 404."""
        model = self.store.get(Model, model_id)
        if model is None:
            raise not_found("model", model_id)
        return model

    def environment(self, model_id: str, name: str | None) -> Environment | None:
        """Return a model's environment of this name, None where it has none."""
        return self.store.get(Environment, f"{model_id}/{name}" if name else None)

    def current_deployment(self, model_id: str, environment: str) -> Deployment | None:
        """Return what serves an environment of a model, None where nothing does."""
        found = self.environment(model_id, environment)
        return self.store.get(Deployment, found.current_deployment_id) if found else None

    def model_named(self, name: str, team_id: str) -> Model | None:
        """Return the model of this name in a team; names are unique within one."""
        models = self.store.all(Model, owner=team_id)
        return next((model for model in models if model.name == name), None)

    def team_id(self, name: str) -> str:
        """Return a team's id: derived from its name, so that it survives everything."""
        return "tm" + hashlib.sha256(name.encode()).hexdigest()[:6]

    def team_name(self, team_id: str) -> str:
        """Return a team's name. Raises ApiError 404."""
        for name in self.teams:
            if self.team_id(name) == team_id:
                return name
        raise not_found("team", team_id)

    @property
    def default_team_id(self) -> str:
        """The team that unscoped calls act on."""
        return self.team_id(self.teams[0])

    def gates_by_repository(self) -> dict[str, bool]:
        """Return which taught repositories want a token, by id in lower case, with and without revision."""
        return {taught.id: taught.gated for taught in self.store.all(Taught)}

    def forget_routers(self) -> None:
        """Let every server start anew with its next request, as a restart of the emulator does."""
        with self._routers_lock:
            self._routers.clear()

    def forget_router(self, deployment: Deployment) -> None:
        """Let one server start anew with its next request: it died."""
        with self._routers_lock:
            self._routers.pop(f"{deployment.id}@{deployment.started_at}", None)

    def secrets_of(self, team_id: str) -> dict[str, str]:
        """Return a team's secrets by normalised name; a value is only ever "[secret]" or empty."""
        secrets = self.store.all(Secret, owner=team_id)
        return {normalise_secret_name(s.name): "" if s.empty else "[secret]" for s in secrets}

    def start_router(self, deployment: Deployment) -> Any:
        """Return a freshly started router for a deployment, or its boot failure."""
        with self.store.transaction():
            existing = self.secrets_of(self.model(deployment.owner).owner)
        declared = deployment.archive_config.get("secrets") or {}
        secrets = {
            n: existing[normalise_secret_name(n)]
            for n in declared
            if normalise_secret_name(n) in existing
        }
        boot = self.boot or self._boot_tei
        return boot(deployment.archive_config, secrets)

    def _boot_tei(self, config: Mapping[str, Any], secrets: Mapping[str, str]) -> Any:
        # The data plane is only loaded once a model is.
        from baseten_emulator.tei.start.boot import start_container
        from baseten_emulator.tei.start.repository import Repository

        with self.store.transaction():
            taught = self.store.all(Taught)
        known = {t.id: Repository.of(t.model_id, t.files, t.gated) for t in taught}
        return start_container(config, secrets, known)

    def router_of(self, deployment: Deployment) -> RunningRouter:
        """Return the running router of a deployment, for one request; a few hundred are kept."""
        with self.store.transaction():
            self.store.counter(request_counter(deployment.id, self.now()), add=1)
        key = f"{deployment.id}@{deployment.started_at}"
        with self._routers_lock:
            kept = self._routers.pop(key, None)
        # Started outside the lock: starting reads the store, whose lock must never be waited for here.
        router: RunningRouter = kept or self.start_router(deployment)
        with self._routers_lock:
            self._routers[key] = router
            while len(self._routers) > _ROUTERS_KEPT:
                self._routers.popitem(last=False)
        return router
