"""Routes: a method, a path with {placeholders}, and the function that answers."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from baseten_emulator.world.wire import Request, Response
from baseten_emulator.world.world import World

Handler = Callable[[World, Request], Response]


@dataclass(frozen=True)
class Route:
    """One method and path. `{name}` matches one segment, `{name+}` the rest of the path.

    `fixed` holds values of placeholders that the path spells out; `per_minute` is the endpoint's own rate
    limit, where the docs give it one.
    """

    method: str
    path: str
    handler: Handler
    per_minute: int | None = None
    fixed: Mapping[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        escaped = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", self.path)
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped) + "/?")

    def answer(self, world: World, request: Request) -> Response:
        """Answer by the handler, once the rate limits of the management API or of the endpoint let the call in."""
        if world.rate_limits and (self.per_minute or self.path.startswith("/v1/")):
            endpoint = f"{self.method} {self.path}"
            world.rate_limits.let_in(endpoint, world.now(), self.per_minute)
        return self.handler(world, request)


def find_route(routes: Iterable[Route], request: Request) -> tuple[Handler, Request] | None:
    """Return the first route that fits, with the request carrying the placeholders' values."""
    for route in routes:
        match = route.pattern.fullmatch(request.path) if route.method == request.method else None
        if match:
            return route.answer, request.with_params({**route.fixed, **match.groupdict()})
    return None


def team_scoped(method: str, path: str, handler: Handler) -> tuple[Route, Route]:
    """Return a route and its /v1/teams/{team_id}/... twin."""
    twin = path.replace("/v1/", "/v1/teams/{team_id}/", 1)
    return Route(method, path, handler), Route(method, twin, handler)


def add_aliases(route: Route, placeholder: str, *aliases: str) -> tuple[Route, ...]:
    """Return a route, and before it one for each word that may replace a placeholder: endpoints of their own."""
    holder = f"{{{placeholder}}}"
    spelled = (
        replace(route, path=route.path.replace(holder, alias), fixed={placeholder: alias})
        for alias in aliases
    )
    return *spelled, route


def team_of(world: World, request: Request) -> str:
    """Return the team a request acts on: that of its path, else the default one. Raises ApiError 404."""
    team_id = request.params.get("team_id") or world.default_team_id
    world.team_name(team_id)
    return team_id
