"""Models and deployments as GraphQL sees them: `Oracle` and `ModelVersion`.

Fields that lead back to one another are functions, so that only what is asked for is looked up.
"""

from typing import Any

from baseten_emulator.life import views
from baseten_emulator.world.records import Deployment, Model
from baseten_emulator.world.world import World


def version_object(world: World, deployment: Deployment) -> dict[str, Any]:
    """Return a deployment as `ModelVersion`."""
    model = world.model(deployment.owner)
    status = views.current_status(world, deployment, model.name)
    return {
        "id": deployment.id,
        "oracle": lambda _info: oracle_object(world, model),
        "instance_type": {"name": deployment.instance_type},
        "is_draft": deployment.is_development,
        "is_primary": is_production(deployment),
        "current_model_deployment_status": {"status": status},
    }


def oracle_object(world: World, model: Model) -> dict[str, Any]:
    """Return a model as `Oracle`; its hostname is where its endpoints are, without a trailing slash."""
    return {
        "id": model.id,
        "name": model.name,
        "hostname": f"{world.base_url}/hosts/model-{model.id}",
        "team": {"id": model.owner, "name": world.team_name(model.owner), "default": False},
        "versions": lambda _info: [
            version_object(world, version) for version in versions_of(world, model)
        ],
        "primary_version": lambda _info: next(
            (version_object(world, v) for v in versions_of(world, model) if is_production(v)), None
        ),
    }


def versions_of(world: World, model: Model) -> list[Deployment]:
    """Return the deployments of a model, oldest first."""
    return world.store.all(Deployment, model.id)


def is_production(deployment: Deployment) -> bool:
    """Return whether it serves production, or is about to."""
    return deployment.environment == views.PRODUCTION
