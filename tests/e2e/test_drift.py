"""Drift with the real engine: what others change is named by field and repaired, and nothing else is named."""

import time
from typing import Any

import pytest
import yaml

from tests.support.harness import BGE, EMOTIONS, GATED, RERANKER, ROOT, Emulator, Run, Stack

pytestmark = pytest.mark.e2e

NO_DRIFT, ERROR, NO_STACK, DRIFT = 0, 1, 6, 7
"""Exit codes of the drift check, as docs/lifecycle.md lists them."""

CHECK = ("preview", "--refresh", "--expect-no-changes", "--diff", "--suppress-outputs", "--stack")
COMMAND = "config.docker_server.start_command"
SETTINGS = (
    "instance_type", "autoscaling_settings", "promotion_settings", "request_backpressure_settings",
)  # fmt: skip
PATIENCE_SECONDS = 60.0


class Others:
    """Everybody else with a key of the account."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def rest(self, model: str, path: str, method: str = "GET", body: Any = None) -> Any:
        model_id = self._emulator.models()[model]
        return self._emulator.rest(f"/v1/models/{model_id}{path}", method, body)

    def environment(self, model: str, name: str = "production") -> dict[str, Any]:
        return dict(self.rest(model, f"/environments/{name}"))

    def serves(self, model: str, environment: str = "production") -> dict[str, Any]:
        return dict(self.environment(model, environment)["current_deployment"])

    def promote(self, model: str, deployment_id: str, **options: Any) -> None:
        body = {"deployment_id": deployment_id, **options}
        self.rest(model, "/environments/production/promote", "POST", body)
        self.settle(model)

    def push(self, model: str, config: dict[str, Any], **labels: str) -> None:
        """By REST, straight into production."""
        deployment = {"config": config, "environment_name": "production", "labels": labels}
        source = {"kind": "model_archive", "deployment": deployment}
        self.rest(model, "/deployments", "POST", {"source": source})
        self.settle(model)

    def settle(self, model: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.environment(model)["candidate_deployment"]:
            assert time.monotonic() < deadline, "the promotion never ended"
            time.sleep(0.05)

    def fleet(self) -> dict[tuple[str, str], Any]:
        """Of each environment the config and labels of what serves, whether it can answer, and the settings."""
        return {
            (name, environment["name"]): self._whole(name, environment)
            for name in self._emulator.models()
            for environment in self.rest(name, "/environments")["environments"]
        }

    def _whole(self, model: str, environment: dict[str, Any]) -> dict[str, Any]:
        current = environment["current_deployment"]
        return {
            "config": self.rest(model, f"/deployments/{current['id']}/config")["config"],
            "labels": current["labels"],
            "answers": current["status"] in ("ACTIVE", "SCALED_TO_ZERO"),
            "promoting": environment["candidate_deployment"] is not None,
            **{key: environment[key] for key in SETTINGS},
        }


@pytest.fixture
def others(emulator: Emulator) -> Others:
    return Others(emulator)


def pushed(stack: Stack, model: str) -> dict[str, Any]:
    """The config that the stack pushed."""
    return dict(yaml.safe_load(stack.config_text(model).read_text()))


def refreshed(stack: Stack) -> str:
    """What a refresh shows, field by field."""
    command = ("refresh", "--yes", "--skip-preview", "--diff", "--suppress-outputs")
    return stack.pulumi(*command, "--stack", stack.name).check().text


def drift_check(stack: Stack, name: str = "", **environment: str) -> Run:
    """The command that docs/lifecycle.md gives."""
    return stack.pulumi(*CHECK, name or stack.name, **environment)


def drifted(model: str, field: str, environment: str = "production") -> str:
    return f"environment '{environment}' of model '{model}' drifted: {field}"


def gone(model: str, why: str, environment: str = "production") -> str:
    return f"environment '{environment}' of model '{model}' is gone: {why}"


SET = {
    **BGE,
    "autoscaling": {"min_replica": 0, "max_replica": 2},
    "promotion": {
        "promotion_cleanup_strategy": "KEEP",
        "rolling_deploy_config": {"max_surge_percent": 20},
    },
    "request_backpressure": "REJECT_ON_FULL",
    "environments": {"staging": {}},
}


def test_what_others_change_is_named_by_field_and_repaired(
    stack: Stack, emulator: Emulator, others: Others
) -> None:
    stack.environment["HF_ACCESS_KEY"] = "hf_" + "a" * 30
    stack.configure(
        {"set": SET, "sized": RERANKER, "older": BGE, "gated": GATED, "slept": EMOTIONS}
    )
    stack.up().check()
    emulator.admin("POST", "clock", {"advance_seconds": 3600})  # all of them scale to zero
    before = others.fleet()
    untouched = refreshed(stack)
    assert "drifted" not in untouched
    assert "updated" not in untouched, untouched

    others.rest(
        "set", "/environments/production", "PATCH",
        {
            "autoscaling_settings": {"min_replica": 1, "max_replica": 3},
            "promotion_settings": {
                "promotion_cleanup_strategy": "DEACTIVATE",
                "rolling_deploy_config": {"max_surge_percent": 50},
            },
            "request_backpressure_settings": {"policy": "QUEUE_ON_FULL"},
        },
    )  # fmt: skip
    staging = f"/deployments/{others.serves('set', 'staging')['id']}/autoscaling_settings"
    others.rest("set", staging, "PATCH", {"concurrency_target": 8})
    others.promote(
        "sized", others.serves("sized")["id"], preserve_env_instance_type=False,
        environment_settings_update={"instance_type_id": "A10Gx4x16"},
    )  # fmt: skip
    ours = others.serves("older")
    labels = {**ours["labels"], "config_digest": "older"}
    others.push("older", with_batch_tokens(pushed(stack, "older"), 8192), **labels)
    others.push("gated", {**pushed(stack, "gated"), "runtime": {"predict_concurrency": 7}})
    others.rest("slept", f"/deployments/{others.serves('slept')['id']}/deactivate", "POST", {})
    emulator.rest("/v1/secrets/hf_access_key", "DELETE")

    told = refreshed(stack)
    surge = "promotion.rolling_deploy_config.max_surge_percent 20 → 50"
    for line in (
        drifted("set", "autoscaling.min_replica 0 → 1"),
        drifted("set", "autoscaling.max_replica 2 → 3"),
        drifted("set", "promotion.promotion_cleanup_strategy KEEP → DEACTIVATE"),
        drifted("set", surge),
        drifted("set", "request_backpressure REJECT_ON_FULL → QUEUE_ON_FULL"),
        drifted("set", "autoscaling.concurrency_target 32 → 8", "staging"),
        drifted("sized", "instance_type L4:4x16 → A10Gx4x16"),
        drifted("older", f"deployment {others.serves('older')['id']} serves, not {ours['id']}"),
        drifted("older", f"{COMMAND} --max-batch-tokens 16384 → 8192"),
        drifted("gated", f"deployment {others.serves('gated')['id']} (pushed by another) serves"),
        drifted("gated", "config.runtime.predict_concurrency 32 → 7"),
        drifted("slept", "status INACTIVE"),
        "~ max_replica: 2 => 3",  # Pulumi's own diff has them too
        f'+ {COMMAND} --max-batch-tokens: "16384 → 8192"',
        "baseten:index:Secret: (update)",
    ):
        assert line in told, f"{line}\n{told}"

    stack.up().check()
    assert others.fleet() == before
    assert emulator.secrets() == ["hf_access_key"]
    again = refreshed(stack)
    assert "drifted" not in again
    assert "updated" not in again, again


def with_batch_tokens(config: dict[str, Any], tokens: int) -> dict[str, Any]:
    server = config["docker_server"]
    command = server["start_command"].replace("16384", str(tokens))
    return {**config, "docker_server": {**server, "start_command": command}}


def test_what_others_delete_or_break_fails_the_drift_check_and_is_made_again(
    stack: Stack, emulator: Emulator, others: Others
) -> None:
    fleet = {"broken": BGE, "emptied": RERANKER, "lost": RERANKER, "renamed": EMOTIONS}
    stack.configure({**fleet, "sick": {**BGE, "environments": {"staging": {}}}})
    stack.up().check()
    before = others.fleet()

    emulator.admin("POST", "deeds", {"deed": "kill_deployment", "model": "broken"})
    ours = others.serves("emptied")
    others.push("emptied", pushed(stack, "emptied"), **{**ours["labels"], "config_digest": "other"})
    others.rest("emptied", f"/deployments/{ours['id']}", "DELETE")
    others.rest("lost", "", "DELETE")
    others.rest("renamed", "", "PATCH", {"name": "theirs"})
    others.rest("sick", "/environments/staging", "DELETE")
    emulator.fault("sick", "unhealthy")

    checked = drift_check(stack)
    assert checked.code == DRIFT, checked.text
    other = others.serves("emptied")["id"]
    for line in (
        drifted("broken", "status DEPLOY_FAILED"),
        drifted("emptied", f"deployment {other} serves, not {ours['id']} (deleted)"),
        f"model 'emptied' drifted: no deployment of {ours['labels']['config_digest']} is left",
        gone("lost", "the model was deleted"),
        "model 'renamed' drifted: renamed to 'theirs' by hand",
        drifted("renamed", "model renamed to 'theirs' by hand"),
        gone("sick", "the environment was deleted", "staging"),
        drifted("sick", "status UNHEALTHY"),
    ):
        assert line in checked.text, f"{line}\n{checked.text}"

    emulator.no_faults()
    up = ("up", "--refresh", "--yes", "--skip-preview", "--stack", stack.name)
    stack.pulumi(*up).check()
    after = others.fleet()
    assert after == before
    assert drift_check(stack).code == NO_DRIFT
    assert drift_check(stack, BASETEN_API_KEY="of-nobody").code == ERROR
    assert drift_check(stack, name="nobodys").code == NO_STACK


def test_the_documented_drift_check_is_the_tested_one() -> None:
    text = (ROOT / "docs" / "lifecycle.md").read_text()
    assert f"pulumi {' '.join(CHECK)} production\n" in text
    codes = {NO_DRIFT: "no drift", ERROR: "an error", NO_STACK: "no such stack", DRIFT: "drift"}
    for code, meaning in codes.items():
        assert f"| {code} | {meaning}" in text
