"""A router that is there already, under loads: nothing is deployed, and nothing is written."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from baseten_tei.errors import UserError, is_sendable, shorten, to_plain_line
from baseten_tei.facts.tei.queue_room import texts_at_once
from baseten_tei.facts.tei.router_calls import task_of
from baseten_tei.operations.tuning.derive_autoscaling import derive_autoscaling
from baseten_tei.operations.tuning.emulator_pace_client import check_pace
from baseten_tei.operations.tuning.evidence import curve_points, find_noisy
from baseten_tei.operations.tuning.load_client import Endpoint, read_info
from baseten_tei.operations.tuning.measure_client import LoadSeries
from baseten_tei.operations.tuning.settings_point import MOST_REQUESTS
from baseten_tei.operations.tuning.tuning_lines import autoscaling_lines, noisy_line
from baseten_tei.operations.tuning.tuning_plan import TuningPlan
from baseten_tei.provider.release.gates.smoke import unsupported_problems
from baseten_tei.spec.args import Autoscaling

BASETEN = ".api.baseten.co"
TEI_KEY = "TEI_API_KEY"


def measure_url(
    url: str, texts: Sequence[str], plan: TuningPlan, tell: Callable[[str], None]
) -> int:
    """Load it, tell, and give the command's exit code. Raises `UserError`."""
    url = url.rstrip("/")
    key = _key(url)
    info = read_info(url, key)
    if not _is_on_baseten(url):
        check_pace(url)
    if problems := unsupported_problems(info):
        raise UserError(f"the router at {url} {problems[0]}")
    permits = _limit(url, info, "max_concurrent_requests")
    room = texts_at_once(info)
    most_texts = min(_limit(url, info, "max_client_batch_size"), room)
    size = plan.texts_per_request or most_texts
    if size > room:
        raise UserError(
            f"a request of {size} texts takes more than {room} of the router's {permits} permits, which TEI "
            f"{to_plain_line(str(info.get('version')))} refuses or dies of: write --texts-per-request {room}"
        )
    most = max(1, min(MOST_REQUESTS, 64, room // size))
    router = to_plain_line(f"{info.get('model_id')} on TEI {info.get('version')}: {task_of(info)}")
    tell(shorten(f"{router}, {size} texts a request"))
    endpoint = Endpoint(url, task_of(info), key)
    curve = LoadSeries(texts, plan, tell).curve(endpoint, most, most_texts)
    if plan.wish and (noisy := find_noisy(curve)):
        raise UserError(f"autoscaling is not derived: {noisy_line(noisy, plan.seconds)}")
    if plan.wish:
        for line in autoscaling_lines(
            derive_autoscaling(curve_points(curve), plan.wish, Autoscaling())
        ):
            tell(line)
    return 0


def _limit(url: str, info: Mapping[str, Any], name: str) -> int:
    """Return a limit of the router. Raises `UserError` where it does not name one."""
    value = info.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31:
        return value
    raise UserError(f"{url}/info has no {name}: --url must be the address of a TEI router")


def _key(url: str) -> str | None:
    """Return the key for a URL: Baseten's goes to Baseten alone, any other router gets TEI_API_KEY."""
    name = "BASETEN_API_KEY" if _is_on_baseten(url) else TEI_KEY
    key = os.environ.get(name, "").strip()
    if not is_sendable(key):
        raise UserError(f"{name} has a character that no header takes: copy the key again")
    return key or None


def _is_on_baseten(url: str) -> bool:
    try:
        return httpx.URL(url).host.endswith(BASETEN)
    except httpx.InvalidURL as error:
        raise UserError(f"--url {url!r} is not a URL ({error}): check the address") from error
