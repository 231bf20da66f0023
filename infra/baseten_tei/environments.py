"""A model's environments: what is wrong with them, and what each one's resource is asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.flags import split_flags
from baseten_tei.names import environment_problem, is_commit
from baseten_tei.permits import DEFAULT_PREDICT_CONCURRENCY, permits
from baseten_tei.placement import resolved_hardware
from baseten_tei.spec import Autoscaling, EnvironmentArgs, ModelArgs, Promotion

Inputs = dict[str, Any]


def all_environments(args: ModelArgs) -> dict[str, EnvironmentArgs]:
    """By name, in the order in which they take a version over: the model's own one comes last."""
    own = EnvironmentArgs(
        autoscaling=args.autoscaling,
        promotion=args.promotion,
        request_backpressure=args.request_backpressure,
        deployment=args.deployment,
    )
    return {**args.environments, args.environment: own}


def environment_problems(args: ModelArgs) -> Iterator[str]:
    """Everything that can be refused of a model's environments before anything is touched."""
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
    """A model that reads no token has nothing to restart for."""
    if args.redeploy_on_rotation and not args.gated:
        yield "redeploy_on_rotation: true wants a model that reads hf_access_key: write gated: true, or leave it out"


def _autoscaling_problems(args: ModelArgs, settings: Autoscaling, place: str) -> Iterator[str]:
    if settings.min_replica > settings.max_replica:
        yield (
            f"{place}autoscaling.min_replica {settings.min_replica} is above max_replica "
            f"{settings.max_replica}: write max_replica: {settings.min_replica} or more"
        )
    requests = permits(args).predict_concurrency
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


def environment_inputs(
    args: ModelArgs, digest: str, golden: Mapping[str, str] | None
) -> dict[str, Inputs]:
    """Each environment's version and settings; a pinned one does not care for the spec's own `digest`."""
    # What counts at the next release only: alone, a change of it changes nothing.
    policy = {
        "expected": _expected(args),
        "golden": golden,
        "new_space": args.new_space,
        "on_refusal": args.on_refusal,
        "keep_deployments": args.keep_deployments,
        "deploy_timeout_minutes": args.deploy_timeout_minutes,
    }
    return {
        name: {
            "environment": name,
            "digest": "" if environment.deployment else digest,
            "deployment": environment.deployment,
            "autoscaling": _autoscaling(args, environment.autoscaling),
            "promotion": _promotion(environment.promotion),
            "request_backpressure": environment.request_backpressure,
            "force_delete": args.force_delete,
            **policy,
        }
        for name, environment in all_environments(args).items()
    }


def _expected(args: ModelArgs) -> Inputs:
    """What the router has to say of itself; a batch limit of the spec's own would look like a CPU's."""
    instance, _ = resolved_hardware(args)
    limited = any(flag == "max-batch-requests" for flag, _ in split_flags(args.extra_flags))
    return {
        "task": args.task,
        "model_id": args.model_id,
        "tei_version": args.tei_version,
        "gpu": instance.gpu_count > 0 and not limited,
        **({"revision": args.revision} if is_commit(args.revision) else {}),
    }


def _autoscaling(args: ModelArgs, autoscaling: Autoscaling) -> dict[str, int]:
    """Settings as Baseten takes them. 32 in flight per replica is Baseten's advice for TEI."""
    wanted = min(DEFAULT_PREDICT_CONCURRENCY, permits(args).predict_concurrency)
    settings = autoscaling.model_dump()
    return {**settings, "concurrency_target": autoscaling.concurrency_target or wanted}


def _promotion(promotion: Promotion | None) -> Inputs | None:
    """Baseten's own keys, only those written. Of the two percents exactly one is not 0: one sets the other."""
    if promotion is None:
        return None
    settings = promotion.model_dump(exclude_none=True)
    rolling = settings.get("rolling_deploy_config")
    if rolling and rolling.get("max_unavailable_percent"):
        rolling.setdefault("max_surge_percent", 0)
    elif rolling and rolling.get("max_surge_percent"):
        rolling.setdefault("max_unavailable_percent", 0)
    return settings
