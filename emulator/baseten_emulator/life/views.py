"""Records as the management API shows them (`ModelV1`, `DeploymentV1`, `EnvironmentV1`, ...)."""

from typing import Any

from baseten_emulator.faults import faults
from baseten_emulator.life import (
    capacity,
    hardware,
    lifecycle,
    promotion_end,
    replicas,
    schedules,
)
from baseten_emulator.world.clock import iso
from baseten_emulator.world.records import Activity, Deployment, Died, Environment, Model, Secret
from baseten_emulator.world.world import World

PRODUCTION = "production"


def model_view(world: World, model: Model) -> dict[str, Any]:
    """Return a model as `ModelV1`."""
    production = world.environment(model.id, PRODUCTION)
    return {
        "id": model.id,
        "created_at": iso(model.created_at),
        "name": model.name,
        "deployments_count": world.store.count(Deployment, model.id),
        "production_deployment_id": production.current_deployment_id if production else None,
        "development_deployment_id": model.development_deployment_id,
        "instance_type_name": production.instance_type if production else "",
        "team_name": world.team_name(model.owner),
    }


def current_status(world: World, deployment: Deployment, model_name: str) -> str:
    """Return a deployment's status now, with what the faults make of it."""
    activity = world.store.get(Activity, deployment.id)
    status = lifecycle.status_at(deployment, activity, world.now(), world.step_seconds)
    if status in lifecycle.UNDER_WAY:
        slow = faults.find_live_for(world, model_name, deployment, "slow")
        if status != "BUILDING" and capacity.is_lacking(world, deployment, model_name):
            status = "DEPLOYING"
        return str(slow.options["status"]) if slow else status
    if status in lifecycle.READY and faults.find_live_for(
        world, model_name, deployment, "unhealthy"
    ):
        return "UNHEALTHY"
    if status in ("ACTIVE", "SCALED_TO_ZERO"):
        scheduled = replicas.count_now(world, deployment)
        if scheduled is not None:
            status = "ACTIVE" if scheduled else "SCALED_TO_ZERO"
    died = world.store.get(Died, deployment.id)
    if status == "ACTIVE" and died and world.now() - died.at < world.step_seconds:
        return "UNHEALTHY"
    return status


def status_to_show(world: World, deployment: Deployment) -> str:
    """Return the status that the API shows: `current_status`, or the word of the fault unknown_status."""
    model_name = world.model(deployment.owner).name
    status = current_status(world, deployment, model_name)
    if status in lifecycle.READY | lifecycle.UNDER_WAY:
        fault = faults.use_up(
            world, faults.find_live_for(world, model_name, deployment, "unknown_status")
        )
        return str(fault.options.get("status", "MIGRATING")) if fault else status
    return status


def count_replicas(world: World, deployment: Deployment, status: str) -> int:
    """Return how many replicas a deployment in this status has."""
    scheduled = replicas.count_now(world, deployment) if status == "ACTIVE" else None
    return lifecycle.count_replicas(deployment, status) if scheduled is None else scheduled


def deployment_view(world: World, deployment: Deployment) -> dict[str, Any]:
    """Return a deployment as `DeploymentV1`; its settings are null until it has finished deploying."""
    status = current_status(world, deployment, world.model(deployment.owner).name)
    deployed = deployment.outcome is not None and deployment.outcome.status == "ACTIVE"
    in_force = replicas.on_settings_at(world, deployment, world.now())
    return {
        "id": deployment.id,
        "created_at": iso(deployment.created_at),
        "name": deployment.name,
        "model_id": deployment.owner,
        "is_production": deployment.environment == PRODUCTION,
        "is_development": deployment.is_development,
        "status": status_to_show(world, deployment),
        "active_replica_count": count_replicas(world, deployment, status),
        "autoscaling_settings": in_force.autoscaling if deployed else None,
        "instance_type_name": deployment.instance_type,
        "environment": deployment.environment,
        "labels": deployment.labels,
        "region": hardware.REGIONS.get(deployment.region or ""),
        "request_backpressure_settings": {"policy": deployment.backpressure},
    }


def environment_view(world: World, environment: Environment) -> dict[str, Any]:
    """Return an environment as `EnvironmentV1`."""
    candidate = environment.candidate
    return {
        "name": environment.name,
        "created_at": iso(environment.created_at),
        "model_id": environment.owner,
        "current_deployment": _optional_view(world, environment.current_deployment_id),
        "candidate_deployment": _optional_view(
            world, candidate.deployment_id if candidate else None
        ),
        "in_progress_promotion": _promotion_view(world, environment),
        "autoscaling_settings": environment.autoscaling,
        "promotion_settings": environment.promotion,
        "instance_type": hardware.instance_type(environment.instance_type).view(),
        "request_backpressure_settings": {"policy": environment.backpressure},
        "autoscaling_schedules": schedules_view(world, environment),
        "traffic_routing": (
            {"rules": environment.traffic_rules} if environment.traffic_rules else None
        ),
    }


def schedules_view(world: World, environment: Environment) -> dict[str, Any]:
    """Return an environment's schedules as `EnvironmentAutoscalingSchedulesV1`."""
    serving = world.store.get(Deployment, environment.current_deployment_id)
    schedule = schedules.find_in_force(environment, world.now())
    applied = {
        "schedule_id": schedule["id"] if schedule else None,
        "autoscaling_settings": schedules.join_settings(environment, schedule),
    }
    return {
        **({"timezone": environment.timezone} if environment.timezone else {}),
        "schedules": environment.schedules,
        "applied_state": applied if serving else None,
    }


def _optional_view(world: World, deployment_id: str | None) -> dict[str, Any] | None:
    deployment = world.store.get(Deployment, deployment_id)
    return deployment_view(world, deployment) if deployment else None


def _promotion_view(world: World, environment: Environment) -> dict[str, Any] | None:
    """Return the promotion under way; else the last one, unless it succeeded."""
    progress, ended = promotion_end.progress_of(world, environment), environment.ended
    if progress:
        return {
            "status": progress.status,
            "percent_traffic_to_new_version": progress.percent,
            "error_message": None,
            "rolling_deploy": progress.candidate.rolling is not None,
        }
    if ended:
        return {
            "status": ended.status,
            "percent_traffic_to_new_version": 0,
            "error_message": ended.error_message,
            "rolling_deploy": ended.rolling_deploy,
        }
    return None


def secret_view(world: World, secret: Secret) -> dict[str, Any]:
    """Return a secret as `SecretV1`: never its value."""
    return {
        "id": secret.public_id,
        "created_at": iso(secret.created_at),
        "name": secret.name,
        "team_name": world.team_name(secret.owner),
    }
