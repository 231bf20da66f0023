"""/v1/api_keys: list, create, delete. A created key is shown once; only its hash is kept.

What each type opens: `http/key_scopes.py`. The key that the emulator was started with is listed, and cannot be deleted.
"""

import re
import secrets
import string
from typing import Any

from baseten_emulator.http.key_scopes import hash_key
from baseten_emulator.life import audit
from baseten_emulator.world import account
from baseten_emulator.world.account import ApiKey
from baseten_emulator.world.bodies import check_fields
from baseten_emulator.world.clock import iso
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import (
    Request,
    Response,
    bad_request,
    json_response,
    not_found,
)
from baseten_emulator.world.world import World

_KINDS = {
    "PERSONAL": ("PERSONAL",) * 2,
    "ROUTES": ("INVOKE_ALL_ROUTES",) * 2,
    "WORKSPACE_MANAGE_ALL": ("CREATOR_SERVICE_ACCOUNT",) * 2,
    "WORKSPACE_MANAGE_API_KEYS": ("MANAGE_API_KEYS_SERVICE_ACCOUNT",) * 2,
    "WORKSPACE_EXPORT_METRICS": (
        "EXPORT_METRICS_ALL_MODELS_SERVICE_ACCOUNT",
        "EXPORT_METRICS_ALLOWED_MODELS_SERVICE_ACCOUNT",
    ),
    "WORKSPACE_INVOKE": (
        "INVOKE_ALL_MODELS_SERVICE_ACCOUNT",
        "INVOKE_ALLOWED_MODELS_SERVICE_ACCOUNT",
    ),
}
"""Types of keys, with what the audit log calls them: for all models, and for some."""
_SCOPED = ("WORKSPACE_EXPORT_METRICS", "WORKSPACE_INVOKE")
_NAME = re.compile(r"[a-z0-9-]+")
"""As the page that makes keys wants it (Baseten docs: API keys)."""
_LETTERS = string.ascii_letters + string.digits
_OF_A_TEAM = ("ROUTES", "WORKSPACE_MANAGE_ALL", *_SCOPED)


def list_keys(world: World, request: Request) -> Response:
    """Answer GET: what is known of each key; `?type=` filters."""
    kind = request.arg("type")
    keys = [
        key for key in (account.own_key(), *world.store.all(ApiKey)) if kind in (None, key.kind)
    ]
    return json_response({"keys": [_view(world, key) for key in keys]})


def create_key(world: World, request: Request) -> Response:
    """Answer POST {type, name?, model_ids?, team_id?} with the key, this once."""
    fields = {"type": str, "name": str, "model_ids": list, "team_id": str}
    body = check_fields(request.json(), fields, required=("type",))
    kind, models = body["type"], tuple(body.get("model_ids", ()))
    if kind not in _KINDS:
        raise bad_request(f"type must be one of {', '.join(_KINDS)}")
    if models and kind not in _SCOPED:
        raise bad_request(f"model_ids: only for {' and '.join(_SCOPED)}")
    if not _NAME.fullmatch(body.get("name") or "-"):
        raise bad_request("name: only lower-case letters, digits and hyphens")
    for model_id in models:
        world.model(model_id)
    prefix = world.next_id()
    whole = f"{prefix}.{''.join(secrets.choice(_LETTERS) for _ in range(32))}"
    world.secret_values.add(whole)
    team = _team(world, request, body)
    key = ApiKey(prefix, team, body.get("name"), kind, models, world.now(), hash_key(whole))
    world.store.put(key)
    _note(world, "API_KEY_CREATED", key)
    return json_response({"api_key": whole})


def delete_key(world: World, request: Request) -> Response:
    """Answer DELETE by prefix."""
    prefix = request.params["api_key_prefix"]
    if prefix == account.KEY_PREFIX:
        raise bad_request("the key that the emulator was started with cannot be deleted")
    key = world.store.get(ApiKey, prefix)
    if key is None:
        raise not_found("API key", prefix)
    world.store.delete(ApiKey, prefix)
    _note(world, "API_KEY_DELETED", key)
    return json_response({"prefix": prefix})


def _team(world: World, request: Request, body: dict[str, Any]) -> str:
    """Return the team of a key: that of the path, of the body (they must agree), else the default one."""
    in_path, in_body = request.params.get("team_id"), body.get("team_id")
    if in_path and in_body not in (None, in_path):
        raise bad_request("team_id must be the team of the path")
    if body["type"] not in _OF_A_TEAM:
        if in_path or in_body:
            raise bad_request(f"a key of type {body['type']} does not belong to a team")
        return ""
    team_id = str(in_path or in_body or world.default_team_id)
    world.team_name(team_id)
    return team_id


def _note(world: World, event: str, key: ApiKey) -> None:
    kind = _KINDS[key.kind][bool(key.model_ids)]
    audit.note(world, event, "", api_key_id=key.id, api_key_type=kind, prefix=key.id)


def _view(world: World, key: ApiKey) -> dict[str, Any]:
    return {
        "prefix": key.id,
        "name": key.name,
        "type": key.kind,
        "model_ids": list(key.model_ids) if key.kind in _SCOPED and key.model_ids else None,
        "team_name": world.team_name(key.owner) if key.owner else None,
        "created_at": iso(key.created_at),
        "last_used_at": None if key.last_used_at is None else iso(key.last_used_at),
        "owner": account.user_view(in_workspace=False) if key.kind == "PERSONAL" else None,
    }


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/api_keys", list_keys),
    Route("POST", "/v1/api_keys", create_key),
    Route("POST", "/v1/teams/{team_id}/api_keys", create_key),
    Route("DELETE", "/v1/api_keys/{api_key_prefix}", delete_key),
)
