"""The digest that names a version: the same for the same spec, on every machine."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from baseten_tei.deployment.config.truss_config import (
    build_config,
    compute_digest,
    render_canonical,
)
from baseten_tei.spec.args import ModelArgs
from tests.support.specs import raw, spec

SPEC: dict[str, Any] = raw(
    env={"B": "2", "A": "1", "C": "é"}, labels={"team": "search", "tier": "1"}, gated=True
)

PROGRAM = """
import json, sys
from baseten_tei.rules.settings import parse_settings
from baseten_tei.deployment.config.truss_config import build_config, compute_digest, render_canonical
args = parse_settings(json.load(sys.stdin)).models["bge"]
config = build_config("bge", args)
print(json.dumps([compute_digest(config, args.labels), render_canonical(config)]))
"""


def digest(args: ModelArgs, name: str = "bge") -> str:
    return compute_digest(build_config(name, args), args.labels)


@pytest.mark.parametrize("seed", ["0", "1"])
def test_another_process_with_another_hash_seed_computes_the_same(seed: str) -> None:
    args = spec(**SPEC)
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps({"bge": dict(reversed(SPEC.items()))}),
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(there.stdout) == [digest(args), render_canonical(build_config("bge", args))]


def test_the_order_of_variables_and_labels_does_not_matter() -> None:
    turned = {
        **SPEC,
        "env": {"C": "é", "A": "1", "B": "2"},
        "labels": {"tier": "1", "team": "search"},
    }
    assert digest(spec(**turned)) == digest(spec(**SPEC))


@pytest.mark.parametrize(
    "change",
    [
        {"max_batch_tokens": 32768},
        {"labels": {"team": "other", "tier": "1"}},
        {"labels": {}},
        {"revision": "v1"},
        {"gated": False},
        {"accelerator": "A10G"},
        {"instance_type": "L4:4x16"},
        {"env": {}},
        {"tei_version": "1.9.3"},
        {"weights": "download"},
    ],
)
def test_what_reaches_baseten_by_the_push_changes_the_digest(change: dict[str, Any]) -> None:
    assert digest(spec(**{**SPEC, **change})) != digest(spec(**SPEC))


@pytest.mark.parametrize(
    "change",
    [
        {"autoscaling": {"max_replica": 4}},
        {"environment": "staging"},
        {"deploy_timeout_minutes": 60},
        {"accelerator": "L4"},
        {"max_concurrent_requests": 1024},
    ],
)
def test_what_does_not_make_another_version_keeps_the_digest(change: dict[str, Any]) -> None:
    assert digest(spec(**{**SPEC, **change})) == digest(spec(**SPEC))


def test_the_digest_is_sixteen_hex_digits() -> None:
    assert len(digest(spec())) == 16
    assert int(digest(spec()), 16) >= 0


def test_the_canonical_config_is_the_config_with_sorted_keys() -> None:
    config = build_config("bge", spec(**SPEC))
    assert json.loads(render_canonical(config)) == config
    assert render_canonical(config) == render_canonical(dict(reversed(config.items())))
