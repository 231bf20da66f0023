"""Deployed configs read back: ours give the very same spec, others' the nearest one, the rest say why not."""

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from truss.base.truss_config import TrussConfig

from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.deployment.hardware import resolve_hardware
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.read_back.deployed_config import Deployed, read_deployed_config
from baseten_tei.deployment.read_back.spec_of_config import read_spec
from baseten_tei.deployment.sizes.permits import derive_permits
from baseten_tei.deployment.start_command import router_flags
from baseten_tei.facts.tei.flags import split_flags
from baseten_tei.operations.adoption.not_carried import find_losses
from baseten_tei.rules.registry import find_firm
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spec_parser import parse_spec
from tests.support.specs import raw, spec, specs
from tests.unit.deployment.test_config_goldens import SPECS
from tests.unit.rules.test_published_examples import NAMES, WRONG, published

Data = dict[str, Any]

SEED = yaml.safe_load("""
base_image: {image: "baseten/text-embeddings-inference-mirror:89-1.6"}
build_commands: ["git clone https://huggingface.co/BAAI/bge-base-en-v1.5 /data/local-model"]
docker_server:
  start_command: sh -c "text-embeddings-router --port 7997 --model-id /data/local-model
    --max-client-batch-size 32 --max-concurrent-requests 40 --max-batch-tokens 32768"
  predict_endpoint: /v1/embeddings
  readiness_endpoint: /health
  liveness_endpoint: /health
  server_port: 7997
environment_variables: {hf_access_token: null}
resources: {accelerator: L4, cpu: "1", memory: 2Gi, use_gpu: true}
runtime: {predict_concurrency: 40}
""")
"""In the style of truss-examples' text-embeddings-inference/config.yaml, which its README explains."""


def field_config(name: str) -> Data:
    """One of Baseten's 15 examples as its config.yaml has it."""
    config = published(name)
    server, flags = config["docker_server"], config["docker_server"]["start_command"]["flags"]
    words = [f"--{flag}" if value is None else f"--{flag} {value}" for flag, value in flags.items()]
    start = server["start_command"]["starts_with"]
    command = f'bash -c "{start} {" ".join(words)}"'
    return {
        **config,
        "docker_server": {**server, "start_command": command},
        "model_cache": [config["model_cache"]],
    }


def read(config: Mapping[str, Any]) -> Deployed:
    found = read_deployed_config(config)
    assert isinstance(found, Deployed), found
    return found


def adopted(config: Mapping[str, Any], **labels: Any) -> ModelArgs:
    args = parse_spec("m", read_spec(read(config), labels))
    assert not isinstance(args, list), args
    assert find_firm(Subject("m", args)) == []
    return args


def notes(config: Mapping[str, Any]) -> list[str]:
    return find_losses(read(config), read(build_config("m", adopted(config))))


def explicit(args: ModelArgs) -> ModelArgs:
    """The spec with every default said that depends on the instance or on another value."""
    instance, _ = resolve_hardware(args)
    workers = dict(split_flags(router_flags(args, instance.vcpus)))["tokenization-workers"]
    update: Data = {
        "tokenization_workers": int(workers or 0),
        "predict_concurrency": derive_permits(args).predict_concurrency,
        "max_concurrent_requests": derive_permits(args).max_concurrent_requests,
    }
    if args.instance_type is None:
        update["accelerator"] = instance.accelerator
    return args.model_copy(update=update)


def assert_comes_back(args: ModelArgs) -> None:
    config = build_config("m", args)
    assert explicit(adopted(config, **args.labels)) == explicit(args)
    assert build_config("m", adopted(config)) == config
    assert notes(config) == []


@pytest.mark.parametrize("name", SPECS)
def test_a_golden_config_is_read_back_to_its_spec(name: str) -> None:
    assert_comes_back(spec(**SPECS[name], name=name))


@given(specs())
def test_every_config_of_ours_is_read_back_to_its_spec(args: ModelArgs) -> None:
    assert_comes_back(args)


@pytest.mark.parametrize(
    "more",
    [
        {"labels": {"team": "search"}},
        {"extra_flags": ["--payload-limit=4000000", "--json-output"], "dtype": "float16"},
        {"tei_version": "1.9.3", "served_model_name": "mine", "pooling": "cls"},
        {"tei_version": "1.9.0", "auto_truncate": False, "env": {"RUST_LOG": "info"}},
        {"accelerator": "CPU", "cpu": "8", "memory": "32Gi"},
        {"accelerator": "CPU", "cpu": "1", "memory": "2Gi"},
        {"cpu": "3", "memory": "8Gi"},
        {"instance_type": "H100_40GB:8x80", "tokenization_workers": 2},
        {"weights": "baked", "gated": True, "revision": "v1.5"},
        {"max_concurrent_requests": 77, "predict_concurrency": 3, "max_client_batch_size": 5},
    ],
)
def test_each_of_the_specs_words_comes_back(more: Data) -> None:
    assert_comes_back(spec(**more))


