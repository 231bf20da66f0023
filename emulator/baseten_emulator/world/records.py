"""What the emulator keeps, as frozen dataclasses of plain JSON values.

Every record has an `id` and an `owner` (a team, a model); the store keeps it by these two and by the name of its
class, which therefore never changes. All times are seconds since the epoch.
"""

from dataclasses import dataclass, field
from typing import Any

PHASES = ("BUILDING", "DEPLOYING", "LOADING_MODEL")
STATUSES = (*PHASES, "ACTIVE", "SCALED_TO_ZERO", "WAKING_UP", "UNHEALTHY", "DEACTIVATING",
            "INACTIVE", "BUILD_FAILED", "BUILD_STOPPED", "DEPLOY_FAILED", "FAILED", "UPDATING")  # fmt: skip
"""Baseten's words for the status of a deployment (`DeploymentStatusV1`)."""


@dataclass(frozen=True)
class Model:
    """A model: a name inside a team."""

    id: str
    owner: str  # team id
    name: str
    created_at: float
    development_deployment_id: str | None = None
    archive_download: bool = True


@dataclass(frozen=True)
class Outcome:
    """How loading a deployment ended: ACTIVE, BUILD_FAILED or DEPLOY_FAILED, and what it logged."""

    status: str
    log_lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """One version of a model, with everything its push carried.

    `started_at` is when its present life began (creation, activation or retry); `built` says that
    the image is there already, so BUILDING is skipped. `doom` is the failure in store for it, with the
    log lines that come with it. `outcome` is None while it is under way. `startup_seconds` are the lengths of
    phases that its present life has other than usual; `scheduled_at` is when a machine for it was free, where it
    had to wait for one, and `gave_up` says that none was in time.
    """

    id: str
    owner: str  # model id
    name: str
    created_at: float
    started_at: float
    config: dict[str, Any]
    archive_config: dict[str, Any]
    raw_config: str | None
    s3_key: str | None
    instance_type: str
    autoscaling: dict[str, Any]
    is_development: bool = False
    labels: dict[str, Any] | None = None
    user_env: dict[str, Any] | None = None
    deploy_timeout_minutes: int | None = None
    backpressure: str | None = None
    built: bool = False
    doom: str | None = None
    doom_lines: tuple[str, ...] = ()
    outcome: Outcome | None = None
    deactivated_at: float | None = None
    scaled_down: bool = False
    environment: str | None = None
    region: str | None = None
    startup_seconds: dict[str, float] = field(default_factory=dict)
    scheduled_at: float | None = None
    gave_up: bool = False


@dataclass(frozen=True)
class Activity:
    """When a deployment was last asked (`at`), and when it last began to wake up."""

    id: str  # deployment id
    owner: str  # model id
    at: float
    woken_at: float | None = None


@dataclass(frozen=True)
class ReplicaLog:
    """How many replicas a deployment had, up to `until`; kept when it is deleted, as a bill is.

    `steps` are the changes, each `[since, replicas]`.
    """

    id: str  # deployment id
    owner: str  # model id
    name: str
    model_name: str
    team_id: str
    instance_type: str
    environment: str | None
    until: float
    steps: tuple[list[float], ...] = ()


@dataclass(frozen=True)
class Died:
    """A deployment's server died at `at`, with these last lines, and is started again; the last death only."""

    id: str  # deployment id
    owner: str  # model id
    at: float
    log_lines: tuple[str, ...]


@dataclass(frozen=True)
class UnderWay:
    """Marks a deployment whose outcome is not decided yet."""

    id: str  # deployment id
    owner: str  # model id


@dataclass(frozen=True)
class Promoting:
    """Marks an environment with a promotion under way."""

    id: str  # environment id
    owner: str  # model id


@dataclass(frozen=True)
class Candidate:
    """A promotion under way: the deployment that takes over once it is ready; see `promotion_progress`.

    `rolling` is the rolling_deploy_config it follows, None for all at once; `settings` are the fields of
    the environment that it keeps when it completes. `pause_from` is when its pause begins (at the end of a step),
    `held_seconds` how long earlier pauses lasted, `ramping_down_from` when it began to give traffic back.
    """

    deployment_id: str
    since: float
    scale_down_previous: bool = True
    cleanup_strategy: str = "SCALE_TO_ZERO"
    rolling: dict[str, Any] | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    held_seconds: float = 0.0
    pause_from: float | None = None
    ramping_down_from: float | None = None


@dataclass(frozen=True)
class EndedPromotion:
    """How an environment's last promotion ended, unless it succeeded: FAILED or CANCELED."""

    status: str
    error_message: str | None = None
    rolling_deploy: bool = False


@dataclass(frozen=True)
class QueuedSettings:
    """Fields of an environment as they will be once its deployment is ready, and not before `due`."""

    id: str  # environment id
    owner: str  # model id
    changes: dict[str, Any]
    due: float


@dataclass(frozen=True)
class Environment:
    """A stable name inside a model; owns the settings of the deployment that serves it."""

    id: str  # "<model id>/<name>"
    owner: str  # model id
    name: str
    created_at: float
    instance_type: str
    autoscaling: dict[str, Any]
    promotion: dict[str, Any]
    backpressure: str | None = None
    current_deployment_id: str | None = None
    candidate: Candidate | None = None
    ended: EndedPromotion | None = None
    timezone: str | None = None  # of all schedules; None where there are none
    schedules: list[dict[str, Any]] = field(default_factory=list)  # oldest first; see `schedules`
    traffic_rules: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Secret:
    """A secret without its value: a fingerprint is all the emulator ever needs of it."""

    id: str  # "<team id>/<normalised name>"
    owner: str  # team id
    public_id: str
    name: str
    created_at: float
    sha256: str
    empty: bool


@dataclass(frozen=True)
class Upload:
    """An archive slot: announced with the credentials, `complete` once the bytes are there."""

    id: str  # S3 key
    owner: str  # access key id it was announced with
    complete: bool = False
    parts: tuple[int, ...] = ()
    size: int = 0  # bytes of its parts


@dataclass(frozen=True)
class AsyncRequest:
    """An answered asynchronous request."""

    id: str
    owner: str  # model id
    deployment_id: str
    created_at: float
    status: str


@dataclass(frozen=True)
class Taught:
    """A repository of the Hub that the emulator was taught; see `control.hub_repositories`."""

    id: str  # see `taught_id`
    owner: str  # always ""
    model_id: str
    files: dict[str, Any]
    gated: bool = False
    revision: str = ""  # empty: whatever revision was not taught by itself


def taught_id(model_id: str, revision: str = "") -> str:
    """Return the name of a taught repository: in lower case, since the Hub ignores case, with its revision if any."""
    return f"{model_id}@{revision}".removesuffix("@").lower()


@dataclass(frozen=True)
class PaceSet:
    """A model that takes time; see `control.paces`."""

    id: str  # model name, or "*"
    owner: str  # always ""
    seed: int
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StartupTimes:
    """How long the phases of a model's startups last; see `control.startup_times`."""

    id: str  # model name, or "*"
    owner: str  # always ""
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """A fault that a test has set; see `faults.faults`."""

    id: str
    owner: str  # model name, or "*"
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    calls_left: int | None = None
