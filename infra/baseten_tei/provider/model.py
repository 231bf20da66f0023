"""`baseten:index:Model`: a model's name, whose it is, and whether what we pushed is still there.

It comes before the push. The push depends on its `generation`, which changes only when a refresh found that
the pushed version is gone, so that drift pushes again and nothing else does.
"""

from baseten_tei.baseten_api import BasetenApi
from baseten_tei.errors import UserError
from baseten_tei.paths import changed_paths
from baseten_tei.provider.resource import Change, Live, Values
from baseten_tei.release import owned, pushed_version

REPLACING = ("name", "team")


class ModelResource:
    """Inputs: `name`, `team`?, `digest`, `project`, `stack`. Outputs: those, `generation`, `drift`."""

    def __init__(self, api: BasetenApi) -> None:
        self._api = api

    def diff(self, state: Values, inputs: Values) -> Change:
        """Another name or team is another model; drift found by a refresh is a change of its own."""
        paths = changed_paths(state, inputs)
        if state.get("drift"):
            paths.append("drift")
        return Change(tuple(paths), tuple(path for path in paths if path in REPLACING))

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """All of it is known before: the generation is a count."""
        generation = int(state["generation"]) if state else 1
        drifted = bool(state and state.get("drift"))
        return _id(inputs), {
            **inputs,
            "generation": str(generation + 1 if drifted else generation),
            "drift": "",
        }

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Take the name, unless it belongs to someone else."""
        self._refuse_foreign(inputs, emptied=False)
        return self.plan(inputs, None)

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Nothing is written here: a lost version is told as `drift`, so that the push comes again."""
        name, team = state["name"], state.get("team")
        model_id = self._api.find_model(name, team)
        if model_id is None:
            drift = "the model was deleted"
        elif pushed_version(self._api.versions(model_id), state["digest"]) is None:
            drift = f"no deployment of {state['digest']} is left"
        else:
            drift = ""
        return Live(resource_id, inputs, {**state, "drift": drift})

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """A new digest, or a new generation after drift; the push does the work."""
        del resource_id
        self._refuse_foreign(inputs, emptied=True)
        return self.plan(inputs, state)[1]

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete the model with all its versions, if it is still this stack's."""
        del resource_id
        model_id = self._api.find_model(state["name"], state.get("team"))
        if model_id is not None and self._is_ours(model_id, state, emptied=True):
            self._api.delete_model(model_id)

    def _refuse_foreign(self, inputs: Values, *, emptied: bool) -> None:
        name = inputs["name"]
        model_id = self._api.find_model(name, inputs.get("team"))
        if model_id is None or self._is_ours(model_id, inputs, emptied=emptied):
            return
        raise UserError(
            f"model {name!r} is on Baseten already ({model_id}) and was not pushed by stack "
            f"{inputs['project']}/{inputs['stack']}: write another model_name, or delete that model first"
        )

    def _is_ours(self, model_id: str, inputs: Values, *, emptied: bool) -> bool:
        """By the labels of its deployments; `emptied` is the answer where someone deleted all of them."""
        versions = self._api.versions(model_id)
        return owned(versions, inputs["project"], inputs["stack"]) if versions else emptied


def _id(inputs: Values) -> str:
    return "/".join(part for part in (inputs.get("team"), inputs["name"]) if part)