@pytest.mark.parametrize("name", SPECS)
def test_what_truss_writes_by_itself_changes_nothing(name: str) -> None:
    config = build_config(name, spec(**SPECS[name], name=name))
    verbose = TrussConfig.from_dict(config).to_dict(verbose=True)
    assert adopted(verbose) == adopted(config)
    assert find_losses(read(verbose), read(config)) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_of_basetens_examples_is_adopted(name: str) -> None:
    config = field_config(name)
    args, flags = adopted(config), published(name)["docker_server"]["start_command"]["flags"]
    assert args.model_id == config["model_cache"][0]["repo_id"]
    assert args.accelerator == config["resources"]["accelerator"]
    assert (args.max_client_batch_size, args.max_concurrent_requests) == (128, 1024)
    told = ["weights.by: model_cache → weights"]
    if "tokenization-workers" not in flags:
        workers = explicit(args).tokenization_workers
        told.append(f"start_command.--tokenization-workers: (none) → {workers}")
    assert notes(config) == told


def test_the_seeds_config_is_adopted_and_says_what_would_change() -> None:
    args = adopted(SEED)
    assert (args.weights, args.auto_truncate, args.max_batch_tokens) == ("baked", False, 32768)
    assert (args.predict_concurrency, args.max_concurrent_requests) == (40, 40)
    mirror = "baseten/text-embeddings-inference-mirror"
    assert notes(SEED) == [
        f"base_image.image: {mirror}:89-1.6 → {mirror}:89-1.8.3",
        "start_command.--tokenization-workers: (none) → 3",
        "environment_variables.hf_access_token: [secret] → (none)",
    ]


def server(**more: Any) -> Data:
    return {**SEED, "docker_server": {**SEED["docker_server"], **more}}


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, "has no docker_server with a start_command: it does not run TEI's own image"),
        ({"python_version": "py311", "docker_server": None},
         "has no docker_server with a start_command: it does not run TEI's own image"),
        (server(start_command="vllm serve x"),
         "start_command starts 'vllm', not text-embeddings-router"),
        ({**SEED, "base_image": {"image": "acme/tei:1.8"}},
         "base_image 'acme/tei:1.8' is not a release of TEI's own image"),
        ({**SEED, "base_image": {"image": "ghcr.io/huggingface/text-embeddings-inference:sha-1a2b"}},
         "base_image 'ghcr.io/huggingface/text-embeddings-inference:sha-1a2b' is not a release of TEI's own image"),
        (server(predict_endpoint="/tokenize"),
         "predict_endpoint '/tokenize' is not a route of TEI, so its task is unknown"),
        (server(start_command="text-embeddings-router --port 80"),
         "start_command has no --model-id"),
        ({**SEED, "build_commands": []},
         "--model-id=/data/local-model does not come from a Hugging Face repository in the config"),
        ({**SEED, "build_commands": [], "weights": [{"source": "s3://b/x", "mount_location": "/data"}]},
         "--model-id=/data/local-model does not come from a Hugging Face repository in the config "
         "(weights come from s3://b/x)"),
        (WRONG["undeclared"]["config"],
         "start_command starts 'infinity_emb', not text-embeddings-router"),
    ],
)  # fmt: skip
def test_what_is_not_teis_or_cannot_be_read_says_why(config: Data, why: str) -> None:
    assert read_deployed_config(config) == why


@pytest.mark.parametrize(
    ("version", "known"),
    [
        ("1.8.3", "1.8.3"), ("1.6", "1.8.3"), ("1.8", "1.8.3"), ("1.9", "1.9.4"), ("1.9.7", "1.9.7"),
        ("1.9.1", "1.9.1"), ("2.0.1", "1.9.4"), ("1.8.2", "1.8.2"), ("latest", "1.9.4"),
    ],
)  # fmt: skip
def test_any_patch_of_a_known_minor_is_kept_and_another_release_becomes_the_nearest(
    version: str, known: str
) -> None:
    image = f"ghcr.io/huggingface/text-embeddings-inference:89-{version}"
    assert adopted({**SEED, "base_image": {"image": image}}).tei_version == known


@pytest.mark.parametrize(
    ("tag", "variables", "flag", "cuts"),
    [
        ("89-1.9", {}, "", True), ("89-1.8", {}, "", False), ("89-1.9.7", {}, "", True), ("latest", {}, "", True),
        ("89-1.8", {}, "--auto-truncate", True), ("89-1.9", {}, "--auto-truncate false", False),
        ("89-1.9.0", {"AUTO_TRUNCATE": "false"}, "", False), ("89-1.8.3", {"AUTO_TRUNCATE": "1"}, "", True),
        ("89-1.8.3", {"AUTO_TRUNCATE": "off"}, "", False), ("89-1.9", {"AUTO_TRUNCATE": "false"}, "", False),
    ],
)  # fmt: skip
def test_long_texts_are_cut_as_the_release_cuts_them(
    tag: str, variables: dict[str, str], flag: str, cuts: bool
) -> None:
    config = {
        **server(start_command=f"text-embeddings-router --model-id a/b {flag}"),
        "base_image": {"image": f"ghcr.io/huggingface/text-embeddings-inference:{tag}"},
        "environment_variables": variables,
    }
    assert adopted(config).auto_truncate is cuts
    assert not any("auto-truncate" in line for line in notes(config))


