"""Everything that is known of a model before anything is done: config, digest, the inputs of each step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.endpoints import PAYLOAD_LIMIT_BYTES
from baseten_tei.flags import split_flags
from baseten_tei.job import Job
from baseten_tei.permits import DEFAULT_PREDICT_CONCURRENCY, permits
from baseten_tei.placement import resolved_hardware
from baseten_tei.release import DIGEST_LABEL, OWNER_LABELS
from baseten_tei.render import render_config
from baseten_tei.spec import ModelArgs
from baseten_tei.truss_config import canonical, release_digest, truss_config
from baseten_tei.validate import baseten_name


@dataclass(frozen=True)
class Owner:
    """Whose a model is; its deployments carry both as labels."""

    project: str
    stack: str


@dataclass(frozen=True)
class ModelPlan:
    """A model's steps, as data."""

    args: ModelArgs
    config_text: str
    job: Job
    model_inputs: Mapping[str, Any]
    environment_inputs: Mapping[str, Any]
    known_outputs: Mapping[str, Any]


def model_plan(
    name: str, args: ModelArgs, owner: Owner, target: str, team: str | None = None
) -> ModelPlan:
    """The plan of a spec that has no problems; `target` is `baseten:target` as configured."""
    config = truss_config(name, args)
    digest = release_digest(config, args.labels)
    job = _job(name, args, owner, target, team, digest, canonical(config))
    return ModelPlan(
        args=args,
        config_text=render_config(config, args),
        job=job,
        model_inputs={
            "name": job.model,
            "team": team,
            "digest": digest,
            "project": owner.project,
            "stack": owner.stack,
        },
        environment_inputs={
            "model": job.model,
            "team": team,
            "environment": args.environment,
            "digest": digest,
            "expected": _expected(args),
            "autoscaling": _autoscaling(args),
            "deploy_timeout_minutes": args.deploy_timeout_minutes,
        },
        known_outputs=_known_outputs(args, digest),
    )


def _job(
    name: str,
    args: ModelArgs,
    owner: Owner,
    target: str,
    team: str | None,
    digest: str,
    config: str,
) -> Job:
    return Job(
        model=baseten_name(name, args),
        digest=digest,
        labels={
            **args.labels,
            DIGEST_LABEL: digest,
            **dict(zip(OWNER_LABELS, (owner.project, owner.stack), strict=True)),
        },
        deploy_timeout_minutes=args.deploy_timeout_minutes,
        team=team,
        target=target,
        config=config,
    )


def _expected(args: ModelArgs) -> dict[str, Any]:
    """What the router has to say of itself; a batch limit of the spec's own would look like a CPU's."""
    instance, _ = resolved_hardware(args)
    limited = any(flag == "max-batch-requests" for flag, _ in split_flags(args.extra_flags))
    return {
        "task": args.task,
        "model_id": args.model_id,
        "tei_version": args.tei_version,
        "gpu": instance.gpu_count > 0 and not limited,
    }


def _autoscaling(args: ModelArgs) -> dict[str, int]:
    """Settings as Baseten takes them. 32 in flight per replica is Baseten's advice for TEI."""
    wanted = min(DEFAULT_PREDICT_CONCURRENCY, permits(args).predict_concurrency)
    settings = args.autoscaling.model_dump()
    return {**settings, "concurrency_target": args.autoscaling.concurrency_target or wanted}


def _known_outputs(args: ModelArgs, digest: str) -> dict[str, Any]:
    _, image = resolved_hardware(args)
    return {
        "task": args.task,
        "environment": args.environment,
        "image": image.reference,
        "config_digest": digest,
    }


def known_limits(args: ModelArgs) -> dict[str, int]:
    """Limits a client can rely on that the spec alone decides."""
    payload = dict(split_flags(args.extra_flags)).get("payload-limit")
    return {
        "max_client_batch_size": args.max_client_batch_size,
        "payload_limit_bytes": int(payload) if payload else PAYLOAD_LIMIT_BYTES,
    }
