"""What a stack's state and its wanted resources say of each other, without the engine and without Baseten."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.baseten.startups import Phase, Startup
from baseten_tei.baseten.versions import Serving, Version
from baseten_tei.deployment.money.costs import Prices
from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.plan import plan_model
from baseten_tei.deployment.schedules.baseten_schedules import RemoteSchedules
from baseten_tei.errors import UserError
from baseten_tei.operations.status import status_files
from baseten_tei.operations.status.engine_changes import EngineChange, find_changes
from baseten_tei.operations.status.generations import GENERATION, Resources, fill_generations
from baseten_tei.operations.status.live_environments import (
    LiveEnvironment,
    live_environment,
    sort_by_health,
)
from baseten_tei.operations.status.live_table import render_table
from baseten_tei.operations.status.model_resources import model_resources
from baseten_tei.operations.status.program_status_client import status_of_preview
from baseten_tei.operations.status.schedule_notes import describe_stored_schedules
from baseten_tei.operations.status.stack_status import StackStatus, status_document, status_lines
from baseten_tei.operations.status.status_client import _chosen, _diff, read_live_environments
from baseten_tei.operations.status.status_page import render_page
from baseten_tei.operations.status.stored_resources import StoredResources, parse_resources
from baseten_tei.operations.status.token_source import token_inputs, token_source
from baseten_tei.operations.status.under_way_client import describe_under_way
from baseten_tei.project.stack import Workspace
from baseten_tei.project.urns import kind_of
from baseten_tei.review.report.engine_preview import Preview
from baseten_tei.review.report.preview_shape import Step
from baseten_tei.rules.settings import parse_settings
from baseten_tei.spec.type_tokens import ENVIRONMENT, MODEL, PUSH
from tests.support.fakes import FakeApi, version
from tests.support.specs import raw

OWNER = Owner("baseten-tei", "test")
COMMAND = {"create": "truss push", "interpreter": ["/bin/sh", "-c", "exec python3 …"]}
MODELS = {"bge": raw(), "rerank": raw("reranker", environments={"staging": {}})}


def wanted(models: dict[str, Any]) -> Resources:
    found: Resources = {}
    for it in parse_settings(models).subjects:
        plan = plan_model(it.name, it.args, OWNER, "emulator")
        found |= model_resources(it.name, plan, OWNER, COMMAND)
    return found


def stored(models: dict[str, Any]) -> list[dict[str, Any]]:
    """What a first `up` of these leaves in the state."""
    found, component = [], ""
    for urn, inputs in wanted(models).items():
        component = component if "$" in urn else urn
        more: dict[str, Any] = {}
        if kind_of(urn) == MODEL:
            more = {"generation": "1", "drift": "", "adopted": False}
        if kind_of(urn) == ENVIRONMENT:
            more = {"drift": {}, "deployment_id": "d1", "model_id": "m1"}
        if kind_of(urn) == PUSH:
            inputs["environment"][GENERATION] = "1"
        found.append(
            {"urn": urn, "parent": component, "inputs": inputs, "outputs": {**inputs, **more}}
        )
    return found


def found(
    resources: list[dict[str, Any]], models: dict[str, Any], **more: Any
) -> list[EngineChange]:
    state = parse_resources({"resources": resources, **more})
    diff = lambda kind, outputs, inputs: _diff({}, kind, outputs, inputs)  # noqa: E731
    return list(find_changes(state, fill_generations(wanted(models), state, "1"), diff))


def named(resources: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(it for it in resources if it["urn"].endswith(f"::{name}"))


def test_what_an_up_left_is_nothing_to_do() -> None:
    assert found(stored(MODELS), MODELS) == []


def test_another_name_on_baseten_is_no_push_now_nor_later() -> None:
    renamed = {"bge": raw(model_name="search")}
    resources = stored({"bge": raw()})
    told = {it.resource: it.why for it in found(resources, renamed)}
    assert told["bge-model"] == ("name", "digest")
    assert told["bge-push"] == ("environment.BASETEN_TEI_MODEL",)
    assert told["bge-production"] == ("model",)
    digest = named(resources, "bge-push")["inputs"]["environment"]["BASETEN_TEI_DIGEST"]
    after = stored(renamed)
    named(after, "bge-model")["outputs"] |= {"pushed_name": "bge", "pushed_digest": digest}
    push = named(after, "bge-push")["inputs"]
    before = named(resources, "bge-push")["inputs"]
    push |= {
        "stdin": before["stdin"],
        "environment": {**before["environment"], "BASETEN_TEI_MODEL": "search"},
    }
    for values in ("inputs", "outputs"):
        named(after, "bge-production")[values]["digest"] = digest
    assert found(after, renamed) == []


def test_another_way_to_find_the_projects_python_is_nothing_to_do() -> None:
    """A project may leave its environment to uv: the push's text in its state is another."""
    resources = stored(MODELS)
    named(resources, "bge-push")["inputs"]["interpreter"] = ["/bin/sh", "-c", "uv …"]
    assert found(resources, MODELS) == []


