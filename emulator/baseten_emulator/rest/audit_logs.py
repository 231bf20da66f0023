"""The audit log of a model and of the workspace, by pages and filters."""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.world import account
from baseten_emulator.world.account import AuditEntry
from baseten_emulator.world.bodies import Fields, read_query
from baseten_emulator.world.clock import iso
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import Request, Response, bad_request, json_response
from baseten_emulator.world.world import World

_FIELDS: Fields = {
    "cursor": str, "limit": int, "direction": str, "search": str, "event_type_groups": list,
    "user_ids": list, "deployment_ids": list, "chain_deployment_ids": list,
    "environment_names": list, "sources": list, "start_epoch_millis": int, "end_epoch_millis": int,
}  # fmt: skip
GROUPS = {
    "MODEL_DEPLOYED": "DEPLOYED",
    "MODEL_DEPLOYMENT_PROMOTED": "PROMOTED",
    "MODEL_PROMOTION_CONTROL_ACTION": "PROMOTED",
    "MODEL_DEPLOYMENT_ACTIVATED": "ACTIVATED_DEACTIVATED",
    "MODEL_DEPLOYMENT_DEACTIVATED": "ACTIVATED_DEACTIVATED",
    "MODEL_DEPLOYMENT_RETRIED": "ACTIVATED_DEACTIVATED",
    "MODEL_DEPLOYMENT_AUTOSCALING_SETTINGS_CHANGED": "AUTOSCALING_SETTINGS",
    "MODEL_DEPLOYMENT_REQUEST_BACKPRESSURE_SETTINGS_CHANGED": "REQUEST_BACKPRESSURE_SETTINGS",
    "ENVIRONMENT_CREATED": "ENVIRONMENT_SETTINGS",
    "ENVIRONMENT_UPDATED": "ENVIRONMENT_SETTINGS",
    "ENVIRONMENT_DELETED": "ENVIRONMENT_SETTINGS",
    "REPLICA_TERMINATED": "REPLICA_TERMINATED",
    "MODEL_DEPLOYMENT_DELETED": "DELETED",
    "MODEL_DELETED": "DELETED",
    "MODEL_RENAMED": "METADATA",
    "SECRET_UPDATED": "SECRETS",
    "SECRET_DELETED": "SECRETS",
    "API_KEY_CREATED": "API_KEYS",
    "API_KEY_DELETED": "API_KEYS",
}
"""The group of each event that the emulator records; which event is in which is a guess by their names."""


def list_entries(world: World, request: Request) -> Response:
    """Answer GET: newest first by default; of one model where the path names one."""
    model_id = request.params.get("model_id")
    owner = world.model(model_id).id if model_id else None
    wish = read_query(request, _FIELDS)
    limit, first = wish.get("limit", 20), wish.get("cursor", "0")
    if not 1 <= limit <= 200 or not first.isdigit():
        raise bad_request("limit must be between 1 and 200, cursor one from a previous page")
    entries = [e for e in world.store.all(AuditEntry, owner) if _is_asked_for(e, wish)]
    ordered = entries if wish.get("direction") == "ASC" else entries[::-1]
    end = int(first) + limit
    page = {"has_more": len(ordered) > end, "cursor": str(end) if len(ordered) > end else None}
    items = [_view(entry) for entry in ordered[int(first) : end]]
    return json_response({"items": items, "pagination": page})


def _is_asked_for(entry: AuditEntry, wish: Mapping[str, Any]) -> bool:
    data = entry.data
    text = wish.get("search", "").lower()
    listed = (
        ("event_type_groups", GROUPS.get(entry.event_type)),
        ("user_ids", None),
        ("deployment_ids", data.get("deployment_id")),
        ("chain_deployment_ids", None),
        ("environment_names", data.get("environment_name")),
        ("sources", "API"),
    )
    return (
        all(name not in wish or value in wish[name] for name, value in listed)
        and wish.get("start_epoch_millis", 0) <= entry.at * 1000
        and entry.at * 1000 <= wish.get("end_epoch_millis", float("inf"))
        and (not text or any(text in str(v).lower() for k, v in data.items() if _names(k)))
    )


def _names(field: str) -> bool:
    return field.endswith(("_name", "_id"))


def _view(entry: AuditEntry) -> dict[str, Any]:
    key = {
        "type": "API_KEY",
        "api_key_prefix": account.KEY_PREFIX,
        "api_key_name": account.KEY_NAME,
    }
    return {
        "id": entry.id,
        "created": iso(entry.at),
        "event_type": entry.event_type,
        "event_data": {"event_type": entry.event_type, **entry.data},
        "source": "API",
        "actor": {**key, "email": None},
        "client_name": None,
        "client_version": None,
        "client_session_id": None,
    }


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/audit_logs", list_entries),
    Route("GET", "/v1/models/{model_id}/audit_logs", list_entries),
)
