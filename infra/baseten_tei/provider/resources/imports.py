"""What `pulumi import` finds, given an id alone: `[team/]model` or `[team/]model/environment`.

What only the program knows (whose it is, how it is released) is left out; the first `up` brings it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment.schedules.baseten_schedules import read_remote
from baseten_tei.deployment.schedules.schedule_words import write_words
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Live, Values
from baseten_tei.provider.resources.refresh_calls import Reads, environment_of
from baseten_tei.spec.type_tokens import SCHEDULES

BASETENS_OWN = {"max_scale_down_rate": 50}
"""What Baseten sets by itself, of what a spec manages only if it says it (Baseten docs: autoscaling)."""

if TYPE_CHECKING:
    from pydantic import BaseModel


def import_model(api: Reads, resource_id: str) -> Live:
    """Return a model by its name; without an id where there is none. Who imports one takes it over."""
    team, _, name = resource_id.rpartition("/")
    model_id = api.find_model(name, team or None)
    if model_id is None:
        return Live()
    inputs = {"name": name, **({"team": team} if team else {})}
    found = {"generation": "1", "drift": "", "adopted": True}
    taken_over = [it.id for it in api.versions(model_id)]
    return Live(resource_id, inputs, {**inputs, **found, "taken_over": taken_over})


def import_environment(api: Reads, resource_id: str) -> Live:
    """Return an environment with its settings; without an id where nothing serves. Raises `UserError`."""
    place = _place(resource_id)
    model_id = api.find_model(place["model"], place.get("team"))
    serving = environment_of(api, model_id, place["environment"]) if model_id else None
    if serving is None or serving.current is None:
        return Live()
    current = serving.current
    # A version that another pushed carries no digest: it can only be held by a pin.
    pin = {} if current.digest else {"deployment": current.id}
    inputs = {**place, "digest": current.digest, **pin, **_settings(serving)}
    found: Values = {
        "model_id": model_id,
        "deployment_id": current.id,
        "serving_digest": current.digest,
        "instance_type": current.instance_type,
        "kept_deployment_ids": [],
        "drift": {},
    }
    return Live(resource_id, inputs, {**inputs, **found})


def _place(resource_id: str) -> Values:
    """Team, model and environment of an id; a team's name may hold a slash, the others cannot."""
    team, _, rest = resource_id.rpartition("/")[0].rpartition("/")
    environment = resource_id.rpartition("/")[2]
    if not rest:
        raise UserError(
            f"{resource_id!r} has no environment: write model/environment, e.g. {resource_id}/production"
        )
    return {"model": rest, "environment": environment, **({"team": team} if team else {})}


def _settings(serving: Serving) -> Values:
    """Those that a spec can manage; what Baseten does not tell is left out."""
    # pydantic takes 0.1 s and more, which every start of the provider would pay.
    from baseten_tei.spec.args import Autoscaling, Promotion, RollingDeploy

    steps = serving.promotion.get("rolling_deploy_config") or {}
    promotion = {
        **_in_spec(serving.promotion, Promotion),
        "rolling_deploy_config": _in_spec(steps, RollingDeploy) or None,
    }
    settings = {
        "autoscaling": without_defaults(_in_spec(serving.autoscaling, Autoscaling)),
        "promotion": {key: it for key, it in promotion.items() if it is not None},
        "request_backpressure": serving.request_backpressure,
        "region": serving.current.region if serving.current else None,
        SCHEDULES: _schedules(serving),
    }
    return {key: it for key, it in settings.items() if it}


def _schedules(serving: Serving) -> Values | None:
    """Those that there are; `None` where there are none, which a spec need not manage."""
    schedules = read_remote(serving.schedules)
    return write_words(schedules) if schedules.windows else None


def without_defaults(autoscaling: Values) -> Values:
    """Return settings without those that Baseten sets by itself and a spec leaves out: no import need manage them."""
    return {key: it for key, it in autoscaling.items() if BASETENS_OWN.get(key) != it}


def _in_spec(settings: Mapping[str, Any], words: "type[BaseModel]") -> Values:
    """The keys that the spec has a word for."""
    return {key: it for key, it in settings.items() if key in words.model_fields}
