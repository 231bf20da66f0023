"""What a preview does to API keys: in a reader's words, and as what a reviewer agreed to."""

from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.provider.resources.keys.rotation import INVOKE, KEPT_HOURS, MAKING
from baseten_tei.review.report.engine_preview import Preview
from baseten_tei.review.report.preview_shape import Step
from baseten_tei.spec.type_tokens import API_KEY


def describe_keys(preview: Preview) -> Iterator[str]:
    """Yield a line for each API key that is made, rotated or deleted."""
    for step in _changed(preview):
        yield f"API key {step.name}: {_describe(step)}"


def approved_keys(preview: Preview) -> Iterator[tuple[str, Any]]:
    """Yield each changed key's name and what was reviewed of it: which models, a preview may not know yet."""
    for step in _changed(preview):
        inputs = _inputs(step.new)
        scope = [inputs.get("type") or INVOKE, inputs.get("team"), len(inputs.get("models") or ())]
        yield f"API key {step.name}", "gone" if step.op == "delete" else scope


def _changed(preview: Preview) -> list[Step]:
    return [step for step in preview.steps if step.type == API_KEY and step.changes]


def _describe(step: Step) -> str:
    if step.op == "delete":
        return "deleted: whoever uses it is refused from then on"
    before, after = _inputs(step.old), _inputs(step.new)
    if step.op == "create":
        return f"made for {_scope(after)}"
    drifted = ((step.old or {}).get("outputs") or {}).get("drift")
    if not drifted and all(before.get(key) == after.get(key) for key in MAKING):
        return "the previous key is deleted, if its time is over"
    hours = after.get("keep_previous_hours", KEPT_HOURS)
    end = f"works on for {hours:g} hours" if hours else "is deleted at once"
    return f"a new key, for {_scope(after)}; the one before {end}"


def _scope(inputs: Mapping[str, Any]) -> str:
    kind, models = inputs.get("type") or INVOKE, inputs.get("models")
    which = f"{len(models)} model{'s' if len(models) > 1 else ''}" if models else "every model"
    return {
        INVOKE: f"calls of {which}",
        "WORKSPACE_EXPORT_METRICS": f"the metrics of {which}",
        "WORKSPACE_MANAGE_ALL": "everything: it may change and delete models",
    }.get(kind, kind)


def _inputs(state: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (state or {}).get("inputs") or {}