@given(
    before=st.fixed_dictionaries({"max_batch_tokens": st.integers(512, 32768)}),
    after=st.fixed_dictionaries({"max_batch_tokens": st.integers(512, 32768)}),
)
def test_there_is_something_to_do_exactly_where_a_spec_differs(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    told = found(stored({"bge": raw(**before)}), {"bge": raw(**after)})
    assert bool(told) == (before != after)


def test_what_only_the_state_or_only_the_program_has_is_deleted_or_created() -> None:
    told = found(stored({"bge": raw()}), {"find": raw()})
    assert {it.op for it in told if it.resource.startswith("bge")} == {"delete"}
    assert {it.op for it in told if it.resource.startswith("find")} == {"create"}
    assert len(told) == 8


@pytest.mark.parametrize("mark", ["initErrors", "pendingReplacement", "delete"])
def test_what_is_not_finished_is_to_do_though_no_input_changed(mark: str) -> None:
    resources = stored(MODELS)
    again = {**named(resources, "bge-production"), mark: ["it failed"]}
    kept = resources if mark == "delete" else [it for it in resources if it["urn"] != again["urn"]]
    [told] = found([*kept, again], MODELS)
    assert told.resource == "bge-production"


def test_an_operation_that_was_cut_off_is_to_do() -> None:
    resources = stored(MODELS)
    operation = {"type": "updating", "resource": {"urn": named(resources, "bge-push")["urn"]}}
    [told] = found(resources, MODELS, pending_operations=[operation])
    assert told.line == "update bge-push: an operation on it was cut off"


def test_a_create_that_was_cut_off_and_done_again_is_nothing_to_do() -> None:
    resources = stored(MODELS)
    made = named(resources, "bge-model")
    operation = {
        "type": "creating",
        "resource": {"urn": made["urn"], "type": "baseten:index:Model"},
    }
    assert found(resources, MODELS, pending_operations=[operation]) == []


def test_a_lost_version_is_pushed_and_released_again() -> None:
    resources = stored(MODELS)
    named(resources, "bge-model")["outputs"]["drift"] = "no deployment of it is left"
    told = {it.resource: it.why for it in found(resources, MODELS)}
    assert told == {"bge-model": ("drift",), "bge-push": (f"environment.{GENERATION}",)}


def test_an_environment_that_drifted_or_never_took_its_version_is_to_do() -> None:
    resources = stored(MODELS)
    named(resources, "bge-production")["outputs"]["drift"] = {"status": "UNHEALTHY"}
    named(resources, "rerank-staging")["outputs"]["digest"] = ""
    told = {it.resource: it.why for it in found(resources, MODELS)}
    assert told == {"bge-production": ("drift.status",), "rerank-staging": ("digest",)}


def test_what_counts_at_the_next_release_is_nothing_to_do() -> None:
    resources = stored(MODELS)
    for values in ("inputs", "outputs"):
        named(resources, "bge-production")[values]["golden"] = {"path": "x", "digest": "y"}
    assert found(resources, MODELS) == []


def test_resources_of_others_are_none_of_ours() -> None:
    theirs = {"urn": "urn:pulumi:test::baseten-tei::aws:s3/bucket:Bucket::bge", "inputs": {}}
    assert found([*stored(MODELS), theirs], MODELS) == []


# --- the token


@pytest.mark.parametrize(
    ("configured", "source"),
    [
        (None, None),
        ({"from_env": "HF"}, {"from_env": "HF"}),
        ({"secure": "v1:x"}, {}),
        ("in plain sight", {}),
    ],
)
def test_a_tokens_source_never_holds_its_value(
    configured: object, source: dict[str, str] | None
) -> None:
    assert token_source(configured) == source


def test_a_token_that_names_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="from_env: HF_TOKEN"):
        token_source({"env": "HF"})


