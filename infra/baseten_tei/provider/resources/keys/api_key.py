"""`baseten:index:ApiKey`: a key for whoever calls the models, made here and told once, as a secret output.

Baseten changes no key, so any change makes a new one, in place: readers of the output get it with this update, and the
one before works on until they have (`keep_previous_hours`). The first `up` after that deletes it.
"""

import time
from collections.abc import Callable

from baseten_tei.baseten.api import BasetenApi, NotFoundError
from baseten_tei.baseten.remote_keys import RemoteKey, WantedKey, find_model_ids, prefix_of
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import UNKNOWN, Change, Live, Values
from baseten_tei.provider.resources.keys.rotation import (
    INVOKE,
    find_drift,
    is_previous_due,
    list_changes,
    name_on_baseten,
    time_text,
)

_KEY = ("value", "prefix", "key_name", "model_ids", "generation", "made_at")
"""Outputs that are about the one key that the state has."""


class ApiKeyResource:
    """Inputs and outputs: `inputs.ApiKeyInputs` and `inputs.ApiKeyOutputs`."""

    def __init__(
        self,
        api: BasetenApi,
        warn: Callable[[str], None] = lambda _: None,
        list_keys: Callable[[], list[RemoteKey]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`list_keys` answers `read`, if it is not the API itself."""
        self._api = api
        self._warn = warn
        self._list_keys = list_keys or api.api_keys
        self._clock = clock

    def diff(self, state: Values, inputs: Values) -> Change:
        """Report what makes a new key, and a previous one whose time is over."""
        paths = [*list_changes(state, inputs), *(f"drift.{it}" for it in state.get("drift") or {})]
        if not paths and is_previous_due(state, inputs, self._clock()):
            paths.append("previous_prefixes")
        return Change(tuple(paths))

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """Return all outputs but a new key: its value, prefix and time are known once it is made."""
        if state is None:
            new = {**dict.fromkeys(_KEY, UNKNOWN), "generation": "1"}
            new["key_name"] = name_on_baseten(inputs, "1")
            return "", {**inputs, **new, "previous_prefixes": [], "drift": {}}
        if _wants_key(state, inputs):
            generation = _next(state)
            new = {**dict.fromkeys(_KEY, UNKNOWN), "generation": generation}
            new["key_name"] = name_on_baseten(inputs, generation)
            return "", {**inputs, **new, "previous_prefixes": UNKNOWN, "drift": {}}
        kept = {key: state[key] for key in (*_KEY, "previous_prefixes", "drift") if key in state}
        if is_previous_due(state, inputs, self._clock()):
            kept["previous_prefixes"] = []
        return "", {**inputs, **kept}

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Make a key. Its resource keeps the id that the first one's prefix is."""
        made = self._make(inputs, "1", self._model_ids(inputs), ())
        return made["prefix"], {**inputs, **made, "previous_prefixes": [], "drift": {}}

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Return what is known, and what is different on Baseten as `drift`: the next `up` makes a new key."""
        keys = {it.prefix: it for it in self._list_keys()}
        if not state:
            return self._import(keys.get(resource_id))
        drift = find_drift(state, keys.get(state["prefix"]))
        for field, text in drift.items():
            self._warn(
                f"API key {state['key_name']!r} drifted: {field} {text}: `pulumi up` makes a new key"
            )
        previous = [it for it in state.get("previous_prefixes") or () if it in keys]
        found = {**state, "previous_prefixes": previous, "drift": drift}
        return Live(resource_id, inputs, found)

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """Make a new key where one is asked for, and delete those whose time is over: the new one comes first."""
        del resource_id
        ids = self._model_ids(inputs) if _wants_key(state, inputs) else tuple(state["model_ids"])
        if not (_wants_key(state, inputs) and _is_another(state, inputs, ids)):
            kept = {key: state[key] for key in _KEY if key in state}
            previous = list(state.get("previous_prefixes") or ())
        else:
            before = [*(state.get("previous_prefixes") or ()), *_working(state)]
            kept = self._make(inputs, _next(state), ids, before)
            previous = [*self._delete_each(before[:-1]), *before[-1:]]
        new = {**inputs, **kept, "previous_prefixes": previous, "drift": {}}
        if is_previous_due(new, inputs, self._clock()):
            new["previous_prefixes"] = self._delete_each(previous)
        return new

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete it, and those before it. Raises `UserError` for the key that this very call is made with."""
        del resource_id
        every = [state["prefix"], *(state.get("previous_prefixes") or ())]
        if self._api.own_prefix() in every:
            raise UserError(_own_problem(state))
        for prefix in every:
            try:
                self._api.delete_api_key(prefix)
            except NotFoundError:
                continue

    def is_same(self, state: Values, inputs: Values) -> bool:
        """Return `False`: a replacement is a key of its own."""
        del state, inputs
        return False

    def _model_ids(self, inputs: Values) -> tuple[str, ...]:
        wanted = inputs.get("models")
        return find_model_ids(self._api.models(inputs.get("team")), wanted) if wanted else ()

    def _make(
        self,
        inputs: Values,
        generation: str,
        model_ids: tuple[str, ...],
        held: list[str] | tuple[()],
    ) -> Values:
        name = name_on_baseten(inputs, generation)
        wanted = WantedKey(name, inputs.get("type") or INVOKE, model_ids, inputs.get("team"))
        key = self._api.create_api_key(wanted, held)
        return {
            "value": key,
            "prefix": prefix_of(key),
            "key_name": name,
            "model_ids": list(model_ids),
            "generation": generation,
            "made_at": time_text(self._clock()),
        }

    def _delete_each(self, prefixes: list[str]) -> list[str]:
        """Delete keys, and return those that stay: what fails here must not lose the new key."""
        own, kept = self._api.own_prefix(), []
        for prefix in prefixes:
            try:
                if prefix == own:
                    raise UserError("it is the one in BASETEN_API_KEY: set the new one there")
                self._api.delete_api_key(prefix)
            except NotFoundError:
                continue
            except UserError as error:
                self._warn(f"the previous API key {prefix} works on, because {error}")
                kept.append(prefix)
        return kept

    def _import(self, key: RemoteKey | None) -> Live:
        """Return a key that is there. Its value is not known: Baseten shows it once."""
        if key is None:
            return Live()
        self._warn(
            f"API key {key.prefix}: its value is not known, for Baseten shows it once: another rotate_when makes a "
            "new key, whose value is an output"
        )
        inputs = {
            **({"name": key.name} if key.name else {}),
            "type": key.kind,
            **({"models": list(key.model_ids)} if key.model_ids else {}),
            **({"team": key.team} if key.team else {}),
        }
        found = {"prefix": key.prefix, "key_name": key.name, "model_ids": list(key.model_ids)}
        made = {"generation": "0", "previous_prefixes": [], "drift": {}}
        return Live(key.prefix, inputs, {**inputs, **found, **made})


def _wants_key(state: Values, inputs: Values) -> bool:
    return bool(state.get("drift") or list_changes(state, inputs))


def _is_another(state: Values, inputs: Values, model_ids: tuple[str, ...]) -> bool:
    """Whether the key would be another one: a model's id in place of its name is the same scope."""
    told = [it for it in list_changes(state, inputs) if it != "models"]
    return bool(told or state.get("drift")) or sorted(state["model_ids"]) != list(model_ids)


def _working(state: Values) -> list[str]:
    return [] if "prefix" in (state.get("drift") or {}) else [state["prefix"]]


def _next(state: Values) -> str:
    return str(int(state.get("generation") or 0) + 1)


def _own_problem(state: Values) -> str:
    return (
        f"API key {state['key_name']!r} is not deleted, because this `pulumi` runs with it: set another key in "
        "BASETEN_API_KEY, and run this again"
    )
