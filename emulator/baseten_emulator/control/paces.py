"""/_emulator/pace: models whose answers take time, so that there is something to tune. Off until it is set.

    {"model": "bge", "seed": 7, "tokens_per_second": 20000}

`model` is a name or "*". The durations are drawn from the seed for each repository (`tei/pace/service_time`); any of
the numbers may be given instead.
"""

from typing import Any

from baseten_emulator.world.bodies import (
    Fields,
    check_fields,
    require_range,
    require_room,
    require_short,
)
from baseten_emulator.world.records import PaceSet
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import Request, Response, bad_request, json_response
from baseten_emulator.world.world import World

_NUMBERS = (
    "tokens_per_second",
    "overhead_tokens",
    "knee_tokens",
    "strain",
    "tokenizer_share",
    "vcpus",
)
LEAST_NUMBER, MOST_NUMBER = 0.001, 1e9
MAX_NAME = 200
MAX_PACES = 10_000
_FIELDS: Fields = {"model": str, "seed": int, **dict.fromkeys(_NUMBERS, (int, float))}


def list_paces(world: World, _request: Request) -> Response:
    """Answer GET: which models take time, and what was said of each."""
    return json_response({"paces": [_view(pace) for pace in world.store.all(PaceSet)]})


def set_pace(world: World, request: Request) -> Response:
    """Answer POST {model, seed, ...}. Raises ApiError 400."""
    numbers = check_fields(request.json(), _FIELDS)
    model, seed = numbers.pop("model", "*"), numbers.pop("seed", 0)
    if wrong := [name for name, value in numbers.items() if value <= 0]:
        raise bad_request(f"{wrong[0]} must be above 0")
    for name, value in numbers.items():
        require_range(name, value, LEAST_NUMBER, MOST_NUMBER)
    require_short("model", model, MAX_NAME)
    require_room(world.store.count(PaceSet), MAX_PACES, "paces")
    pace = PaceSet(model, "", seed, numbers)
    world.store.put(pace)
    return json_response(_view(pace))


def clear_paces(world: World, _request: Request) -> Response:
    """Answer DELETE: every model answers at once again."""
    for pace in world.store.all(PaceSet):
        world.store.delete(PaceSet, pace.id)
    return json_response({"paces": []})


def _view(pace: PaceSet) -> dict[str, Any]:
    return {"model": pace.id, "seed": pace.seed, **pace.numbers}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/_emulator/pace", list_paces),
    Route("POST", "/_emulator/pace", set_pace),
    Route("DELETE", "/_emulator/pace", clear_paces),
)
