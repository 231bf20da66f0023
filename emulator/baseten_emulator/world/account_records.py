"""What the emulator remembers of the account rather than of its models; see `records` for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AuditEntry:
    """Something that was done, as the audit log tells it; `data` is the event's own."""

    id: str
    owner: str  # model id, "" for what is done to the workspace
    at: float
    event_type: str
    data: dict[str, Any]


@dataclass(frozen=True)
class ApiKey:
    """An API key without its secret half; the prefix is public."""

    id: str  # prefix
    owner: str  # team id, "" for a personal one
    name: str | None
    kind: str
    model_ids: tuple[str, ...]
    created_at: float


@dataclass(frozen=True)
class EnvironmentGroup:
    """Who may manage the environments of one name in a team."""

    id: str  # "<team id>/<environment name>"
    owner: str  # team id
    name: str
    is_restricted: bool
    user_ids: tuple[str, ...] = ()
