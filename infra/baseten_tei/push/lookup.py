"""The questions a push asks before it pushes, over plain `requests`.

The `baseten` SDK answers them too, but importing it takes 1.5 s of CPU (measured, 0.13.1), and every push is
a process of its own; the provider, which lives through a whole operation, uses the SDK.
"""

import random
import time
from functools import partial
from types import TracebackType
from typing import Any, Self

from baseten_tei.baseten.api.api_errors import answer_error, cut_short, strange, unreachable
from baseten_tei.baseten.api.retries import Random, Sleep, retrying
from baseten_tei.baseten.target import Target
from baseten_tei.baseten.teams import Team, find_team, the_model
from baseten_tei.baseten.versions import RemoteModel, Version
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.network_errors import NoAnswerError
from baseten_tei.facts.network.requests_client import Session

BOUNDS = Bounds(seconds=60.0, size=32 * MIB)
"""Of one answer. A list of 10,000 models has 4 MB."""


class Lookup:
    """An account's teams and deployments, only looked at. Every method raises `UserError`."""

    def __init__(
        self,
        target: Target,
        api_key: str,
        sleep: Sleep = time.sleep,
        rand: Random = random.random,
        bounds: Bounds = BOUNDS,
    ) -> None:
        """`sleep` and `rand` are the pauses between tries."""
        self._address = target.management_url
        self._sleep = sleep
        self._random = rand
        self._session = Session(bounds)
        self._session.trust_env = not target.loopback
        self._session.headers["Authorization"] = f"Bearer {api_key}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def team(self, wanted: str) -> Team:
        """Return the team of this name or id."""
        teams = self._list("/v1/teams", "teams", ("id", "name"))
        return find_team((Team(team["id"], team["name"]) for team in teams), wanted)

    def deployments(self, name: str, team: Team | None) -> list[Version]:
        """Return deployments of the model with this name; none where there is no such model."""
        path = f"/v1/teams/{team.id}/models" if team else "/v1/models"
        models = self._list(path, "models", ("id", "name"), name=name)
        found = the_model(map(_model, models), name)
        if found is None:
            return []
        path = f"/v1/models/{found.id}/deployments"
        return [
            Version(it["id"], it["status"], it.get("labels") or {}, it["created_at"])
            for it in self._list(path, "deployments", ("id", "status", "created_at"))
        ]

    def _list(
        self, path: str, key: str, fields: tuple[str, ...], **params: str
    ) -> list[dict[str, Any]]:
        """The list that Baseten gives under `key`; each of its items has these fields."""
        told = retrying(self._sleep, self._random)(partial(self._get, path, params))
        items = told.get(key) if isinstance(told, dict) else None
        if not isinstance(items, list) or not all(_has(item, fields) for item in items):
            raise strange(self._address, f"{path} gives no {key} with {', '.join(fields)}")
        return items

    def _get(self, path: str, params: dict[str, str]) -> object:
        try:
            response = self._session.get(f"{self._address}{path}", params=params)
        except NoAnswerError as error:
            raise unreachable(self._address, error.why) from error
        if response.status_code != 200:
            raise answer_error(response.status_code, response.text)
        try:
            return decode_json(response.content)
        except ValueError as error:
            begins_as_json = response.text.lstrip().startswith("{")
            raise (cut_short if begins_as_json else strange)(self._address) from error


def _has(item: object, fields: tuple[str, ...]) -> bool:
    return isinstance(item, dict) and all(field in item for field in fields)


def _model(model: dict[str, Any]) -> RemoteModel:
    return RemoteModel(model["id"], model["name"], model.get("team_name") or "")
