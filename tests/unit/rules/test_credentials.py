"""No secret in a spec, whatever its kind and wherever it stands; what is refused is never repeated."""

from typing import Any

import pytest

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import UserError
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.settings import parse_settings
from baseten_tei.spec.args import EmbeddingArgs
from baseten_tei.spec.credentials import right_place
from tests.support.specs import raw

CIPHERTEXT = "v1:c2VjcmV0:c2VjcmV0"
SECURE = {"secure": CIPHERTEXT}
KINDS = {
    "a Hugging Face token": "hf_" + "Q7w" * 11,
    "a Baseten API key": "aBcD3fGh." + "x7Y9" * 8,
    "a Pulumi access token": "pul-" + "0a" * 20,
    "a GitHub token": "ghp_" + "aB3d" * 9,
    "a GitLab token": "glpat-" + "aB3d" * 5,
    "an AWS access key": "AKIA" + "Q7WX" * 4,
    "an OpenAI or Anthropic key": "sk-proj-" + "aB3d" * 10,
    "a Google API key": "AIza" + "aB3d5" * 7,
    "a Slack token": "xoxb-123456789012-abc",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
    "a URL with a password": "http://user:pa55word@proxy.example:3128",
}
PLACES: dict[str, Any] = {
    "env.FOO": lambda it: {"env": {"FOO": it}},
    "labels.owner": lambda it: {"labels": {"owner": it}},
    "silence.TEI-TASK-010": lambda it: {"silence": {"TEI-TASK-010": it}},
    "extra_flags[1]": lambda it: {"extra_flags": ["--json-output", it]},
    "default_prompt": lambda it: {"default_prompt": it},
    "model_name": lambda it: {"model_name": it},
    "model_id": lambda it: {"model_id": it},
    "revision": lambda it: {"revision": it},
    "environments.staging.deployment": lambda it: {"environments": {"staging": {"deployment": it}}},
    "autoscaling.min_replica": lambda it: {"autoscaling": {"min_replica": it}},
    "unknown[0].deep": lambda it: {"unknown": [{"deep": it}]},
}


def refused(models: object) -> tuple[str, ...]:
    with pytest.raises(UserError) as caught:
        parse_settings(models)
    return caught.value.problems


@pytest.mark.parametrize("where", PLACES)
def test_an_encrypted_value_is_refused_wherever_it_is_in_a_spec(where: str) -> None:
    [line] = refused({"bge": raw(**PLACES[where](SECURE))})
    assert line.startswith(f"model 'bge': TEI-SEC-004 {where} is an encrypted value")
    assert "from_env" in line
    assert "secret of Baseten" in line
    assert CIPHERTEXT not in line
    assert len(line) <= 500


def test_models_or_a_model_that_are_encrypted_as_a_whole_are_refused() -> None:
    [line] = refused(SECURE)
    assert line.startswith("TEI-SEC-004 baseten-tei:models is an encrypted value")
    [line] = refused({"bge": SECURE})
    assert line.startswith("model 'bge': TEI-SEC-004 its spec is an encrypted value")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", PLACES)
def test_a_value_that_looks_like_a_credential_is_refused_by_its_kind(where: str, kind: str) -> None:
    [line] = refused({"bge": raw(**PLACES[where](KINDS[kind]))})
    assert line.startswith(
        f"model 'bge': TEI-SEC-004 {where} holds {kind} in clear: remove it, revoke it"
    )
    assert KINDS[kind] not in line
    assert len(line) <= 500


def test_a_credential_as_a_key_or_a_name_is_not_shown() -> None:
    token = KINDS["a Hugging Face token"]
    [line] = refused({"bge": raw(env={token: "x"})})
    assert line.startswith("model 'bge': TEI-SEC-004 env.[secret] holds a Hugging Face token")
    [line] = refused({token: raw()})
    assert line.startswith("model '[secret]': TEI-SEC-004 its name holds a Hugging Face token")


def test_a_program_of_ones_own_is_refused_the_same_values() -> None:
    token = KINDS["a Baseten API key"]
    args = EmbeddingArgs(model_id="a/b", environments={"staging": {"deployment": token}})
    [line] = [it.line for it in check_model(Subject("bge", args))]
    place = "environments.staging.deployment"
    assert line.startswith(f"model 'bge': TEI-SEC-004 {place} holds a Baseten API key in clear: ")
    assert token not in line


def test_no_silence_allows_a_secret() -> None:
    args = EmbeddingArgs(
        model_id="a/b", env={"X": KINDS["a GitHub token"]}, silence={"TEI-SEC-004": "known"}
    )
    assert {it.rule.id for it in check_model(Subject("bge", args))} == {"TEI-SEC-004"}


TOKEN_KEYS = ["token", "hf_token", "hf_access_key", "HF_TOKEN", "hfToken", "huggingface_api_key",
              "hugging_face_hub_token", "access_token", "hf-api-token"]  # fmt: skip
API_KEYS = ["api_key", "BASETEN_API_KEY", "apiKey", "baseten_token"]
OTHERS = ["password", "secrets", "secret", "aws_secret_access_key", "credentials", "private_key"]


@pytest.mark.parametrize("key", [*TOKEN_KEYS, *API_KEYS, *OTHERS])
@pytest.mark.parametrize("nested", [False, True])
def test_a_key_for_a_credential_is_answered_with_its_place(key: str, nested: bool) -> None:
    given = {"environments": {"staging": {key: "x"}}} if nested else {key: "x"}
    [line] = refused({"bge": raw(**given)})
    assert "unknown key" in line
    assert "Perhaps" not in line
    assert ("BASETEN_API_KEY" if key in API_KEYS else "{from_env: HF_TOKEN}") in line


@pytest.mark.parametrize(
    "flag", ["--token=x", "--hf_token=x", "--api_key=x", "--HF-TOKEN=x", "--baseten-api-key=x"]
)
def test_a_flag_for_a_credential_is_answered_with_its_place(flag: str) -> None:
    [line] = refused({"bge": raw(extra_flags=[flag])})
    assert "Perhaps" not in line
    assert "from_env" in line or "BASETEN_API_KEY" in line


@pytest.mark.parametrize(
    "name",
    ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "API_KEY", "BASETEN_API_KEY", "AWS_SECRET_ACCESS_KEY"],
)
@pytest.mark.parametrize("part", ["env", "labels"])
def test_a_variable_for_a_credential_is_answered_with_its_place(part: str, name: str) -> None:
    [line] = refused({"bge": raw(**{part: {name: "x"}})})
    assert f"{part}: {name} would be in clear" in line


@pytest.mark.parametrize("key", ["max_batch_token", "gate", "tokenization_worker", "envs", "label"])
def test_a_slip_is_still_a_slip(key: str) -> None:
    assert right_place(key, EmbeddingArgs.model_fields) is None


@pytest.mark.parametrize(
    "name", ["HF_HUB_DISABLE_IMPLICIT_TOKEN", "TOKENIZERS_PARALLELISM", "HF_ENDPOINT"]
)
def test_a_variable_that_holds_no_credential_passes(name: str) -> None:
    assert parse_settings({"bge": raw(env={name: "1"})}).models["bge"].env == {name: "1"}


def test_a_label_called_secure_beside_others_is_a_label() -> None:
    labels = {"secure": "yes", "team": "search"}
    assert parse_settings({"bge": raw(labels=labels)}).models["bge"].labels == labels
