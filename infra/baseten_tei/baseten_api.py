"""The management API, through Baseten's official SDK: the calls that resources make, in our words.

The SDK is imported at the first call, never at preview (1.5 s of CPU, measured on 0.13.1).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from baseten_tei.answers import pause_seconds, refused, unreachable, worth_another_try
from baseten_tei.errors import UserError
from baseten_tei.names import same_secret
from baseten_tei.release import Version
from baseten_tei.target import Target

if TYPE_CHECKING:
    from baseten.client.managementapi import ApiClient, Deployment

_T = TypeVar("_T")

TIMEOUT_SECONDS = 60.0
ATTEMPTS = 4
"""Tries of one call against 429 and 5xx."""


@dataclass(frozen=True)
class Serving:
    """What an environment serves now, and on its way to what."""

    current: Version | None
    autoscaling: dict[str, int]
    promoting: bool
    promotion_error: str | None


class NotFoundError(UserError):
    """Baseten has no such thing (404)."""


class BasetenApi:
    """One account's models, environments and secrets. Every method raises `UserError`."""

    def __init__(
        self,
        target: Target,
        connect: Callable[[], str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`connect` gives the API key, and is not called before the first call needs it."""
        self.target = target
        self._connect = connect
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"BasetenApi({self.target.management_url})"

    @cached_property
    def _sdk(self) -> "ApiClient":
        import httpx
        from baseten.client import ManagementClient

        api_key = self._connect()
        http = httpx.Client(
            base_url=self.target.management_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=TIMEOUT_SECONDS,
            trust_env=not self.target.loopback,
        )
        return ManagementClient(api_key=api_key, http_client_override=http).api

    def find_model(self, name: str, team: str | None) -> str | None:
        """The id of the model with this name; `None` where there is none."""
        from baseten.client.managementapi import GetModelsParams

        found = self._call(lambda: self._sdk.get_models(params=GetModelsParams(name=name)))
        ids = [m.id for m in found.models if m.name == name and team in (None, m.team_name)]
        return ids[0] if ids else None

    def delete_model(self, model_id: str) -> None:
        """Delete a model with all its deployments and environments."""
        self._call(lambda: self._sdk.delete_models(model_id=model_id))

    def versions(self, model_id: str) -> list[Version]:
        """All deployments of a model."""
        found = self._call(lambda: self._sdk.get_models_deployments(model_id=model_id))
        return [_version(deployment) for deployment in found.deployments]

    def version(self, model_id: str, deployment_id: str) -> Version:
        """One deployment."""
        return _version(
            self._call(
                lambda: self._sdk.get_models_deployments_deployment_id(
                    model_id=model_id, deployment_id=deployment_id
                )
            )
        )

    def activate(self, model_id: str, deployment_id: str) -> None:
        """Wake a deactivated deployment."""
        self._call(
            lambda: self._sdk.post_models_deployments_activate(
                model_id=model_id, deployment_id=deployment_id
            )
        )

    def retry(self, model_id: str, deployment_id: str) -> None:
        """Try a failed deployment once more (Baseten allows 10 a minute). Raises `UserError` where it will not."""
        told = self._call(
            lambda: self._sdk.post_models_deployments_retry(
                model_id=model_id, deployment_id=deployment_id
            )
        )
        if not told.retried:
            raise UserError(f"Baseten does not retry deployment {deployment_id}: {told.reason}")

    def log_tail(self, model_id: str, deployment_id: str, lines: int) -> list[str]:
        """The last log lines of a deployment, oldest first."""
        from baseten.client.managementapi import GetModelsDeploymentsLogsParams as Params

        params = Params.model_validate({"direction": "desc", "limit": max(lines, 1)})
        found = self._call(
            lambda: self._sdk.get_models_deployments_logs(
                model_id=model_id, deployment_id=deployment_id, params=params
            )
        )
        return [log.message for log in found.logs[:lines]][::-1]

    def serving(self, model_id: str, environment: str) -> Serving | None:
        """What an environment serves; `None` where there is no such environment."""
        try:
            found = self._call(
                lambda: self._sdk.get_models_environments_env_name(
                    model_id=model_id, env_name=environment
                )
            )
        except NotFoundError:
            return None
        promotion, current = found.in_progress_promotion, found.current_deployment
        return Serving(
            current=_version(current) if current else None,
            autoscaling=found.autoscaling_settings.model_dump(exclude_none=True),
            promoting=promotion is not None and promotion.status not in ("SUCCEEDED", "FAILED"),
            promotion_error=promotion.error_message if promotion else None,
        )

    def create_environment(
        self, model_id: str, environment: str, autoscaling: dict[str, int]
    ) -> None:
        """Create an environment with its settings, before it has traffic."""
        from baseten.client.managementapi import CreateEnvironmentRequest

        request = CreateEnvironmentRequest.model_validate(
            {"name": environment, "autoscaling_settings": autoscaling}
        )
        self._call(lambda: self._sdk.post_models_environments(model_id=model_id, request=request))

    def delete_environment(self, model_id: str, environment: str) -> None:
        """Delete a custom environment; Baseten scales what served it to zero."""
        self._call(
            lambda: self._sdk.delete_models_environments(model_id=model_id, env_name=environment)
        )

    def promote(
        self, model_id: str, environment: str, deployment_id: str, autoscaling: dict[str, int]
    ) -> None:
        """Let a deployment serve an environment, on its own instance type and with these settings."""
        from baseten.client.managementapi import PromoteToEnvironmentRequest

        request = PromoteToEnvironmentRequest.model_validate(
            {
                "deployment_id": deployment_id,
                "preserve_env_instance_type": False,
                "environment_settings_update": {"autoscaling_settings": autoscaling},
            }
        )
        self._call(
            lambda: self._sdk.post_models_environments_promote(
                model_id=model_id, env_name=environment, request=request
            )
        )

    def set_autoscaling(self, model_id: str, environment: str, autoscaling: dict[str, int]) -> None:
        """Change an environment's autoscaling settings in place."""
        from baseten.client.managementapi import UpdateEnvironmentRequest

        request = UpdateEnvironmentRequest.model_validate({"autoscaling_settings": autoscaling})
        self._call(
            lambda: self._sdk.patch_models_environments(
                model_id=model_id, env_name=environment, request=request
            )
        )

    def instance_types(self) -> list[str]:
        """Names of the instance types this account has."""
        found = self._call(lambda: self._sdk.get_instance_types())
        return [it.name for it in found.instance_types]

    def find_secret(self, name: str, team: str | None) -> str | None:
        """The name under which Baseten holds this secret (`-` equals `_`); `None` where it does not."""
        team_id = self._team_id(team)
        found = self._call(
            lambda: (
                self._sdk.get_teams_secrets(team_id=team_id) if team_id else self._sdk.get_secrets()
            )
        )
        names = [secret.name for secret in found.secrets if same_secret(secret.name, name)]
        return names[0] if names else None

    def upsert_secret(self, name: str, value: str, team: str | None) -> None:
        """Store a secret; running deployments see the new value at their next start."""
        from baseten.client.managementapi import UpsertSecretRequest

        team_id, request = self._team_id(team), UpsertSecretRequest(name=name, value=value)
        self._call(
            lambda: (
                self._sdk.post_teams_secrets(team_id=team_id, request=request)
                if team_id
                else self._sdk.post_secrets(request=request)
            )
        )

    def delete_secret(self, name: str, team: str | None) -> None:
        """Delete a secret by the name Baseten holds it under."""
        team_id = self._team_id(team)
        self._call(
            lambda: (
                self._sdk.delete_teams_secrets(team_id=team_id, secret_name=name)
                if team_id
                else self._sdk.delete_secrets(secret_name=name)
            )
        )

    def _team_id(self, team: str | None) -> str | None:
        """A team's id by its name, which is what truss and models go by too."""
        if team is None:
            return None
        if team in self._teams:
            return self._teams[team]
        raise UserError(
            f"team {team!r} is not one this API key sees: write baseten-tei:team: {', '.join(self._teams)}"
        )

    @cached_property
    def _teams(self) -> dict[str, str]:
        return {team.name: team.id for team in self._call(lambda: self._sdk.get_teams()).teams}

    def _call(self, call: Callable[[], _T]) -> _T:
        import httpx
        from baseten.client.managementapi import ResponseError

        for attempt in range(ATTEMPTS):
            try:
                return call()
            except httpx.TransportError as error:
                raise UserError(
                    unreachable(self.target.management_url, type(error).__name__)
                ) from error
            except ResponseError as error:
                if attempt == ATTEMPTS - 1 or not worth_another_try(error.status_code):
                    raise _as_user_error(error.status_code, error.body) from error
                self._sleep(pause_seconds(error.body, attempt))
            except (
                ValueError
            ) as error:  # no JSON, or none of Baseten's: something else answers there
                address = self.target.management_url
                raise UserError(
                    f"{address} does not answer as Baseten does: check the target"
                ) from error
        raise AssertionError("the last attempt returns or raises")


def _as_user_error(status: int, body: str) -> UserError:
    kind: Any = NotFoundError if status == 404 else UserError
    return kind(refused(status, body))  # type: ignore[no-any-return]  # chosen above, both are UserError


def _version(deployment: "Deployment") -> Version:
    return Version(
        id=deployment.id,
        status=deployment.status,
        labels=deployment.labels or {},
        created_at=deployment.created_at.isoformat(),
    )
