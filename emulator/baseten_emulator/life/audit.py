"""The audit log: events are recorded as they happen, in the words of `AuditLogEventTypeV1`.

The actor is always the API key, the source always the API: nothing else can call the emulator.
"""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.life import audit_schedules
from baseten_emulator.life.autoscaling import BOUNDS, PROMOTION_DEFAULTS
from baseten_emulator.world.account import AuditEntry
from baseten_emulator.world.ids import opaque_id
from baseten_emulator.world.records import Candidate, Deployment, Environment, Model, Secret
from baseten_emulator.world.world import World

_FIRST = 10**9  # far from the numbers that models and deployments have
_PROMOTION = tuple(name for name in PROMOTION_DEFAULTS if name != "rolling_deploy_config")
_ROLLING = tuple(PROMOTION_DEFAULTS["rolling_deploy_config"])
_SCALING = tuple(BOUNDS)


def on_model(world: World, event: str, model: Model, **more: Any) -> None:
    """Record something that was done to a model."""
    note(world, event, model.id, model_id=model.id, model_name=model.name, **more)


def on_deployment(world: World, event: str, deployment: Deployment, **more: Any) -> None:
    """Record something that was done to a deployment."""
    which = {"deployment_id": deployment.id, "deployment_name": deployment.name}
    on_model(world, event, world.model(deployment.owner), **which, **more)


def on_environment(world: World, event: str, environment: Environment, **more: Any) -> None:
    """Record something that was done to an environment."""
    model = world.model(environment.owner)
    on_model(world, event, model, environment_name=environment.name, **more)


def on_environment_update(world: World, before: Environment, after: Environment) -> None:
    """Record a change of an environment's settings."""
    on_environment(
        world, "ENVIRONMENT_UPDATED", before, deployment_type=None,
        schedules=audit_schedules.list_changes(before, after) or None,
        previous_settings=settings_of(before), **settings_of(after),
    )  # fmt: skip


def on_secret(world: World, event: str, secret: Secret) -> None:
    """Record something that was done to a secret."""
    note(world, event, "", secret_id=secret.public_id, secret_name=secret.name)


def on_promotion(
    world: World,
    environment: Environment,
    deployment: Deployment,
    update: Mapping[str, Any],
    override: Mapping[str, Any],
) -> None:
    """Record that a promotion was asked for."""
    scaling, policy = (
        update.get("autoscaling_settings"),
        update.get("request_backpressure_settings"),
    )
    rolling = override.get("rolling_deploy_config") or {}
    on_deployment(
        world, "MODEL_DEPLOYMENT_PROMOTED", deployment,
        environment_name=environment.name, environment_id=environment.id,
        region_update=update.get("region"), instance_type_id_update=update.get("instance_type_id"),
        promotion_settings_override=(
            {**_of(override, _PROMOTION[:3]), **_of(rolling, _ROLLING)} if override else None
        ),
        autoscaling_settings_update=_of(scaling, _SCALING) if scaling else None,
        request_backpressure_settings_update=(
            {"policy": policy.get("policy")} if policy is not None else None
        ),
        autoscaling_schedule_settings_update=(
            audit_schedules.describe_update(update.get("autoscaling_schedule_settings"))
        ),
    )  # fmt: skip


def on_signal(world: World, environment: Environment, candidate: Candidate, action: str) -> None:
    """Record a signal to a promotion."""
    deployment = world.store.get(Deployment, candidate.deployment_id)
    if deployment:
        place = {"environment_name": environment.name, "environment_id": environment.id}
        event = "MODEL_PROMOTION_CONTROL_ACTION"
        on_deployment(world, event, deployment, **place, action=action)


def settings_of(environment: Environment) -> dict[str, Any]:
    """Return an environment's settings in one mapping, as its events have them."""
    return {
        **_of(environment.promotion, _PROMOTION),
        **_of(environment.promotion["rolling_deploy_config"] or {}, _ROLLING),
        **_of(environment.autoscaling, _SCALING),
        "ramp_up_step_size": None,
        "request_backpressure_policy": environment.backpressure,
    }


def scaling_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return autoscaling settings as events have them."""
    return _of(settings, _SCALING)


def note(world: World, event: str, owner: str, **data: Any) -> None:
    """Record an event; `owner` is the model it belongs to, "" for the workspace."""
    number = _FIRST + int(world.store.counter("audit", add=1))
    world.store.put(AuditEntry(opaque_id(number), owner, world.now(), event, data))


def _of(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: values.get(name) for name in names}
