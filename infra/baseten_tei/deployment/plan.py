"""Everything that is known of a model before anything is done: config, digest, the inputs of each step."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from baseten_tei.deployment.capacity.turns import Turn
from baseten_tei.deployment.config.config_yaml import render_config
from baseten_tei.deployment.config.truss_config import (
    build_config,
    compute_digest,
    render_canonical,
)
from baseten_tei.deployment.environment_inputs import all_environments, environment_inputs
from baseten_tei.deployment.labels import DIGEST_LABEL, OWNER_LABELS
from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.push_job import Job
from baseten_tei.deployment.sizes.permits import derive_permits
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.flags import PAYLOAD_LIMIT_BYTES, split_flags
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.names import baseten_name


@dataclass(frozen=True)
class ModelPlan:
    """A model's steps, as data."""

    args: ModelArgs
    config_text: str
    job: Job
    pushed: bool
    """Whether some environment takes the spec's own version; where all are pinned, nothing is pushed."""
    model_inputs: Mapping[str, Any]
    environment_inputs: Mapping[str, Mapping[str, Any]]
    """By name, in the order in which they take a version over: the model's own environment comes last."""
    known_outputs: Mapping[str, Any]

    @property
    def component_inputs(self) -> dict[str, Any]:
        """Return the spec as its component has it: the engine shows what changed in it."""
        spec = self.args.model_dump(exclude_none=True)
        for role in ("next", "previous"):
            if role in spec:  # as the state has it, which holds no null
                spec[role] = {key: it for key, it in spec[role].items() if it is not None}
        return spec


def plan_model(
    name: str,
    args: ModelArgs,
    owner: Owner,
    target: str,
    team: str | None = None,
    golden: Mapping[str, str] | None = None,
    facts: ModelFacts | None = None,
    turns: Sequence[Turn] = (),
) -> ModelPlan:
    """Return the plan of a spec that has no problems; `target` is `baseten:target` as configured.

    `golden` names the model's golden vectors, if it has any: `{"path", "digest"}`. `facts` are the locked ones,
    `turns` the spec's list of GPUs, of which `args` has one.
    """
    config = build_config(name, args)
    digest = compute_digest(config, args.labels)
    listed = _listed(args, turns)
    job = _job(name, args, owner, target, team, digest, render_canonical(config))
    pushed = any(it.deployment is None for it in all_environments(args).values())
    adopting = {"adopt": True} if args.adopt else {}
    whose = {"team": team, "project": owner.project, "stack": owner.stack}
    return ModelPlan(
        args=args,
        config_text=render_config(config, args),
        job=job,
        pushed=pushed,
        model_inputs={
            "name": job.model,
            **whose,
            "digest": digest if pushed else "",
            "adopt": args.adopt,
            "force_delete": args.force_delete,
            **_others(digest, turns),
        },
        environment_inputs={
            name: {"model": job.model, **whose, **adopting, **inputs, **listed}
            for name, inputs in environment_inputs(args, digest, golden, facts).items()
        },
        known_outputs={
            "task": args.task,
            "environment": args.environment,
            "config_digest": digest,
        },
    )


def _listed(args: ModelArgs, turns: Sequence[Turn]) -> dict[str, Any]:
    """What the environments have to know of the list: it counts at the next release only."""
    policy = {"on_no_capacity": args.on_no_capacity} if args.on_no_capacity else {}
    return {"accelerators": [asdict(it) for it in turns], **policy} if turns else {}


def _others(digest: str, turns: Sequence[Turn]) -> dict[str, list[str]]:
    others = [it.digest for it in turns if it.digest != digest]
    return {"other_digests": others} if others else {}


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


def client_limits(args: ModelArgs) -> dict[str, int]:
    """Return limits a client can rely on that the spec alone decides."""
    payload = dict(split_flags(args.extra_flags)).get("payload-limit")
    allowed = derive_permits(args)
    return {
        "max_client_batch_size": args.max_client_batch_size,
        "auto_truncate": args.auto_truncate,
        "payload_limit_bytes": int(payload) if payload else PAYLOAD_LIMIT_BYTES,
        "max_batch_tokens": args.max_batch_tokens,
        "max_concurrent_requests": allowed.max_concurrent_requests,
        "predict_concurrency": allowed.predict_concurrency,
        "max_replica": args.autoscaling.max_replica,
    }
