"""/_emulator/startup_times: how long each phase of the next startups of a model lasts.

    {"model": "bge", "seconds": {"IMAGE_PULL": 40, "WEIGHT_DOWNLOAD": 95.5}}

`model` is a name or "*". What is left out lasts as usual: SCHEDULING and CONTAINER_START one step, the others no time.
"""

from typing import Any

from baseten_emulator.life.lifecycle import STARTUP_PHASES
from baseten_emulator.world.bodies import (
    Fields,
    check_fields,
    require_range,
    require_room,
    require_short,
)
from baseten_emulator.world.records import StartupTimes
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import Request, Response, json_response
from baseten_emulator.world.world import World

MOST_SECONDS = 86_400
MAX_MODELS = 10_000
MAX_NAME = 200
_PHASES: Fields = dict.fromkeys(STARTUP_PHASES, (int, float))


def list_times(world: World, _request: Request) -> Response:
    """Answer GET: what was said of each model."""
    return json_response({"startup_times": [_view(it) for it in world.store.all(StartupTimes)]})


def set_times(world: World, request: Request) -> Response:
    """Answer POST {model, seconds}. Raises ApiError 400."""
    body = check_fields(request.json(), {"model": str, "seconds": dict}, required=("seconds",))
    model, seconds = body.get("model", "*"), check_fields(body["seconds"], _PHASES)
    for phase, value in seconds.items():
        require_range(phase, value, 0, MOST_SECONDS)
    require_short("model", model, MAX_NAME)
    require_room(world.store.count(StartupTimes), MAX_MODELS, "startup times")
    times = StartupTimes(model, "", seconds)
    world.store.put(times)
    return json_response(_view(times))


def clear_times(world: World, _request: Request) -> Response:
    """Answer DELETE: every startup lasts as usual again."""
    for times in world.store.all(StartupTimes):
        world.store.delete(StartupTimes, times.id)
    return json_response({"startup_times": []})


def _view(times: StartupTimes) -> dict[str, Any]:
    return {"model": times.id, "seconds": times.seconds}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/_emulator/startup_times", list_times),
    Route("POST", "/_emulator/startup_times", set_times),
    Route("DELETE", "/_emulator/startup_times", clear_times),
)
