"""Deployments: the versions of a model."""

from typing import TYPE_CHECKING, Any

import yaml

from baseten_tei.baseten.api.api_errors import strange
from baseten_tei.baseten.api.calls import Calls
from baseten_tei.baseten.api.translation import as_startup, as_version
from baseten_tei.baseten.startups import Startup
from baseten_tei.baseten.statuses import FAILED
from baseten_tei.baseten.versions import Version
from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import check_depth

if TYPE_CHECKING:
    from baseten.client.managementapi import RetryDeploymentResponse

_ASLEEP = frozenset({"INACTIVE", "DEACTIVATING"})
_DAY_SECONDS = 86_400
"""The longest deadline of a release; around now, since clocks differ."""


class Deployments(Calls):
    """Calls about deployments."""

    def versions(self, model_id: str) -> list[Version]:
        """Return all deployments of a model."""
        found = self._call(lambda: self._sdk.get_models_deployments(model_id=model_id))
        return [as_version(deployment) for deployment in found.deployments]

    def version(self, model_id: str, deployment_id: str) -> Version:
        """Return one deployment."""
        found = self._call(
            lambda: self._sdk.get_models_deployments_deployment_id(
                model_id=model_id, deployment_id=deployment_id
            )
        )
        return as_version(found)

    def activate(self, model_id: str, deployment_id: str) -> None:
        """Wake a deactivated deployment (Baseten allows 20 a minute)."""
        self._once(
            lambda: self._sdk.post_models_deployments_activate(
                model_id=model_id, deployment_id=deployment_id
            ),
            done=lambda: self.version(model_id, deployment_id).status not in _ASLEEP,
        )

    def deactivate(self, model_id: str, deployment_id: str) -> None:
        """Stop a deployment, so that it waits for no machine and costs nothing (Baseten allows 20 a minute)."""
        self._once(
            lambda: self._sdk.post_models_deployments_deactivate(
                model_id=model_id, deployment_id=deployment_id
            ),
            done=lambda: self.version(model_id, deployment_id).status in _ASLEEP,
        )

    def retry(self, model_id: str, deployment_id: str) -> None:
        """Try a failed deployment once more (Baseten allows 10 a minute). Raises `UserError` where it will not."""

        def works() -> bool:
            return self.version(model_id, deployment_id).status not in FAILED

        def act() -> None:
            told = self._retry(model_id, deployment_id)
            if not told.retried and not works():
                raise UserError(
                    f"Baseten does not retry deployment {deployment_id} ({told.reason or 'no reason given'}): "
                    "change the model's configuration, or delete that deployment, and run `pulumi up`"
                )

        self._once(act, done=works)

    def _retry(self, model_id: str, deployment_id: str) -> "RetryDeploymentResponse":
        return self._sdk.post_models_deployments_retry(
            model_id=model_id, deployment_id=deployment_id
        )

    def delete_version(self, model_id: str, deployment_id: str) -> None:
        """Delete a deployment. Baseten refuses one that serves an environment."""
        self._delete_once(
            lambda: self._sdk.delete_models_deployments(
                model_id=model_id, deployment_id=deployment_id
            )
        )

    def log_tail(self, model_id: str, deployment_id: str, lines: int) -> list[str]:
        """Return the last log lines of a deployment, oldest first."""
        from baseten.client.managementapi import GetModelsDeploymentsLogsParams as Params

        params = Params.model_validate({"direction": "desc", "limit": max(lines, 1)})
        found = self._call(
            lambda: self._sdk.get_models_deployments_logs(
                model_id=model_id, deployment_id=deployment_id, params=params
            )
        )
        return [log.message for log in found.logs[:lines]][::-1]

    def startup(self, model_id: str, deployment_id: str, now: float) -> Startup | None:
        """Return the newest startup of a deployment, as far as it has come; `None` where Baseten tells none.

        It is asked once: whoever waits asks again anyway. `now` is in seconds since the epoch. Raises `ApiError`, e.g.
        a `NotFoundError` where this workspace has no startups.
        """
        from baseten.client.managementapi import GetModelsDeploymentsStartupsParams as Params

        begin, end = (round((now + days * _DAY_SECONDS) * 1000) for days in (-2, 1))
        params = Params.model_validate(
            {"start_epoch_millis": begin, "end_epoch_millis": end, "limit": 1}
        )
        found = self._try(
            lambda: self._sdk.get_models_deployments_startups(
                model_id=model_id, deployment_id=deployment_id, params=params
            )
        )
        return as_startup(found.items[0]) if found.items else None

    def config(self, model_id: str, deployment_id: str) -> dict[str, Any]:
        """Return the Truss config that a deployment was made from; empty where Baseten has none."""
        found = self._call(
            lambda: self._sdk.get_models_deployments_config(
                model_id=model_id, deployment_id=deployment_id
            )
        )
        return self._readable(model_id, found.config, found.raw_config or "")

    def _readable(self, model_id: str, config: Any, raw: str) -> dict[str, Any]:
        """The config that Baseten parsed, or its text; truss writes and reads YAML with PyYAML's rules."""
        try:
            parsed = yaml.safe_load(raw) if config is None else config
            check_depth(parsed)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise strange(self.target.management_url, f"the config of model {model_id}") from error
        if parsed is not None and not isinstance(parsed, dict):
            raise strange(self.target.management_url, f"the config of model {model_id}")
        return parsed or {}
