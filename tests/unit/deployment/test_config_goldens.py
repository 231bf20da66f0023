"""One reviewed `config.yaml` for each task, and a gated one.

Refresh them, then review the diff: `UPDATE_GOLDEN=1 pytest tests/unit/deployment/test_config_goldens.py`.
"""

import os
from pathlib import Path

import pytest
import yaml

from baseten_tei.deployment.config.config_yaml import render_config
from baseten_tei.deployment.config.truss_config import build_config
from tests.support.specs import raw, spec

GOLDEN = Path(__file__).parents[2] / "golden"

SPECS = {
    "embedding": raw("embedding", accelerator="L4"),
    "reranker": raw(
        "reranker", accelerator="H100", tei_version="1.9.3", max_concurrent_requests=256
    ),
    "classifier": raw("classifier", accelerator="CPU", weights="baked", env={"RUST_LOG": "info"}),
    "gated": raw(
        "embedding", instance_type="A10G:8x32", gated=True, weights="download", revision="v1"
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_the_rendered_config_is_the_golden_one(name: str) -> None:
    args = spec(**SPECS[name], name=name)
    text = render_config(build_config(name, args), args)
    path = GOLDEN / f"{name}.config.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
    assert yaml.safe_load(text) == build_config(name, args)


def test_every_golden_file_belongs_to_a_spec() -> None:
    assert {path.name for path in GOLDEN.glob("*.yaml")} == {
        f"{name}.config.yaml" for name in SPECS
    }
