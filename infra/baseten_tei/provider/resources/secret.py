"""`baseten:index:Secret`: a workspace secret, written but never read back (Baseten gives no values).

Its value is in no output. Given as `from_env`, it is in no input either: this process reads the variable
itself, and the state holds a salted fingerprint only.
"""

import os
from collections.abc import Callable, Mapping

from baseten_tei.baseten.api import BasetenApi, NotFoundError
from baseten_tei.deployment.ownership import OWNER, earlier_marks
from baseten_tei.errors import UserError, redact
from baseten_tei.provider.protocol.ids import join_id
from baseten_tei.provider.protocol.resource import UNKNOWN, Change, Live, Values
from baseten_tei.provider.resources.secret_users import reason_to_keep
from baseten_tei.provider.resources.secret_value import fingerprint, is_new, is_same, require_value

REPLACING = ("name", "team")

NOT_MADE_HERE = "this stack did not make it"


class SecretResource:
    """Inputs: `name`, `team`?, `project`, `stack`, `state_id`?, and `value` (secret) or `from_env` (a variable's name).

    Outputs: `name`, `team`?, `project`, `stack`, `state_id`?, `known_as`?, `fingerprint`, `made_here`, `generation`
    (how many values it had, known at preview), and `missing` where a refresh did not find it.
    """

    def __init__(
        self,
        api: BasetenApi,
        warn: Callable[[str], None] = lambda _: None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._api = api
        self._warn = warn
        self._environ = environ

    def diff(self, state: Values, inputs: Values) -> Change:
        """Compare fingerprints; a value that cannot be read here has not changed."""
        replaces = [key for key in REPLACING if state.get(key) != inputs.get(key)]
        paths = list(replaces)
        if state.get("missing") or is_new(state, inputs, self._environ):
            paths.append("from_env" if "from_env" in inputs else "value")
        return Change(tuple(paths), tuple(replaces))

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """Return all outputs but the fingerprint of a value that is not known yet."""
        if state is None:
            unknown = {"fingerprint": UNKNOWN, "made_here": UNKNOWN}
            return _id(inputs), {**_identity(inputs), **unknown, "generation": "1"}
        counted = UNKNOWN if inputs.get("value") == UNKNOWN else self._generation(state, inputs)
        mark = UNKNOWN if counted != state.get("generation") else state.get("fingerprint")
        new = {"fingerprint": mark, "generation": counted, **earlier_marks(state, inputs)}
        return _id(inputs), {**_known_state(state), **_identity(inputs), **new}

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Store it. What was there before is overwritten, and then not ours to delete."""
        value = require_value(inputs, self._environ)
        was_there = self._store(inputs, value)
        made = {"fingerprint": fingerprint(value), "made_here": not was_there, "generation": "1"}
        return _id(inputs), {**_identity(inputs), **made}

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Return whether it exists. An import has no fingerprint: the next `up` stores the value once."""
        imported = not state
        if imported:
            state = {
                **_split_id(resource_id),
                "fingerprint": "",
                "made_here": False,
                "generation": "0",
            }
            inputs = {**_split_id(resource_id), **inputs}
        there = self._api.find_secret(state["name"], state.get("team"))
        if imported and not there:
            return Live()
        if not there:
            self._warn(f"secret {state['name']!r} is gone: `pulumi up` stores it again")
        return Live(
            resource_id, inputs, {**_known_state(state), **({} if there else {"missing": True})}
        )

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """Store the value where it is new, or gone from Baseten."""
        del resource_id
        unnamed = {key: it for key, it in _known_state(state).items() if key not in REPLACING}
        known = {**unnamed, **_identity(inputs), **earlier_marks(state, inputs)}
        if not (state.get("missing") or is_new(state, inputs, self._environ)):
            return known
        value = require_value(inputs, self._environ)
        self._store(inputs, value)
        mark = state["fingerprint"] if is_same(value, state["fingerprint"]) else fingerprint(value)
        return {**known, "fingerprint": mark, "generation": self._generation(state, inputs)}

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete it if this stack made it and nobody else reads it; else it stays, and a warning says why."""
        del resource_id
        name, team = state["name"], state.get("team")
        there = self._api.find_secret(name, team)
        if there is None:
            return
        made_here = state.get("made_here")
        if reason := reason_to_keep(self._api, state) if made_here else NOT_MADE_HERE:
            self._warn(
                f"secret {name!r} is kept on Baseten, because {reason}: delete it there once it may go"
            )
            return
        try:
            self._api.delete_secret(there, team)
        except NotFoundError:
            return

    def is_same(self, state: Values, inputs: Values) -> bool:
        """Return `True`: storing a value overwrites a secret of a similar name, so nothing is deleted first."""
        del state, inputs
        return True

    def _generation(self, state: Values, inputs: Values) -> str:
        count = int(state.get("generation", 1))
        return str(count + 1 if is_new(state, inputs, self._environ) else count)

    def _store(self, inputs: Values, value: str) -> bool:
        """Store a value under the name that Baseten knows; whether it knew one. No error holds the value."""
        name, team = inputs["name"], inputs.get("team")
        there = self._api.find_secret(name, team)
        try:
            self._api.upsert_secret(there or name, value, team)
        except UserError as error:
            raise UserError(*(redact(line, [value]) for line in error.problems)) from None
        return there is not None


def _identity(inputs: Values) -> Values:
    keys = (*REPLACING, *OWNER)
    return {key: inputs[key] for key in keys if inputs.get(key) is not None}


def _known_state(state: Values) -> Values:
    return {key: value for key, value in state.items() if key != "missing"}


def _id(inputs: Values) -> str:
    return join_id(inputs["name"], inputs.get("team"))


def _split_id(resource_id: str) -> Values:
    """Name and team of an id `[team/]name`."""
    team, _, name = resource_id.rpartition("/")
    return {"name": name, **({"team": team} if team else {})}
