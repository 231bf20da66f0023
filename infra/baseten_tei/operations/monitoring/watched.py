"""What is watched: each environment of each model, with the limits that its alerts compare with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from baseten_tei.errors import UserError, did_you_mean
from baseten_tei.outputs.serving import EnvironmentOutputs
from baseten_tei.outputs.types import ModelOutputs, StackOutputs


@dataclass(frozen=True)
class Watched:
    """One environment of a model."""

    stack: str
    model: str
    model_id: str
    environment: str
    deployment_id: str
    min_replica: int
    max_replica: int
    predict_concurrency: int
    wanted_in_flight: float
    """Requests in flight on a replica at which Baseten starts another one."""
    slo_seconds: float | None = None
    """In which 95 of 100 requests are to be answered."""


def watch(stack: str, outputs: StackOutputs, slo_ms: Mapping[str, float]) -> list[Watched]:
    """Return what is watched of a stack; `slo_ms` is by model, or under "" for all.

    Raises `UserError` for outputs that do not list environments, and for a model that is not there.
    """
    if unknown := next((it for it in slo_ms if it and it not in outputs.models), None):
        raise UserError(
            f"--slo-ms {unknown}=…: the stack has no model {unknown!r}.{did_you_mean(unknown, outputs.models)}"
        )
    if earlier := next((name for name, it in outputs.models.items() if not it.environments), None):
        raise UserError(
            f"model {earlier!r}: these outputs do not list its environments, as an earlier release wrote them: "
            "run `pulumi up`"
        )
    return [
        it
        for name, model in sorted(outputs.models.items())
        for it in (
            *_watch_model(stack, name, model, slo_ms.get(name, slo_ms.get(""))),
            *_watch_beside(stack, name, model, slo_ms.get(name, slo_ms.get(""))),
        )
    ]


def _watch_model(
    stack: str, name: str, model: ModelOutputs, slo_ms: float | None
) -> Iterator[Watched]:
    environments: Mapping[str, EnvironmentOutputs] = model.environments
    for environment, told in sorted(environments.items()):
        yield _watched(stack, name, model.baseten_id, environment, told, slo_ms)


def _watch_beside(
    stack: str, name: str, model: ModelOutputs, slo_ms: float | None
) -> Iterator[Watched]:
    """Yield the models beside it under its name, each in its own environment."""
    for role in ("next", "previous"):
        if (told := getattr(model.spaces, role, None)) is not None:
            yield _watched(stack, f"{name}.{role}", told.baseten_id, told.environment, told, slo_ms)


def _watched(
    stack: str,
    name: str,
    model_id: str,
    environment: str,
    told: EnvironmentOutputs,
    slo_ms: float | None,
) -> Watched:
    scaling = told.autoscaling
    return Watched(
        stack=stack,
        model=name,
        model_id=model_id,
        environment=environment,
        deployment_id=told.deployment_id,
        min_replica=scaling.min_replica,
        max_replica=scaling.max_replica,
        predict_concurrency=told.limits.predict_concurrency,
        wanted_in_flight=scaling.concurrency_target * scaling.target_utilization_percentage / 100,
        slo_seconds=None if slo_ms is None else slo_ms / 1000,
    )
