"""Finding out how a stack stands: its files, its state, and where it is asked for, Baseten."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseten_tei.deployment.capacity.lacks import choose_turn
from baseten_tei.operations.status import status_files
from baseten_tei.operations.status.engine_changes import find_changes
from baseten_tei.operations.status.generations import Resources, fill_generations
from baseten_tei.operations.status.stack_status import StackStatus
from baseten_tei.operations.status.stored_resources import StoredResources, parse_resources
from baseten_tei.operations.status.token_source import token_inputs
from baseten_tei.project.urns import Values, kind_of, urn_of
from baseten_tei.spec.hf_token import SECRET_NAME
from baseten_tei.spec.type_tokens import ENVIRONMENT, MODEL, PROVIDER, SCHEDULES, SECRET, STATE_ID

if TYPE_CHECKING:
    from baseten_tei.operations.scaling.raised_replicas import RaisedReplicas
    from baseten_tei.operations.status.live_environments import LiveEnvironment
    from baseten_tei.project.stack import Workspace
    from baseten_tei.provider.protocol.resource import Resource

ID = "state-id"
_UNKNOWN = f"the value of {SECRET_NAME}, which only `pulumi preview` reads"


def compare_stack(
    root: Path, stack: str, environ: Mapping[str, str]
) -> tuple[StackStatus, StoredResources]:
    """Return what `pulumi up` would change, and the state. Raises `UserError` where a preview would stop."""
    known = _plan(root, stack, environ)
    state = _state(root, stack, known, environ)
    if known.get("from_program"):
        from baseten_tei.operations.status.program_status_client import preview_status

        return _with_schedules(preview_status(root, stack), state), state
    secret = _secret(stack, known, environ) if known["wants_token"] else {}
    planned = {**known["resources"], **_chosen(known, state)}
    models = fill_generations(planned, state, _generation(state, secret, environ))
    wanted = _with_state_id(known, stack, state, {**secret, **models})
    compared = not secret or any("from_env" in it for it in secret.values())
    found = tuple(find_changes(state, wanted, partial(_diff, environ)))
    unknown = () if compared else (_UNKNOWN,)
    return _with_schedules(StackStatus(stack, known["models"], found, unknown), state), state


def _with_schedules(status: StackStatus, state: StoredResources) -> StackStatus:
    """Say which schedules the last `up` left; where there are none, nothing is imported for them."""
    scheduled = [
        it for urn in state.of_kind(ENVIRONMENT) if (it := state.outputs(urn)).get(SCHEDULES)
    ]
    if not scheduled:
        return status
    from baseten_tei.operations.status.schedule_notes import describe_stored_schedules

    now = datetime.now(UTC)
    lines = (line for it in scheduled for line in describe_stored_schedules(it, now))
    return replace(status, schedules=tuple(lines))


def _plan(root: Path, stack: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the stack's files decide: worked out once for each content of them, for that takes seconds."""
    key = status_files.fingerprint(root, stack)
    known = status_files.recall(key, environ)
    if known is None:
        from baseten_tei.operations.status.planned_files import plan_stack

        known = plan_stack(root, stack)
        status_files.remember(key, known, environ)
    return dict(known)


def _state(
    root: Path, stack: str, known: Mapping[str, Any], environ: Mapping[str, str]
) -> StoredResources:
    project, backend = known["project"], known["backend"]
    found = status_files.local_state(root, project, stack, backend, environ)
    if found is None:
        from baseten_tei.project.pulumi_cli import exported_state

        found = exported_state(root, stack).get("deployment") or {}
    return parse_resources(found)


def _chosen(known: Mapping[str, Any], state: StoredResources) -> Resources:
    """Return the resources of models whose GPU the state chooses, as the program does."""
    environments = (
        [state.outputs(urn) for urn in state.of_kind(ENVIRONMENT)] if known["turns"] else []
    )
    found: Resources = {}
    for it in known["turns"]:
        own = [
            each
            for each in environments
            if each.get("model") == it["model"] and each.get("team") == known["team"]
        ]
        lacks = [lack for each in own for lack in each.get("no_capacity") or ()]
        found |= it["resources"][choose_turn(it["digests"], lacks)]
    return found


