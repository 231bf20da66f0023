"""A Baseten of plain data for the provider's decisions, and a clock that only moves when someone sleeps."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from baseten_tei.baseten.api import ApiError, NotFoundError
from baseten_tei.baseten.remote_keys import RemoteKey, WantedKey
from baseten_tei.baseten.startups import Startup
from baseten_tei.baseten.statuses import FAILED
from baseten_tei.baseten.target import parse_target
from baseten_tei.baseten.versions import EnvironmentSettings, RemoteModel, Serving, Version
from baseten_tei.deployment.schedules.baseten_schedules import RemoteSchedules
from baseten_tei.errors import UserError
from baseten_tei.spec.names import same_secret

AUTOSCALING = {"min_replica": 0, "max_replica": 1, "concurrency_target": 32}
SETTINGS = EnvironmentSettings(AUTOSCALING)


class Clock:
    """Seconds, as an argument."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def version(
    deployment_id: str = "d1",
    status: str = "ACTIVE",
    digest: str = "new",
    owner: tuple[str, str] | None = ("proj", "dev"),
    created_at: str = "2026-11-22T00:00:00",
    **more: Any,
) -> Version:
    """A deployment with our labels; `owner=None` for one that somebody else made."""
    labels = {"config_digest": digest}
    if owner:
        labels |= {"pulumi_project": owner[0], "pulumi_stack": owner[1]}
    return Version(deployment_id, status, labels, created_at, **more)


