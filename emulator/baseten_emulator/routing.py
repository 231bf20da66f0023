"""Routes: a method, a path with {placeholders}, and the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from .wire import Request, Response
from .world import World

Handler = Callable[[World, Request], Response]


@dataclass(frozen=True)
class Route:
    """One method and path. `{name}` matches one segment, `{name+}` the rest of the path."""

    method: str
    path: str
    handler: Handler

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        escaped = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", self.path)
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped) + "/?")


def find(routes: Iterable[Route], request: Request) -> tuple[Handler, Request] | None:
    """The first route that fits, with the request carrying the placeholders' values."""
    for route in routes:
        match = route.pattern.fullmatch(request.path) if route.method == request.method else None
        if match:
            return route.handler, request.with_params(match.groupdict())
    return None


def team_scoped(method: str, path: str, handler: Handler) -> tuple[Route, Route]:
    """A route and its /v1/teams/{team_id}/... twin."""
    twin = path.replace("/v1/", "/v1/teams/{team_id}/", 1)
    return Route(method, path, handler), Route(method, twin, handler)


def team_of(world: World, request: Request) -> str:
    """The team a request acts on: that of its path, else the default one. Raises ApiError 404."""
    team_id = request.params.get("team_id") or world.default_team_id
    world.team_name(team_id)
    return team_id
