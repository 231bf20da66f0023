"""A push: from an upload and a config to a deployment, the same for GraphQL and REST.

Baseten docs (truss push): a published deployment is immutable; when the model has no production
deployment yet, it becomes production at once, ready or not; with an environment named it is promoted
there once it is active.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from . import autoscaling, faults, hardware, promotions, weights
from .config_rules import config_errors
from .records import Candidate, Deployment, Environment, Model, UnderWay
from .truss_archive import BadArchiveError, read_config
from .uploads import archive_of
from .views import PRODUCTION, environment_id
from .wire import ApiError, not_found, refused
from .world import World


@dataclass(frozen=True)
class Push:
    """What a push carries. `environment` None means: no promotion asked for."""

    config: dict[str, Any]
    s3_key: str | None
    raw_config: str | None = None
    user_env: dict[str, Any] | None = None
    labels: dict[str, Any] | None = None
    deployment_name: str | None = None
    environment: str | None = None
    create_environment: bool = False
    deploy_timeout_minutes: int | None = None
    preserve_instance_type: bool = True
    scale_down_previous: bool = True
    is_development: bool = False
    autoscaling_update: dict[str, Any] | None = None


def new_environment(model_id: str, name: str, now: float) -> Environment:
    """An environment with the documented defaults and nothing to serve yet."""
    return Environment(
        environment_id(model_id, name), model_id, name, now, hardware.SMALLEST.name,
        dict(autoscaling.DEFAULTS), dict(autoscaling.PROMOTION_DEFAULTS),
    )  # fmt: skip


def new_model(world: World, name: str, team_id: str, archive_download: bool = True) -> Model:
    """A new model with its production environment. Raises ApiError when the name is taken."""
    if not name.strip():
        raise refused("name: a model needs a name")
    if world.model_named(name, team_id):
        team = world.team_name(team_id)
        message = f'A model named "{name}" already exists in team "{team}"'
        raise ApiError(400, "MODEL_NAME_ALREADY_EXISTS", message)
    world.team_name(team_id)
    model = Model(world.next_id(), team_id, name, world.now(), None, archive_download)
    world.store.put(model)
    world.store.put(new_environment(model.id, PRODUCTION, model.created_at))
    return model


def publish(world: World, model: Model, push: Push) -> Deployment:
    """Make a deployment of a model. Raises ApiError 400 or 404 with the reason."""
    check_push(push)
    archive_config = _archive_config(world, push)
    environment = _environment(world, model, push)
    if push.is_development:
        return _put_development(world, model, push, archive_config)
    deployment = _new_deployment(world, model, push, archive_config)
    if environment is None:
        production = world.store.get(Environment, environment_id(model.id, PRODUCTION))
        environment = production if production and not production.current_deployment_id else None
    deployment = _on_instance_type(deployment, environment, push)
    _start(world, model, deployment)
    return _into(world, environment, deployment, push) if environment else deployment


def check_push(push: Push) -> None:
    """Refuse what the server validates before anything is stored. Raises ApiError 400."""
    errors = config_errors(push.config)
    if errors:
        raise refused("invalid config: " + "; ".join(errors))
    if push.deployment_name and not re.fullmatch(r"[0-9a-zA-Z_.-]{1,255}", push.deployment_name):
        raise refused(
            f"deployment name {push.deployment_name!r} may only hold letters, digits, _-."
        )
    timeout = push.deploy_timeout_minutes
    if timeout is not None and not 10 <= timeout <= 1440:
        raise refused(f"deploy_timeout_minutes must be between 10 and 1440, not {timeout}")


def _archive_config(world: World, push: Push) -> dict[str, Any]:
    if push.s3_key is None:
        return push.config
    archive = archive_of(world, push.s3_key)
    try:
        config = read_config(archive)
    except BadArchiveError as error:
        raise ApiError(400, "INVALID_ARCHIVE", str(error)) from error
    errors = config_errors(config)
    if errors:
        raise refused("invalid config.yaml in the archive: " + "; ".join(errors))
    return config


def _environment(world: World, model: Model, push: Push) -> Environment | None:
    if push.environment is None:
        return None
    environment = world.store.get(Environment, environment_id(model.id, push.environment))
    if environment is None and push.create_environment:
        return new_environment(model.id, push.environment, world.now())
    if environment is None:
        raise not_found("Environment", push.environment)
    return environment


def _new_deployment(
    world: World, model: Model, push: Push, archive_config: dict[str, Any]
) -> Deployment:
    now, earlier = world.now(), world.store.all(Deployment, model.id)
    name = push.deployment_name or f"deployment-{len(earlier) + 1}"
    if push.deployment_name and name in {deployment.name for deployment in earlier}:
        raise refused(f'a deployment named "{name}" already exists in model "{model.name}"')
    doom, doom_lines = _doom(world, model, archive_config)
    return Deployment(
        world.next_id(), model.id, name, now, now, push.config, archive_config, push.raw_config,
        push.s3_key, hardware.instance_type_for(push.config.get("resources") or {}).name,
        autoscaling.updated(autoscaling.DEFAULTS, push.autoscaling_update or {}),
        labels=push.labels, user_env=push.user_env,
        deploy_timeout_minutes=push.deploy_timeout_minutes,
        doom=doom, doom_lines=doom_lines,
    )  # fmt: skip


def _doom(world: World, model: Model, config: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    lines = weights.build_failure(config, world.secrets_of(model.owner), world.gates())
    if lines:
        return "BUILD_FAILED", lines
    for kind in ("build_failed", "deploy_failed"):
        fault = faults.take(world, faults.live(world, model.name, kind))
        if fault:
            default = (f"{kind}: a fault was set for this model",)
            return kind.upper(), tuple(fault.options.get("log_lines", default))
    return None, ()


def _on_instance_type(
    deployment: Deployment, environment: Environment | None, push: Push
) -> Deployment:
    if environment and environment.current_deployment_id and push.preserve_instance_type:
        return replace(deployment, instance_type=environment.instance_type)
    return deployment


def _start(world: World, model: Model, deployment: Deployment) -> None:
    world.store.put(deployment)
    world.store.put(UnderWay(deployment.id, model.id))


def _into(world: World, environment: Environment, deployment: Deployment, push: Push) -> Deployment:
    if push.autoscaling_update:
        environment = replace(environment, autoscaling=deployment.autoscaling)
    if environment.name != PRODUCTION or environment.current_deployment_id:
        return _promoted(world, environment, deployment, push)
    deployment = replace(deployment, environment=PRODUCTION, autoscaling=environment.autoscaling)
    world.store.put(deployment)
    world.store.put(replace(environment, current_deployment_id=deployment.id,
                            instance_type=deployment.instance_type))  # fmt: skip
    return deployment


def _promoted(
    world: World, environment: Environment, deployment: Deployment, push: Push
) -> Deployment:
    """Of two pushes into one environment both are accepted, and the last one wins."""
    if environment.candidate:
        promotions.abandon(world, environment)
    cleanup = environment.promotion["promotion_cleanup_strategy"]
    candidate = Candidate(deployment.id, world.now(), push.scale_down_previous, cleanup)
    return promotions.begin(world, environment, deployment, candidate)


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
