"""The emulator's account, one organization, one user, one key, and the records that belong to it."""

from dataclasses import dataclass
from typing import Any

WORKSPACE = "emulator"
ORGANIZATION_ID = "emulator-org"
USER_ID = "emulator-user"
USER_EMAIL = "dev@example.invalid"
USER_NAME = "Emulator"
KEY_PREFIX = "emulator"
"""What the audit log calls the key that the emulator was started with: never a part of that key."""
KEY_NAME = "the emulator's own key"
FOUNDED = 1_767_225_600.0
"""2026-01-01: teams, key and organization are older than anything in them."""


def user_view(*, in_workspace: bool = True) -> dict[str, Any]:
    """Return the one user, as `UserInfoV1`, or as those views that leave the workspace out."""
    user = {"user_id": USER_ID, "email": USER_EMAIL, "name": USER_NAME}
    return {**user, "workspace_name": WORKSPACE} if in_workspace else user


@dataclass(frozen=True)
class AuditEntry:
    """An event of the audit log; `data` is the event's own."""

    id: str
    owner: str  # model id, "" for what is done to the workspace
    at: float
    event_type: str
    data: dict[str, Any]


@dataclass(frozen=True)
class ApiKey:
    """An API key without its secret half; the prefix is public. A key without a hash opens nothing."""

    id: str  # prefix
    owner: str  # team id, "" for a personal one
    name: str | None
    kind: str
    model_ids: tuple[str, ...]
    created_at: float
    sha256: str = ""
    last_used_at: float | None = None


def own_key() -> ApiKey:
    """Return the key that the emulator was started with: it opens everything."""
    return ApiKey(KEY_PREFIX, "", KEY_NAME, "WORKSPACE_MANAGE_ALL", (), FOUNDED)


@dataclass(frozen=True)
class EnvironmentGroup:
    """Who may manage the environments of one name in a team."""

    id: str  # "<team id>/<environment name>"
    owner: str  # team id
    name: str
    is_restricted: bool
    user_ids: tuple[str, ...] = ()
