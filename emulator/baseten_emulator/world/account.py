"""Who the emulator's account is: one organization, one user, one key."""

from __future__ import annotations

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
