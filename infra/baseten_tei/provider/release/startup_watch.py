"""Asking Baseten why a version is not ready yet: seldom, and never again where it does not tell."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from baseten_tei.baseten.api import ApiError, BasetenApi
from baseten_tei.baseten.startups import Startup

EVERY_SECONDS = 15.0
"""Baseten allows 100 calls a second in all; a stack of 100 models waits with 7 of them."""
_NOT_TOLD = frozenset({400, 403, 404, 405})
"""Workspaces, and Basetens, without startups."""


@dataclass
class StartupWatch:
    """The startup of one version; `clock` in seconds, `now` in seconds since the epoch."""

    api: BasetenApi
    model_id: str
    deployment_id: str
    clock: Callable[[], float]
    now: Callable[[], float]
    _next: float = field(init=False)
    _is_told: bool = True
    _lacking_since: float | None = None

    def __post_init__(self) -> None:
        self._next = self.clock() + EVERY_SECONDS

    def look(self) -> Startup | None:
        """Return the startup where it is time to ask again; `None` in between, and where Baseten does not tell."""
        if self.clock() < self._next:
            return None
        self._next = self.clock() + EVERY_SECONDS
        return self.ask()

    def ask(self) -> Startup | None:
        """Return the startup as it is now; one that found no machine with all of the time that we saw it wait."""
        found = self._ask() if self._is_told else None
        if found is None:
            return None
        if not found.lacks_machine:
            self._lacking_since = None
            return found
        if self._lacking_since is None:
            self._lacking_since = self.clock() - found.seconds
        return replace(found, seconds=max(found.seconds, self.clock() - self._lacking_since))

    def _ask(self) -> Startup | None:
        try:
            return self.api.startup(self.model_id, self.deployment_id, self.now())
        except ApiError as error:
            self._is_told = error.status not in _NOT_TOLD
            return None
