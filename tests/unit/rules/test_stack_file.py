"""Secrets in a stack's file: the token encrypted or by a variable's name, and nothing else of ours."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.__main__ import main
from baseten_tei.commands import generate
from baseten_tei.errors import UserError
from baseten_tei.operations.status.planned_files import plan_stack
from baseten_tei.project import stack_settings
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_names import stack_names
from baseten_tei.rules.secrets.passphrase import (
    PUBLIC,
    has_guessable_passphrase,
    is_guessable,
    read_passphrase,
)
from baseten_tei.rules.secrets.stack_file import check_stack_file
from baseten_tei.spec.names import RESERVED_STACKS, stack_name_problem
from tests.support.harness import DEV_STACK, ROOT

DEV_SALT = yaml.safe_load((DEV_STACK / "Pulumi.dev.yaml").read_text())["encryptionsalt"]
OWN_SALT = "v1:jQ9TFoBHesE=:v1:yP1YpXXVL4CkZi3B:7qVj0VDOJSxegHzUt4TEun8K5cbtpw=="
SECURE = {"secure": "v1:c2VjcmV0:c2VjcmV0"}
TOKEN = "hf_" + "Q7w" * 11
MODELS = {"bge": {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5"}}


def refused(config: dict[str, Any], salt: str | None = OWN_SALT, stack: str = "prod") -> list[str]:
    try:
        check_stack_file(stack, {"config": config, "encryptionsalt": salt}, config)
    except UserError as error:
        lines = list(error.problems)
    else:
        lines = []
    assert all(len(line) <= 500 for line in lines)
    return lines


@pytest.mark.parametrize("token", [SECURE, {"from_env": "HF_TOKEN"}])
def test_a_token_is_encrypted_or_a_variables_name(token: object) -> None:
    assert refused({"baseten-tei:hf_access_key": token, "baseten-tei:models": MODELS}) == []


@pytest.mark.parametrize(
    "token",
    [
        TOKEN,
        "s3cret-token",
        "$HF_TOKEN",
        "${HF_TOKEN}",
        "HF_TOKEN",
        12345678,
        ["s3cret"],
        {"from_env": TOKEN},
        {"from_env": "s3cret-token"},
        {"env": "s3cret"},
    ],
)
def test_a_token_in_clear_is_refused_and_not_shown(token: object) -> None:
    [line] = refused({"baseten-tei:hf_access_key": token})
    assert line.startswith("baseten-tei:hf_access_key")
    assert "{from_env: HF_TOKEN}" in line
    assert not [it for it in (TOKEN, "s3cret", "12345678", "$") if it in line]


@pytest.mark.parametrize("key", ["baseten-tei:team", "baseten:target", "baseten-tei:unknown"])
def test_another_key_of_ours_that_is_encrypted_is_refused(key: str) -> None:
    [line] = refused({key: SECURE})
    assert line.startswith(f"{key} is encrypted")


@pytest.mark.parametrize(
    "key",
    [
        "baseten-tei:token",
        "baseten-tei:hf_token",
        "baseten:api_key",
        "baseten-tei:HF_TOKEN",
        "baseten:hf_access_key",
    ],
)
@pytest.mark.parametrize("value", ["x", SECURE])
def test_a_key_named_after_a_credential_is_answered_with_the_right_place(
    key: str, value: object
) -> None:
    lines = refused({key: value})
    assert lines
    assert all("from_env" in it or "BASETEN_API_KEY" in it for it in lines)


def test_other_programs_keys_may_be_encrypted_and_hold_no_token_in_clear() -> None:
    assert refused({"aws:secretKey": SECURE, "aws:region": "eu-central-1"}) == []
    [line] = refused({"other:list": [{"a": TOKEN}]})
    assert line.startswith("other:list [0].a holds a Hugging Face token in clear")
    assert TOKEN not in line
    assert "config set --secret other:list" in line


@pytest.mark.parametrize("key", ["baseten-tei:hf_access_key", "aws:secretKey", "other:nested"])
def test_nothing_is_encrypted_with_a_passphrase_that_everyone_knows(key: str) -> None:
    [line] = refused({key: [SECURE] if key == "other:nested" else SECURE}, DEV_SALT)
    assert "encrypted with a passphrase that everyone knows" in line


def test_a_salt_tells_whether_everyone_knows_its_passphrase() -> None:
    assert has_guessable_passphrase(DEV_SALT)
    assert not has_guessable_passphrase(OWN_SALT)
    for salt in (None, 1, "", "v1:x", "v1:a:b:c:d", ["v1"]):
        assert not has_guessable_passphrase(salt)


def test_the_public_passphrase_is_the_one_in_its_file() -> None:
    assert (ROOT / "engine" / "dev-passphrase").read_text().strip() == PUBLIC


@pytest.mark.parametrize(
    ("environ", "guessable"),
    [
        ({}, False),
        ({"PULUMI_CONFIG_PASSPHRASE": "dev"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE": ""}, True),
        ({"PULUMI_CONFIG_PASSPHRASE": "own"}, False),
        ({"PULUMI_CONFIG_PASSPHRASE": "own", "PULUMI_CONFIG_PASSPHRASE_FILE": "copy"}, False),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "copy"}, True),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "other"}, False),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "missing"}, False),
    ],
)
def test_a_passphrase_is_known_by_its_content_not_by_its_files_name(
    tmp_path: Path, environ: dict[str, str], guessable: bool
) -> None:
    (tmp_path / "copy").write_text("dev\n")
    (tmp_path / "other").write_text("correct horse")
    assert (
        is_guessable(read_passphrase(environ, lambda it: (tmp_path / it).read_text())) is guessable
    )


def project(root: Path, config: dict[str, Any], stack: str = "prod") -> Path:
    (root / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    document = {"config": config, "encryptionsalt": OWN_SALT}
    (root / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document))
    return root


NESTED = {"baseten-tei:models": {"bge": {**MODELS["bge"], "labels": {"owner": SECURE}}}}
READERS = {
    "generate": lambda root: generate.write(root, ["prod"]),
    "check": lambda root: stack_settings.wanted_stacks(root, ["prod"]),
    "workspace": lambda root: Workspace(root, "prod").config,
    "status": lambda root: plan_stack(root, "prod"),
    "stack names": lambda root: stack_names(root),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "config", [NESTED, {"baseten-tei:hf_access_key": TOKEN, "baseten-tei:models": MODELS}]
)
def test_every_reader_refuses_before_it_writes(
    tmp_path: Path, reader: str, config: dict[str, Any]
) -> None:
    root = project(tmp_path, config)
    before = sorted(root.rglob("*"))
    with pytest.raises(UserError) as caught:
        READERS[reader](root)
    assert TOKEN not in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("name", ["drift", "preview", "Preview", "DRIFT"])
def test_a_stack_with_the_name_of_a_workflows_environment_is_refused(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(tmp_path, {"baseten:target": "baseten", "baseten-tei:models": MODELS}, name)
    assert main(["stacks", "--deployable", "--root", str(root)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert f"stack {name!r} has the name of an environment of the workflows" in err
    with pytest.raises(UserError, match=f"stack '{name}' has the name"):
        list(stack_settings.stacks(root))
    with pytest.raises(UserError, match=f"stack '{name}' has the name"):
        _ = Workspace(root, name).config


@pytest.mark.parametrize("name", ["production", "drift2", "previews", "pre-view"])
def test_other_names_are_fine(name: str) -> None:
    assert stack_name_problem(name) is None


def test_the_reserved_names_are_the_environments_that_the_workflows_name() -> None:
    named = set()
    for path in [*(ROOT / ".github" / "workflows").glob("*.yml"), ROOT / ".gitlab-ci.yml"]:
        for job in _jobs(yaml.safe_load(path.read_text())):
            environment = job.get("environment")
            if isinstance(environment, dict):
                named.add(environment["name"])
    assert named == set(RESERVED_STACKS)


def _jobs(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    jobs = workflow.get("jobs", workflow)
    return [job for job in jobs.values() if isinstance(job, dict)]