def test_a_token_that_is_not_configured_comes_from_the_environment() -> None:
    assert token_inputs({}, {"HF_ACCESS_KEY": "t"}) == {}
    assert token_inputs(None, {"HF_ACCESS_KEY": "t"}) == {"from_env": "HF_ACCESS_KEY"}
    with pytest.raises(UserError, match="export HF_ACCESS_KEY"):
        token_inputs(None, {"HF_ACCESS_KEY": " "})


# --- live

STATE = {
    "model": "bge", "environment": "production", "model_id": "m1", "deployment_id": "d1",
    "serving_digest": "abc", "digest": "abc", "autoscaling": {"max_replica": 3}, "instance_type": "L4",
}  # fmt: skip
UNRELEASED = {"model": "m", "environment": "e"}
NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
PRICES = Prices("today", {"L4": 0.01})


def live(
    status: str = "ACTIVE",
    replicas: int = 2,
    most: int = 3,
    deployment: str = "d1",
    price: str = "L4",
) -> LiveEnvironment:
    labels = {"config_digest": "abc" if deployment == "d1" else "xyz"}
    version = Version(deployment, status, labels, instance_type=price, replicas=replicas)
    serving = Serving("production", version, {"min_replica": 0, "max_replica": most})
    return live_environment({**STATE, "instance_type": price}, "m1", serving, PRICES, NOW)


def test_a_live_environment_has_replicas_a_version_and_a_price() -> None:
    row = live()
    assert (row.status, row.replicas, row.version, row.digest) == (
        "ACTIVE",
        "2 of 0-3",
        "d1",
        "abc",
    )
    assert row.usd_per_hour == pytest.approx(1.2)
    assert row.is_healthy


@pytest.mark.parametrize(
    ("row", "drift"),
    [
        (live(most=5), "autoscaling.max_replica 3 → 5"),
        (live(deployment="d2"), "deployment d2 serves, not d1"),
        (live("UNHEALTHY"), "status UNHEALTHY"),
        (live_environment(STATE, None, None, PRICES, NOW), "the model is not on Baseten"),
        (live_environment(STATE, "m1", None, PRICES, NOW), "the environment is not on Baseten"),
        (live_environment(UNRELEASED, "m1", Serving("e", None, {}), PRICES, NOW), "it was never released"),
    ],
)  # fmt: skip
def test_what_is_not_well_says_why(row: LiveEnvironment, drift: str) -> None:
    assert row.drift[0] == drift
    assert not row.is_healthy


def test_traffic_that_somebody_routes_is_noted_and_nothing_is_unwell() -> None:
    further = {"traffic_routing": "25 % of the requests are copied to x"}
    version = Version("d1", "ACTIVE", {"config_digest": "abc"}, instance_type="L4", replicas=2)
    there = Serving("production", version, {"max_replica": 3}, further=further)
    row = live_environment(STATE, "m1", there, PRICES, NOW)
    assert (row.is_healthy, row.notes) == (True, tuple(further.values()))
    assert further["traffic_routing"] in "\n".join(render_table([row]))
    assert further["traffic_routing"] in paged([row])[0]


DAY = {"id": "sch-1", "name": "warm", "enabled": True, "cadence": "DAILY", "weekdays": ["MONDAY"],
       "start_hour": 8, "start_minute": 0, "end_hour": 18, "end_minute": 0,
       "autoscaling_settings": {"min_replica": 2, "max_replica": 6}}  # fmt: skip
ODD = {"id": "sch-2", "name": "odd", "cadence": "MONTHLY"}
WARM = {"days": "mon", "hours": "08:00-18:00", "min_replica": 2, "max_replica": 6}


def scheduled(*schedules: dict[str, Any], in_force: str | None, **state: Any) -> LiveEnvironment:
    version = Version("d1", "ACTIVE", {"config_digest": "abc"}, instance_type="L4", replicas=2)
    there = RemoteSchedules("Europe/Berlin", schedules, in_force)
    serving = Serving("production", version, {"min_replica": 0, "max_replica": 3}, schedules=there)
    return live_environment({**STATE, **state}, "m1", serving, PRICES, NOW)


