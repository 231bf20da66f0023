"""/v1/secrets: list, upsert, delete. Values go in and never come out.

Only a fingerprint of a value is kept (compare with GET /_emulator/secrets): nothing here needs more. The value itself
stays in memory, to be removed from the call log. Names are compared with every non-alphanumeric character read as `_`
(Baseten docs: secrets).
"""

import hashlib
from dataclasses import replace

from baseten_emulator.life import audit
from baseten_emulator.life.views import secret_view
from baseten_emulator.world.bodies import check_fields
from baseten_emulator.world.ids import normalise_secret_name
from baseten_emulator.world.records import Secret
from baseten_emulator.world.routing import Route, team_of, team_scoped
from baseten_emulator.world.wire import Request, Response, json_response, not_found
from baseten_emulator.world.world import World


def list_secrets(world: World, request: Request) -> Response:
    """Answer GET: every secret of the workspace, or of one team."""
    owner = team_of(world, request) if "team_id" in request.params else None
    secrets = world.store.all(Secret, owner)
    return json_response({"secrets": [secret_view(world, secret) for secret in secrets]})


def upsert_secret(world: World, request: Request) -> Response:
    """Answer POST {name, value}: a new secret, or a new value under the same id."""
    body = check_fields(request.json(), {"name": str, "value": str}, required=("name",))
    team_id, value = team_of(world, request), body.get("value", "")
    world.secret_values.add(value)
    key = f"{team_id}/{normalise_secret_name(body['name'])}"
    sha256 = hashlib.sha256(value.encode()).hexdigest()
    secret = world.store.get(Secret, key)
    if secret:
        secret = replace(secret, sha256=sha256, empty=not value)
    else:
        secret = Secret(key, team_id, world.next_id(), body["name"], world.now(), sha256, not value)
    world.store.put(secret)
    audit.on_secret(world, "SECRET_UPDATED", secret)
    return json_response(secret_view(world, secret))


def delete_secret(world: World, request: Request) -> Response:
    """Answer DELETE by name."""
    name = request.params["secret_name"]
    secret = world.store.get(Secret, f"{team_of(world, request)}/{normalise_secret_name(name)}")
    if secret is None:
        raise not_found("secret", name)
    world.store.delete(Secret, secret.id)
    audit.on_secret(world, "SECRET_DELETED", secret)
    return json_response({"name": secret.name})


ROUTES: tuple[Route, ...] = (
    *team_scoped("GET", "/v1/secrets", list_secrets),
    *team_scoped("POST", "/v1/secrets", upsert_secret),
    *team_scoped("DELETE", "/v1/secrets/{secret_name}", delete_secret),
)
