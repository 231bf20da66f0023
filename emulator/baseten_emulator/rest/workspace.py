"""Teams, users, regions, instance types, prices; `ROUTES` holds those of keys, groups, bills, the audit log, too."""

from typing import Any

from baseten_emulator.life.hardware import CATALOG, REGIONS
from baseten_emulator.rest import api_keys, audit_logs, billing, environment_groups
from baseten_emulator.world import account
from baseten_emulator.world.clock import iso
from baseten_emulator.world.routing import Route, team_of, team_scoped
from baseten_emulator.world.wire import Request, Response, json_response, not_found
from baseten_emulator.world.world import World


def team_view(world: World, name: str) -> dict[str, Any]:
    """Return a team as `TeamV1`."""
    default = name == world.teams[0]
    return {
        "id": world.team_id(name),
        "name": name,
        "default": default,
        "created_at": iso(account.FOUNDED),
    }


def list_teams(world: World, request: Request) -> Response:
    """Answer GET /v1/teams; `?name=` filters by exact name."""
    wanted = request.arg("name")
    names = [name for name in world.teams if wanted in (None, name)]
    return json_response({"teams": [team_view(world, name) for name in names]})


def get_team(world: World, request: Request) -> Response:
    """Answer GET /v1/teams/{team_id}."""
    return json_response(team_view(world, world.team_name(request.params["team_id"])))


def list_instance_types(_world: World, _request: Request) -> Response:
    """Answer GET /v1/instance_types."""
    return json_response({"instance_types": [sku.view() for sku in CATALOG]})


def list_prices(_world: World, _request: Request) -> Response:
    """Answer GET /v1/instance_type_prices, in USD per minute."""
    prices = [{"instance_type": sku.view(), "price": sku.price} for sku in CATALOG]
    return json_response({"instance_types": prices})


def list_regions(world: World, request: Request) -> Response:
    """Answer GET /v1/regions, the same for each team."""
    team_of(world, request)
    return json_response({"regions": list(REGIONS.values())})


def list_users(_world: World, request: Request) -> Response:
    """Answer GET /v1/users; `?email=` filters."""
    matches = request.arg("email") in (None, account.USER_EMAIL)
    page = {"has_more": False, "cursor": None}
    return json_response({"items": [account.user_view()] if matches else [], "pagination": page})


def get_user(_world: World, request: Request) -> Response:
    """Answer GET /v1/users/{user_id}; `me` is who asks."""
    if request.params["user_id"] != account.USER_ID:
        raise not_found("user", request.params["user_id"])
    return json_response(account.user_view())


def get_organization(_world: World, _request: Request) -> Response:
    """Answer GET /v1/organizations/me."""
    founded = iso(account.FOUNDED)
    organization = {"org_id": account.ORGANIZATION_ID, "name": account.WORKSPACE}
    return json_response({**organization, "created_at": founded, "aws_assume_role": None})


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/teams", list_teams),
    Route("GET", "/v1/teams/{team_id}", get_team),
    Route("GET", "/v1/instance_types", list_instance_types),
    Route("GET", "/v1/instance_type_prices", list_prices),
    *team_scoped("GET", "/v1/regions", list_regions),
    Route("GET", "/v1/users", list_users),
    Route("GET", "/v1/users/me", get_user, fixed={"user_id": account.USER_ID}),
    Route("GET", "/v1/users/{user_id}", get_user),
    Route("GET", "/v1/organizations/me", get_organization),
    *api_keys.ROUTES,
    *environment_groups.ROUTES,
    *audit_logs.ROUTES,
    *billing.ROUTES,
)
