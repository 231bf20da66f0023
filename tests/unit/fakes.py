"""A Baseten of plain data for the provider's decisions, and a clock that only moves when someone sleeps."""

from dataclasses import dataclass, field, replace
from typing import Any

from baseten_tei.baseten_api import NotFoundError, Serving
from baseten_tei.errors import UserError
from baseten_tei.release import Version
from baseten_tei.target import parse_target

AUTOSCALING = {"min_replica": 0, "max_replica": 1, "concurrency_target": 32}


class Clock:
    """Seconds, as an argument."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def version(
    deployment_id: str = "d1",
    status: str = "ACTIVE",
    digest: str = "new",
    owner: tuple[str, str] | None = ("proj", "dev"),
    created_at: str = "2026-11-22T00:00:00",
) -> Version:
    """A deployment with our labels; `owner=None` for one that somebody else made."""
    labels = {"config_digest": digest}
    if owner:
        labels |= {"pulumi_project": owner[0], "pulumi_stack": owner[1]}
    return Version(deployment_id, status, labels, created_at)


@dataclass
class FakeApi:
    """`BasetenApi`'s methods over plain data; `calls` holds what changed something, in order."""

    models: dict[str, str] = field(default_factory=lambda: {"bge": "m1"})
    deployments: dict[str, Version] = field(default_factory=dict)
    environments: dict[str, Serving] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, list[str]] = field(default_factory=dict)
    """Deployment → the statuses it goes through, one a look; the last one stays."""
    logs: list[str] | UserError = field(default_factory=list)
    promotes_to: str | None = None
    """Where Baseten copies a promoted deployment: the copy's id."""
    promotion_looks: int = 0
    """How many looks a promotion takes."""
    promotion_error: str | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    target: Any = field(default_factory=lambda: parse_target("http://127.0.0.1:9"))

    def find_model(self, name: str, team: str | None) -> str | None:
        return self.models.get(f"{team}/{name}" if team else name)

    def delete_model(self, model_id: str) -> None:
        self.calls.append(("delete_model", model_id))

    def versions(self, model_id: str) -> list[Version]:
        assert model_id in self.models.values()
        return list(self.deployments.values())

    def version(self, model_id: str, deployment_id: str) -> Version:
        assert model_id in self.models.values()
        coming = self.statuses.get(deployment_id, [])
        if coming:
            status = coming.pop(0) if len(coming) > 1 else coming[0]
            self.deployments[deployment_id] = replace(
                self.deployments[deployment_id], status=status
            )
        return self.deployments[deployment_id]

    def activate(self, model_id: str, deployment_id: str) -> None:
        self.calls.append(("activate", model_id, deployment_id))

    def retry(self, model_id: str, deployment_id: str) -> None:
        self.calls.append(("retry", model_id, deployment_id))

    def log_tail(self, model_id: str, deployment_id: str, lines: int) -> list[str]:
        assert (model_id, deployment_id) != ("", "")
        if isinstance(self.logs, UserError):
            raise self.logs
        return self.logs[-lines:]

    def serving(self, model_id: str, environment: str) -> Serving | None:
        assert model_id in self.models.values()
        found = self.environments.get(environment)
        if found and found.promoting:
            self.promotion_looks -= 1
            if self.promotion_looks <= 0:
                self.environments[environment] = replace(
                    found, promoting=False, promotion_error=self.promotion_error
                )
        return found

    def create_environment(
        self, model_id: str, environment: str, autoscaling: dict[str, int]
    ) -> None:
        self.calls.append(("create_environment", model_id, environment, autoscaling))
        self.environments[environment] = Serving(None, autoscaling, False, None)

    def delete_environment(self, model_id: str, environment: str) -> None:
        self.calls.append(("delete_environment", model_id, environment))
        if environment not in self.environments:
            raise NotFoundError("no such environment")

    def promote(
        self, model_id: str, environment: str, deployment_id: str, autoscaling: dict[str, int]
    ) -> None:
        self.calls.append(("promote", model_id, environment, deployment_id, autoscaling))
        promoted = self.deployments[deployment_id]
        before = self.environments[environment]
        current = replace(promoted, id=self.promotes_to or promoted.id)
        failed = self.promotion_error is not None
        self.environments[environment] = Serving(
            before.current if failed else current,
            autoscaling,
            promoting=self.promotion_looks > 0,
            promotion_error=self.promotion_error,
        )

    def set_autoscaling(self, model_id: str, environment: str, autoscaling: dict[str, int]) -> None:
        self.calls.append(("set_autoscaling", model_id, environment, autoscaling))

    def find_secret(self, name: str, team: str | None) -> str | None:
        del team
        same = [known for known in self.secrets if known.replace("-", "_") == name]
        return same[0] if same else None

    def upsert_secret(self, name: str, value: str, team: str | None) -> None:
        self.calls.append(("upsert_secret", name, team))
        self.secrets[name] = value

    def delete_secret(self, name: str, team: str | None) -> None:
        self.calls.append(("delete_secret", name, team))
        if self.secrets.pop(name, None) is None:
            raise NotFoundError("no such secret")
