"""From an upload and a config to a deployment, the same for GraphQL and REST.

Baseten docs (truss push): a published deployment is immutable; when the model has no production deployment yet, it
becomes production at once, ready or not; with an environment named it is promoted there once it is active.
"""

from dataclasses import replace
from typing import Any

from baseten_emulator.faults import faults, not_enabled
from baseten_emulator.life import (
    audit,
    environment_settings,
    hardware,
    promotion_end,
    promotion_start,
    startup_times,
    weight_downloads,
)
from baseten_emulator.life.views import PRODUCTION
from baseten_emulator.push.checks import Push, check_push
from baseten_emulator.push.config_rules import config_errors
from baseten_emulator.push.new_models import new_environment
from baseten_emulator.push.uploads import archive_of
from baseten_emulator.world.records import Deployment, Environment, Model, UnderWay
from baseten_emulator.world.truss_archive import BadArchiveError, read_config
from baseten_emulator.world.wire import ApiError, bad_request, not_found
from baseten_emulator.world.world import World


def publish_deployment(world: World, model: Model, push: Push) -> Deployment:
    """Make a deployment of a model. Raises ApiError 400 or 404 with the reason."""
    check_push(push)
    not_enabled.require_enabled(world, model.name, {"region": push.region})
    archive_config = _read_archive_config(world, push)
    environment = _find_environment(world, model, push)
    if push.is_development:
        return _record_push(world, push, _put_development(world, model, push, archive_config))
    deployment = _new_deployment(world, model, push, archive_config, environment)
    if environment is None:
        production = world.environment(model.id, PRODUCTION)
        environment = production if production and not production.current_deployment_id else None
    deployment = _keep_instance_type(deployment, environment, push)
    _start(world, model, deployment)
    if environment:
        deployment = _bring_into(world, environment, deployment, push)
    return _record_push(world, push, deployment)


def _record_push(world: World, push: Push, deployment: Deployment) -> Deployment:
    audit.on_deployment(
        world, "MODEL_DEPLOYED", deployment, scale_previous_to_zero=push.scale_down_previous,
        trusted=True, publish=not push.is_development, environment_name=push.environment,
    )  # fmt: skip
    return deployment


def _read_archive_config(world: World, push: Push) -> dict[str, Any]:
    if push.s3_key is None:
        return push.config
    archive = archive_of(world, push.s3_key)
    try:
        config = read_config(archive)
    except BadArchiveError as error:
        raise ApiError(400, "INVALID_ARCHIVE", str(error)) from error
    errors = config_errors(config)
    if errors:
        raise bad_request("invalid config.yaml in the archive: " + "; ".join(errors))
    return config


def _find_environment(world: World, model: Model, push: Push) -> Environment | None:
    if push.environment is None:
        return None
    environment = world.environment(model.id, push.environment)
    if environment is None and push.create_environment:
        return new_environment(model.id, push.environment, world.now())
    if environment is None:
        raise not_found("Environment", push.environment)
    return environment


def _new_deployment(
    world: World,
    model: Model,
    push: Push,
    archive_config: dict[str, Any],
    environment: Environment | None = None,
) -> Deployment:
    """Return a deployment on its environment's settings, with the changes that came with the push."""
    now, earlier = world.now(), world.store.all(Deployment, model.id)
    name = push.deployment_name or f"deployment-{len(earlier) + 1}"
    if push.deployment_name and name in {deployment.name for deployment in earlier}:
        raise bad_request(f'a deployment named "{name}" already exists in model "{model.name}"')
    doom, doom_lines = _find_doom(world, model, archive_config)
    settled = environment or new_environment(model.id, "", now)
    settled = replace(
        settled, **environment_settings.compute_changes(world, settled, push.settings)
    )
    return Deployment(
        world.next_id(), model.id, name, now, now, push.config, archive_config, push.raw_config,
        push.s3_key, _instance_type(push), settled.autoscaling,
        labels=push.labels, user_env=push.user_env,
        deploy_timeout_minutes=push.deploy_timeout_minutes, backpressure=settled.backpressure,
        doom=doom, doom_lines=doom_lines, region=push.region or None,
        startup_seconds=startup_times.find_seconds(world, model.name),
    )  # fmt: skip


def _instance_type(push: Push) -> str:
    if push.instance_type_id:
        return hardware.instance_type(push.instance_type_id).name
    return hardware.instance_type_for(push.config.get("resources") or {}).name


def _find_doom(
    world: World, model: Model, config: dict[str, Any]
) -> tuple[str | None, tuple[str, ...]]:
    lines = weight_downloads.build_failure_lines(
        config, world.secrets_of(model.owner), world.gates_by_repository()
    )
    if lines:
        return "BUILD_FAILED", lines
    for kind in ("build_failed", "deploy_failed"):
        fault = faults.use_up(world, faults.find_live(world, model.name, kind))
        if fault:
            default = (f"{kind}: a fault was set for this model",)
            return kind.upper(), tuple(fault.options.get("log_lines", default))
    return None, ()


def _keep_instance_type(
    deployment: Deployment, environment: Environment | None, push: Push
) -> Deployment:
    if environment and environment.current_deployment_id and push.preserve_instance_type:
        return replace(deployment, instance_type=environment.instance_type)
    return deployment


def _start(world: World, model: Model, deployment: Deployment) -> None:
    world.store.put(deployment)
    world.store.put(UnderWay(deployment.id, model.id))


def _bring_into(
    world: World, environment: Environment, deployment: Deployment, push: Push
) -> Deployment:
    if environment.name != PRODUCTION or environment.current_deployment_id:
        return _promote(world, environment, deployment, push)
    environment = replace(
        environment,
        **environment_settings.compute_changes(world, environment, push.settings),
        current_deployment_id=deployment.id,
        instance_type=deployment.instance_type,
    )
    world.store.put(environment)
    return environment_settings.hand_over(world, environment, deployment)


def _promote(
    world: World, environment: Environment, deployment: Deployment, push: Push
) -> Deployment:
    """Start the promotion of a push; a promotion in progress is canceled: of two pushes the last one wins."""
    if environment.candidate:
        promotion_end.end_promotion(world, environment, "CANCELED")
    candidate, _ = promotion_start.candidate_of(world, environment, deployment.id, push.wish)
    return promotion_start.begin(world, environment, deployment, candidate)


def _put_development(
    world: World, model: Model, push: Push, archive_config: dict[str, Any]
) -> Deployment:
    deployment = _new_deployment(world, model, push, archive_config)
    slot = model.development_deployment_id
    deployment = replace(
        deployment, id=slot or deployment.id, name="development", is_development=True
    )
    _start(world, model, deployment)
    world.store.put(replace(model, development_deployment_id=deployment.id))
    return deployment
