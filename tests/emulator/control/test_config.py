"""The deployed config as the server tells it: what was pushed, and the server's defaults under it."""

from __future__ import annotations

from typing import Any

import pytest

from baseten_emulator.push.config_defaults import SERVER_ONLY, add_defaults
from tests.support.control_client import CONFIG, Baseten, config_with

WEIGHTS = [{"source": "hf://BAAI/bge-base-en-v1.5@abc", "mount_location": "/models/bge"}]
CONFIGS = [
    CONFIG,
    {"model_name": "bge"},
    config_with(weights=WEIGHTS, secrets={"hf_access_key": None}, build_commands=["true"]),
    config_with(resources={"accelerator": None}, runtime={"health_checks": {}}),
    config_with(base_image={"docker_auth": None}, docker_server={"no_build": True}),
]


def holds(told: Any, pushed: Any) -> bool:
    """Whether everything that was pushed is told unchanged."""
    if isinstance(pushed, dict):
        return all(name in told and holds(told[name], value) for name, value in pushed.items())
    if isinstance(pushed, list):
        return all(holds(a, b) for a, b in zip(told, pushed, strict=True))
    return bool(told == pushed)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_field_that_was_pushed_is_told_as_it_was(local: Baseten, config: Any) -> None:
    source = {"name": "bge", "deployment": {"config": config, "raw_config": "# ours"}}
    created = local.post("/v1/models", source=source)
    path = f"/v1/models/{created['model']['id']}/deployments/{created['deployment']['id']}/config"
    told = local.get(path)
    assert holds(told["config"], config)
    assert told["raw_config"] == "# ours"
    assert told["config"]["resources"]["node_count"] == 1
    assert told["config"]["python_version"] == "py313"


def test_what_is_told_is_told_again_unchanged() -> None:
    for config in CONFIGS:
        assert add_defaults(add_defaults(config)) == add_defaults(config)


def test_a_config_is_not_changed_by_filling_it_in() -> None:
    config = config_with()
    add_defaults(config)
    assert config == CONFIG


@pytest.mark.e2e
@pytest.mark.parametrize("config", CONFIGS)
def test_the_defaults_are_those_of_truss_and_the_servers_own(config: Any) -> None:
    from truss.base.truss_config import TrussConfig

    told = add_defaults(config)
    for section, fields in SERVER_ONLY.items():
        for name in fields:
            told[section] and told[section].pop(name)
    assert told == TrussConfig.from_dict(config).to_dict(verbose=True)
