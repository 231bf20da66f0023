"""Models and teams."""

from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from baseten_tei.baseten.api.calls import Calls
from baseten_tei.baseten.api.translation import as_model
from baseten_tei.baseten.teams import Team, find_team, the_model
from baseten_tei.baseten.versions import RemoteModel

if TYPE_CHECKING:
    from baseten.client.managementapi import Models as ListOfModels


class Teams(Calls):
    """Teams, looked up once."""

    @cached_property
    def teams(self) -> list[Team]:
        """The teams that this API key sees."""
        found = self._call(lambda: self._sdk.get_teams())
        return [Team(team.id, team.name) for team in found.teams]

    def _team_id(self, team: str | None) -> str | None:
        return find_team(self.teams, team).id if team else None


class Models(Teams):
    """Calls about models and about what the account may use."""

    def find_model(self, name: str, team: str | None) -> str | None:
        """Return the id of the model with this name; `None` where there is none. Refuses a name of several teams."""
        found = the_model(self._list_models(team, name), name)
        return found.id if found else None

    def models(self, team: str | None) -> list[RemoteModel]:
        """Return every model that the API key sees, or every one of a team."""
        return self._list_models(team, None)

    def rename_model(self, model_id: str, name: str, team: str | None) -> None:
        """Give a model another name; its id, URLs and versions stay. Raises `ApiError` 404 or 405 where it cannot."""
        from baseten.client.managementapi import UpdateModelRequest

        request = UpdateModelRequest.model_validate({"name": name})
        self._once(
            lambda: self._sdk.patch_models(model_id=model_id, request=request),
            done=lambda: self.find_model(name, team) == model_id,
        )

    def delete_model(self, model_id: str) -> None:
        """Delete a model with all its deployments and environments."""
        self._delete_once(lambda: self._sdk.delete_models(model_id=model_id))

    def instance_types(self) -> list[str]:
        """Return names of the instance types this account has."""
        found = self._call(lambda: self._sdk.get_instance_types())
        return [it.name for it in found.instance_types]

    def regions(self, team: str | None) -> list[str]:
        """Return the regions that a team, or the organization, may choose: Baseten's words."""
        team_id = self._team_id(team)
        found = self._call(
            lambda: (
                self._sdk.get_teams_regions(team_id=team_id) if team_id else self._sdk.get_regions()
            )
        )
        return [it.slug for it in found.regions]

    def prices(self) -> dict[str, float]:
        """Return US dollars per minute of a replica, by the name of the instance type, where it is an amount."""
        found = self._call(lambda: self._sdk.get_instance_type_prices())
        return {
            it.instance_type.name: it.price for it in found.instance_types if 0 <= it.price < inf
        }

    def _list_models(self, team: str | None, name: str | None) -> list[RemoteModel]:
        team_id = self._team_id(team)
        found = self._call(lambda: self._ask_models(team_id, name))
        return [as_model(model) for model in found.models]

    def _ask_models(self, team_id: str | None, name: str | None) -> "ListOfModels":
        from baseten.client.managementapi import GetModelsParams, GetTeamsModelsParams

        if team_id:
            return self._sdk.get_teams_models(
                team_id=team_id, params=GetTeamsModelsParams(name=name)
            )
        return self._sdk.get_models(params=GetModelsParams(name=name))
