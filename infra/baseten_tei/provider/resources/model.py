"""`baseten:index:Model`: a model's name, whose it is, and whether what we pushed is still there.

It comes before the push. The push depends on its `generation`, which changes only when a refresh found that
the pushed version is gone, so that drift pushes again and nothing else does.
"""

from collections.abc import Callable

from baseten_tei.baseten.api import ApiError, BasetenApi, NotFoundError
from baseten_tei.baseten.statuses import MEANINGS, Meaning
from baseten_tei.baseten.versions import Version
from baseten_tei.deployment.differences import find_changed_paths
from baseten_tei.deployment.ownership import (
    OWNER,
    Owner,
    earlier_marks,
    name_taken_problem,
    owner_after,
    owner_of,
)
from baseten_tei.deployment.renaming.pushed_name import pushed_after
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.ids import is_one_model, join_id
from baseten_tei.provider.protocol.resource import Change, Live, Values
from baseten_tei.provider.release.deletion_guards import deletion_problem, obstacles
from baseten_tei.provider.resources.refresh import read_model
from baseten_tei.provider.resources.refresh_calls import Reads
from baseten_tei.provider.resources.renames import Renames

REPLACING = ("team",)
POLICY = ("adopt", "other_digests")
"""Inputs that count when the model is taken, or pushed: a change of them alone changes nothing on Baseten."""


class ModelResource:
    """Inputs and outputs: `inputs.ModelInputs` and `inputs.ModelOutputs`."""

    def __init__(
        self,
        api: BasetenApi,
        warn: Callable[[str], None] = lambda _: None,
        reads: Reads | None = None,
        include: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`reads` answers `read`, if it is not the API itself; `include` takes the ID of each model at work."""
        self._api = api
        self._warn = warn
        self._reads = reads or api
        self._include = include
        self._renames = Renames(api, self._reads, warn)

    def diff(self, state: Values, inputs: Values) -> Change:
        """Rename for another name, replace for another team; drift found by a refresh is a change as well."""
        self._include(
            _id(inputs)
        )  # the engine compares what it may change: nothing else, with --target
        unknown = {key for key in ("force_delete", "digest") if key not in state}
        skipped = {*POLICY, *OWNER, *unknown}
        paths = find_changed_paths(state, {k: it for k, it in inputs.items() if k not in skipped})
        paths += [key for key in ("drift", "renamed_to") if state.get(key)]
        return Change(tuple(paths), tuple(path for path in paths if path in REPLACING))

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """Return all outputs: the generation is a count."""
        state = state or {}
        generation = int(state.get("generation") or 0) or 1
        drifted = bool(state.get("drift"))
        planned = {
            **inputs,
            **owner_after(state, inputs),
            **pushed_after(state, inputs),
            "generation": str(generation + 1 if drifted else generation),
            "drift": "",
            "adopted": bool(state.get("adopted")),
            "taken_over": state.get("taken_over"),
        }
        return _id(inputs), {key: it for key, it in planned.items() if it is not None}

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Take the name; one that the state does not own only where the spec says `adopt: true`."""
        self._include(_id(inputs))
        versions = self._versions(inputs)
        owner = owner_of(inputs).by_id()
        ours = versions is None or owner.owns_any(versions)
        if not ours and not inputs.get("adopt"):
            raise self._taken_error(inputs, versions)
        resource_id, state = self.plan(inputs, None)
        return resource_id, {**state, "adopted": not ours, **_taken_over(inputs, versions, owner)}

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Record a lost version as `drift`, so that the push runs again; nothing is written on Baseten."""
        return read_model(self._reads, resource_id, inputs, state, self._warn)

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """Rename it, record a new digest, or a new generation after drift; the push does the rest."""
        del resource_id
        planned = self.plan(inputs, state)[1]
        self._renames.rename(state, inputs)
        versions = self._stop_others(inputs)
        if state.get("adopted"):
            return planned
        versions = self._versions(inputs) if versions is None else versions
        owner = owner_of({**inputs, **earlier_marks(state, inputs)})
        ours = not versions or owner.owns_any(versions)
        if not ours and not inputs.get("adopt"):
            raise self._taken_error(inputs, versions)
        more = {} if ours else _taken_over(inputs, versions, owner)
        return {**planned, "adopted": bool(inputs.get("adopt")), **more}

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete the model with all its versions, if it is this stack's. Raises where others' would go with it."""
        del resource_id
        owner = owner_of(state)
        name = state.get("renamed_to") or state["name"]
        model_id = self._api.find_model(name, state.get("team"))
        if model_id is None:
            return
        versions = self._api.versions(model_id)
        if versions and not (state.get("adopted") or owner.owns_any(versions)):
            self._warn(
                f"model {state['name']!r} ({model_id}) is kept on Baseten, because this stack pushed none of its "
                "deployments: delete it there once it may go"
            )
            return
        taken_over = state.get("taken_over") or ()
        found = obstacles(versions, self._api.environments(model_id), owner, taken_over)
        if found and not state.get("force_delete"):
            raise UserError(deletion_problem(state["name"], found))
        try:
            self._api.delete_model(model_id)
        except NotFoundError:
            return

    def is_same(self, state: Values, inputs: Values) -> bool:
        """Return whether both find the same model, however each of them names its team."""
        old, new = ((it["name"], it.get("team")) for it in (state, inputs))
        return is_one_model(self._api.find_model, old, new)

    def _stop_others(self, inputs: Values) -> list[Version] | None:
        """Stop what still waits for another GPU of the spec's list: there are never two at once."""
        others = inputs.get("other_digests") or ()
        model_id = self._api.find_model(inputs["name"], inputs.get("team")) if others else None
        if model_id is None:
            return None
        versions = self._api.versions(model_id)
        for version in versions:
            waits = MEANINGS.get(version.status) is Meaning.STARTING
            if version.digest in others and waits:
                self._stop(inputs["name"], model_id, version)
        return versions

    def _stop(self, name: str, model_id: str, version: Version) -> None:
        try:
            self._api.deactivate(model_id, version.id)
        except NotFoundError:
            return
        except ApiError as error:
            raise UserError(
                f"model {name!r}: deployment {version.id} still waits for another GPU, and cannot be stopped before "
                f"the next one is pushed ({error}): delete it on Baseten's page of the model, then run `pulumi up`"
            ) from error

    def _versions(self, inputs: Values) -> list[Version] | None:
        """The deployments of the model with this name; `None` where there is no such model."""
        model_id = self._api.find_model(inputs["name"], inputs.get("team"))
        return None if model_id is None else self._api.versions(model_id)

    def _taken_error(self, inputs: Values, versions: list[Version] | None) -> UserError:
        owner, embedded = owner_of(inputs), self._api.target.embedded
        return UserError(
            name_taken_problem(inputs["name"], owner, versions or [], embedded=embedded)
        )


def _taken_over(inputs: Values, versions: list[Version] | None, owner: Owner) -> Values:
    """The deployments that the spec takes over, whoever pushed them: they go with the model."""
    foreign = [it.id for it in versions or () if not owner.owns(it)]
    return {"taken_over": foreign} if inputs.get("adopt") and foreign else {}


def _id(inputs: Values) -> str:
    return join_id(inputs["name"], inputs.get("team"))