def test_a_live_environment_says_which_schedule_is_in_force_and_scales_by_it() -> None:
    words = {"timezone": "Europe/Berlin", "schedules": {"warm": WARM}}
    row = scheduled(DAY, in_force="sch-1", autoscaling_schedules=words)
    assert (row.is_healthy, row.replicas) == (True, "2 of 2-6")
    sentence = "schedule warm: Mon 08~18 Berlin: 2 to 6 replicas".replace("~", "\N{EN DASH}")
    assert row.notes == (f"{sentence}, in force",)
    assert sentence in "\n".join(render_table([row]))
    row = scheduled(DAY, in_force=None, autoscaling_schedules=words)
    assert (row.replicas, row.notes) == ("2 of 0-3", (sentence,))


def test_schedules_made_by_hand_are_noted_and_nothing_is_unwell() -> None:
    row = scheduled(DAY, ODD, in_force=None)
    assert row.is_healthy
    assert [it.endswith("(not managed by this stack)") for it in row.notes] == [True, True]
    assert "odd: of a kind that this release of baseten-tei does not know" in row.notes[1]


def test_a_managed_schedule_that_somebody_changed_is_drift() -> None:
    words = {"timezone": "Europe/Berlin", "schedules": {"warm": {**WARM, "min_replica": 1}}}
    row = scheduled(DAY, in_force=None, autoscaling_schedules=words)
    assert row.drift == ("autoscaling_schedules.schedules.warm.min_replica 1 → 2",)


def test_the_schedules_of_the_state_are_sentences_in_every_format() -> None:
    words = {"timezone": "Europe/Berlin", "schedules": {"warm": WARM}}
    outputs = {**STATE, "autoscaling_schedules": words}
    (line,) = describe_stored_schedules(outputs, NOW)  # a Monday, 15:00 in Berlin
    assert line.startswith("bge/production: schedule warm: Mon 08")
    assert line.endswith("2 to 6 replicas, in force")
    (later,) = describe_stored_schedules(outputs, NOW.replace(hour=18))
    assert later.endswith("2 to 6 replicas")
    status = StackStatus("dev", 1, schedules=(line,))
    assert f"  {line}" in status_lines(status)
    assert status_document(status, None)["schedules"] == [line]
    assert "schedule warm" in render_page(status, None, "now")


def test_a_price_that_is_not_known_is_unknown_unless_nothing_runs() -> None:
    assert live(price="X1").usd_per_hour is None
    assert live(price="X1", replicas=0).usd_per_hour == 0
    text = list(render_table([live(price="X1"), live()]))
    assert (
        text[-1]
        == "2 environments, all healthy, $1.20 an hour now by Baseten's price list of 2026-08-27, 1 of unknown price"
    )


def test_what_is_not_well_stands_first() -> None:
    well, unwell = live(), live("FAILED")
    assert sort_by_health([well, unwell]) == [unwell, well]


HOSTILE = "<script>\n\x1b[31m::error::"


def paged(rows: list[LiveEnvironment]) -> list[str]:
    return [render_page(StackStatus("dev", 1), rows, "now")]


@pytest.mark.parametrize("render", [render_table, paged])
def test_no_text_of_baseten_is_more_than_text(
    render: Callable[[list[LiveEnvironment]], Any],
) -> None:
    row = live_environment({**STATE, "model": HOSTILE}, None, None, PRICES, NOW)
    text = "\n".join(render([row]))
    assert "\x1b" not in text
    assert "<script>" not in text or render is render_table
    assert "\n::error::" not in text


def test_an_emulator_bills_nothing_and_says_so() -> None:
    labels = {"config_digest": "abc"}
    serving = Serving(
        "production", Version("d1", "ACTIVE", labels, instance_type="L4", replicas=2), {}
    )
    row = live_environment({**STATE, "instance_type": "L4"}, "m1", serving, None, NOW)
    assert (row.usd_per_hour, row.emulator) == (0.0, True)
    text = list(render_table([row]))
    assert text[-1].endswith("on an emulator: nothing is billed")
    assert "free" in text[1]
    for shown in ("\n".join(text), render_page(StackStatus("dev", 1), [row], "now")):
        assert "on an emulator: nothing is billed" in shown
    assert status_document(StackStatus("dev", 1), [row])["live"][0]["emulator"] is True


def test_a_page_says_in_words_what_its_colours_say() -> None:
    page = render_page(StackStatus("dev", 1), [live("FAILED"), live()], "now")
    assert page.count("! no<") == 1
    assert page.count("yes<") == 1


