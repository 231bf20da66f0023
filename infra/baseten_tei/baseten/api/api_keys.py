"""API keys: made, listed without their values, deleted. A value is shown once, in the answer that made it."""

from collections.abc import Collection
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from baseten_tei.baseten.api.api_errors import ApiError, NotFoundError, without_body
from baseten_tei.baseten.api.models import Teams
from baseten_tei.baseten.api.retries import retrying
from baseten_tei.baseten.remote_keys import RemoteKey, WantedKey, find_lost, prefix_of

if TYPE_CHECKING:
    from baseten.client.managementapi import APIKeyInfo


class ApiKeys(Teams):
    """Calls about API keys."""

    def api_keys(self) -> list[RemoteKey]:
        """Return every key that this one may see."""
        found = self._call(lambda: self._sdk.get_api_keys())
        return [_as_key(it) for it in found.keys]

    def own_prefix(self) -> str:
        """Return the prefix of the key that these calls are made with."""
        return prefix_of(self._connect())

    def create_api_key(self, wanted: WantedKey, held: Collection[str] = ()) -> str:
        """Make a key, and return it whole.

        Before each try, a key of this name that an earlier one made and nobody ever used is deleted: the answer was
        lost, and the value with it. `held` are prefixes that the state knows. No error holds anything of an answer
        that may hold a key.
        """
        team_id = self._team_id(wanted.team)
        try:
            return retrying(self._sleep, self._random)(
                lambda: self._create_alone(wanted, team_id, held)
            )
        except ApiError as error:
            if error.leaves_open:
                with suppress(ApiError):
                    self._delete_lost(wanted.name, held)
            refused = error.status is not None and 400 <= error.status < 500
            failure = error if refused else without_body(error)
        raise failure  # outside of `except`: with no context, no traceback can hold the answer

    def delete_api_key(self, prefix: str) -> None:
        """Delete a key: whoever uses it is refused from then on."""
        self._delete_once(lambda: self._sdk.delete_api_keys(api_key_prefix=prefix))

    def _create_alone(self, wanted: WantedKey, team_id: str | None, held: Collection[str]) -> str:
        from baseten.client.managementapi import CreateAPIKeyRequest

        self._delete_lost(wanted.name, held)
        request = CreateAPIKeyRequest.model_validate(
            {
                "name": wanted.name,
                "type": wanted.kind,
                **({"model_ids": list(wanted.model_ids)} if wanted.model_ids else {}),
            }
        )
        made = self._try(
            lambda: (
                self._sdk.post_teams_api_keys(team_id=team_id, request=request)
                if team_id
                else self._sdk.post_api_keys(request=request)
            )
        )
        return made.api_key

    def _delete_lost(self, name: str, held: Collection[str]) -> None:
        listed = self._try(lambda: self._sdk.get_api_keys()).keys
        for key in find_lost(map(_as_key, listed), name, held):
            with suppress(NotFoundError):
                self._try(partial(self._sdk.delete_api_keys, api_key_prefix=key.prefix))


def _as_key(key: "APIKeyInfo") -> RemoteKey:
    return RemoteKey(
        key.prefix,
        key.name or "",
        str(key.type),
        tuple(sorted(key.model_ids or ())),
        key.team_name or "",
        used=key.last_used_at is not None,
    )
