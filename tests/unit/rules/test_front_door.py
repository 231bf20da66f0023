"""Every rule, from a stack's file to what `check` prints: a rule that the front door hides is no rule."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.__main__ import main
from baseten_tei.rules.registry import RULES, check_model
from tests.support.corpus import GOOD, Case, cases
from tests.support.tei.front_door import has_secret, write_stack

IDS = [rule.id for rule in RULES]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All failures of the corpus in one stack, those with a secret in another: where one is, nothing else is read."""
    root = tmp_path_factory.mktemp("front-door")
    (root / "Pulumi.yaml").write_text("name: project\nruntime: python\n")
    write_stack(root, "dev", [it for it in cases() if not has_secret(it)])
    write_stack(root, "leaky", [it for it in cases() if has_secret(it)])
    return root


@pytest.fixture(scope="module")
def sarif(project: Path) -> list[dict[str, Any]]:
    results = project / "found.sarif"
    assert (
        main(["check", "--root", str(project), "--format", "sarif", "--output", str(results)]) == 1
    )
    [run] = json.loads(results.read_text())["runs"]
    found: list[dict[str, Any]] = run["results"]
    return found


@pytest.fixture(scope="module")
def table(project: Path) -> str:
    results = project / "found.txt"
    main(["check", "--root", str(project), "--output", str(results)])
    return results.read_text()


@pytest.mark.parametrize("rule_id", IDS)
def test_a_stack_file_makes_every_rule_fire(
    rule_id: str, sarif: list[dict[str, Any]], table: str
) -> None:
    found = [it for it in sarif if it["ruleId"] == rule_id]
    assert found
    assert f" {rule_id} " in table
    assert all(len(it["message"]["text"].splitlines()) == 1 for it in found)


def test_each_finding_stands_at_the_line_of_its_model(
    project: Path, sarif: list[dict[str, Any]]
) -> None:
    for it in sarif:
        [place] = it["locations"]
        where = place["physicalLocation"]
        lines = (project / where["artifactLocation"]["uri"]).read_text().splitlines()
        model = it["message"]["text"].partition(": ")[0]
        assert lines[where["region"]["startLine"] - 1].strip() == f"{model}:"


def test_each_case_is_found_through_the_front_door(sarif: list[dict[str, Any]]) -> None:
    found = {(it["message"]["text"].partition(": ")[0], it["ruleId"]) for it in sarif}
    assert [
        (it.slug, rule) for it in cases() for rule in it.rules if (it.slug, rule) not in found
    ] == []


def test_what_works_passes_the_front_door(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\n")
    write_stack(tmp_path, "dev", cases(GOOD))
    assert main(["check", "--root", str(tmp_path)]) == 0


def test_no_secret_of_a_spec_is_in_any_format(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("table", "json", "sarif"):
        main(["check", "--root", str(project), "--format", form])
    told = capsys.readouterr()
    assert "TEI-SEC-004" in told.out
    assert "hf_EXAMPLE" not in told.out + told.err


def test_findings_are_told_beside_a_mistake_that_is_no_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\n")
    models = "{a: {task: embedding, model_id: a/b, accelerator: V100}, b: {task: embedding, model_id: a/b, foo: 1}}"
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config: {{'baseten-tei:models': {models}}}\n")
    assert main(["check", "--root", str(tmp_path), "--format", "sarif"]) == 2
    told = capsys.readouterr()
    found = [it["ruleId"] for it in json.loads(told.out)["runs"][0]["results"]]
    assert found == ["TEI-GPU-001", "TEI-LOCK-001"]
    assert "Pulumi.dev.yaml: model 'b': unknown key 'foo'" in told.err


@pytest.mark.parametrize("command", ["lock", "generate", "check"])
def test_a_url_as_model_id_is_told_once_by_every_command(
    tmp_path: Path, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before the Hub is asked: there is no such repository."""
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\n")
    models = "{a: {task: embedding, model_id: 'https://huggingface.co/BAAI/bge-m3'}}"
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config: {{'baseten-tei:models': {models}}}\n")
    assert main([command, "--root", str(tmp_path)]) in (1, 2)
    told = capfd.readouterr()
    [line] = [it for it in (told.out + told.err).splitlines() if "TEI-" in it]
    assert "TEI-SPEC-002" in line
    assert "not a Hugging Face repository, but a URL: write model_id: BAAI/bge-m3" in line


ONE_CAUSE = {
    "model-gguf",
    "model-adapter",
    "model-model2vec",
    "model-quantized",
    "spec-url",
    "spec-path",
}


@pytest.mark.parametrize(
    "case", [it for it in cases() if it.slug in ONE_CAUSE], ids=lambda it: it.slug
)
def test_what_is_no_model_for_tei_is_one_finding(case: Case) -> None:
    assert [it.rule.id for it in check_model(case.subject)] == [*case.rules]


def test_all_causes_have_their_case() -> None:
    assert {it.slug for it in cases()} >= ONE_CAUSE


TOKEN = "hf_" + "Q7w" * 11


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("baseten-tei:hf_access_key", TOKEN),
        ("baseten-tei:hf_access_key", {"from_env": TOKEN}),
        ("baseten-tei:api_key", "s3cret-value"),
        ("baseten-tei:team", {"secure": "v1:c2VjcmV0:c2VjcmV0"}),
        ("other:token", TOKEN),
    ],
)
def test_a_secret_beside_the_models_is_a_finding_at_its_line(
    tmp_path: Path, key: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\nruntime: python\n")
    models = {"a": {"task": "embedding", "model_id": "a/b"}}
    config = {"a:region": "x", key: value, "baseten-tei:models": models}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}, sort_keys=False))
    assert main(["check", "--root", str(tmp_path), "--format", "sarif"]) == 1
    told = capsys.readouterr()
    [found] = json.loads(told.out)["runs"][0]["results"]
    assert found["ruleId"] == "TEI-SEC-014"
    assert found["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert found["message"]["text"].startswith(f"{key}: ")
    assert told.err == ""
    assert not any(it in told.out for it in (TOKEN, "s3cret-value", "c2VjcmV0"))
