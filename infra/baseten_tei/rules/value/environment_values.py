"""Checks of environments: names, autoscaling, promotion."""

from collections.abc import Iterator

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.permits import derive_permits
from baseten_tei.spec.args import Autoscaling, ModelArgs, Promotion
from baseten_tei.spec.hf_token import SECRET_NAME
from baseten_tei.spec.names import environment_problem


def environment_problems(args: ModelArgs) -> Iterator[str]:
    """Yield everything that can be refused of a model's environments before anything is touched."""
    if args.environment in args.environments:
        yield (
            f"environments.{args.environment} is the model's own environment: write its settings beside "
            "`environment`, or another name"
        )
    for name, environment in all_environments(args).items():
        place = "" if name == args.environment else f"environments.{name}."
        if problem := environment_problem(name):
            yield problem
        yield from _autoscaling_problems(args, environment.autoscaling, place)
        yield from _promotion_problems(environment.promotion, place)
        if environment.deployment is not None and not environment.deployment.strip():
            yield (
                f"{place}deployment is empty: write previous, a deployment's id, or a config digest"
            )


def rotation_problems(args: ModelArgs) -> Iterator[str]:
    """Yield a model that reads no token has nothing to restart for."""
    if args.redeploy_on_rotation and not args.gated:
        yield f"redeploy_on_rotation: true needs a model that reads {SECRET_NAME}: write gated: true, or leave it out"


def _autoscaling_problems(args: ModelArgs, settings: Autoscaling, place: str) -> Iterator[str]:
    if settings.min_replica > settings.max_replica:
        yield (
            f"{place}autoscaling.min_replica {settings.min_replica} is above max_replica "
            f"{settings.max_replica}: write max_replica: {settings.min_replica} or more"
        )
    requests = derive_permits(args).predict_concurrency
    if (settings.concurrency_target or 0) > requests:
        yield (
            f"{place}autoscaling.concurrency_target {settings.concurrency_target} is above predict_concurrency "
            f"{requests}, so a replica could never reach it: write concurrency_target: {requests} or less"
        )


def _promotion_problems(promotion: Promotion | None, place: str) -> Iterator[str]:
    rolling = promotion.rolling_deploy_config if promotion else None
    if rolling is None:
        return
    surge, unavailable = rolling.max_surge_percent, rolling.max_unavailable_percent
    what = f"{place}promotion.rolling_deploy_config"
    if surge and unavailable:
        yield (
            f"{what}: max_surge_percent {surge} and max_unavailable_percent {unavailable} exclude each "
            "other: write one"
        )
    elif not surge and not unavailable and (surge, unavailable) != (None, None):
        yield (
            f"{what}: one of max_surge_percent and max_unavailable_percent must not be 0: write e.g. "
            "max_surge_percent: 25"
        )
