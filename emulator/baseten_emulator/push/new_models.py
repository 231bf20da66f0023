"""New models and new environments."""

from baseten_emulator.life import autoscaling, hardware
from baseten_emulator.life.views import PRODUCTION
from baseten_emulator.world.records import Environment, Model
from baseten_emulator.world.wire import ApiError, bad_request
from baseten_emulator.world.world import World


def new_environment(model_id: str, name: str, now: float) -> Environment:
    """Return an environment with the documented defaults and nothing to serve yet."""
    return Environment(
        f"{model_id}/{name}", model_id, name, now, hardware.SMALLEST.name,
        dict(autoscaling.DEFAULTS), dict(autoscaling.PROMOTION_DEFAULTS),
    )  # fmt: skip


def new_model(world: World, name: str, team_id: str, archive_download: bool = True) -> Model:
    """Return a new model with its production environment. Raises ApiError when the name is taken."""
    if not name.strip():
        raise bad_request("name: a model needs a name")
    if world.model_named(name, team_id):
        team = world.team_name(team_id)
        message = f'A model named "{name}" already exists in team "{team}"'
        raise ApiError(400, "MODEL_NAME_ALREADY_EXISTS", message)
    world.team_name(team_id)
    model = Model(world.next_id(), team_id, name, world.now(), None, archive_download)
    world.store.put(model)
    world.store.put(new_environment(model.id, PRODUCTION, model.created_at))
    return model
