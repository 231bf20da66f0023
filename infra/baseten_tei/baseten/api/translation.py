"""The SDK's models in our words, and our settings in Baseten's."""

from typing import TYPE_CHECKING, Any

from baseten_tei.baseten.startups import Phase, Startup
from baseten_tei.baseten.traffic_rules import describe_rules
from baseten_tei.baseten.versions import EnvironmentSettings, RemoteModel, Serving, Version
from baseten_tei.deployment.schedules.baseten_schedules import RemoteSchedules

if TYPE_CHECKING:
    from baseten.client.managementapi import Deployment, Environment, Model, StartupAttempt


def as_model(model: "Model") -> RemoteModel:
    """Return a model in our words."""
    return RemoteModel(
        model.id,
        model.name,
        model.team_name,
        model.production_deployment_id,
        model.created_at.isoformat(),
    )


def as_version(deployment: "Deployment") -> Version:
    """Return a deployment in our words."""
    return Version(
        id=deployment.id,
        status=deployment.status,
        labels=deployment.labels or {},
        created_at=deployment.created_at.isoformat(),
        environment=deployment.environment,
        instance_type=deployment.instance_type_name or "",
        is_development=deployment.is_development,
        replicas=deployment.active_replica_count,
        region=deployment.region.slug if deployment.region else "",
    )


def as_startup(attempt: "StartupAttempt") -> Startup:
    """Return a startup in our words, in seconds."""
    phases = (
        Phase(
            it.phase,
            it.status,
            it.offset_ms / 1000,
            None if it.duration_ms is None else it.duration_ms / 1000,
        )
        for it in attempt.phase_summary
    )
    return Startup(attempt.outcome, attempt.duration_ms / 1000, tuple(phases))


def as_serving(environment: "Environment") -> Serving:
    """Return an environment in our words; settings that Baseten gives no value are left out."""
    promotion = environment.in_progress_promotion
    current, candidate = environment.current_deployment, environment.candidate_deployment
    return Serving(
        name=environment.name,
        current=as_version(current) if current else None,
        autoscaling=environment.autoscaling_settings.model_dump(exclude_none=True),
        candidate=as_version(candidate) if candidate else None,
        promotion=environment.promotion_settings.model_dump(exclude_none=True),
        request_backpressure=environment.request_backpressure_settings.policy,
        instance_type=environment.instance_type.name,
        promotion_status=promotion.status if promotion else None,
        promotion_error=promotion.error_message if promotion else None,
        schedules=_schedules(environment),
        further=_further_settings(environment),
    )


def _schedules(environment: "Environment") -> RemoteSchedules:
    """Return an environment's schedules; of a kind that the SDK does not know, it gives plain data."""
    told = environment.autoscaling_schedules
    if told is None:
        return RemoteSchedules()
    every = (
        {"id": "", "name": "", **it} if isinstance(it, dict) else it.model_dump()
        for it in told.schedules
    )
    in_force = told.applied_state.schedule_id if told.applied_state else None
    return RemoteSchedules(told.timezone, tuple(every), in_force)


def _further_settings(environment: "Environment") -> dict[str, str]:
    """Return the routing of traffic, where an environment has one."""
    routing = environment.traffic_routing
    rules = describe_rules(routing.rules) if routing else ""
    return {"traffic_routing": rules} if rules else {}


def settings_request(settings: EnvironmentSettings) -> dict[str, Any]:
    """Return only what is managed: what is left out stays as it is, a null would clear it."""
    policy = settings.request_backpressure
    return {
        **({"autoscaling_settings": dict(settings.autoscaling)} if settings.autoscaling else {}),
        **({"promotion_settings": dict(settings.promotion)} if settings.promotion else {}),
        **({"request_backpressure_settings": {"policy": policy}} if policy else {}),
    }


def promotion_request(
    deployment_id: str,
    settings: EnvironmentSettings,
    *,
    redeploy: bool,
    region: str | None = None,
) -> dict[str, Any]:
    """Return a promotion onto the deployment's own instance type; with `redeploy` as a copy that starts anew.

    `region` is Baseten's word, `None` for the deployment's own.
    """
    place = {} if region is None else {"region": region}
    override = {"promotion_settings_override": {"redeploy_on_promotion": True}} if redeploy else {}
    return {
        "deployment_id": deployment_id,
        "preserve_env_instance_type": False,
        "environment_settings_update": {**settings_request(settings), **place},
        **override,
    }
