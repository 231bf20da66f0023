"""`baseten:index:Model`: a model's name, whose it is, and whether what we pushed is still there.

It comes before the push. The push depends on its `generation`, which changes only when a refresh found that
the pushed version is gone, so that drift pushes again and nothing else does.
"""

from collections.abc import Callable

from baseten_tei.baseten_api import BasetenApi, NotFoundError
from baseten_tei.errors import UserError
from baseten_tei.guards import deletion_problem, obstacles
from baseten_tei.paths import changed_paths
from baseten_tei.provider.reading import read_model
from baseten_tei.provider.reads import Reads
from baseten_tei.provider.resource import Change, Live, Values
from baseten_tei.release import owned

REPLACING = ("name", "team")
POLICY = ("adopt",)
"""Inputs that count when the model is taken: a change of them alone changes nothing on Baseten."""


class ModelResource:
    """Inputs and outputs: `inputs.ModelInputs` and `inputs.ModelOutputs`."""

    def __init__(
        self,
        api: BasetenApi,
        warn: Callable[[str], None] = lambda _: None,
        reads: Reads | None = None,
    ) -> None:
        """`reads` is who answers `read`, if it is not the API itself."""
        self._api = api
        self._warn = warn
        self._reads = reads or api

    def diff(self, state: Values, inputs: Values) -> Change:
        """Another name or team is another model; drift found by a refresh is a change of its own."""
        unknown = {
            key for key in ("project", "stack", "force_delete", "digest") if key not in state
        }
        skipped = {*POLICY, *unknown}
        paths = changed_paths(state, {k: it for k, it in inputs.items() if k not in skipped})
        if state.get("drift"):
            paths.append("drift")
        return Change(tuple(paths), tuple(path for path in paths if path in REPLACING))

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """All of it is known before: the generation is a count."""
        state = state or {}
        generation = int(state.get("generation") or 0) or 1
        drifted = bool(state.get("drift"))
        return _id(inputs), {
            **inputs,
            "generation": str(generation + 1 if drifted else generation),
            "drift": "",
            "adopted": bool(state.get("adopted")),
        }

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Take the name; one that belongs to someone else only where the spec says `adopt: true`."""
        foreign = self._foreign(inputs, emptied=False)
        if foreign and not inputs.get("adopt"):
            raise _taken(inputs, foreign)
        resource_id, state = self.plan(inputs, None)
        return resource_id, {**state, "adopted": foreign is not None}

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Nothing is written here: a lost version is told as `drift`, so that the push comes again."""
        return read_model(self._reads, resource_id, inputs, state, self._warn)

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """A new digest, or a new generation after drift; the push does the work."""
        del resource_id
        adopted = bool(state.get("adopted") or inputs.get("adopt"))
        foreign = None if adopted else self._foreign(inputs, emptied=True)
        if foreign:
            raise _taken(inputs, foreign)
        return {**self.plan(inputs, state)[1], "adopted": adopted}

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete the model with all its versions, if it is this stack's. Raises where others' would go with it."""
        del resource_id
        owner = (state.get("project", ""), state.get("stack", ""))
        model_id = self._api.find_model(state["name"], state.get("team"))
        if model_id is None:
            return
        versions = self._api.versions(model_id)
        if versions and not (state.get("adopted") or owned(versions, *owner)):
            return
        found = obstacles(versions, self._api.environments(model_id), owner)
        if found and not state.get("force_delete"):
            raise UserError(deletion_problem(state["name"], found))
        try:
            self._api.delete_model(model_id)
        except NotFoundError:
            return

    def _foreign(self, inputs: Values, *, emptied: bool) -> str | None:
        """The id of a model of this name that this stack did not push; `emptied`: one without versions is ours."""
        model_id = self._api.find_model(inputs["name"], inputs.get("team"))
        if model_id is None:
            return None
        versions = self._api.versions(model_id)
        ours = owned(versions, inputs["project"], inputs["stack"]) if versions else emptied
        return None if ours else model_id


def _taken(inputs: Values, model_id: str) -> UserError:
    return UserError(
        f"model {inputs['name']!r} is on Baseten already ({model_id}) and was not pushed by stack "
        f"{inputs['project']}/{inputs['stack']}: write another model_name, or adopt: true to take it over"
    )


def _id(inputs: Values) -> str:
    return "/".join(part for part in (inputs.get("team"), inputs["name"]) if part)
