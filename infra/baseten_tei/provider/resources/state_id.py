"""`baseten:index:StateId`: the id of the Pulumi state that a program runs on, made once and kept in it.

Nothing of it is on Baseten; pushes stamp it on their deployments, so that two states of the same project and
stack names are distinguished. `Check` makes it, as the engine's own naming does: previews know it.
"""

import hashlib
import secrets

from baseten_tei.provider.protocol.resource import Change, Live, Values

CHARACTERS = 20
"""80 bits: nobody has two states of one id."""


class StateIdResource:
    """Inputs: `value`?. Outputs: `value`."""

    def __init__(self) -> None:
        self._known: str | None = None
        """The state's own, as this operation saw it: a replacement is checked as if nothing was there before."""
        self._given = False

    def made_inputs(self, inputs: Values, old_inputs: Values, seed: bytes) -> Values:
        """Return an id, where the program gives none: the state's, or a new one."""
        self._given = bool(inputs.get("value"))
        self._known = old_inputs.get("value") or self._known
        return {} if self._given else {"value": self._known or _new_id(seed)}

    def diff(self, state: Values, inputs: Values) -> Change:
        """Report a change only if the program gives another id: a generated id stays."""
        changes = self._given and state.get("value") != inputs.get("value")
        return Change(("value",) if changes else ())

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """Return all outputs."""
        del state
        return ID, {"value": inputs.get("value")}

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Return the state as it is: there is nothing to read on Baseten."""
        return self.plan(inputs, None)

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Return the state as it is; an import has none."""
        return Live(resource_id, inputs, state) if state else Live()

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """Return the id that the program gives, else the one that it was: also where this replaces it."""
        del resource_id
        return {"value": inputs["value"] if self._given else state["value"]}

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete nothing: it exists only in the state."""

    def is_same(self, state: Values, inputs: Values) -> bool:
        """Return `True`: a state has one id."""
        del state, inputs
        return True


ID = "state-id"


def _new_id(seed: bytes) -> str:
    digest = hashlib.sha256(seed).hexdigest() if seed else secrets.token_hex(CHARACTERS)
    return f"st-{digest[:CHARACTERS]}"
