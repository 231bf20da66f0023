"""The fault matrix as a table: each fault, where it strikes, and how each phase of a stack's life takes it.

A phase RECOVERS (exit 0 while the fault is there), or is refused with one clear error that holds a text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PHASES = ("first up", "update", "promote", "refresh", "destroy")
UPS = ("first up", "update", "promote")
PUSHES = ("first up", "update")
RECOVERS = ""


@dataclass(frozen=True)
class Trouble:
    """A fault (or `deed`), its options, and the errors it leads to: phase by phase, else RECOVERS.

    `lifted` clears it while the phase waits. `kills` says that what serves dies by it, so that no client can
    be served; then there is no old version to answer.
    """

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    phases: tuple[str, ...] = PHASES
    deed: bool = False
    lifted: bool = False
    kills: bool = False


def _everywhere(text: str) -> dict[str, str]:
    return dict.fromkeys(PHASES, text)


def _management(name: str, text: str, **options: Any) -> Trouble:
    """A fault of every management call."""
    options = {"on": "management", **options}
    return Trouble(f"management {name}", name, options, _everywhere(text))


def _passing(name: str, **options: Any) -> Trouble:
    """A fault of a few management calls in a row, which are repeated where that is safe."""
    options = {"on": "management", "calls": 2, **options}
    return Trouble(f"passing {name}", name, options)


def _push(name: str, on: str, text: str, **options: Any) -> Trouble:
    """A fault of every call that truss makes."""
    return Trouble(f"{on} {name}", name, {"on": on, **options}, dict.fromkeys(PUSHES, text))


def _release(
    name: str, text: str, phases: tuple[str, ...] = UPS, *, kills: bool = False
) -> Trouble:
    """A fault that a release in one of these phases meets."""
    return Trouble(name, name, {}, dict.fromkeys(phases, text), kills=kills)


def _make_deed(name: str, errors: Mapping[str, str] | None = None) -> Trouble:
    """What somebody else did to the model that serves."""
    return Trouble(name, name, errors=errors or {}, phases=PHASES[1:], deed=True, kills=True)


# The first version of a model is in production at once: its first `up` promotes nothing.
TROUBLES = (
    _management("unauthorized", "(401)"),
    _management("payment_required", "402: Add a payment method"),
    _management("forbidden", "403: You do not have permission"),
    _management("conflict", "409: Another operation on this resource is in progress"),
    _management("too_large", "413: The request body is too large"),
    _management("rate_limited", "429: Rate limit exceeded", retry_after=0),
    _management("server_error", "500: Internal server error"),
    _management("bad_gateway", "502: 502 Bad Gateway"),
    _management("unavailable", "503: Service unavailable"),
    _management("hang_up", "cannot be reached"),
    _management("reset", "cannot be reached"),
    _management("truncated", "breaks off"),
    _passing("rate_limited"),
    _passing("bad_gateway"),
    _passing("unavailable"),
    _passing("hang_up"),
    _passing("reset"),
    _passing("truncated"),
    _passing("slow_reply", seconds=1),
    Trouble("not_found_at_first", "not_found_at_first", {"on": "management", "seconds": 2}),
    _push("unauthorized", "graphql", "truss push failed"),
    _push("payment_required", "graphql", "truss push failed"),
    _push("rate_limited", "graphql", "truss push failed"),
    _push("bad_gateway", "graphql", "truss push failed"),
    _push("reset", "graphql", "truss push failed"),
    _push("truncated", "graphql", "truss push failed"),
    _push("server_error", "graphql", "truss push failed", path="^create_model", when="after"),
    _push("forbidden", "upload", "truss push failed"),
    _push("upload_refused", "upload", "truss push failed"),
    _push("upload_lost", "upload", "truss push failed"),
    _push("gpu_forbidden", "graphql", "The GPU type 'L4' is not supported for your organization"),
    Trouble("create_hangs", "create_hangs", {"seconds": 2}),
    Trouble(
        "duplicate_create", "duplicate_create", {"calls": 1}, {"first up": "truss push failed"}
    ),
    _release("build_failed", "ended as BUILD_FAILED", PUSHES),
    _release("deploy_failed", "ended as DEPLOY_FAILED", PUSHES),
    _release("cpu_fallback", "runs on the CPU"),
    _release("wrong_model", "serves someone/else, not "),
    _release("oom_under_load", "out of memory", kills=True),
    _release("promotion_failed", "was not promoted", ("update", "promote")),
    Trouble("unhealthy", "unhealthy", lifted=True, kills=True),
    Trouble("slow", "slow", lifted=True),
    Trouble("no_capacity", "no_capacity", lifted=True),
    Trouble("unknown_status", "unknown_status", lifted=True),
    Trouble("promotion_stuck", "promotion_stuck", lifted=True),
    Trouble("settings_queued", "settings_queued", lifted=True),
    _make_deed("delete_model", {"promote": "run `pulumi refresh`, then `pulumi up`"}),
    _make_deed("kill_deployment"),
    _make_deed("deactivate"),
)


@dataclass(frozen=True)
class Cell:
    """One fault in one phase."""

    trouble: Trouble
    phase: str

    @property
    def error(self) -> str:
        """What the phase is refused with; RECOVERS where it is not."""
        return self.trouble.errors.get(self.phase, RECOVERS)

    def __str__(self) -> str:
        return f"{self.trouble.name} - {self.phase}"


CELLS = tuple(Cell(trouble, phase) for trouble in TROUBLES for phase in trouble.phases)
