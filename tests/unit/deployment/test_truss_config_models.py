"""truss's own strict config model, and the official SDK's, take every config that we generate.

The two models are imported here alone, and by the process alone that runs these tests (3 s of CPU).
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest
from hypothesis import given

from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY, CPU
from baseten_tei.rules.registry import check_model, error_lines, find_firm
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spec_parser import parse_spec
from tests.support.arbitrary import subjects
from tests.support.corpus import GOOD, Case, cases
from tests.support.specs import raw

TASKS = ("embedding", "reranker", "classifier")
ACCELERATORS = (CPU, *COMPUTE_CAPABILITY)
INSTANCE_TYPES = ("L4:4x16", "A10G:8x32", "H100_40GB:8x80", "H100MIG", "T4x4x16", "4x16")
VERSIONS = ("1.8.3", "1.9.3")
WEIGHTS = ("cached", "baked", "download")
OPTIONS: dict[str, Any] = {
    "env": {"RUST_LOG": "info", "ODD": "yes # no"},
    "extra_flags": ["--payload-limit=4000000", "--json-output"],
    "max_client_batch_size": 8,
    "predict_concurrency": 4,
    "dtype": "float16",
}


@cache
def truss_model() -> Any:
    from truss.base.truss_config import TrussConfig

    return TrussConfig


@cache
def sdk_model() -> Any:
    from baseten.client.modelconfig import ModelConfig

    return ModelConfig


def combinations() -> Iterator[dict[str, Any]]:
    hardware = [{"accelerator": it} for it in ACCELERATORS] + [
        {"instance_type": it} for it in INSTANCE_TYPES
    ]
    for task, where, version, gated, weights, more in product(
        TASKS, hardware, VERSIONS, (False, True), WEIGHTS, ({}, OPTIONS)
    ):
        yield raw(task, **where, tei_version=version, gated=gated, weights=weights, **more)


def parsed(values: dict[str, Any]) -> ModelArgs:
    args = parse_spec("m", values)
    assert not isinstance(args, list), args
    return args


@cache
def judged() -> list[tuple[ModelArgs, list[str]]]:
    """Every combination, with what is wrong with it; not where every process that runs tests imports this."""
    every = [parsed(values) for values in combinations()]
    return [(args, list(error_lines(find_firm(Subject("m", args))))) for args in every]


def accepted() -> list[ModelArgs]:
    return [args for args, found in judged() if not found]


def test_the_matrix_has_not_shrunk() -> None:
    assert len(judged()) == 3 * (15 + 6) * 2 * 2 * 3 * 2
    assert len(accepted()) == 1008


@pytest.mark.parametrize("task", TASKS)
def test_truss_and_baseten_accept_every_generated_config(task: str) -> None:
    for args in (args for args in accepted() if args.task == task):
        config = build_config("m", args)
        truss_model().from_dict(config).validate_forbid_extra()
        sdk_model().model_validate(config)


def test_truss_keeps_what_we_wrote() -> None:
    """A key that truss dropped or rewrote would not be what was reviewed."""
    for args in accepted():
        config = build_config("m", args)
        kept = truss_model().from_dict(config).to_dict(verbose=True)
        assert kept["docker_server"]["start_command"] == config["docker_server"]["start_command"]
        assert kept["docker_server"]["server_port"] == 7997
        assert kept["base_image"]["image"] == config["base_image"]["image"]
        assert kept["secrets"] == config.get("secrets", {})
        assert kept["environment_variables"] == config.get("environment_variables", {})
        assert kept["runtime"]["predict_concurrency"] == config["runtime"]["predict_concurrency"]
        for key in ("source", "mount_location", "ignore_patterns"):
            assert [w[key] for w in kept["weights"]] == [w[key] for w in config.get("weights", [])]


def test_truss_refuses_what_it_does_not_know_so_that_the_matrix_can_fail() -> None:
    config = {**build_config("m", accepted()[0]), "autoscaling": {}}
    with pytest.raises(ValueError, match="autoscaling"):
        truss_model().from_dict(config).validate_forbid_extra()


def test_what_is_refused_is_refused_for_a_documented_reason() -> None:
    reasons: Counter[str] = Counter()
    for args, found in judged():
        if not found:
            continue
        also_baked = args.weights == "baked" and args.tei_version == "1.9.3" and len(found) == 2
        assert len(found) == 1 or also_baked, found
        if args.accelerator in ("V100", "B300", "GB300"):
            assert "has no TEI image (compute capability" in found[0]
            reasons["no image"] += 1
        elif args.accelerator in ("B200", "RTX_PRO_6000") and args.tei_version == "1.8.3":
            assert "has no image for TEI 1.8.3: write tei_version: 1.9.3" in found[0]
            reasons["Blackwell needs 1.9"] += 1
        else:
            assert (args.tei_version, args.weights) == ("1.9.3", "baked")
            assert "weights: baked needs a Truss build" in found[0]
            reasons["upstream images cannot be built on"] += 1
    assert reasons == {
        "no image": 3 * 72,
        "Blackwell needs 1.9": 2 * 36,
        "upstream images cannot be built on": 3 * 18 * 2 * 2,
    }


def test_a_gated_config_names_our_secret_wherever_a_token_is_used_and_an_open_one_nowhere() -> None:
    for args in accepted():
        config = build_config("m", args)
        text = str(config)
        assert config.get("secrets") == ({"hf_access_key": None} if args.gated else None)
        assert ("hf_access_key" in text) is args.gated
        assert "hf_access_token" not in text
        if args.gated and args.weights == "cached":
            auth = config["weights"][0]["auth"]
            assert auth == {"auth_method": "CUSTOM_SECRET", "auth_secret_name": "hf_access_key"}


@given(subjects)
def test_what_the_check_passes_truss_accepts(subject: Subject) -> None:
    """`subjects` go round the front door; what it would not let in is not checked here."""
    if isinstance(parse_spec(subject.name, subject.args.model_dump(exclude_none=True)), list):
        return
    if error_lines(check_model(subject)):
        return
    truss_model().from_dict(subject.config).validate_forbid_extra()


@pytest.mark.parametrize("case", cases(GOOD), ids=lambda case: case.slug)
def test_every_spec_known_to_work_generates_what_truss_accepts(case: Case) -> None:
    truss_model().from_dict(case.subject.config).validate_forbid_extra()
