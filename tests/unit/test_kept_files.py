"""Files of earlier releases are read by this one, and would be written again as they are."""

import json

import pytest
import yaml

from baseten_tei.deployment.config.config_yaml import render_config
from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.facts.hub.lockfile import parse_lock, render_lock
from baseten_tei.outputs.formats.formats import FORMATS
from baseten_tei.outputs.parsing import parse_models, parse_outputs
from baseten_tei.project.stack_values import parse_stack_file
from baseten_tei.project.state import parse_state
from baseten_tei.provider.release.golden.file import parse_golden, render_golden
from baseten_tei.review.report.report_data import parse_report
from baseten_tei.review.snapshots.state_snapshot import parse_snapshot
from baseten_tei.rules.secrets.stack_file import check_stack_file
from baseten_tei.rules.settings import parse_settings
from baseten_tei.spec.spec_parser import MODELS
from tests.data import RELEASES, kept

pytestmark = pytest.mark.parametrize("release", RELEASES)


def test_a_lock_is_written_again_as_it_is(release: str) -> None:
    text = kept(release, "locks/test.yaml").read_text()
    assert render_lock(parse_lock(text).values()) == text


def test_golden_files_are_written_again_as_they_are(release: str) -> None:
    files = sorted(kept(release, "golden/test").glob("*.json"))
    assert files
    for file in files:
        golden = parse_golden(file.read_bytes())
        assert render_golden(golden) == file.read_text()
        assert len(golden.values()) == len(golden.answers)


def test_a_stacks_specs_make_the_configs_that_were_generated(release: str) -> None:
    file = parse_stack_file(kept(release, "Pulumi.test.yaml").read_text(), "baseten-tei")
    check_stack_file("test", file.document, file.config)
    lock = parse_lock(kept(release, "locks/test.yaml").read_text())
    subjects = parse_settings(file.config[MODELS], None, lock).subjects
    assert {it.name for it in subjects} == {"bge", "bge-reranker", "gem", "go-emotions"}
    for it in subjects:
        config = build_config(it.name, it.args)
        generated = kept(release, f"truss_configs/test/{it.name}/config.yaml").read_text()
        assert render_config(config, it.args) == generated
        assert yaml.safe_load(generated)["model_name"] == it.name


def test_outputs_are_read_whole(release: str) -> None:
    text = kept(release, "outputs.json").read_text()
    outputs = parse_outputs(text)
    models = json.loads(text)["models"]
    assert set(outputs.models) == set(models) == set(parse_models(json.dumps(models)))
    for name, model in outputs.models.items():
        written = json.loads(model.model_dump_json())
        assert {key: written[key] for key in models[name]} == models[name]
    assert outputs.models["bge"].space.fingerprint  # type: ignore[union-attr]  # it is an embedding
    assert "BGE_SYNC_URL" in FORMATS["dotenv"](outputs, "test")


def test_a_snapshot_is_what_the_engine_imports(release: str) -> None:
    text = kept(release, "snapshot.json").read_text()
    snapshot = parse_snapshot(text, "snapshot.json")
    assert json.loads(snapshot.model_dump_json()) == json.loads(text)
    assert snapshot.state("salt")["deployment"]["resources"] == snapshot.deployment["resources"]


def test_a_state_says_which_models_and_deployments_there_are(release: str) -> None:
    state = parse_state(json.loads(kept(release, "state.json").read_text()))
    assert {name for _, name in state.models} == {"bge", "bge-reranker", "gem", "go-emotions"}
    assert (len(state.deployment_ids), state.pending) == (5, ())  # staging serves a copy
    assert (state.state_id or "").startswith("st-")


def test_a_report_is_read_back(release: str) -> None:
    text = kept(release, "report.json").read_text()
    assert json.loads(parse_report(text).model_dump_json()) == json.loads(text)
