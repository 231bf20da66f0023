"""What `read` asks Baseten, by list calls, each made once for a whole refresh.

Only the list of models spans models (`GET /v1/models`, `/v1/teams/{id}/models`; official SDK 0.13.1), and no list
has pages. So a refresh of N models takes 1 + N calls: that list, and of each model its environments, which tell
what serves with its labels, and every setting. More is asked only of a model that drifted.
"""

from typing import Any, Protocol

from baseten_tei.baseten.api import BasetenApi, NotFoundError
from baseten_tei.baseten.remote_keys import RemoteKey
from baseten_tei.baseten.teams import the_model
from baseten_tei.baseten.versions import RemoteModel, Serving, Version
from baseten_tei.provider.resources.asked_once import Remembered
from baseten_tei.provider.resources.rate_limit import Pace


class Reads(Protocol):
    """The part of `BasetenApi` that reads take."""

    def find_model(self, name: str, team: str | None) -> str | None:
        """Return what `BasetenApi` does, asked once."""

    def models(self, team: str | None) -> list[RemoteModel]:
        """Return what `BasetenApi` does, asked once."""

    def environments(self, model_id: str) -> list[Serving]:
        """Return what `BasetenApi` does, asked once."""

    def versions(self, model_id: str) -> list[Version]:
        """Return what `BasetenApi` does, asked once."""

    def config(self, model_id: str, deployment_id: str) -> dict[str, Any]:
        """Return what `BasetenApi` does, asked once."""


class ListedReads:
    """`Reads` of many resources at once."""

    def __init__(self, api: BasetenApi, remembered: Remembered, pace: Pace) -> None:
        self._api = api
        self._remembered = remembered
        self._pace = pace

    def find_model(self, name: str, team: str | None) -> str | None:
        """Return the model of this name, from the list of all."""
        found = the_model(self._models_by_name(team).get(name, ()), name)
        return found.id if found else None

    def models(self, team: str | None) -> list[RemoteModel]:
        """Return every model there is."""
        return [model for models in self._models_by_name(team).values() for model in models]

    def environments(self, model_id: str) -> list[Serving]:
        """Return all of a model's: what each of them serves, and how it is set."""

        def ask() -> list[Serving]:
            self._pace.wait()
            return self._api.environments(model_id)

        return self._remembered.ask(("environments", model_id), ask)

    def versions(self, model_id: str) -> list[Version]:
        """Return it, asked once, and only for a model that drifted."""
        return self._api.versions(model_id)

    def config(self, model_id: str, deployment_id: str) -> dict[str, Any]:
        """Return it, asked once, and only for a model that drifted."""
        return self._api.config(model_id, deployment_id)

    def api_keys(self) -> list[RemoteKey]:
        """Return every key, from one list."""
        return self._remembered.ask(("api_keys",), self._api.api_keys)

    def _models_by_name(self, team: str | None) -> dict[str, list[RemoteModel]]:
        def ask() -> dict[str, list[RemoteModel]]:
            named: dict[str, list[RemoteModel]] = {}
            for model in self._api.models(team):
                named.setdefault(model.name, []).append(model)
            return named

        return self._remembered.ask(("models", team), ask)


def environment_of(api: Reads, model_id: str, name: str) -> Serving | None:
    """Return a model's environment of this name; `None` where there is none, or the model went just now."""
    try:
        environments = api.environments(model_id)
    except NotFoundError:
        return None
    return next((it for it in environments if it.name == name), None)
