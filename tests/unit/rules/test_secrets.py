"""Secrets and downloads: the rules, and how they read a config."""

from typing import Any

import pytest
from hypothesis import given

from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules.rule import Finding
from baseten_tei.rules.secrets import access_rules
from baseten_tei.rules.secrets.access_rules import find_unlisted_secrets, secrets_read
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.hf_token import SECRET_NAME
from tests.support.corpus import COMMIT, subject
from tests.support.specs import spec, specs

RULES = {rule.id: rule for rule in access_rules.RULES}


def found(of: Subject) -> dict[str, Finding]:
    return {rule.id: it for rule in access_rules.RULES for it in rule.find(of)}


@given(specs())
def test_every_spec_that_passes_lists_each_secret_it_reads(args: ModelArgs) -> None:
    config = build_config("m", args)
    assert find_unlisted_secrets(config) == []
    assert secrets_read(config) == ([SECRET_NAME] if args.gated else [])


@pytest.mark.parametrize("weights", ["cached", "baked", "download"])
def test_a_gated_model_reads_our_secret_whichever_way_its_weights_come(weights: str) -> None:
    config = build_config("m", spec(gated=True, weights=weights))
    assert secrets_read(config) == [SECRET_NAME]
    assert find_unlisted_secrets({**config, "secrets": {}}) == [SECRET_NAME]


@pytest.mark.parametrize(
    "config",
    [
        {"docker_server": {"start_command": "cat /secrets/other"}},
        {"build_commands": ["cat /secrets/other"]},
        {"environment_variables": {"TOKEN_FILE": "/secrets/other"}},
        {"weights": [{"auth": {"auth_secret_name": "other"}}]},
        {"model_cache": [{"runtime_secret_name": "other"}]},
        {"build": {"secret_to_path_mapping": {"other": "/run/secrets/other"}}},
    ],
)
def test_a_secret_is_found_wherever_a_config_names_one(config: dict[str, Any]) -> None:
    assert find_unlisted_secrets(config) == ["other"]
    assert find_unlisted_secrets({**config, "secrets": {"other": None}}) == []


def test_names_that_baseten_takes_for_one_are_one() -> None:
    config = {"docker_server": {"start_command": "cat /secrets/hf_access_key"}}
    assert find_unlisted_secrets({**config, "secrets": {"hf-access-key": None}}) == []


@pytest.mark.parametrize(
    ("weights", "fails"),
    [
        ({"format": "pytorch", "files": ["pytorch_model.bin"]}, False),
        ({"format": "sharded-safetensors", "files": ["a-1.safetensors"]}, False),
        ({"format": "safetensors", "files": ["model.safetensors", "model.pt"]}, False),
        ({"format": "none", "files": ["unet/model.safetensors"]}, True),
        ({"format": "none", "files": ["model.pt", "last.ckpt"]}, True),
        ({"format": "onnx", "files": ["onnx/model.onnx"]}, True),
    ],
)
def test_something_has_to_be_left_that_tei_loads(weights: dict[str, Any], fails: bool) -> None:
    assert ("TEI-SEC-009" in found(subject("embedding", None, {"weights": weights}))) is fails


def test_a_cpu_image_keeps_and_loads_onnx_files_that_a_gpu_image_drops() -> None:
    facts = {"weights": {"format": "onnx", "files": ["onnx/model.onnx"]}}
    assert "TEI-SEC-009" not in found(subject("embedding", {"accelerator": "CPU"}, facts))
    told = found(subject("embedding", None, facts))["TEI-SEC-009"]
    assert "of which ignore_patterns drop 1" in told.message


def test_a_branch_is_answered_with_the_commit_that_is_locked() -> None:
    told = found(subject("embedding", {"revision": "main"}))["TEI-SEC-011"]
    assert told.fix == f"write revision: {COMMIT}"


def test_no_finding_repeats_a_token() -> None:
    token = "hf_" + "Q7w" * 11
    given = {"env": {"HF_TOKEN": token}, "labels": {"a": token}, "default_prompt": token}
    told = found(subject("embedding", given))
    assert "TEI-SEC-004" in told
    assert token not in str(told)
