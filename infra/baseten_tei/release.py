"""Decisions about versions: which deployment is the wanted one, is it ready, is it what we asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

READY = frozenset({"ACTIVE", "SCALED_TO_ZERO", "WAKING_UP"})
"""Statuses that can serve: a version scaled to zero wakes with its next request (truss --wait calls it failed)."""

FAILED = frozenset({"BUILD_FAILED", "BUILD_STOPPED", "DEPLOY_FAILED", "FAILED"})
"""Statuses nothing comes back from without a retry or another push."""

DIGEST_LABEL = "config_digest"
OWNER_LABELS = ("pulumi_project", "pulumi_stack")
RESERVED_LABELS = frozenset({DIGEST_LABEL, *OWNER_LABELS, "git_sha"})


@dataclass(frozen=True)
class Version:
    """A deployment, as far as releases care."""

    id: str
    status: str
    labels: Mapping[str, Any]
    created_at: str = ""

    @property
    def digest(self) -> str:
        """The config digest that the push stamped on it; empty where something else pushed it."""
        return str(self.labels.get(DIGEST_LABEL, ""))


def pushed_version(versions: Iterable[Version], digest: str) -> Version | None:
    """The newest deployment of this digest that has not failed, so that nothing is pushed twice."""
    same = [version for version in versions if version.digest == digest]
    alive = [version for version in same if version.status not in FAILED]
    return max(alive, key=lambda version: version.created_at, default=None)


def newest_version(versions: Iterable[Version], digest: str) -> Version | None:
    """The newest deployment of this digest, failed or not: what a release waits for."""
    same = [version for version in versions if version.digest == digest]
    return max(same, key=lambda version: version.created_at, default=None)


def owned(versions: Iterable[Version], project: str, stack: str) -> bool:
    """Whether some deployment of a model carries this stack's labels."""
    wanted = (project, stack)
    return any(
        tuple(version.labels.get(label) for label in OWNER_LABELS) == wanted for version in versions
    )


@dataclass(frozen=True)
class Wanted:
    """What the router must say of itself before a version gets traffic."""

    task: str
    model_id: str
    tei_version: str
    gpu: bool


def info_problems(info: Mapping[str, Any], wanted: Wanted) -> list[str]:
    """How the router's `/info` differs from what was asked for (fields: measured on TEI 1.8.3 and 1.9.3)."""
    found = []
    task = next(iter(info.get("model_type") or ["nothing"]))
    if task != wanted.task:
        found.append(
            f"serves a {task}, not a {wanted.task}: write task: {task}, or another model_id"
        )
    if not str(info.get("model_id", "")).endswith(wanted.model_id):
        found.append(f"serves {info.get('model_id')}, not {wanted.model_id}")
    if info.get("version") != wanted.tei_version:
        found.append(f"runs TEI {info.get('version')}, not {wanted.tei_version}")
    # Without a GPU TEI caps the batch itself: 4 requests (candle) or 8 (ONNX runtime).
    if wanted.gpu and info.get("max_batch_requests") in (4, 8):
        found.append("runs on the CPU: TEI found no usable GPU and fell back without an error")
    return found
