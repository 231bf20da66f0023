"""/v1/environment_groups: who may manage the environments of one name, in all models of a team. Nothing enforces it."""

from typing import Any

from baseten_emulator.life.views import PRODUCTION
from baseten_emulator.world import account
from baseten_emulator.world.account import EnvironmentGroup
from baseten_emulator.world.bodies import check_fields
from baseten_emulator.world.records import Environment, Model
from baseten_emulator.world.routing import Route, team_of, team_scoped
from baseten_emulator.world.wire import (
    Request,
    Response,
    bad_request,
    json_response,
    not_found,
)
from baseten_emulator.world.world import World


def list_groups(world: World, request: Request) -> Response:
    """Answer GET: a group for each name that an environment of the team has; `production` always."""
    team_id = team_of(world, request)
    items = [_view(world, _group(world, team_id, name)) for name in _names(world, team_id)]
    return json_response({"items": items, "pagination": {"has_more": False, "cursor": None}})


def get_group(world: World, request: Request) -> Response:
    """Answer GET."""
    return json_response(_view(world, _require_group(world, request)))


def update_group(world: World, request: Request) -> Response:
    """Answer PATCH {manage_access: {is_restricted, user_ids?}}: replaces who may manage it."""
    group, body = (
        _require_group(world, request),
        check_fields(request.json(), {"manage_access": dict}),
    )
    if "manage_access" in body:
        fields = {"is_restricted": bool, "user_ids": list}
        access = check_fields(body["manage_access"], fields, required=("is_restricted",))
        users = tuple(access.get("user_ids", ())) if access["is_restricted"] else ()
        if set(users) - {account.USER_ID}:
            raise bad_request(f"user_ids: the only user here is {account.USER_ID}")
        restricted = access["is_restricted"]
        group = EnvironmentGroup(group.id, group.owner, group.name, restricted, users)
        world.store.put(group)
    return json_response(_view(world, group))


def _names(world: World, team_id: str) -> list[str]:
    models = {model.id for model in world.store.all(Model, team_id)}
    names = (e.name for e in world.store.all(Environment) if e.owner in models)
    return list(dict.fromkeys((PRODUCTION, *names)))


def _require_group(world: World, request: Request) -> EnvironmentGroup:
    team_id, name = team_of(world, request), request.params["env_name"]
    if name not in _names(world, team_id):
        raise not_found("environment group", name)
    return _group(world, team_id, name)


def _group(world: World, team_id: str, name: str) -> EnvironmentGroup:
    key = f"{team_id}/{name}"
    return world.store.get(EnvironmentGroup, key) or EnvironmentGroup(key, team_id, name, False)


def _view(world: World, group: EnvironmentGroup) -> dict[str, Any]:
    """Return a group; its one user is the organization's admin, who always has access."""
    users = [account.user_view(in_workspace=False)] if group.is_restricted else []
    return {
        "name": group.name,
        "team_id": group.owner,
        "team_name": world.team_name(group.owner),
        "manage_access": {"is_restricted": group.is_restricted, "users": users},
    }


ROUTES: tuple[Route, ...] = (
    *team_scoped("GET", "/v1/environment_groups", list_groups),
    *team_scoped("GET", "/v1/environment_groups/{env_name}", get_group),
    *team_scoped("PATCH", "/v1/environment_groups/{env_name}", update_group),
)
