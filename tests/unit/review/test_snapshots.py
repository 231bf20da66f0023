"""What a snapshot holds, and what it must never hold."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.baseten.target import parse_target
from baseten_tei.errors import UserError
from baseten_tei.project.copies.credential_free import PASSPHRASE, credential_free_environment
from baseten_tei.project.copies.secure_values import (
    CHANGED,
    UNCHANGED,
    placeholders,
    secure_values,
    without_secure_values,
)
from baseten_tei.provider.resources.secret_value import fingerprint, is_same
from baseten_tei.review.snapshots.origins import (
    Origin,
    choose_origin,
    has_credentials,
    origin_text,
)
from baseten_tei.review.snapshots.state_snapshot import (
    SECRET,
    SIGNATURE,
    Snapshot,
    parse_snapshot,
    snapshot_of,
)
from baseten_tei.spec.hf_token import VARIABLE

CANARY = "canary-0123456789abcdef"
TOKEN = "hf_" + "canary" * 5
HIDDEN = {SIGNATURE: SECRET, "ciphertext": f"v1:{CANARY}"}
SHOWN = {SIGNATURE: SECRET, "plaintext": json.dumps(CANARY)}
URN = "urn:pulumi:production::baseten-tei::baseten:index:Secret::hf_access_key"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def exported(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 3,
        "deployment": {
            "manifest": {"version": "v3.259.0", "magic": "m", "time": "2026-01-01T00:00:00Z"},
            "secrets_providers": {"type": "passphrase", "state": {"salt": f"v1:{CANARY}"}},
            "pending_operations": [{"type": "creating", "resource": {"inputs": {"x": HIDDEN}}}],
            "resources": list(resources),
        },
    }


def snapshot(*resources: dict[str, Any], secure: dict[str, str] | None = None) -> Snapshot:
    return snapshot_of(
        exported(*resources),
        stack="production",
        commit=COMMIT,
        secure=secure or {},
        fingerprint=fingerprint(UNCHANGED),
        known_secrets=[CANARY],
    )


SECRET_RESOURCE = {
    "urn": URN,
    "type": "baseten:index:Secret",
    "inputs": {"name": "hf_access_key", "value": HIDDEN},
    "outputs": {"name": "hf_access_key", "fingerprint": fingerprint(CANARY), "generation": "3"},
    "sourcePosition": "project:///home/someone/x.py#1",
    "stackTrace": [{"sourcePosition": "project:///home/someone/x.py#1"}],
}


@pytest.mark.parametrize(
    "value",
    [
        HIDDEN,
        SHOWN,
        {"deep": [{"er": HIDDEN}, 1, None, True]},
        {SIGNATURE: SECRET, "plaintext": "null", "ciphertext": CANARY},
        f"Authorization: Bearer {CANARY}",
        f"a log line with {TOKEN} in it",
        f'{{"inner": "{CANARY}"}}',
    ],
)
def test_no_secret_gets_into_a_snapshot_wherever_it_stands(value: Any) -> None:
    made = snapshot(
        {"urn": URN, "type": "x:y:Z", "inputs": {"v": value}, "outputs": {"v": [value]}}
    )
    assert CANARY not in made.model_dump_json()
    assert TOKEN not in made.model_dump_json()
    assert made.deployment["resources"][0]["urn"] == URN


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(HIDDEN) | st.just(SHOWN),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_whatever_the_shape_of_a_state_no_secret_is_left(value: Any) -> None:
    made = snapshot({"urn": URN, "type": "x:y:Z", "inputs": {"v": value}})
    assert CANARY not in made.model_dump_json()


def test_neither_the_salt_nor_the_paths_of_a_machine_nor_what_was_cut_off_is_in_it() -> None:
    made = snapshot(SECRET_RESOURCE)
    assert set(made.deployment) == {"manifest", "resources"}
    assert "someone" not in made.model_dump_json()


def test_a_secret_of_basetens_is_remembered_by_the_placeholders_fingerprint() -> None:
    (resource,) = snapshot(SECRET_RESOURCE).deployment["resources"]
    assert is_same(UNCHANGED, resource["outputs"]["fingerprint"])
    assert not is_same(CANARY, resource["outputs"]["fingerprint"])
    assert resource["inputs"]["value"] == {SIGNATURE: SECRET, "plaintext": json.dumps(UNCHANGED)}
    assert resource["outputs"]["generation"] == "3"


def test_an_imported_secret_is_still_one_whose_value_nobody_stored() -> None:
    imported = {**SECRET_RESOURCE, "outputs": {"name": "hf_access_key", "fingerprint": ""}}
    (resource,) = snapshot(imported).deployment["resources"]
    assert resource["outputs"]["fingerprint"] == ""


def test_a_snapshot_is_read_as_it_was_written_and_takes_the_salt_of_the_stack_it_goes_into() -> (
    None
):
    made = snapshot(SECRET_RESOURCE, secure={"a:b": "c"})
    assert parse_snapshot(made.model_dump_json(), "x.json") == made
    state = made.state("v1:salt")
    assert state["deployment"]["secrets_providers"] == {
        "type": "passphrase",
        "state": {"salt": "v1:salt"},
    }
    assert state["deployment"]["resources"] == made.deployment["resources"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"snapshot": 1}', json.dumps(exported()), '{"snapshot": 1, "stack": 3}'],
)
def test_what_is_no_snapshot_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UserError, match=r"production\.json is not a snapshot") as refused:
        parse_snapshot(text, "production.json")
    assert len(refused.value.problems) == 1


def test_a_snapshot_with_something_else_as_its_commit_is_refused() -> None:
    text = snapshot().model_dump_json().replace(COMMIT, "<img src=x>")
    with pytest.raises(UserError, match="commit"):
        parse_snapshot(text, "production.json")


CONFIG = {
    "baseten-tei:models": {"bge": {"task": "embedding"}},
    "baseten-tei:hf_access_key": {"secure": "v1:one"},
    "other:list": ["a", {"secure": "v1:two"}, {"x.y": {"secure": "v1:three"}}],
    "other:with.dot": {"secure": "v1:five"},
    "other:no": {"secure": "v1:four", "more": 1},
}


def test_each_encrypted_value_has_a_place_and_a_digest_that_does_not_say_it() -> None:
    found = secure_values(CONFIG)
    assert list(found) == [
        "baseten-tei:hf_access_key",
        "other:list[1]",
        'other:list[2]["x.y"]',
        'other:["with.dot"]',
    ]
    assert len({*found.values()}) == 4
    assert not any("v1:" in digest for digest in found.values())


def test_a_placeholder_says_whether_the_ciphertext_was_changed_and_nothing_else() -> None:
    known = secure_values(CONFIG)
    assert set(placeholders(CONFIG, known).values()) == {UNCHANGED}
    rotated = {**CONFIG, "baseten-tei:hf_access_key": {"secure": "v1:another"}}
    told = placeholders(rotated, known)
    assert told.pop("baseten-tei:hf_access_key") == CHANGED
    assert set(told.values()) == {UNCHANGED}
    assert set(placeholders(CONFIG, {}).values()) == {CHANGED}


def test_a_readable_copy_of_a_stacks_file_keeps_all_but_what_is_encrypted() -> None:
    assert without_secure_values(CONFIG) == {
        "config": {
            **CONFIG,
            "baseten-tei:hf_access_key": "",
            "other:list": ["a", "", {"x.y": ""}],
            "other:with.dot": "",
        }
    }


BASETEN, EMULATED = parse_target("baseten"), parse_target("emulator")
FULL = {"BASETEN_API_KEY": "key", "PULUMI_BACKEND_URL": "s3://bucket"}


@pytest.mark.parametrize(
    "key", ["PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"]
)
def test_the_real_state_is_taken_where_its_credentials_are(key: str) -> None:
    environ = {"BASETEN_API_KEY": "key", key: "something"}
    assert choose_origin(BASETEN, environ, has_snapshot=True) == "real"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"BASETEN_API_KEY": "key"},
        {
            "BASETEN_API_KEY": "",
            "PULUMI_BACKEND_URL": "",
        },  # a secret that is not there is an empty text
        {"BASETEN_API_KEY": " ", "PULUMI_ACCESS_TOKEN": "token"},
        {"PULUMI_BACKEND_URL": "s3://bucket", "PULUMI_CONFIG_PASSPHRASE": "words"},
        {"BASETEN_API_KEY": "key", "PULUMI_CONFIG_PASSPHRASE_FILE": "/x/engine/dev-passphrase"},
    ],
)
def test_without_all_credentials_it_is_the_snapshot_or_nothing(environ: dict[str, str]) -> None:
    assert not has_credentials(environ)
    assert choose_origin(BASETEN, environ, has_snapshot=True) == "snapshot"
    assert choose_origin(BASETEN, environ, has_snapshot=False) == "nothing"


def test_a_passphrase_file_of_ones_own_counts_as_one() -> None:
    assert has_credentials({"BASETEN_API_KEY": "key", "PULUMI_CONFIG_PASSPHRASE_FILE": "/run/own"})


def test_a_stack_on_an_emulator_is_never_looked_for_in_the_real_state() -> None:
    assert choose_origin(EMULATED, FULL, has_snapshot=False) == "nothing"


def test_a_preview_without_credentials_is_given_no_variable_that_is_not_named() -> None:
    environ = {**FULL, "PATH": "/bin", "AWS_SECRET_ACCESS_KEY": CANARY, "HF_TOKEN": CANARY,
               VARIABLE: CANARY, "PULUMI_CONFIG_PASSPHRASE_FILE": "/x", "ODD": CANARY}  # fmt: skip
    assert credential_free_environment(environ, "file:///tmp/state") == {
        "PATH": "/bin",
        "PULUMI_BACKEND_URL": "file:///tmp/state",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        VARIABLE: UNCHANGED,
    }


@pytest.mark.parametrize(
    ("kind", "commit", "said"),
    [
        ("real", "", "the real state"),
        ("nothing", "", "nothing, without credentials, so that every resource is new"),
        ("snapshot", "", "the state snapshot, without credentials"),
        ("snapshot", COMMIT, "the state snapshot of commit 0123456, without credentials"),
    ],
)
def test_the_report_says_what_a_stack_was_held_against(
    kind: Origin, commit: str, said: str
) -> None:
    assert origin_text(kind, commit) == said
