"""Which API key a request carries, and what that key opens.

Baseten docs (API keys): full access; inference only; metrics only; each type by its own word in the API. A key may be
for some models only. What the docs leave open is in DIFFERENCES.md.
"""

import hashlib
import hmac
import re
from dataclasses import replace

from baseten_emulator.world import account
from baseten_emulator.world.account import ApiKey
from baseten_emulator.world.records import Model
from baseten_emulator.world.wire import ApiError, Request, Response, json_response
from baseten_emulator.world.world import World

METRICS_EXPORT = re.compile(r"/metrics/?")
"""The path of the metrics export: the only thing that a metrics key opens."""
_KEYS = re.compile(r"/v1/(teams/[^/]+/)?api_keys(/.*)?")
_HOST = re.compile(r"/hosts/model-(\w+)/.*")
_FULL = ("PERSONAL", "WORKSPACE_MANAGE_ALL")
_USE_NOTED_SECONDS = 60.0
"""`last_used_at` may be so old (SDK: "updates may be delayed")."""


def is_own_key(world: World, request: Request) -> bool:
    """Return whether a request carries the key that the emulator was started with; without a look at the store."""
    return hmac.compare_digest(_given_key(request).encode(), world.api_key.encode())


def find_key(world: World, request: Request) -> ApiKey | None:
    """Return the key that a request carries; None where no such key is there, or no more."""
    if is_own_key(world, request):
        return account.own_key()
    given = _given_key(request)
    key = world.store.get(ApiKey, given.partition(".")[0])
    return key if key and hmac.compare_digest(hash_key(given), key.sha256) else None


def _given_key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme in ("Api-Key", "Bearer") else ""


def hash_key(key: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def judge_key(world: World, request: Request, surface: str) -> Response | None:
    """Return the refusal of a request by its key; None where the key opens this, which is then noted as a use."""
    key = find_key(world, request)
    if key is None:
        return json_response({"error": "Unauthorized"}, 401)
    if not _opens(world, key, request, surface):
        return _refuse(key, surface)
    _note_use(world, key)
    return None


def covers(world: World, key: ApiKey, model_id: str) -> bool:
    """Return whether a key is for this model: one that it names, or any of its team."""
    if key.model_ids:
        return model_id in key.model_ids
    model = world.store.get(Model, model_id)
    return model is None or key.owner in ("", model.owner)


def _opens(world: World, key: ApiKey, request: Request, surface: str) -> bool:
    if key.kind in _FULL:
        return True
    if key.kind == "WORKSPACE_INVOKE":
        host = _HOST.fullmatch(request.path)
        return bool(host and covers(world, key, host[1]))
    if key.kind == "WORKSPACE_EXPORT_METRICS":
        return surface == "management" and bool(METRICS_EXPORT.fullmatch(request.path))
    return key.kind == "WORKSPACE_MANAGE_API_KEYS" and bool(_KEYS.fullmatch(request.path))


def _refuse(key: ApiKey, surface: str) -> Response:
    message = f"API key {key.id} ({key.kind}) does not have permission for this"
    if surface == "inference":
        return json_response({"error": message}, 403)
    return ApiError(403, "FORBIDDEN", message).response


def _note_use(world: World, key: ApiKey) -> None:
    now = world.now()
    if key.id != account.KEY_PREFIX and now - (key.last_used_at or 0.0) >= _USE_NOTED_SECONDS:
        world.store.put(replace(key, last_used_at=now))
