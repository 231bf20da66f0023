"""The start of a promotion: an environment is to be served by another deployment.

Baseten docs (environments, rolling deployments): one promotion at a time; a new deployment is made when the source
already serves another environment, runs on another instance type, or the environment redeploys on promotion. How it
goes on: `promotion_progress`; how it ends: `promotion_end`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from baseten_emulator.faults import not_enabled
from baseten_emulator.life import audit, autoscaling, environment_settings, hardware, lifecycle
from baseten_emulator.world.bodies import Fields, check_fields
from baseten_emulator.world.records import Candidate, Deployment, Environment, Promoting, UnderWay
from baseten_emulator.world.wire import ApiError, bad_request
from baseten_emulator.world.world import World


@dataclass(frozen=True)
class Wish:
    """What a promotion asks for beside the deployment."""

    scale_down_previous: bool = True
    preserve_instance_type: bool = True
    settings_update: Mapping[str, Any] = field(default_factory=dict)
    settings_override: Mapping[str, Any] = field(default_factory=dict)


_UPDATE_FIELDS: Fields = {
    "region": str,
    "instance_type_id": str,
    "autoscaling_settings": dict,
    "request_backpressure_settings": dict,
    "autoscaling_schedule_settings": dict,
    "promotion_settings": dict,
}


def promote(
    world: World, environment: Environment, deployment: Deployment, wish: Wish
) -> Deployment:
    """Start a promotion, and return the deployment that will serve. Raises ApiError."""
    _check(environment, deployment)
    wanted = _instance_type(environment, deployment, wish)
    region = _region(deployment, wish)
    candidate, redeploy = candidate_of(world, environment, deployment.id, wish)
    audit.on_promotion(world, environment, deployment, wish.settings_update, wish.settings_override)
    serves = environment.current_deployment_id == deployment.id
    moves = deployment.instance_type != wanted or deployment.region != region
    if serves and not moves and not redeploy:
        environment = replace(environment, ended=None, **candidate.settings)
        deployment = environment_settings.hand_over(world, environment, deployment)
        world.store.put(environment)
        return deployment
    elsewhere = deployment.environment not in (None, environment.name)
    if elsewhere or moves or redeploy or deployment.is_development:
        deployment = _copy(world, replace(deployment, region=region), wanted)
    return begin(world, environment, deployment, replace(candidate, deployment_id=deployment.id))


def candidate_of(
    world: World, environment: Environment, deployment_id: str, wish: Wish
) -> tuple[Candidate, bool]:
    """Return a promotion's record, and whether it redeploys. Raises ApiError 400."""
    not_enabled.require_enabled(world, world.model(environment.owner).name, wish.settings_update)
    update = check_fields(wish.settings_update, _UPDATE_FIELDS)
    settings = environment_settings.compute_changes(world, environment, update)
    kept = settings.get("promotion", environment.promotion)
    followed = autoscaling.apply_promotion_settings(kept, wish.settings_override)
    candidate = Candidate(
        deployment_id,
        world.now(),
        wish.scale_down_previous,
        followed["promotion_cleanup_strategy"],
        followed["rolling_deploy_config"] if followed["rolling_deploy"] else None,
        settings,
    )
    return candidate, bool(followed["redeploy_on_promotion"])


def begin(
    world: World, environment: Environment, deployment: Deployment, candidate: Candidate
) -> Deployment:
    """Record a promotion under way."""
    deployment = replace(deployment, environment=environment.name)
    world.store.put(deployment)
    world.store.put(replace(environment, candidate=candidate, ended=None))
    world.store.put(Promoting(environment.id, environment.owner))
    return deployment


def _check(environment: Environment, deployment: Deployment) -> None:
    if environment.candidate is not None:
        message = f'a promotion to environment "{environment.name}" is already in progress'
        raise ApiError(400, "PROMOTION_IN_PROGRESS", message)
    if deployment.outcome and deployment.outcome.status in lifecycle.FAILED:
        raise bad_request(
            f"deployment {deployment.id} is {deployment.outcome.status}: it cannot serve"
        )
    if deployment.deactivated_at is not None:
        raise bad_request(f"deployment {deployment.id} is inactive: activate it first")


def _instance_type(environment: Environment, deployment: Deployment, wish: Wish) -> str:
    requested = wish.settings_update.get("instance_type_id")
    if requested is None:
        preserve = wish.preserve_instance_type and environment.current_deployment_id is not None
        return environment.instance_type if preserve else deployment.instance_type
    if wish.preserve_instance_type:
        raise bad_request(
            "instance_type_id cannot be set with preserve_env_instance_type: true, its default;"
            " send preserve_env_instance_type: false with it"
        )
    return hardware.instance_type(str(requested)).name


def _region(deployment: Deployment, wish: Wish) -> str | None:
    """Return where the promoted deployment runs: without a word of it where it did, None for Global."""
    region = wish.settings_update.get("region")
    if region and region not in hardware.REGIONS:
        raise bad_request(f'"{region}" is not a region; GET /v1/regions lists them')
    return deployment.region if region is None else region or None


def _copy(world: World, source: Deployment, instance_type: str) -> Deployment:
    now, number = world.now(), world.store.count(Deployment, source.owner) + 1
    copy = replace(
        source,
        id=world.next_id(),
        name=f"deployment-{number}",
        created_at=now,
        started_at=now,
        instance_type=instance_type,
        built=True,
        is_development=False,
        scaled_down=False,
        deactivated_at=None,
        outcome=None,
        doom=None,
        doom_lines=(),
        environment=None,
    )
    world.store.put(copy)
    world.store.put(UnderWay(copy.id, copy.owner))
    return copy