def _with_state_id(
    known: Mapping[str, Any], stack: str, state: StoredResources, wanted: Resources
) -> Resources:
    """Return the resources with the state's id, an input of every provider resource; only an update knows a new one."""
    urn = urn_of(known["project"], stack, STATE_ID, ID)
    own = (state.outputs(urn) if urn in state.resources else {}).get("value") or ""
    given = known["state_id"]
    for each, inputs in wanted.items():
        if kind_of(each).startswith(PROVIDER):
            inputs["state_id"] = given or own
    made = state.inputs(urn) if own else {}
    return {urn: {"value": given} if given else dict(made), **wanted}


def _secret(stack: str, known: Mapping[str, Any], environ: Mapping[str, str]) -> Resources:
    owner = {"project": known["project"], "stack": stack}
    team = {"team": known["team"]} if known["team"] else {}
    inputs = {"name": SECRET_NAME, **team, **owner, **token_inputs(known["token"], environ)}
    return {urn_of(known["project"], stack, SECRET, SECRET_NAME): inputs}


def _generation(state: StoredResources, secret: Resources, environ: Mapping[str, str]) -> str:
    """Return the secret's generation after the update: a new one restarts models that ask for it."""
    for urn, inputs in secret.items():
        if urn in state.resources:
            from baseten_tei.provider.resources.secret_value import is_new

            outputs = dict(state.outputs(urn))
            return str(int(outputs.get("generation") or 1) + is_new(outputs, inputs, environ))
    return "1"


def _diff(
    environ: Mapping[str, str], kind: str, outputs: Values, inputs: Values
) -> tuple[str, ...]:
    """Return the changed paths by our provider's own comparison, which makes no call, so it gets no API client."""
    from baseten_tei.provider.resources.environment import EnvironmentResource
    from baseten_tei.provider.resources.model import ModelResource
    from baseten_tei.provider.resources.secret import SecretResource
    from baseten_tei.provider.resources.state_id import StateIdResource

    state_id = StateIdResource()
    state_id.made_inputs(dict(inputs), {}, b"")
    nobody: Any = None
    resources: Mapping[str, Resource] = {
        MODEL: ModelResource(nobody),
        ENVIRONMENT: EnvironmentResource(nobody, nobody),
        SECRET: SecretResource(nobody, environ=environ),
        STATE_ID: state_id,
    }
    return resources[kind].diff(dict(outputs), dict(inputs)).paths


def read_live_environments(
    workspace: "Workspace", state: StoredResources
) -> "list[LiveEnvironment]":
    """Return each environment in the state as Baseten has it now: one list of models, one of environments for each.

    A version that is not ready yet is asked for its startup. Raises `UserError`.
    """
    from baseten_tei.baseten.target import check_emulator
    from baseten_tei.deployment.money.costs import LISTED
    from baseten_tei.operations.scaling.scaling_client import list_raised
    from baseten_tei.operations.status.live_environments import live_environment, sort_by_health
    from baseten_tei.operations.status.under_way_client import describe_under_way

    check_emulator(workspace.target, workspace.stack, state.urls)
    recorded = [state.outputs(urn) for urn in state.of_kind(ENVIRONMENT)]
    if not recorded:
        return []  # asking would start an emulator for nothing
    names = {str(it["model"]) for it in recorded}
    models = [it for it in workspace.models() if it.name in names]
    lists = workspace.of_each(models, lambda it: workspace.api.environments(it.id))
    ids = {it.name: it.id for it in models}
    prices = None if workspace.target.loopback else LISTED
    serving = {
        (model.name, it.name): it
        for model, found in zip(models, lists, strict=True)
        for it in found
    }
    rows, jobs = [], list_raised(workspace.root)
    for it in recorded:
        model_id, there = ids.get(it["model"]), serving.get((it["model"], it["environment"]))
        waits = model_id and there and describe_under_way(workspace.api, model_id, it, there)
        notes = (*_find_notes(state, jobs, model_id, it["environment"]), *(waits or ()))
        rows.append(live_environment(it, model_id, there, prices, datetime.now(UTC), notes))
    return sort_by_health(rows)


def _find_notes(
    state: StoredResources, jobs: "list[RaisedReplicas]", model_id: str | None, environment: str
) -> Iterator[str]:
    """Yield which of several models under a name this is, and whether a job has raised its replicas."""
    if model_id is not None and model_id in state.roles:
        yield f"is {state.roles[model_id]}"
    yield from (
        it.sentence for it in jobs if (it.model_id, it.environment) == (model_id, environment)
    )
