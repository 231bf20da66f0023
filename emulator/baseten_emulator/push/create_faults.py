"""Faults of a push's last step, the create: a GPU that is refused, an archive that is lost, a race that is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.faults import faults
from baseten_emulator.world.records import Model
from baseten_emulator.world.wire import Response, json_response
from baseten_emulator.world.world import World

CREATES = ("create_model_from_truss", "create_model_version_from_truss")


@dataclass(frozen=True)
class Fate:
    """What the faults make of a create: `refusal` answers it, `raced` says that its twin comes first."""

    refusal: Response | None = None
    raced: bool = False


def fate_of(world: World, operation: str | None, arguments: Mapping[str, Any]) -> Fate:
    """Return what the faults make of a GraphQL call; they are used up, and a lost archive is deleted."""
    if operation not in CREATES:
        return Fate()
    name = _name(world, arguments)
    refusal = _refuse_gpu(world, name, operation, arguments.get("config"))
    if refusal:
        return Fate(refusal)
    if faults.use_up(world, faults.find_live(world, name, "upload_lost")):
        world.store.delete_blob(str(arguments.get("s3_key")))
    return Fate(
        raced=faults.use_up(world, faults.find_live(world, name, "duplicate_create")) is not None
    )


def _name(world: World, arguments: Mapping[str, Any]) -> str:
    model = world.store.get(Model, str(arguments.get("model_id")))
    return model.name if model else str(arguments.get("name"))


def _refuse_gpu(world: World, name: str, operation: str, config: Any) -> Response | None:
    """Return the refusal of an account without the GPU family, as users report it (the code is guessed)."""
    resources = config.get("resources") if isinstance(config, dict) else None
    gpu = str((resources or {}).get("accelerator") or "").partition(":")[0]
    fault = faults.find_live(world, name, "gpu_forbidden") if gpu else None
    if fault is None or fault.options.get("gpu", gpu) != gpu:
        return None
    faults.use_up(world, fault)
    message = f"The GPU type '{gpu}' is not supported for your organization"
    error = {"message": message, "extensions": {"code": "FORBIDDEN"}, "path": [operation]}
    return json_response({"data": {operation: None}, "errors": [error]})
