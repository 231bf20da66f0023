"""Another name for a model that is on Baseten: given by the program, or by hand in Baseten's pages."""

from collections.abc import Callable

from baseten_tei.baseten.api import ApiError, BasetenApi, NotFoundError
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.deployment.ownership import earlier_marks, owner_of
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.resources.refresh_calls import Reads

NO_SUCH_CALL = (404, 405)
"""What a workspace answers whose API cannot rename: the call is newer than its published description (SDK 0.13.1)."""


class Renames:
    """Renames models in place, and finds those that somebody else renamed."""

    def __init__(self, api: BasetenApi, reads: Reads, warn: Callable[[str], None]) -> None:
        self._api = api
        self._reads = reads
        self._warn = warn

    def rename(self, state: Values, inputs: Values) -> None:
        """Give this stack's model the name that the inputs say. Raises `UserError` where another model has it."""
        before, now, team = (
            state.get("renamed_to") or state["name"],
            inputs["name"],
            inputs.get("team"),
        )
        model_id = self._api.find_model(before, team)
        if model_id is None and (moved := find_renamed(self._reads, state)):
            before, model_id = moved.name, moved.id
        if model_id is None or before == now or not self._owns(model_id, state, inputs):
            return
        if taken := self._api.find_model(now, team):
            raise UserError(
                f"model {before!r} is not renamed to {now!r}, because another model ({taken}) has that name: write "
                "another model_name, or rename or delete that model first"
            )
        self._give_name(model_id, before, now, team)

    def _owns(self, model_id: str, state: Values, inputs: Values) -> bool:
        owner = owner_of({**inputs, **earlier_marks(state, inputs)})
        versions = self._api.versions(model_id)
        return bool(state.get("adopted")) or not versions or owner.owns_any(versions)

    def _give_name(self, model_id: str, before: str, now: str, team: str | None) -> None:
        try:
            self._api.rename_model(model_id, now, team)
        except ApiError as error:
            if error.status not in NO_SUCH_CALL:
                raise
            raise UserError(
                f"model {before!r} ({model_id}) is not renamed to {now!r}, because the API of this workspace cannot "
                f"({error.status}): rename it at https://app.baseten.co/models/{model_id}, and run `pulumi up` again; "
                f"or write model_name: {before}"
            ) from error
        self._warn(f"model {before!r} is renamed to {now!r} on Baseten: its id and its URLs stay")


def find_renamed(reads: Reads, state: Values) -> RemoteModel | None:
    """Return this stack's model under the name that somebody gave it by hand; `None` where it is nowhere.

    It is known by a version that this stack pushed, in one of its environments.
    """
    digests = {state.get("digest"), state.get("pushed_digest")} - {"", None}
    owner = owner_of(state)
    for model in reads.models(state.get("team")) if digests else ():
        try:
            serving = reads.environments(model.id)
        except NotFoundError:  # it went while we looked
            continue
        versions = [it for each in serving for it in (each.current, each.candidate) if it]
        if any(it.digest in digests and owner.owns(it) for it in versions):
            return model
    return None
