"""Teams: a name or an id, whichever the reader wrote, is one team; and a model's name is one model."""

from collections.abc import Iterable
from dataclasses import dataclass

from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.errors import UserError


@dataclass(frozen=True)
class Team:
    """A team of the workspace."""

    id: str
    name: str


def find_team(teams: Iterable[Team], wanted: str) -> Team:
    """Return the team of this name or id. Raises `UserError` where it is none, or more than one, of the key's."""
    known = list(teams)
    found = [team for team in known if wanted in (team.id, team.name)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{team.id} ({team.name})" for team in found)
        raise UserError(
            f"team {wanted!r} is several teams: write baseten-tei:team: with one of these ids: {ids}"
        )
    names = ", ".join(f"{team.name} ({team.id})" for team in known) or "(this key sees no team)"
    raise UserError(
        f"team {wanted!r} is not one this API key sees: write baseten-tei:team: with one of them: {names}"
    )


def the_model(models: Iterable[RemoteModel], name: str) -> RemoteModel | None:
    """Return the model of this name; `None` where there is none. Raises `UserError` where several teams have one."""
    found = [model for model in models if model.name == name]
    if len(found) > 1:
        teams = ", ".join(sorted(model.team for model in found))
        raise UserError(
            f"model {name!r} is in several teams: write baseten-tei:team: with one of them: {teams}"
        )
    return found[0] if found else None
