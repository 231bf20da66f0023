"""`baseten:index:Environment`: what a model's environment serves, and how it scales.

It comes after the push: waits until the version with the wanted digest is ready, asks the router whether it
is what was asked for, and only then lets it serve. A version that is refused is left unpromoted, and what
served before serves on; the next `up` resumes here and pushes nothing.
"""

from baseten_tei.baseten_api import BasetenApi, NotFoundError
from baseten_tei.paths import changed_paths
from baseten_tei.provider.releasing import FailedDeploymentError, Releasing
from baseten_tei.provider.resource import UNKNOWN, Change, Live, PartlyDoneError, Values

REPLACING = ("model", "team", "environment")
PRODUCTION = "production"


class EnvironmentResource:
    """Inputs: `model`, `team`?, `environment`, `digest`, `expected`, `autoscaling`, `deploy_timeout_minutes`.

    Outputs: those, and `model_id`, `deployment_id`, `max_input_length` (tokens; what the router says).
    """

    def __init__(self, api: BasetenApi, releasing: Releasing) -> None:
        self._api = api
        self._releasing = releasing

    def diff(self, state: Values, inputs: Values) -> Change:
        """Another model or environment is another resource; all else changes in place."""
        paths = changed_paths(state, inputs)
        return Change(tuple(paths), tuple(path for path in paths if path in REPLACING))

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """The model's id stays, so URLs stay known; a new version's id is known when it is pushed."""
        if state is None:
            return _id(inputs), {**inputs, **dict.fromkeys(_OUTPUTS, UNKNOWN)}
        known = {key: state[key] for key in _still_known(state, inputs) if key in state}
        return _id(inputs), {**inputs, **dict.fromkeys(_OUTPUTS, UNKNOWN), **known}

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Release the pushed version into this environment."""
        return _id(inputs), {**inputs, **self._release(inputs, {"digest": ""})}

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """The digest that really serves, and the settings that are really set."""
        model_id = self._api.find_model(state["model"], state.get("team"))
        serving = model_id and self._api.serving(model_id, state["environment"])
        if not model_id or not serving or not serving.current:
            return Live()
        drifted = {
            "digest": serving.current.digest or f"not ours ({serving.current.id})",
            "autoscaling": {
                key: serving.autoscaling.get(key) for key in state.get("autoscaling", {})
            },
        }
        ids = {"model_id": model_id, "deployment_id": serving.current.id}
        return Live(resource_id, {**inputs, **drifted}, {**state, **drifted, **ids})

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """Release another version, or only set what scales it."""
        del resource_id
        if state["digest"] != inputs["digest"]:
            return {**inputs, **self._release(inputs, state)}
        if state["autoscaling"] != inputs["autoscaling"]:
            self._api.set_autoscaling(
                state["model_id"], inputs["environment"], inputs["autoscaling"]
            )
        return {**inputs, **{key: state[key] for key in _OUTPUTS if key in state}}

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete a custom environment; `production` goes with its model."""
        del resource_id
        model_id = self._api.find_model(state["model"], state.get("team"))
        if model_id is None or state["environment"] == PRODUCTION:
            return
        try:
            self._api.delete_environment(model_id, state["environment"])
        except NotFoundError:
            return

    def _release(self, inputs: Values, state: Values) -> Values:
        """Release, and remember a deployment that failed: the next `up` retries it and pushes nothing."""
        try:
            return self._releasing.release(inputs, state.get("failed_deployment_id"))
        except FailedDeploymentError as error:
            failed = {"failed_deployment_id": error.deployment_id}
            known = {**inputs, **state, **failed}
            raise PartlyDoneError(error, _id(inputs), inputs, known) from error


_OUTPUTS = ("model_id", "deployment_id", "max_input_length")


def _still_known(state: Values, inputs: Values) -> tuple[str, ...]:
    if state["digest"] == inputs["digest"]:
        return _OUTPUTS
    same_router = state["expected"] == inputs["expected"]
    return ("model_id", "max_input_length") if same_router else ("model_id",)


def _id(inputs: Values) -> str:
    parts = (inputs.get("team"), inputs["model"], inputs["environment"])
    return "/".join(part for part in parts if part)