def test_a_page_and_a_document_hold_every_change_and_every_row() -> None:
    told = StackStatus(
        "dev", 1, (EngineChange("update", "bge-push", PUSH, ("stdin",)),), ("a secret",)
    )
    page = render_page(told, [live()], "now")
    for text in ("update bge-push: stdin", "a secret", "2 of 0-3", "http"):
        assert (text in page) == (text != "http"), "a page needs nothing else"
    data = json.loads(json.dumps(status_document(told, [live()])))
    assert data["changes"] == [
        {"op": "update", "resource": "bge-push", "kind": PUSH, "why": ["stdin"]}
    ]
    assert data["live"][0]["replicas"] == "2 of 0-3"
    assert status_document(told, None)["live"] is None
    assert list(status_lines(told))[1:] == ["  update bge-push: stdin", "  not compared: a secret"]


# --- files


FILES = ["Pulumi.yaml", "Pulumi.dev.yaml", "locks/dev.yaml", "golden/dev/bge.json"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_each_file_that_decides_what_is_registered_counts(project: Path, name: str) -> None:
    before = status_files.fingerprint(project, "dev")
    assert status_files.fingerprint(project, "dev") == before
    (project / name).write_text("{ }")
    assert status_files.fingerprint(project, "dev") != before
    (project / name).unlink()
    assert status_files.fingerprint(project, "dev") != before


def test_what_is_remembered_is_found_again_by_its_user_alone(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert status_files.recall("k", environ) is None
    for n in range(20):
        status_files.remember(f"k{n}", {"n": n}, environ)
    assert status_files.recall("k19", environ) == {"n": 19}
    kept = list((tmp_path / "cache").rglob("*.json"))
    assert len(kept) < 20
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    kept[0].write_text("{")
    assert status_files.recall(kept[0].stem, environ) is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    status_files.remember("k", {}, {"XDG_CACHE_HOME": str(tmp_path / "cache")})


@pytest.mark.parametrize("chosen", [True, False])
def test_a_state_in_a_folder_is_read_where_pulumi_keeps_it(
    project: Path, chosen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project / ".state" / ".pulumi" / "stacks" / "p"
    place.mkdir(parents=True)
    (place / "dev.json").write_text(json.dumps({"checkpoint": {"latest": {"resources": []}}}))
    monkeypatch.chdir(project if chosen else project.parent)
    environ = {"PULUMI_BACKEND_URL": "file://.state"} if chosen else {}
    read = status_files.local_state(project, "p", "dev", "file://./.state", environ)
    assert read == {"resources": []}
    assert status_files.local_state(project, "p", "other", "file://./.state", environ) is None
    assert status_files.local_state(project, "p", "dev", "s3://bucket", {}) is None


@pytest.mark.parametrize(
    "odd",
    [None, 3, {"search": 3}, {"search": {"spaces": [1]}}, {"search": {"spaces": {"next": 1}}}],
)
def test_the_state_says_which_of_several_models_one_is(odd: Any) -> None:
    spaces = {"current": {"baseten_id": "m2"}, "previous": {"baseten_id": "m1"}}
    stack = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"

    def roles(models: Any) -> Any:
        return parse_resources({"resources": [{"urn": stack, "outputs": {"models": models}}]}).roles

    assert roles({"search": {"spaces": spaces}, "rank": {}}) == {
        "m2": "search.current",
        "m1": "search.previous",
    }
    assert roles(odd) == {}, "a program exports what it likes"


def test_an_empty_stack_has_no_resources() -> None:
    assert parse_resources({}) == StoredResources({}, {})


def test_a_shell_with_another_emulators_port_calls_no_model_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  baseten:target: emulator\n")
    monkeypatch.setenv("BASETEN_EMULATOR_PORT", "18810")
    monkeypatch.setattr(Workspace, "api", None)
    urn = "urn:pulumi:dev::proj::baseten-tei:index:Embedding::bge"
    url = "http://127.0.0.1:18809/hosts/model-m1/environments/production/predict"
    state = parse_resources({"resources": [{"urn": urn, "outputs": {"predict_url": url}}]})
    with pytest.raises(UserError, match="run export BASETEN_EMULATOR_PORT=18809"):
        read_live_environments(Workspace(tmp_path, "dev"), state)


def test_a_stack_without_environments_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  baseten:target: emulator\n")
    monkeypatch.setattr(Workspace, "api", None)
    assert read_live_environments(Workspace(tmp_path, "dev"), parse_resources({})) == []


# --- a stack whose program registers its models: the engine says it


def test_a_preview_is_a_status_of_this_packages_resources() -> None:
    def step(op: str, kinds: str, name: str, old: Any = None, new: Any = None) -> Step:
        states = {
            key: None if it is None else {"inputs": it} for key, it in (("old", old), ("new", new))
        }
        return Step(op=op, urn=f"urn:pulumi:dev::own::{kinds}::{name}", **states)

    model = "my:app:Search$baseten-tei:index:Embedding$baseten:index:Model"
    preview = Preview(
        (
            step("create", "my:app:Search", "mine", new={}),
            step("same", "my:app:Search$baseten-tei:index:Embedding", "bge", {}, {}),
            step("update", model, "bge-model", {"digest": "a", "name": "x"}, {"digest": "b", "name": "x"}),
            step("delete", "baseten:index:Model", "old", old={"name": "old"}),
            step("create-replacement", "baseten:index:Model", "moved", {"team": "a"}, {"team": "b"}),
            step("replace", "baseten:index:Model", "moved", {"team": "a"}, {"team": "b"}),
            step("delete-replaced", "baseten:index:Model", "moved", old={"team": "a"}),
            step("create", "aws:s3/bucket:Bucket", "theirs", new={}),
        )
    )  # fmt: skip
    found = status_of_preview("dev", preview)
    assert [it.line for it in found.changes] == [
        "update bge-model: digest",
        "delete old",
        "update moved: team",
    ]
    assert found.models == 1


# --- versions that cannot serve yet


STALLED = Startup("STALLED", 1080.0, (Phase("SCHEDULING", "FAILED", 0.0, None),))


def test_what_is_not_ready_says_how_far_its_startup_has_come() -> None:
    serving = version("d1", "DEPLOYING", instance_type="L4:4x16")
    moving = version("d2", "LOADING_MODEL")
    left, failed = (
        version("d3", "INACTIVE", instance_type="L4:4x16"),
        version("d4", "DEPLOY_FAILED"),
    )
    versions = {it.id: it for it in (serving, moving, left, failed)}
    api: Any = FakeApi(deployments=versions, startups={"d1": STALLED, "d3": STALLED})
    environment = Serving("production", serving, {}, candidate=moving)
    state = {"failed_deployment_id": "d3"}
    assert list(describe_under_way(api, "m1", state, environment)) == [
        "d1 is DEPLOYING: no free L4 for 18 min (scheduling)",
        "d2 is LOADING_MODEL",
        "d3 is INACTIVE: no free L4 for 18 min (scheduling)",
    ]
    quiet = Serving("production", version("d5"), {})
    for gone in ({}, {"failed_deployment_id": "d4"}, {"failed_deployment_id": "d9"}):
        assert list(describe_under_way(api, "m1", gone, quiet)) == []


def test_what_an_environment_waits_for_is_a_note_and_no_drift() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    state = {"model": "bge", "environment": "production"}
    line = "d2 is DEPLOYING: no free L4 for 18 min (scheduling)"
    row = live_environment(state, "m1", Serving("production", version("d1"), {}), None, now, [line])
    assert row.notes[0] == line
    assert any(line in it for it in render_table([row]))


def test_a_model_is_planned_on_the_gpu_whose_turn_it_is_by_the_state() -> None:
    digests = ["a", "b"]
    turns = [{"urn:first": {"accelerator": "L4"}}, {"urn:first": {"accelerator": "A10G"}}]
    known = {"team": None, "turns": [{"model": "bge", "digests": digests, "resources": turns}]}
    lack = {"digest": "a", "at": "2026-11-30T14:00:00+00:00"}

    def chosen(**outputs: Any) -> Any:
        urn = "urn:pulumi:dev::p::baseten:index:Environment::bge-production"
        resource = {"urn": urn, "outputs": {"model": "bge", **outputs}}
        return _chosen(known, parse_resources({"resources": [resource]}))["urn:first"]

    assert chosen()["accelerator"] == "L4"
    assert chosen(no_capacity=[lack])["accelerator"] == "A10G"
    assert chosen(no_capacity=[lack], team="other")["accelerator"] == "L4"
