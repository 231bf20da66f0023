"""The router's command line: each release's own forms, quoted so that a shell gives it back, without a token."""

import shlex
from typing import Any

import pytest
from hypothesis import given

from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.start_command import (
    build_start_command,
    container_environment,
    router_flags,
)
from baseten_tei.spec.args import ModelArgs
from tests.support.specs import raw, spec, specs


def words(args: ModelArgs) -> list[str]:
    """What the router is started with, after every shell on the way."""
    outer = shlex.split(build_start_command(args))
    if outer[:2] != ["sh", "-c"]:
        return outer
    assert len(outer) == 3
    token, command, *rest = shlex.split(outer[2])
    assert token == "HF_TOKEN=$(cat /secrets/hf_access_key)"
    assert command == "exec"
    return rest


@given(specs())
def test_a_shell_gives_back_exactly_the_flags_that_were_meant(args: ModelArgs) -> None:
    instance, image = resolve_hardware(args)
    assert words(args) == [image.entrypoint, *router_flags(args, instance.vcpus)]


@given(specs())
def test_no_flag_is_given_twice_since_tei_would_refuse_that(args: ModelArgs) -> None:
    names = [word.partition("=")[0] for word in words(args)[1:]]
    assert len(names) == len(set(names))


@given(specs())
def test_the_router_always_listens_on_7997(args: ModelArgs) -> None:
    assert "--port=7997" in words(args)


@pytest.mark.parametrize("task", ["embedding", "reranker", "classifier"])
@pytest.mark.parametrize("weights", ["cached", "baked", "download"])
def test_the_token_is_read_from_its_file_only_where_the_router_downloads(
    task: str, weights: str
) -> None:
    command = build_start_command(spec(task, gated=True, weights=weights))
    assert ("/secrets/hf_access_key" in command) is (weights == "download")
    assert "--hf-token" not in command
    assert "secrets" not in build_start_command(spec(task, weights=weights))


@pytest.mark.parametrize(
    ("version", "enabled", "flags", "environment"),
    [
        ("1.8.3", True, ["--auto-truncate"], {}),
        ("1.8.3", False, [], {}),
        ("1.9.0", True, [], {}),
        ("1.9.0", False, [], {"AUTO_TRUNCATE": "false"}),
        ("1.9.1", True, [], {}),
        ("1.9.1", False, [], {"AUTO_TRUNCATE": "false"}),
        ("1.9.2", True, ["--auto-truncate=true"], {}),
        ("1.9.2", False, ["--auto-truncate=false"], {}),
        ("1.9.3", True, ["--auto-truncate=true"], {}),
        ("1.9.3", False, ["--auto-truncate=false"], {}),
    ],
)
def test_auto_truncate_takes_the_form_of_its_release(
    version: str, enabled: bool, flags: list[str], environment: dict[str, str]
) -> None:
    args = spec(tei_version=version, auto_truncate=enabled)
    assert [word for word in words(args) if "truncate" in word] == flags
    assert container_environment(args) == environment


@pytest.mark.parametrize(
    ("more", "workers"),
    [
        ({"accelerator": "L4"}, 3),
        ({"accelerator": "CPU"}, 3),
        ({"instance_type": "L4:2x8"}, 1),
        ({"instance_type": "1x2"}, 1),
        ({"accelerator": "H100"}, 8),
        ({"instance_type": "A10G:8x32"}, 7),
        ({"accelerator": "H100", "tokenization_workers": 12}, 12),
    ],
)
def test_tokenizers_leave_one_core_free_and_are_eight_at_most(
    more: dict[str, Any], workers: int
) -> None:
    assert f"--tokenization-workers={workers}" in words(spec(**more))


def test_the_answers_name_the_model_on_releases_that_can() -> None:
    assert not [word for word in words(spec()) if "served-model-name" in word]
    args = spec(tei_version="1.9.3")
    assert "--served-model-name=BAAI/bge-base-en-v1.5" in words(args)
    assert "--served-model-name=mine" in words(spec(tei_version="1.9.3", served_model_name="mine"))


def test_what_a_spec_asks_for_is_passed_on() -> None:
    args = spec(
        pooling="mean",
        dtype="float32",
        default_prompt='Represent "this": $(id)',
        extra_flags=["--payload-limit 4000000", "--otlp-service-name=my service", "json-output"],
        env={"RUST_LOG": "debug"},
    )
    for word in (
        "--pooling=mean",
        "--dtype=float32",
        '--default-prompt=Represent "this": $(id)',
        "--payload-limit=4000000",
        "--otlp-service-name=my service",
        "--json-output",
    ):
        assert word in words(args)
    assert container_environment(args) == {"RUST_LOG": "debug"}


def test_downloaded_weights_are_pinned_and_kept_where_any_user_can_write() -> None:
    got = words(spec(**raw(weights="download", revision="v1.5")))
    assert "--model-id=BAAI/bge-base-en-v1.5" in got
    assert "--revision=v1.5" in got
    assert "--huggingface-hub-cache=/tmp/huggingface" in got
