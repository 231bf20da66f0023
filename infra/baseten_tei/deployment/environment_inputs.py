"""A model's environments: what is wrong with them, and what each one's resource is asked for."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.locked_answers import expect_locked
from baseten_tei.deployment.schedules.schedule_words import write_words
from baseten_tei.deployment.schedules.spec_schedules import baseline, read_schedules
from baseten_tei.deployment.sizes.permits import DEFAULT_PREDICT_CONCURRENCY, derive_permits
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.flags import split_flags
from baseten_tei.spec.args import Autoscaling, EnvironmentArgs, ModelArgs, Promotion
from baseten_tei.spec.names import is_commit

Inputs = dict[str, Any]


def all_environments(args: ModelArgs) -> dict[str, EnvironmentArgs]:
    """Return the environments by name, in the order in which they take a version over: the model's own is last."""
    own = EnvironmentArgs(
        autoscaling=args.autoscaling,
        promotion=args.promotion,
        request_backpressure=args.request_backpressure,
        region=args.region,
        deployment=args.deployment,
    )
    return {**args.environments, args.environment: own}


def environment_inputs(
    args: ModelArgs,
    digest: str,
    golden: Mapping[str, str] | None,
    facts: ModelFacts | None = None,
) -> dict[str, Inputs]:
    """Return each environment's version and settings; a pinned one does not care for the spec's own `digest`."""
    # What counts at the next release only: alone, a change of it changes nothing.
    policy = {
        "expected": _router_expectations(args, facts),
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
            **_schedules(environment.autoscaling),
            "promotion": _promotion(environment.promotion),
            "request_backpressure": environment.request_backpressure,
            **({"region": environment.region} if environment.region else {}),
            "force_delete": args.force_delete,
            **policy,
        }
        for name, environment in all_environments(args).items()
    }


def _router_expectations(args: ModelArgs, facts: ModelFacts | None) -> Inputs:
    """What the router has to say of itself; a batch limit of the spec's own would look like a CPU's."""
    instance, _ = resolve_hardware(args)
    locked = expect_locked(args, facts)
    limited = any(flag == "max-batch-requests" for flag, _ in split_flags(args.extra_flags))
    return {
        "task": args.task,
        "model_id": args.model_id,
        "tei_version": args.tei_version,
        "gpu": instance.gpu_count > 0 and not limited,
        **({"revision": args.revision} if is_commit(args.revision) else {}),
        **({"locked": locked} if locked else {}),
    }


def _autoscaling(args: ModelArgs, autoscaling: Autoscaling) -> dict[str, int]:
    """Settings as Baseten takes them. 32 in flight per replica is Baseten's advice for TEI."""
    wanted = min(DEFAULT_PREDICT_CONCURRENCY, derive_permits(args).predict_concurrency)
    settings = autoscaling.model_copy(
        update={"concurrency_target": autoscaling.concurrency_target or wanted}
    )
    return baseline(settings)


def _schedules(autoscaling: Autoscaling) -> Inputs:
    """Nothing where the spec says nothing of schedules: those that there are stay as they are."""
    schedules = read_schedules(autoscaling)
    return {} if schedules is None else {"autoscaling_schedules": write_words(schedules)}


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
