"""Environments: what serves, how it scales, how it takes over."""

from collections.abc import Callable, Mapping
from typing import Any

from baseten_tei.baseten.api.api_errors import NotFoundError
from baseten_tei.baseten.api.calls import Calls
from baseten_tei.baseten.api.translation import as_serving, promotion_request, settings_request
from baseten_tei.baseten.versions import EnvironmentSettings, Serving
from baseten_tei.deployment.schedules.baseten_schedules import RemoteSchedules


class Environments(Calls):
    """Calls about environments."""

    def environments(self, model_id: str) -> list[Serving]:
        """Return all environments of a model."""
        found = self._call(lambda: self._sdk.get_models_environments(model_id=model_id))
        return [as_serving(environment) for environment in found.environments]

    def serving(self, model_id: str, environment: str) -> Serving | None:
        """Return an environment; `None` if there is no environment of this name."""
        try:
            found = self._call(
                lambda: self._sdk.get_models_environments_env_name(
                    model_id=model_id, env_name=environment
                )
            )
        except NotFoundError:
            return None
        return as_serving(found)

    def create_environment(
        self, model_id: str, environment: str, settings: EnvironmentSettings
    ) -> None:
        """Create an environment with its settings, before it has traffic; one that is there gets them too."""
        from baseten.client.managementapi import CreateEnvironmentRequest

        request = CreateEnvironmentRequest.model_validate(
            {"name": environment, **settings_request(settings)}
        )

        def done() -> bool:
            there = self.serving(model_id, environment) is not None
            if there:
                self.update_environment(model_id, environment, settings)
            return there

        self._once(
            lambda: self._sdk.post_models_environments(model_id=model_id, request=request), done
        )

    def update_environment(
        self, model_id: str, environment: str, settings: EnvironmentSettings
    ) -> str:
        """Change settings in place: `ACCEPTED`, `UNCHANGED`, or `QUEUED` until a deployment under way is done."""
        from baseten.client.managementapi import UpdateEnvironmentRequest

        request = UpdateEnvironmentRequest.model_validate(settings_request(settings))
        told = self._call(
            lambda: self._sdk.patch_models_environments(
                model_id=model_id, env_name=environment, request=request
            )
        )
        return str(told.model_dump()["status"])  # as an attribute it is deprecated, and warns

    def change_schedules(
        self,
        model_id: str,
        environment: str,
        decide: Callable[[RemoteSchedules], Mapping[str, Any]],
    ) -> None:
        """Change an environment's autoscaling schedules: `decide` says how, by those that are there, or nothing."""
        from baseten.client.managementapi import UpdateEnvironmentRequest

        def left() -> Mapping[str, Any]:
            found = self.serving(model_id, environment)
            return decide(found.schedules) if found else {}

        change = left()
        if not change:
            return
        request = UpdateEnvironmentRequest.model_validate({"autoscaling_schedule_settings": change})
        self._once(
            lambda: self._sdk.patch_models_environments(
                model_id=model_id, env_name=environment, request=request
            ),
            done=lambda: not left(),
        )

    def delete_environment(self, model_id: str, environment: str) -> None:
        """Delete a custom environment; Baseten scales what served it to zero."""
        self._delete_once(
            lambda: self._sdk.delete_models_environments(model_id=model_id, env_name=environment)
        )

    def promote(
        self,
        model_id: str,
        environment: str,
        deployment_id: str,
        settings: EnvironmentSettings,
        *,
        redeploy: bool = False,
        region: str | None = None,
    ) -> None:
        """Let a deployment serve an environment, on its own instance type and with these settings.

        With `redeploy` it starts anew, as a copy with an id of its own, and so it may where `region` (Baseten's word)
        is another than its own.
        """
        from baseten.client.managementapi import PromoteToEnvironmentRequest

        request = PromoteToEnvironmentRequest.model_validate(
            promotion_request(deployment_id, settings, redeploy=redeploy, region=region)
        )
        before = self.serving(model_id, environment)
        served = before.current if before else None
        moves = served is not None and region is not None and served.region != region
        self._once(
            lambda: self._sdk.post_models_environments_promote(
                model_id=model_id, env_name=environment, request=request
            ),
            done=lambda: _has_begun(
                before,
                self.serving(model_id, environment),
                deployment_id,
                redeploy=redeploy or moves,
            ),
        )


def _has_begun(
    before: Serving | None, now: Serving | None, deployment_id: str, *, redeploy: bool
) -> bool:
    """Whether a promotion is under way or done that was not before; what is promoted may be a copy."""
    if now is None:
        return False
    if now.promoting and not (before and before.promoting):
        return True
    candidate = now.candidate.id if now.promoting and now.candidate else None
    current = now.current.id if now.current else None
    current_before = before.current.id if before and before.current else None
    serves = current == deployment_id and not redeploy
    return serves or candidate == deployment_id or current != current_before