def test_numbers_are_read_as_the_router_reads_them() -> None:
    flags = "--payload-limit=+5000 --max-batch-tokens 008192 --max-client-batch-size=+16"
    args = adopted(server(start_command=f"text-embeddings-router --model-id a/b {flags}"))
    assert (args.extra_flags, args.max_batch_tokens) == (("--payload-limit=5000",), 8192)
    assert args.max_client_batch_size == 16


def test_an_unknown_patch_is_kept() -> None:
    image = "ghcr.io/huggingface/text-embeddings-inference:89-1.9.7"
    assert adopted({**SEED, "base_image": {"image": image}}).tei_version == "1.9.7"


def test_each_origin_that_may_call_is_kept() -> None:
    origins = "--cors-allow-origin https://a.example --cors-allow-origin=https://b.example"
    config = server(start_command=f"text-embeddings-router --model-id a/b {origins}")
    assert adopted(config).extra_flags == (
        "--cors-allow-origin=https://a.example", "--cors-allow-origin=https://b.example",
    )  # fmt: skip
    assert not any("cors" in line for line in notes(config))


def test_flags_given_as_variables_become_the_specs_words() -> None:
    command = "text-embeddings-router --model-id a/b --max-batch-tokens 100"
    config = server(start_command=command)
    config["environment_variables"] = {
        "MAX_BATCH_TOKENS": "999", "POOLING": "mean", "RUST_LOG": "info", "PORT": "80",
    }  # fmt: skip
    args = adopted(config)
    assert args.env == {"RUST_LOG": "info"}
    assert read_spec(read(config), {})["pooling"] == "mean"
    assert args.max_batch_tokens == 100, "the command line wins"


@pytest.mark.parametrize(
    "more",
    [
        {"secrets": {"hf_access_token": None}},
        {"environment_variables": {"HF_TOKEN": "hf_0123456789abcdefghij"}},
        {"weights": [{"source": "hf://a/b@main", "mount_location": "/data/local-model",
                      "auth": {"auth_method": "CUSTOM_SECRET", "auth_secret_name": "mine"}}]},
        {"build": {"secret_to_path_mapping": {"hf_access_token": "/run/x"}}},
    ],
)  # fmt: skip
def test_whoever_hands_out_a_token_is_gated_and_the_token_goes_nowhere(more: Data) -> None:
    config = {**SEED, **more}
    assert adopted(config).gated
    assert "hf_0123456789" not in str((read_spec(read(config), {}), notes(config)))


def test_a_token_in_a_flag_is_neither_kept_nor_shown() -> None:
    token = "hf_0123456789abcdefghij"
    config = server(start_command=f"text-embeddings-router --model-id a/b --hf-token {token}")
    assert adopted(config).gated
    assert token not in str((read_spec(read(config), {}), notes(config)))
    assert "access: by a token in clear → by a secret" in notes(config)


def test_labels_are_kept_but_for_those_that_a_push_sets() -> None:
    labels = {"team": "search", "config_digest": "x", "pulumi_stack": "dev", "count": 3}
    assert adopted(SEED, **labels).labels == {"team": "search"}


def test_everything_that_a_spec_has_no_word_for_is_named() -> None:
    config = {
        **SEED,
        "requirements": ["requests"],
        "runtime": {"predict_concurrency": 40, "health_checks": {"startup_threshold_seconds": 900}},
        "secrets": {"other": None},
        "resources": {"accelerator": "L4:2"},
    }
    config["build_commands"] = [*SEED["build_commands"], "apt-get install -y jq"]
    config["docker_server"] = {
        **SEED["docker_server"],
        "predict_endpoint": "/embed",
        "start_command": "sh -c 'sleep 3; text-embeddings-router --model-id /data/local-model --new-flag 3'",
    }
    paths = [line.partition(": ")[0] for line in notes(config)]
    assert {
        "requirements", "runtime.health_checks", "secrets",
        "resources.accelerator", "build_commands, others[0]", "docker_server.predict_endpoint",
        "start_command, before[0]", "start_command.--new-flag",
    } <= {*paths}  # fmt: skip


def test_a_baked_model_of_a_release_that_cannot_be_built_on_is_mounted() -> None:
    image = "ghcr.io/huggingface/text-embeddings-inference:89-1.9.3"
    assert adopted({**SEED, "base_image": {"image": image}}).weights == "cached"


def test_a_raw_spec_of_the_shortest_kind_is_short_again() -> None:
    entry = read_spec(read(build_config("m", spec())), {})
    assert {*entry} - {*raw()} == {
        "accelerator", "max_client_batch_size", "predict_concurrency", "max_batch_tokens",
        "tokenization_workers",
    }  # fmt: skip