class FakeApi:
    """`BasetenApi`'s methods over plain data; `calls` holds what changed something, in order."""

    def __init__(
        self,
        models: Mapping[str, str] | None = None,
        deployments: Mapping[str, Version] | None = None,
        environments: Mapping[str, Serving] | None = None,
        secrets: Mapping[str, str] | None = None,
        *,
        of_model: Mapping[str, str] | None = None,
        configs: Mapping[str, dict[str, Any]] | None = None,
        statuses: dict[str, list[str]] | None = None,
        logs: list[str] | UserError | None = None,
        promotes_to: str | None = None,
        promotion_looks: int = 0,
        promotion_error: str | None = None,
        startups: Mapping[str, Startup | ApiError] | None = None,
    ) -> None:
        """`models`: `name` or `team/name` → id.

        `environments`: `name`, or `model id/name` where a test has several models. `of_model`: deployment →
        model; one that is not named belongs to every model. `configs`: deployment → its Truss config.
        `statuses`: deployment → the statuses it goes through, one a look; the last one stays.
        `promotes_to`: id of the copy that Baseten makes of what is promoted. `promotion_looks`: how many
        looks a promotion takes; `promotion_error`: how it fails. `startups`: deployment → its startup, or why
        there is none to be had.
        """
        self.target = parse_target("baseten")
        self.model_ids = dict({"bge": "m1"} if models is None else models)
        self.deployments = dict(deployments or {})
        self.served = dict(environments or {})
        self.secrets = dict(secrets or {})
        self.of_model = dict(of_model or {})
        self.configs = dict(configs or {})
        self.statuses = statuses or {}
        self.logs = logs if logs is not None else []
        self.promotes_to = promotes_to
        self.promotion_looks = promotion_looks
        self.promotion_error = promotion_error
        self.schedules_refused: ApiError | None = None
        self.startups = dict(startups or {})
        self.startup_asked = 0
        self.calls: list[tuple[Any, ...]] = []
        self.keys: dict[str, RemoteKey] = {}
        self.undeletable = ""
        self.rename_status: int | None = None
        self.listed_regions = ["us", "eu"]
        self.enabled_regions = ["us", "eu"]
        self.target = parse_target("http://127.0.0.1:9")

    # --- models

    def find_model(self, name: str, team: str | None) -> str | None:
        return self.model_ids.get(f"{team}/{name}" if team else name)

    def models(self, team: str | None) -> list[RemoteModel]:
        split = [(key.rpartition("/"), model_id) for key, model_id in self.model_ids.items()]
        return [
            RemoteModel(model_id, name, owner)
            for (owner, _, name), model_id in split
            if team in (None, owner)
        ]

    def rename_model(self, model_id: str, name: str, team: str | None) -> None:
        self.calls.append(("rename_model", model_id, name))
        if self.rename_status:
            raise ApiError("no such call", status=self.rename_status)
        kept = {key: known for key, known in self.model_ids.items() if known != model_id}
        self.model_ids = {**kept, f"{team}/{name}" if team else name: model_id}

    def delete_model(self, model_id: str) -> None:
        self.calls.append(("delete_model", model_id))
        if model_id not in self.model_ids.values():
            raise NotFoundError(f"no model {model_id}", status=404)
        self.model_ids = {key: known for key, known in self.model_ids.items() if known != model_id}

    def regions(self, team: str | None) -> list[str]:
        del team
        return self.listed_regions

    # --- deployments

    def versions(self, model_id: str) -> list[Version]:
        self._know(model_id)
        return [
            each
            for each in self.deployments.values()
            if self.of_model.get(each.id, model_id) == model_id
        ]

    def version(self, model_id: str, deployment_id: str) -> Version:
        self._know(model_id)
        if deployment_id not in self.deployments:
            raise NotFoundError(f"no deployment {deployment_id}", status=404)
        coming = self.statuses.get(deployment_id, [])
        if coming:
            self._becomes(deployment_id, coming.pop(0) if len(coming) > 1 else coming[0])
        return self.deployments[deployment_id]

    def activate(self, model_id: str, deployment_id: str) -> None:
        self.calls.append(("activate", model_id, deployment_id))
        self._comes_up(deployment_id, {"INACTIVE"})

    def deactivate(self, model_id: str, deployment_id: str) -> None:
        self.calls.append(("deactivate", model_id, deployment_id))
        self._becomes(deployment_id, "INACTIVE")

    def startup(self, model_id: str, deployment_id: str, now: float) -> Startup | None:
        assert now > 0
        self._know(model_id)
        self.startup_asked += 1
        found = self.startups.get(deployment_id, ApiError("no startups", status=404))
        if isinstance(found, ApiError):
            raise found
        return found

    def retry(self, model_id: str, deployment_id: str) -> None:
        self.calls.append(("retry", model_id, deployment_id))
        self._comes_up(deployment_id, FAILED)

    def delete_version(self, model_id: str, deployment_id: str) -> None:
        self.calls.append(("delete_version", model_id, deployment_id))
        if self.deployments.pop(deployment_id, None) is None:
            raise NotFoundError(f"no deployment {deployment_id}", status=404)

    def log_tail(self, model_id: str, deployment_id: str, lines: int) -> list[str]:
        assert (model_id, deployment_id) != ("", "")
        if isinstance(self.logs, UserError):
            raise self.logs
        return self.logs[-lines:]

    def config(self, model_id: str, deployment_id: str) -> dict[str, Any]:
        self._know(model_id)
        return self.configs.get(deployment_id, {})

    # --- environments

    def environments(self, model_id: str) -> list[Serving]:
        self._know(model_id)
        mine = [key for key in self.served if key.rpartition("/")[0] in ("", model_id)]
        return [self.served[key] for key in mine]

    def serving(self, model_id: str, environment: str) -> Serving | None:
        self._know(model_id)
        key = self._key(model_id, environment)
        found = self.served.get(key)
        if found and found.promoting:
            self.promotion_looks -= 1
            if self.promotion_looks <= 0:
                self.served[key] = self._concluded(found)
        return found

    def create_environment(
        self, model_id: str, environment: str, settings: EnvironmentSettings
    ) -> None:
        self.calls.append(("create_environment", model_id, environment, settings))
        self.served[environment] = _with(Serving(environment, None, {}), settings)

    def update_environment(
        self, model_id: str, environment: str, settings: EnvironmentSettings
    ) -> str:
        self.calls.append(("update_environment", model_id, environment, settings))
        key = self._key(model_id, environment)
        if key not in self.served:
            raise NotFoundError(f"no environment {environment}", status=404)
        self.served[key] = _with(self.served[key], settings)
        return "ACCEPTED"

    def change_schedules(
        self,
        model_id: str,
        environment: str,
        decide: Callable[[RemoteSchedules], Mapping[str, Any]],
    ) -> None:
        """As Baseten does, by id; with `schedules_refused` it answers with that."""
        key = self._key(model_id, environment)
        there = self.served[key].schedules
        change = decide(there)
        if not change:
            return
        if self.schedules_refused:
            raise self.schedules_refused
        self.calls.append(("change_schedules", model_id, environment, change))
        written = {it.get("id", f"sch-{it['name']}"): it for it in change.get("schedules", ())}
        kept = {
            it["id"]: it for it in there.schedules if it["id"] not in change["delete_schedules"]
        }
        now = {**kept, **{i: {**it, "id": i} for i, it in written.items()}}
        schedules = RemoteSchedules(change["timezone"], tuple(now.values()))
        self.served[key] = replace(self.served[key], schedules=schedules)

    def delete_environment(self, model_id: str, environment: str) -> None:
        self.calls.append(("delete_environment", model_id, environment))
        if self.served.pop(self._key(model_id, environment), None) is None:
            raise NotFoundError(f"no environment {environment}", status=404)

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
        call = ("promote", model_id, environment, deployment_id, settings)
        more = [*(["redeploy"] if redeploy else []), *([] if region is None else [region])]
        self.calls.append((*call, *more))
        if region and region not in self.enabled_regions:
            raise ApiError("Regions are not enabled", status=403)
        moves = region not in (None, self.deployments[deployment_id].region)
        candidate = replace(
            self._promoted(deployment_id, redeploy=redeploy or moves), environment=environment
        )
        candidate = candidate if region is None else replace(candidate, region=region)
        self.deployments[candidate.id] = candidate
        key = self._key(model_id, environment)
        begun = replace(
            _with(self.served[key], settings), candidate=candidate, promotion_status="RELEASING"
        )
        self.served[key] = begun if self.promotion_looks > 0 else self._concluded(begun)

    # --- secrets

    def find_secret(self, name: str, team: str | None) -> str | None:
        del team
        same = [known for known in self.secrets if same_secret(known, name)]
        return same[0] if same else None

    def upsert_secret(self, name: str, value: str, team: str | None) -> None:
        self.calls.append(("upsert_secret", name, team))
        self.secrets[name] = value

    def delete_secret(self, name: str, team: str | None) -> None:
        self.calls.append(("delete_secret", name, team))
        if self.secrets.pop(name, None) is None:
            raise NotFoundError(f"no secret {name}", status=404)

    # --- API keys

    def api_keys(self) -> list[RemoteKey]:
        return list(self.keys.values())

    def own_prefix(self) -> str:
        return "own"

    def create_api_key(self, wanted: WantedKey, held: Collection[str] = ()) -> str:
        self.calls.append(("create_api_key", wanted.name, tuple(held)))
        prefix = f"key{len(self.keys) + 1}"
        self.keys[prefix] = RemoteKey(
            prefix, wanted.name, wanted.kind, wanted.model_ids, wanted.team or "", used=False
        )
        return f"{prefix}.s3cret-of-{prefix}"

    def delete_api_key(self, prefix: str) -> None:
        self.calls.append(("delete_api_key", prefix))
        if self.undeletable == prefix:
            raise UserError("Baseten answered 500")
        if prefix not in self.keys or self.keys.pop(prefix) is None:
            raise NotFoundError(f"no key {prefix}", status=404)

    # --- how it behaves

    def _know(self, model_id: str) -> None:
        assert model_id in self.model_ids.values()

    def _key(self, model_id: str, environment: str) -> str:
        mine = f"{model_id}/{environment}"
        return mine if mine in self.served else environment

    def _becomes(self, deployment_id: str, status: str) -> None:
        self.deployments[deployment_id] = replace(self.deployments[deployment_id], status=status)

    def _comes_up(self, deployment_id: str, down: set[str] | frozenset[str]) -> None:
        """Where a test does not say what it goes through, it is up at once."""
        known = self.deployments.get(deployment_id)
        if known and known.status in down and not self.statuses.get(deployment_id):
            self._becomes(deployment_id, "ACTIVE")

    def _promoted(self, deployment_id: str, *, redeploy: bool) -> Version:
        copy_id = self.promotes_to or (f"{deployment_id}-copy" if redeploy else deployment_id)
        return replace(self.deployments[deployment_id], id=copy_id)

    def _concluded(self, begun: Serving) -> Serving:
        error = self.promotion_error
        return replace(
            begun,
            current=begun.current if error else begun.candidate,
            candidate=None,
            promotion_status="FAILED" if error else "SUCCEEDED",
            promotion_error=error,
        )


def _with(serving: Serving, settings: EnvironmentSettings) -> Serving:
    return replace(
        serving,
        autoscaling={**serving.autoscaling, **settings.autoscaling},
        promotion={**serving.promotion, **(settings.promotion or {})},
        request_backpressure=settings.request_backpressure or serving.request_backpressure,
    )
