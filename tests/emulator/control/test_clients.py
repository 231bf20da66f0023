"""The real clients, unpatched: the truss CLI and the `baseten` SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.control_client import CONFIG, KEY, Baseten, new_world, served

TRUSS = str(Path(sys.executable).parent / "truss")


@pytest.fixture
def emulated() -> Iterator[Baseten]:
    """A Baseten over HTTP, quick, in real time."""
    world = new_world(clock=time.time, step_seconds=0.02)
    with served(world) as send:
        yield Baseten(world, send)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "truss").mkdir()
    (tmp_path / "truss" / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    return tmp_path / "truss"


def through_a_proxy(baseten: Baseten) -> dict[str, str]:
    """Everything, `--wait` included, through the emulator as HTTP proxy; https goes nowhere."""
    proxies = {"http_proxy": baseten.world.base_url, "https_proxy": "http://127.0.0.1:9"}
    return {
        "BASETEN_TRUSS_AUTH_REMOTE_URL": "http://localhost:8000",
        **proxies,
        "no_proxy": "",
        "NO_PROXY": "",
    }


def directly(baseten: Baseten) -> dict[str, str]:
    """GraphQL and S3 straight to the emulator; only good without `--wait`."""
    return {"BASETEN_TRUSS_AUTH_REMOTE_URL": baseten.world.base_url}


def truss(folder: Path, remote: dict[str, str], *arguments: str, key: str = KEY) -> tuple[int, Any]:
    """Run the real CLI in a private home; its exit code and its JSON."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"),
        "USER_TRUSSRC_PATH": str(home / "none"), "TRUSS_NO_UPDATE_CHECK": "1", "NO_COLOR": "1",
        "BASETEN_TRUSS_AUTH_KEYRING_DISABLED": "1", "BASETEN_TRUSS_AUTH_API_KEY": key, **remote,
    }  # fmt: skip
    ended = subprocess.run(
        [TRUSS, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    try:
        return ended.returncode, json.loads(ended.stdout)
    except ValueError:
        return ended.returncode, ended.stdout


def push(folder: Path, remote: dict[str, str], *arguments: str, key: str = KEY) -> tuple[int, Any]:
    options = ("--non-interactive", "--output", "json", *arguments, str(folder))
    return truss(folder, remote, "push", *options, key=key)


@pytest.mark.e2e
def test_the_truss_cli_pushes_and_waits_until_the_model_answers(
    emulated: Baseten, folder: Path
) -> None:
    code, said = push(folder, through_a_proxy(emulated), "--wait", "--labels", '{"digest": "abc"}')
    assert (code, said["deployment"]["status"]) == (0, "ACTIVE")
    assert said["deployment"]["labels"] == {"digest": "abc"}
    path = said["predict_url"].removeprefix(emulated.world.base_url)
    assert emulated.call("POST", path, {"input": "x"}).json["path"] == "/v1/embeddings"


@pytest.mark.e2e
def test_a_second_push_is_a_second_deployment_of_the_same_model_and_a_large_one_comes_in_parts(
    emulated: Baseten, folder: Path
) -> None:
    first = push(folder, directly(emulated), "--no-wait")[1]
    operations = [c["operation"] for c in emulated.calls() if c["path"] == "/graphql/"]
    assert operations == [
        "teams", "models", "models", "truss_validation", "model_s3_upload_credentials", "create_model_from_truss",
    ]  # fmt: skip
    assert all(c["status"] == 200 for c in emulated.calls())
    assert sum(c["method"] == "PUT" for c in emulated.calls()) == 1
    (folder / "weights.bin").write_bytes(os.urandom(9 * 1024 * 1024))
    options = ("--no-wait", "--promote", "--deployment-name", "v2", "--include-git-info")
    code, second = push(folder, directly(emulated), *options)
    assert (code, second["model_id"]) == (0, first["model_id"])
    assert sum(c["method"] == "PUT" for c in emulated.calls()) == 1 + 2
    emulated.world.step_seconds = 0.0
    served_by = emulated.environment(first["model_id"])["current_deployment"]
    assert (served_by["id"], served_by["name"]) == (second["model_version_id"], "v2")


@pytest.mark.e2e
def test_a_wrong_key_is_one_line_of_truss(emulated: Baseten, folder: Path) -> None:
    code, said = push(folder, directly(emulated), "--no-wait", key="wrong")
    assert code == 1
    assert (said["error"]["status_code"], said["error"]["response_body"]) == (
        401,
        {"error": "Unauthorized"},
    )


@pytest.mark.e2e
def test_errors_have_the_shape_that_truss_reads(emulated: Baseten, folder: Path) -> None:
    code, said = push(folder, directly(emulated), "--no-wait", "--environment", "nope")
    expected = {"message": 'Environment "nope" does not exist', "error_code": "RESOURCE_NOT_FOUND"}
    assert (code, said["error"]) == (1, expected)
    config = {**CONFIG, "docker_server": {**CONFIG["docker_server"], "server_port": 8080}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    code, said = push(folder, directly(emulated), "--no-wait")
    assert code == 1
    assert "docker_server.server_port 8080 is reserved" in said["error"]["message"]


@pytest.mark.e2e
def test_a_failed_build_ends_the_wait(emulated: Baseten, folder: Path) -> None:
    emulated.fault("build_failed", model="bge")
    code, said = push(folder, through_a_proxy(emulated), "--wait")
    assert (code, said["error"]["deployment"]["status"]) == (1, "BUILD_FAILED")


@pytest.mark.e2e
def test_whoami(emulated: Baseten, folder: Path) -> None:
    code, said = truss(folder, directly(emulated), "whoami", "--non-interactive")
    assert (code, said) == (0, "emulator\\dev@example.invalid\n")


@pytest.mark.e2e
def test_logs_and_config_are_read_by_the_cli(emulated: Baseten, folder: Path) -> None:
    ids = emulated.pushed()
    ids_options = ("--model-id", ids[0], "--deployment-id", ids[1], "--non-interactive")
    remote = through_a_proxy(emulated)
    code, said = truss(folder, remote, "model-logs", *ids_options)
    assert code == 0
    assert "Building the image" in str(said)
    code, said = truss(folder, remote, "model-config", *ids_options, "--output", "json")
    assert (code, said["config"]["base_image"]["image"]) == (0, CONFIG["base_image"]["image"])


@pytest.mark.e2e
def test_the_sdk_reads_and_writes(emulated: Baseten) -> None:
    from baseten.client import ManagementClient
    from baseten.client.managementapi import (
        PromoteToEnvironmentRequest,
        UpdateAutoscalingSettings,
        UpdateEnvironmentRequest,
        UpsertSecretRequest,
    )

    emulated.world.step_seconds = 0.0
    model_id, first = emulated.pushed()
    _, second = emulated.pushed()
    with ManagementClient(api_key=KEY, base_url_override=emulated.world.base_url) as client:
        api, where = client.api, {"model_id": model_id, "env_name": "production"}
        api.post_secrets(request=UpsertSecretRequest(name="k", value="v"))
        assert [s.name for s in api.get_secrets().secrets] == ["k"]
        assert [m.id for m in api.get_models().models] == [model_id]
        assert {d.id for d in api.get_models_deployments(model_id=model_id).deployments} == {
            first,
            second,
        }
        promotion = PromoteToEnvironmentRequest(deployment_id=second)
        api.post_models_environments_promote(**where, request=promotion)
        settings = UpdateEnvironmentRequest(
            autoscaling_settings=UpdateAutoscalingSettings(max_replica=3)
        )
        api.patch_models_environments(**where, request=settings)
        environment = api.get_models_environments_env_name(**where)
        assert environment.current_deployment is not None
        assert environment.current_deployment.id == second
        assert environment.autoscaling_settings.max_replica == 3
        assert api.get_organizations_me().name == "emulator"


@pytest.mark.e2e
def test_the_config_rules_know_every_key_that_truss_knows() -> None:
    from truss.base import truss_config

    from baseten_emulator.push.config_rules import ACCELERATORS, KEYS, config_errors

    verbose = truss_config.TrussConfig.from_dict(CONFIG).to_dict(verbose=True)
    assert config_errors(verbose) == []
    assert set(truss_config.TrussConfig.model_fields) <= KEYS[""] | {"training_checkpoints"}
    for section in ("docker_server", "base_image", "build"):
        assert set(verbose[section]) <= KEYS[section]
    assert {a.value for a in truss_config.Accelerator} == ACCELERATORS
