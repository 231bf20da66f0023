"""Secrets: written, never read back; Baseten gives no values."""

from baseten_tei.baseten.api.api_errors import ApiError, without_body
from baseten_tei.baseten.api.models import Teams
from baseten_tei.spec.names import same_secret


class Secrets(Teams):
    """Calls about the secrets of a workspace, or of a team."""

    def find_secret(self, name: str, team: str | None) -> str | None:
        """Return the name under which Baseten holds this secret (`-` equals `_`); `None` where it does not."""
        team_id = self._team_id(team)
        found = self._call(
            lambda: (
                self._sdk.get_teams_secrets(team_id=team_id) if team_id else self._sdk.get_secrets()
            )
        )
        names = [secret.name for secret in found.secrets if same_secret(secret.name, name)]
        return names[0] if names else None

    def upsert_secret(self, name: str, value: str, team: str | None) -> None:
        """Store a secret; running deployments see the new value at their next start.

        An error holds nothing of Baseten's answer: it may repeat the value, as it is or encoded.
        """
        from baseten.client.managementapi import UpsertSecretRequest

        team_id, request = self._team_id(team), UpsertSecretRequest(name=name, value=value)
        try:
            self._call(
                lambda: (
                    self._sdk.post_teams_secrets(team_id=team_id, request=request)
                    if team_id
                    else self._sdk.post_secrets(request=request)
                )
            )
        except ApiError as error:
            hidden = without_body(error)
        else:
            return
        raise hidden  # outside of `except`: with no context, no traceback can hold the answer

    def delete_secret(self, name: str, team: str | None) -> None:
        """Delete a secret by the name Baseten holds it under."""
        team_id = self._team_id(team)
        self._delete_once(
            lambda: (
                self._sdk.delete_teams_secrets(team_id=team_id, secret_name=name)
                if team_id
                else self._sdk.delete_secrets(secret_name=name)
            )
        )
