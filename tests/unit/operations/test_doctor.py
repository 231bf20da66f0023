"""What is out of order between a state and Baseten, and what stays untouched."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei.baseten.versions import Serving, Version
from baseten_tei.commands import doctor
from baseten_tei.deployment.ownership import Owner
from baseten_tei.errors import UserError
from baseten_tei.operations.diagnosis import Disorder, LiveModel, find_disorder
from baseten_tei.project.stack import Workspace
from baseten_tei.project.state import State, parse_state
from tests.support.fakes import FakeApi, version

OWNER = Owner("proj", "dev")
SERVES = version("d1", digest="now", environment="production")
STATE = State({(None, "bge"): "now"}, frozenset({"d1"}), ())


def live(
    *versions: Version, environments: list[Serving] | None = None, name: str = "bge"
) -> LiveModel:
    served = [Serving("production", SERVES, {})] if environments is None else environments
    return LiveModel("m1", name, None, [SERVES, *versions], served)


def found(*versions: Version, state: State = STATE, **more: Any) -> list[Disorder]:
    return find_disorder(state, [live(*versions, **more)], OWNER)


def test_an_untouched_model_has_nothing_out_of_order() -> None:
    assert found() == []


def test_a_deployment_of_ours_that_nobody_needs_is_an_orphan() -> None:
    [orphan] = found(version("d2", "INACTIVE", digest="other"))
    assert (orphan.kind, orphan.model_id, orphan.deployment_id) == ("orphan", "m1", "d2")
    assert orphan.line == (
        "orphan: deployment d2 (INACTIVE) of model 'bge' serves no environment, and stack 'dev' does not know it: "
        "run `baseten-tei doctor --fix` to delete it"
    )


@pytest.mark.parametrize(
    "spare",
    [
        version("d2", digest="other", owner=None),
        version("d2", digest="other", owner=("proj", "prod")),
        version("d2", digest="other", environment="staging"),
        version("d2", "BUILDING", digest="next"),
    ],
    ids=["somebody's", "another stack's", "serving", "what the next up goes on with"],
)
def test_what_is_not_ours_or_is_needed_is_no_orphan(spare: Version) -> None:
    state = replace(STATE, models={(None, "bge"): "next"})
    assert found(spare, state=state) == []


def test_what_an_environment_is_on_its_way_to_is_no_orphan() -> None:
    coming = version("d2", digest="other")
    serving = Serving("production", SERVES, {}, candidate=coming, promotion_status="RELEASING")
    assert found(coming, environments=[serving]) == []


def test_what_the_state_knows_is_no_orphan() -> None:
    state = replace(STATE, deployment_ids=frozenset({"d1", "d2"}))
    assert found(version("d2", digest="other"), state=state) == []


def test_a_second_copy_of_the_wanted_version_is_an_orphan() -> None:
    [orphan] = found(version("d2", digest="now"))
    assert orphan.deployment_id == "d2"


def test_a_model_with_only_our_labels_that_the_state_lost_is_told_and_not_deleted() -> None:
    lost, forgotten = found(version("d2", digest="other"), name="old")
    assert forgotten.kind == "forgotten model"
    assert "baseten-tei adopt old --stack dev" in forgotten.fix
    assert lost.line == (
        "lost model: model 'bge' is in the state and not on Baseten: run `pulumi refresh`, then `pulumi up`"
    )


def test_a_foreign_model_is_nobodys_business() -> None:
    theirs = version("d9", owner=None, environment="production")
    model = LiveModel("m9", "theirs", None, [theirs], [Serving("production", theirs, {})])
    assert find_disorder(STATE, [live(), model], OWNER) == []


def test_dead_environments_failed_promotions_and_cut_off_operations_are_told() -> None:
    dead = Serving("production", replace(SERVES, status="DEPLOY_FAILED"), {})
    failed = Serving("canary", SERVES, {}, candidate=version("d2"), promotion_status="FAILED",
                     promotion_error="no capacity")  # fmt: skip
    state = replace(STATE, pending=("creating bge-push",))
    lines = [it.line for it in found(state=state, environments=[dead, failed])]
    assert lines == [
        "pending operation: creating bge-push was cut off, and the state does not know how it ended: "
        "run `pulumi refresh --clear-pending-creates`, then `pulumi up`",
        "dead environment: environment 'production' of model 'bge' serves deployment d1, which is DEPLOY_FAILED: "
        "run `pulumi refresh`, then `pulumi up`",
        "failed promotion: the promotion of d2 to environment 'canary' of model 'bge' ended as FAILED "
        "(no capacity): run `pulumi up`, which goes on with it",
    ]


URN = "urn:pulumi:dev::proj::baseten-tei:index:Embedding$"
EXPORT: dict[str, Any] = {
    "deployment": {
        "resources": [
            {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:dev::proj::pulumi:pulumi:Stack::x"},
            {
                "type": "baseten:index:Model",
                "urn": f"{URN}baseten:index:Model::bge-model",
                "outputs": {"name": "bge", "digest": "now"},
            },
            {
                "type": "command:local:Command",
                "urn": f"{URN}command:local:Command::bge-push",
                "outputs": {"stdout": '{"deployment_id": "d3", "pushed": true}'},
            },
            {
                "type": "command:local:Command",
                "urn": "urn:pulumi:dev::proj::command:local:Command::mine",
                "outputs": {"stdout": "hello"},
            },
            {
                "type": "baseten:index:Environment",
                "urn": f"{URN}baseten:index:Environment::bge-production",
                "outputs": {
                    "deployment_id": "d1",
                    "previous_deployment_id": "d0",
                    "kept_deployment_ids": ["d4", "d5"],
                    "failed_deployment_id": "d6",
                },
            },
        ],
        "pending_operations": [
            {"type": "updating", "resource": {"urn": f"{URN}command:local:Command::bge-push"}}
        ],
    }
}


def test_a_state_knows_what_was_pushed_what_serves_and_what_is_kept() -> None:
    state = parse_state(EXPORT)
    assert state.deployment_ids == {"d0", "d1", "d3", "d4", "d5", "d6"}
    assert state.models == {(None, "bge"): "now"}
    assert state.pending == ("updating bge-push",)


MODEL, PUSH, OTHER = "baseten:index:Model", "command:local:Command", "aws:s3/bucket:Bucket"
OURS = {"environment": {"BASETEN_TEI_DIGEST": "now"}}


@pytest.mark.parametrize(
    ("operation", "kind", "inputs", "there", "told"),
    [
        ("creating", MODEL, {}, True, False),
        ("creating", PUSH, OURS, True, False),
        ("creating", MODEL, {}, False, True),
        ("creating", PUSH, OURS, False, True),
        (
            "updating",
            MODEL,
            {},
            True,
            True,
        ),  # the next `up` forgets it; until then it is not made up for
        ("creating", PUSH, {"environment": {"OTHER": "1"}}, True, True),
        ("creating", PUSH, None, True, True),
        (
            "creating",
            OTHER,
            {},
            True,
            True,
        ),  # the first one may have made another thing, which nobody knows
    ],
)
def test_a_create_that_was_cut_off_is_in_order_once_a_later_up_took_up_what_it_made(
    operation: str, kind: str, inputs: Any, there: bool, told: bool
) -> None:
    resource = {"type": kind, "urn": f"{URN}{kind}::x", "inputs": inputs}
    made = [{**resource, "outputs": {"name": "x"}}] if there else []
    pending = [{"type": operation, "resource": resource}]
    state = parse_state({"deployment": {"resources": made, "pending_operations": pending}})
    assert state.pending == ((f"{operation} x",) if told else ())


def test_an_imported_models_digest_is_in_its_inputs() -> None:
    imported = {
        "type": "baseten:index:Model", "urn": f"{URN}baseten:index:Model::bge-model",
        "inputs": {"name": "bge", "team": "search", "digest": "now"},
        "outputs": {"name": "bge", "team": "search"},
    }  # fmt: skip
    state = parse_state({"deployment": {"resources": [imported]}})
    assert state.models == {("search", "bge"): "now"}


def test_a_stack_without_a_state_knows_nothing() -> None:
    assert parse_state({"version": 3, "deployment": None}) == State({}, frozenset(), ())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "Pulumi.yaml").write_text("name: proj\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  baseten:target: http://127.0.0.1:9\n")
    return Workspace(tmp_path, "dev")


def faked(monkeypatch: pytest.MonkeyPatch, *spare: Version) -> FakeApi:
    versions = {it.id: it for it in (SERVES, *spare)}
    api = FakeApi(
        deployments=versions, environments={"production": Serving("production", SERVES, {})}
    )
    monkeypatch.setattr(Workspace, "api", api)
    settled = {"deployment": {**EXPORT["deployment"], "pending_operations": []}}
    monkeypatch.setattr(doctor, "exported_state", lambda *_: settled)
    return api


def test_fix_deletes_orphans_and_nothing_else(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    orphan, theirs = version("d8", digest="x"), version("d9", digest="x", owner=None)
    api = faked(monkeypatch, orphan, theirs)
    root = ["--root", str(workspace.root)]
    assert main(["doctor", *root]) == 1
    assert main(["doctor", *root, "--fix"]) == 0
    assert api.calls == [("delete_version", "m1", "d8")]
    assert main(["doctor", *root]) == 0
    assert capsys.readouterr().out.endswith(
        "deleted deployment d8 of model 'bge'\nnothing is out of order\n"
    )


def test_json_tells_what_was_found_and_what_was_deleted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(monkeypatch, version("d8", digest="x"))
    assert main(["doctor", "--format", "json", "--root", str(workspace.root)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["deleted"] == []
    assert {*told["findings"][0]} == {
        "kind", "model", "message", "fix", "model_id", "deployment_id",
    }  # fmt: skip


def test_an_orphan_that_a_release_took_up_since_is_not_deleted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = version("d8", digest="x")
    api = faked(monkeypatch, orphan)
    found_before = doctor.examine(workspace)
    api.served["production"] = Serving("production", SERVES, {}, candidate=orphan)
    assert doctor.delete_orphans(workspace, found_before) == []
    assert api.calls == []


def test_a_shell_with_another_emulators_port_is_told_so_and_no_model_is_called_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.path.write_text("config:\n  baseten:target: emulator\n")
    url = "http://127.0.0.1:18809/hosts/model-m1/environments/production/predict"
    component = {"type": "baseten-tei:index:Embedding", "outputs": {"predict_url": url}}
    exported = {
        "deployment": {
            "resources": [{"urn": f"urn:pulumi:dev::proj::{component['type']}::bge", **component}]
        }
    }
    monkeypatch.setattr(doctor, "exported_state", lambda *_: exported)
    monkeypatch.setattr(Workspace, "api", None)
    monkeypatch.delenv("BASETEN_EMULATOR_PORT", raising=False)
    assert main(["doctor", "--root", str(workspace.root)]) == 2
    assert capsys.readouterr().err.endswith("run export BASETEN_EMULATOR_PORT=18809\n")


def test_what_cannot_be_found_out_is_no_finding(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise UserError("no stack named 'dev'")

    monkeypatch.setattr(doctor, "exported_state", fails)
    assert main(["doctor", "--root", str(workspace.root)]) == 2
    assert capsys.readouterr().err == "no stack named 'dev'\n"
