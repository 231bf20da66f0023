"""Decisions about versions: which deployment is the wanted one, is it ready, is it what we asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from baseten_tei.baseten.statuses import FAILED, PROMOTION_ENDED
from baseten_tei.deployment.labels import DIGEST_LABEL
from baseten_tei.deployment.schedules.baseten_schedules import RemoteSchedules


@dataclass(frozen=True)
class Version:
    """A deployment, as far as releases care."""

    id: str
    status: str
    labels: Mapping[str, Any]
    created_at: str = ""
    environment: str | None = None
    """The environment it serves, or is on its way into."""
    instance_type: str = ""
    is_development: bool = False
    replicas: int = 0
    """How many are active."""
    region: str = ""
    """Baseten's word for where it runs; empty for Global."""

    @property
    def digest(self) -> str:
        """The config digest that the push stamped on it; empty where something else pushed it."""
        return str(self.labels.get(DIGEST_LABEL, ""))


GLOBAL = "global"
"""What a spec writes for Baseten's Global, whose own word is an empty text."""


def region_on_baseten(region: str | None) -> str | None:
    """Return a spec's region as Baseten writes it; `None` where the spec leaves it out."""
    return "" if region == GLOBAL else region


@dataclass(frozen=True)
class EnvironmentSettings:
    """What an environment is to be set to, in Baseten's own keys; what is None is not managed."""

    autoscaling: Mapping[str, int]
    promotion: Mapping[str, Any] | None = None
    request_backpressure: str | None = None


@dataclass(frozen=True)
class Serving:
    """An environment: what it serves now, what it is on its way to, and its settings."""

    name: str
    current: Version | None
    autoscaling: Mapping[str, int]
    candidate: Version | None = None
    promotion: Mapping[str, Any] = field(default_factory=dict)
    request_backpressure: str | None = None
    instance_type: str = ""
    promotion_status: str | None = None
    promotion_error: str | None = None
    schedules: RemoteSchedules = field(default_factory=RemoteSchedules)
    further: Mapping[str, str] = field(default_factory=dict)
    """Settings that this project has no word for, shown as text."""

    @property
    def promoting(self) -> bool:
        """Whether a promotion is under way."""
        return self.promotion_status not in (None, *PROMOTION_ENDED)


def settings_differ(serving: Serving, wanted: EnvironmentSettings) -> bool:
    """Return whether an environment is set to something else than what is managed of it."""
    managed = {"autoscaling": wanted.autoscaling, "promotion": wanted.promotion or {}}
    there = {"autoscaling": serving.autoscaling, "promotion": serving.promotion}
    backpressure = wanted.request_backpressure
    return not holds(there, managed) or (
        backpressure is not None and serving.request_backpressure != backpressure
    )


def holds(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether a nested map has every leaf of another; what it has besides does not count."""
    return all(
        holds(there.get(key) or {}, value)
        if isinstance(value, Mapping)
        else there.get(key) == value
        for key, value in wanted.items()
    )


@dataclass(frozen=True)
class RemoteModel:
    """A model as the workspace lists it."""

    id: str
    name: str
    team: str
    production_deployment_id: str | None = None
    created_at: str = field(default="", compare=False)
    """In ISO 8601; empty where nobody said it."""


def pushed_version(versions: Iterable[Version], digest: str) -> Version | None:
    """Return the newest deployment of this digest that has not failed, so that nothing is pushed twice."""
    same = [version for version in versions if version.digest == digest]
    alive = [version for version in same if version.status not in FAILED]
    return max(alive, key=lambda version: version.created_at, default=None)


def shortened_problem(
    model: str, versions: Iterable[Version], stamped: Mapping[str, str | None]
) -> str | None:
    """Return error text for a Baseten that cut a label of what was pushed; `None` where no deployment's label was cut.

    Without whole labels a pushed version is not found again, and each `up` would push it once more.
    """
    for version in versions:
        for label, value in stamped.items():
            there = version.labels.get(label)
            if value and there and there != value and value.startswith(str(there)):
                return (
                    f"model {model!r}: Baseten shortened the label {label} of deployment {version.id} to {there!r} "
                    f"(pushed as {value!r}), so no version is found again and none is pushed: ask Baseten's support "
                    "to keep whole labels, then delete that deployment and run `pulumi up`"
                )
    return None
