"""Previews as the engine would print them, made from specs alone."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.plan import ModelPlan, plan_model
from baseten_tei.deployment.push_job import write_job
from baseten_tei.facts.hub.lockfile import EMPTY_LOCK, Lock
from baseten_tei.review.report.engine_preview import Preview, parse_preview
from baseten_tei.rules.settings import parse_settings

OWNER = Owner("baseten-tei", "test")
URN = "urn:pulumi:test::baseten-tei::"
ROOT = f"{URN}pulumi:pulumi:Stack::baseten-tei-test"
Raw = Mapping[str, Mapping[str, Any]]
State = dict[str, Any]


def preview_of(before: Raw, after: Raw, **more: Any) -> Preview:
    """What a stack of `before` would become of `after`."""
    return parse_preview(preview_text(before, after, **more))


def preview_text(
    before: Raw,
    after: Raw,
    *,
    told: Mapping[str, Any] | None = None,
    secret: str | None = None,
    errors: tuple[str, ...] = (),
    lock: Lock = EMPTY_LOCK,
    lock_before: Lock | None = None,
    protect: bool = False,
) -> str:
    """As JSON; `told` is what environments say of themselves, `secret` what happens to `hf_access_key`."""
    old, new = (
        _states(before, lock_before or lock, told or {}, protect),
        _states(after, lock, {}, protect),
    )
    steps = [_step(urn, old.get(urn), new.get(urn)) for urn in {**old, **new}]
    if secret:
        state = {"inputs": {"name": "hf_access_key", "value": "[secret]"}, "parent": ROOT}
        steps.append(
            {
                "op": secret,
                "urn": f"{URN}baseten:index:Secret::hf_access_key",
                "oldState": state,
                "newState": state,
            }
        )
    diagnostics = [{"severity": "error", "message": f"error: {line}\n"} for line in errors]
    return json.dumps({"steps": steps, "diagnostics": diagnostics})


def _step(urn: str, old: State | None, new: State | None) -> State:
    if new is None:
        return {"op": "delete", "urn": urn, "oldState": old}
    if old is None:
        return {"op": "create", "urn": urn, "newState": new}
    same = old["inputs"] == new["inputs"]
    return {"op": "same" if same else "update", "urn": urn, "oldState": old, "newState": new}


def _states(models: Raw, lock: Lock, told: Mapping[str, Any], protect: bool) -> dict[str, State]:
    settings = parse_settings(models, None, lock)
    found: dict[str, State] = {}
    for subject in settings.subjects:
        plan = plan_model(subject.name, subject.args, OWNER, "emulator")
        for urn, state in _resources(subject.name, plan, told):
            found[urn] = {**json.loads(json.dumps(state)), "protect": protect}
    return found


def _resources(name: str, plan: ModelPlan, told: Mapping[str, Any]) -> Iterator[tuple[str, State]]:
    kind = f"baseten-tei:index:{plan.args.task.title()}"
    own = f"{URN}{kind}::{name}"
    yield own, {"inputs": plan.component_inputs, "parent": ROOT}
    below = f"{URN}{kind}$"
    yield (
        f"{below}baseten:index:Model::{name}-model",
        {"inputs": dict(plan.model_inputs), "parent": own, "outputs": {"drift": ""}},
    )
    if plan.pushed:
        inputs = {"stdin": plan.job.config, "environment": write_job(plan.job, "1")}
        yield f"{below}command:local:Command::{name}-push", {"inputs": inputs, "parent": own}
    for environment, inputs in plan.environment_inputs.items():
        outputs = {**inputs, "drift": {}, **told.get(name, {})}
        yield (
            f"{below}baseten:index:Environment::{name}-{environment}",
            {"inputs": dict(inputs), "outputs": outputs, "parent": own},
        )
