"""The two questions a push asks before it pushes, over plain `requests`.

The `baseten` SDK answers them too, but importing it takes 1.5 s of CPU (measured, 0.13.1), and every push is
a process of its own; the provider, which lives through a whole operation, uses the SDK.
"""

from typing import Any

import requests

from baseten_tei.answers import refused, unreachable
from baseten_tei.errors import UserError
from baseten_tei.release import Version
from baseten_tei.target import Target

TIMEOUT_SECONDS = (10, 60)
"""To connect, and between bytes."""


def deployments_of(target: Target, api_key: str, name: str, team: str | None) -> list[Version]:
    """Deployments of the model with this name; none where there is no such model. Raises `UserError`."""
    with requests.Session() as session:
        session.trust_env = not target.loopback
        session.headers["Authorization"] = f"Bearer {api_key}"
        models = _get(session, target, "/v1/models", {"name": name})["models"]
        ids = [m["id"] for m in models if m["name"] == name and team in (None, m.get("team_name"))]
        return [
            Version(d["id"], d["status"], d.get("labels") or {}, d["created_at"])
            for model_id in ids
            for d in _get(session, target, f"/v1/models/{model_id}/deployments", {})["deployments"]
        ]


def _get(
    session: requests.Session, target: Target, path: str, params: dict[str, str]
) -> dict[str, Any]:
    try:
        response = session.get(
            f"{target.management_url}{path}", params=params, timeout=TIMEOUT_SECONDS
        )
    except requests.RequestException as error:
        raise UserError(unreachable(target.management_url, type(error).__name__)) from error
    if response.status_code != 200:
        raise UserError(refused(response.status_code, response.text))
    try:
        return dict(response.json())
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{target.management_url} does not answer as Baseten does: check the target"
        ) from error
