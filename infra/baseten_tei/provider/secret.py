"""`baseten:index:Secret`: a workspace secret, written but never read back (Baseten gives no values)."""

import hashlib
import hmac
import secrets

from baseten_tei.baseten_api import BasetenApi, NotFoundError
from baseten_tei.provider.resource import Change, Live, Values

REPLACING = ("name", "team")


class SecretResource:
    """Inputs: `name`, `value` (secret), `team`?. Outputs: `name`, `team`?, `fingerprint`, `made_here`.

    The value is in no output; a salted fingerprint tells whether it changed.
    """

    def __init__(self, api: BasetenApi) -> None:
        self._api = api

    def diff(self, state: Values, inputs: Values) -> Change:
        """A value changes when its fingerprint does."""
        paths = [key for key in REPLACING if state.get(key) != inputs.get(key)]
        replaces = tuple(paths)
        if state.get("missing") or not _same(inputs["value"], state["fingerprint"]):
            paths.append("value")
        return Change(tuple(paths), replaces)

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """Name only: nothing else is worth knowing before."""
        return _id(inputs), {**_identity(inputs), **(state or {})}

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Store it. What was there before is overwritten, and then not ours to delete."""
        name, team = inputs["name"], inputs.get("team")
        there = self._api.find_secret(name, team)
        self._api.upsert_secret(there or name, inputs["value"], team)
        return _id(inputs), {
            **_identity(inputs),
            "fingerprint": _fingerprint(inputs["value"]),
            "made_here": there is None,
        }

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Only its presence can be seen."""
        there = self._api.find_secret(state["name"], state.get("team"))
        return Live(resource_id, inputs, {**_known(state), **({} if there else {"missing": True})})

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """Store the new value."""
        del resource_id
        name, team = state["name"], state.get("team")
        there = self._api.find_secret(name, team)
        self._api.upsert_secret(there or name, inputs["value"], team)
        return {**_known(state), "fingerprint": _fingerprint(inputs["value"])}

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete it if this stack made it."""
        del resource_id
        there = self._api.find_secret(state["name"], state.get("team"))
        if there is None or not state.get("made_here"):
            return
        try:
            self._api.delete_secret(there, state.get("team"))
        except NotFoundError:
            return


def _identity(inputs: Values) -> Values:
    return {key: inputs[key] for key in REPLACING if inputs.get(key) is not None}


def _known(state: Values) -> Values:
    return {key: value for key, value in state.items() if key != "missing"}


def _id(inputs: Values) -> str:
    return "/".join(part for part in (inputs.get("team"), inputs["name"]) if part)


def _fingerprint(value: str, salt: str | None = None) -> str:
    salt = salt or secrets.token_hex(16)
    return f"{salt}:{hmac.new(salt.encode(), value.encode(), hashlib.sha256).hexdigest()}"


def _same(value: str, fingerprint: str) -> bool:
    salt = fingerprint.partition(":")[0]
    return hmac.compare_digest(_fingerprint(value, salt), fingerprint)
