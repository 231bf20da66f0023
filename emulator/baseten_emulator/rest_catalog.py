"""The parts of /v1 that only tell: teams, instance types and prices, the caller, the organization."""

from __future__ import annotations

from typing import Any

from .clock import iso
from .graphql_api import ORGANIZATION_ID, USER_EMAIL, WORKSPACE
from .hardware import CATALOG
from .routing import Route
from .wire import Request, Response, json_response
from .world import World

_FOUNDED = 1_767_225_600.0  # 2026-01-01: teams and organization are older than anything in them


def team_view(world: World, name: str) -> dict[str, Any]:
    """A team as `TeamV1`."""
    default = name == world.teams[0]
    return {
        "id": world.team_id(name),
        "name": name,
        "default": default,
        "created_at": iso(_FOUNDED),
    }


def list_teams(world: World, _request: Request) -> Response:
    """GET /v1/teams."""
    return json_response({"teams": [team_view(world, name) for name in world.teams]})


def get_team(world: World, request: Request) -> Response:
    """GET /v1/teams/{team_id}."""
    return json_response(team_view(world, world.team_name(request.params["team_id"])))


def list_instance_types(_world: World, _request: Request) -> Response:
    """GET /v1/instance_types."""
    return json_response({"instance_types": [sku.view() for sku in CATALOG]})


def list_prices(_world: World, _request: Request) -> Response:
    """GET /v1/instance_type_prices, in USD per minute."""
    prices = [{"instance_type": sku.view(), "price": sku.price} for sku in CATALOG]
    return json_response({"instance_types": prices})


def get_me(_world: World, _request: Request) -> Response:
    """GET /v1/users/me."""
    me = {"user_id": "emulator-user", "email": USER_EMAIL, "name": "Emulator"}
    return json_response({**me, "workspace_name": WORKSPACE})


def get_organization(_world: World, _request: Request) -> Response:
    """GET /v1/organizations/me."""
    organization = {"org_id": ORGANIZATION_ID, "name": WORKSPACE, "created_at": iso(_FOUNDED)}
    return json_response({**organization, "aws_assume_role": None})


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/teams", list_teams),
    Route("GET", "/v1/teams/{team_id}", get_team),
    Route("GET", "/v1/instance_types", list_instance_types),
    Route("GET", "/v1/instance_type_prices", list_prices),
    Route("GET", "/v1/users/me", get_me),
    Route("GET", "/v1/organizations/me", get_organization),
)
