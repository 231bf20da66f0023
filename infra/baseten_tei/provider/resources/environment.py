"""`baseten:index:Environment`: what a model's environment serves, and how it scales.

It comes after the push: waits until the wanted version is ready, lets it through the release gates, and only
then lets it serve. A version that is refused is left unpromoted, and what served before serves on; the next
`up` resumes here and pushes nothing. A pinned environment serves the version that its spec names.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from baseten_tei.baseten.api import BasetenApi, NotFoundError
from baseten_tei.deployment.capacity.lacks import add_lack, keep_lacks
from baseten_tei.deployment.differences import find_changed_paths
from baseten_tei.deployment.ownership import OWNER, earlier_marks, owner_of
from baseten_tei.errors import UserError
from baseten_tei.outputs.spaces import known_spaces
from baseten_tei.provider.protocol.ids import is_one_model, join_id
from baseten_tei.provider.protocol.resource import UNKNOWN, Change, Live, PartlyDoneError, Values
from baseten_tei.provider.release.deletion_guards import PRODUCTION, WAY_OUT
from baseten_tei.provider.release.promotion import settings_of
from baseten_tei.provider.release.readiness import FailedDeploymentError
from baseten_tei.provider.release.release import Releasing
from baseten_tei.provider.release.scheduling import (
    apply_schedules,
    describe_changed_schedules,
    describe_new_schedules,
    naming_early_settings,
)
from baseten_tei.provider.resources.refresh import read_environment
from baseten_tei.provider.resources.refresh_calls import Reads
from baseten_tei.spec.type_tokens import SCHEDULES

REPLACING = ("team", "environment")
POLICY = (
    "expected", "golden", "new_space", "on_refusal", "keep_deployments", "deploy_timeout_minutes", "adopt",
    "accelerators", "on_no_capacity",
)  # fmt: skip
"""Inputs that count at the next release: a change of them alone changes nothing on Baseten."""
SETTINGS = ("autoscaling", "promotion", "request_backpressure")
RELEASING = ("digest", "deployment", "secret_generation")
"""Inputs whose change is a release."""


class EnvironmentResource:
    """Inputs and outputs: `inputs.EnvironmentInputs` and `inputs.EnvironmentOutputs`."""

    def __init__(
        self,
        api: BasetenApi,
        releasing: Releasing,
        warn: Callable[[str], None] = lambda _: None,
        reads: Reads | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`reads` is who answers `read`, if it is not the API itself; `note` shows what is not a warning."""
        self._note = note
        self._now = now
        self._api = api
        self._releasing = releasing
        self._warn = warn
        self._reads = reads or api

    def diff(self, state: Values, inputs: Values) -> Change:
        """Replace for another team or environment; everything else changes in place, the model's name too."""
        paths = find_changed_paths(state, _inputs_to_compare(state, inputs))
        paths += [f"drift.{name}" for name in state.get("drift") or {}]
        return Change(tuple(paths), tuple(path for path in paths if path in REPLACING))

    def explain(self, inputs: Values, state: Values | None) -> None:
        """Say schedules that change as sentences, and what is worth knowing of them."""
        for line in describe_changed_schedules(state, inputs):
            self._note(line)
        for line in describe_new_schedules(state, inputs, self._now()):
            self._warn(line)

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """Keep the model's id, so that URLs stay known; a new version's id is known once it is pushed."""
        unknown = {**inputs, **dict.fromkeys(_OUTPUTS, UNKNOWN), "drift": {}}
        unknown |= earlier_marks(state or {}, inputs)
        if state is None:
            return _id(inputs), unknown
        self._warn_of_move(state, inputs)
        told = state if _needs_release(state, inputs) else {**dict.fromkeys(_OUTPUTS), **state}
        known = {key: told[key] for key in _still_known(state, inputs) if key in told}
        if commit := _locked_since(state, inputs):
            self._warn(
                f"model {inputs['model']!r}: was pushed from a branch and is wanted at commit {commit[:12]} now, so "
                "it is pushed once; if that is what serves, write pushed_unlocked: true at its entry in the lock "
                "file, and nothing is pushed"
            )
        return _id(inputs), {**unknown, **known}

    def _warn_of_move(self, state: Values, inputs: Values) -> None:
        """Say in a preview whether a pin, set or removed, moves an embedding space."""
        pins = state.get("deployment"), inputs.get("deployment")
        wanted = pins[1] or inputs.get("digest") or ""
        embeds = (inputs.get("expected") or {}).get("task") == "embedding"
        if pins[0] == pins[1] or not embeds or known_spaces.serves(state, wanted):
            return
        move = known_spaces.judge_move(state, wanted)
        if move != "stays":
            line = known_spaces.describe_move(inputs["environment"], wanted, move)
            self._warn(f"model {inputs['model']!r}: {line}")

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Release the wanted version into this environment."""
        return _id(inputs), self._scheduled({}, inputs, {**inputs, **self._release(inputs, {})})

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Return what really serves and how it is really set; see `reading`."""
        return read_environment(self._reads, resource_id, inputs, state, self._warn)

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """Release another version, or only change the settings."""
        del resource_id
        marks = earlier_marks(state, inputs)
        if _needs_release(state, inputs):
            done = {**inputs, **marks, **self._release(inputs, state)}
            return self._scheduled(state, inputs, done)
        if any(state.get(key) != inputs.get(key) for key in SETTINGS):
            with naming_early_settings(inputs):
                self._api.update_environment(
                    state["model_id"], inputs["environment"], settings_of(inputs)
                )
        known = {key: state[key] for key in (*_OUTPUTS, "no_capacity") if key in state}
        done = {**inputs, **marks, **known, "drift": {}}
        same = state.get(SCHEDULES) == inputs.get(SCHEDULES)
        return done if same else self._scheduled(state, inputs, done)

    def _scheduled(self, state: Values, inputs: Values, done: Values) -> Values:
        """Bring the schedules; where Baseten refuses them, all that was done before is remembered."""
        try:
            apply_schedules(self._api, state, inputs, done["model_id"], self._now())
        except UserError as error:
            before = {SCHEDULES: state[SCHEDULES]} if SCHEDULES in state else {}
            given, known = (
                {**{key: it for key, it in each.items() if key != SCHEDULES}, **before}
                for each in (inputs, done)
            )
            raise PartlyDoneError(error, _id(inputs), given, known) from error
        return done

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete a custom environment; `production` goes with its model. Raises where a foreign version serves."""
        del resource_id
        environment = state["environment"]
        if environment == PRODUCTION:
            return
        model_id = self._api.find_model(state["model"], state.get("team"))
        if model_id is None:
            return
        self._refuse_foreign(model_id, state)
        try:
            self._api.delete_environment(model_id, environment)
        except NotFoundError:
            return

    def is_same(self, state: Values, inputs: Values) -> bool:
        """Return whether both find the same model, however each of them names its team."""
        old, new = ((it["model"], it.get("team")) for it in (state, inputs))
        return is_one_model(self._api.find_model, old, new)

    def _refuse_foreign(self, model_id: str, state: Values) -> None:
        serving = self._api.serving(model_id, state["environment"])
        current = serving.current if serving else None
        ours = (
            current is None
            or current.id == state.get("deployment_id")
            or owner_of(state).owns(current)
        )
        if not ours and current and not state.get("force_delete"):
            raise UserError(
                f"model {state['model']!r}: environment {state['environment']!r} is not deleted, because "
                f"deployment {current.id}, which another pushed, serves it: {WAY_OUT} (then `pulumi up` first)"
            )

    def _release(self, inputs: Values, state: Values) -> Values:
        """Release, and remember a deployment that failed: the next `up` retries it and pushes nothing."""
        try:
            found = self._releasing.release({**inputs, **earlier_marks(state, inputs)}, state)
            return {**found, **_lacks_after(state, inputs)}
        except FailedDeploymentError as error:
            failed: Values = {"failed_deployment_id": error.deployment_id}
            if error.lack:
                failed["no_capacity"] = add_lack(state.get("no_capacity") or (), error.lack)
            known = {**inputs, "digest": "", **state, **failed}
            raise PartlyDoneError(error, _id(inputs), inputs, known) from error


_OUTPUTS = (
    "model_id", "deployment_id", "serving_digest", "instance_type", "max_input_length",
    "dimensions", "fingerprint", "previous_deployment_id", "kept_deployment_ids",
    "spaces", "pinned_spec",
)  # fmt: skip


def _lacks_after(state: Values, inputs: Values) -> Values:
    """What stays known of GPUs that were not free: with it the next `up` stays on the one that was."""
    digests = [it["digest"] for it in inputs.get("accelerators") or ()]
    kept = keep_lacks(state.get("no_capacity") or (), digests, str(inputs["digest"]))
    return {"no_capacity": kept} if kept else {}


def _inputs_to_compare(state: Values, inputs: Values) -> Values:
    """The inputs whose change is one, a pin that was removed included; what an import could not know is none."""
    unknown = {*OWNER, *(() if "force_delete" in state else ("force_delete",))}
    same = {"digest", "deployment"} if _is_imported_as_wanted(state, inputs) else set()
    wanted = {"deployment": None, SCHEDULES: None, **inputs}
    return {key: it for key, it in wanted.items() if key not in {*POLICY, *unknown, *same}}


def _is_imported_as_wanted(state: Values, inputs: Values) -> bool:
    """Whether what was imported is what is asked for, however each of the two names it: by id or by digest."""
    if "project" in state:
        return False
    pin = inputs.get("deployment")
    if pin:
        return pin in (state.get("deployment_id"), state.get("serving_digest"))
    return bool(state.get("serving_digest") == inputs["digest"])


def _needs_release(state: Values, inputs: Values) -> bool:
    drifted = bool(_drift_of_release(state)) or "failed_deployment_id" in state
    moves = inputs.get("region") not in (None, state.get("region"))
    return drifted or moves or any(state.get(key) != inputs.get(key) for key in RELEASING)


def _drift_of_release(state: Values) -> Values:
    """What drifted of what serves: a model that somebody renamed gets its name back, and is not released."""
    return {field: it for field, it in (state.get("drift") or {}).items() if field != "model"}


def _still_known(state: Values, inputs: Values) -> tuple[str, ...]:
    if not _needs_release(state, inputs):
        return _OUTPUTS
    same_router = _router(state) == _router(inputs) and not (
        state.get("deployment") or inputs.get("deployment")
    )
    return ("model_id", "max_input_length", "dimensions") if same_router else ("model_id",)


def _locked_since(state: Values, inputs: Values) -> str | None:
    """The commit that a lock made of the branch which the last release named; `None` for any other change."""
    before, now = state.get("expected") or {}, inputs.get("expected") or {}
    same_model = before.get("model_id") == now.get("model_id") and not inputs.get("deployment")
    is_late = same_model and now.get("locked") and "locked" not in before
    commit: str | None = now.get("revision") if is_late and "revision" not in before else None
    return commit if state.get("digest") != inputs.get("digest") else None


def _router(values: Values) -> Values:
    """What decides which router it is; what the lock says of the model only grows."""
    return {key: it for key, it in (values.get("expected") or {}).items() if key != "locked"}


def _id(inputs: Values) -> str:
    return f"{join_id(inputs['model'], inputs.get('team'))}/{inputs['environment']}"
