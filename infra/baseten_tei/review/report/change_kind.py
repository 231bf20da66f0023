"""What happens to a model, in one word, and why: the fields that change."""

from typing import Any, Literal

from baseten_tei.deployment.differences import Texts, find_differences
from baseten_tei.deployment.environment_inputs import environment_inputs
from baseten_tei.deployment.schedules.spec_sentences import say_schedules
from baseten_tei.provider.drift.environment_drift import SETTINGS
from baseten_tei.provider.drift.schedule_drift import schedule_texts
from baseten_tei.review.report.before_and_after import Inputs, ModelChange, ModelState
from baseten_tei.spec.type_tokens import ENVIRONMENT, PUSH, SCHEDULES

Kind = Literal["created", "pushed", "settings only", "renamed", "unchanged", "deleted", "forgotten"]
"""`forgotten` leaves the model on Baseten: `on_removal: retain`."""


BESIDE = ("next", "previous")
"""Keys that say which models stand beside one; space_lines.py says what changes of them."""


def kind_of(pair: ModelChange) -> Kind:
    """Return what happens to a model."""
    if pair.before is None:
        return "created"
    if pair.after is None:
        return "forgotten" if pair.before.spec.get("on_removal") == "retain" else "deleted"
    if pair.after.digest and (pair.before.digest != pair.after.digest or _is_pushed_again(pair)):
        return "pushed"
    other_name = pair.once is not None or _is_renamed(pair.before, pair.after)
    if other_name and _environment_inputs(pair.before) == _environment_inputs(pair.after):
        return "renamed"
    own = [step for step in pair.steps if step.parent == pair.name]
    if any(step.changes for step in own) or _moves(pair.before, pair.after):
        return "settings only"
    return "unchanged"


def only_moves(pair: ModelChange) -> bool:
    """Return whether only its place under its name changes, or what stands beside it: nothing on Baseten."""
    return not any(step.changes for step in pair.steps if step.parent == pair.name)


def _moves(before: ModelState, after: ModelState) -> bool:
    """Whether what stands beside it under its name is another: that is in its component alone."""
    return any(before.spec.get(key) != after.spec.get(key) for key in BESIDE)


def _is_renamed(before: ModelState, after: ModelState) -> bool:
    """Whether it gets another name on Baseten."""
    return before.model.get("name") != after.model.get("name")


def _environment_inputs(side: ModelState) -> dict[str, dict[str, Any]]:
    """Return the inputs of its environments without name and id, which states of an earlier release do not have."""
    return {
        name: {key: it for key, it in inputs.items() if key not in ("state_id", "model")}
        for name, inputs in side.environments.items()
    }


def _is_pushed_again(pair: ModelChange) -> bool:
    """A push step that only learns of another name finds its version, and pushes nothing."""
    renamed = pair.before and pair.after and _is_renamed(pair.before, pair.after)
    return not renamed and any(it.type == PUSH and it.op == "update" for it in pair.steps)


def reasons_of(pair: ModelChange) -> Texts:
    """Return `before → after` by field: of the spec, else of the config, else of the resources."""
    before, after = pair.before, pair.after
    if before is None or after is None:
        return {}
    spec = find_differences(_own(before.spec), _own(after.spec))
    return (
        say_schedules(spec, before.args, after.args)
        or find_differences(before.config, after.config, "config")
        or _resource_differences(pair)
    )


def _own(spec: Inputs) -> Inputs:
    """Return a spec without what stands beside the model."""
    return {key: it for key, it in spec.items() if key not in (*BESIDE, "edition")}


def drift_of(before: ModelState | None) -> Texts:
    """Return what others changed on Baseten, by field, as the last refresh found it."""
    if before is None:
        return {}
    model = {"model": before.missing} if before.missing else {}
    others = {
        f"{environment}: {field}": text
        for environment, outputs in before.outputs.items()
        for field, text in {
            **_settings_drift(before, environment),
            **(outputs.get("drift") or {}),
        }.items()
    }
    return model | others


def _settings_drift(before: ModelState, environment: str) -> Texts:
    """Return the live settings that a refresh took into the state and that differ from the applied spec."""
    if before.args is None:
        return {}
    wanted = environment_inputs(before.args, "", None).get(environment, {})
    there = before.environments[environment]
    managed = [key for key in SETTINGS if wanted.get(key) is not None and key in there]
    one, other = wanted.get(SCHEDULES), there.get(SCHEDULES)
    return {
        **find_differences(
            {key: wanted[key] for key in managed}, {key: there[key] for key in managed}
        ),
        **({} if one is None or other is None else schedule_texts(one, other)),
    }


def _resource_differences(pair: ModelChange) -> Texts:
    """Return what resources update with an unchanged spec: a push that is gone, changed settings, a new token."""
    steps = [it for it in pair.steps if it.type in (PUSH, ENVIRONMENT) and it.op == "update"]
    return {
        f"{step.name}.{field}": text
        for step in steps
        for field, text in find_differences(_inputs(step.old), _inputs(step.new)).items()
    }


def _inputs(state: Inputs | None) -> Inputs:
    return (state or {}).get("inputs") or {}
