"""A workspace's models as a stack's entries: what is adopted, what is left out, what is written."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei.baseten.versions import RemoteModel, Serving, Version
from baseten_tei.commands import lock
from baseten_tei.commands.adopt import adoption_steps
from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.deployment.environment_inputs import environment_inputs
from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.schedules.baseten_schedules import RemoteSchedules
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.lock_changes import Readings
from baseten_tei.facts.hub.lockfile import parse_lock
from baseten_tei.operations.adoption.adoption_decision import Adopted, LeftOut, decide_adoption
from baseten_tei.operations.adoption.adoption_plan import (
    Adoptions,
    find_candidates,
    plan_adoptions,
    summarize,
)
from baseten_tei.operations.adoption.environment_entry import PROMOTION_DEFAULTS, settings_entry
from baseten_tei.operations.adoption.found_model import FoundModel
from baseten_tei.operations.adoption.import_file import component_urn, import_file
from baseten_tei.project import pulumi_cli
from baseten_tei.project.stack import Workspace
from baseten_tei.provider.resources.imports import import_environment
from baseten_tei.rules.settings import parse_settings
from tests.support.corpus import healthy_facts
from tests.support.fakes import FakeApi
from tests.support.specs import spec

OWNER = Owner("proj", "dev")
LIVE = {
    "min_replica": 0, "max_replica": 1, "concurrency_target": 32, "autoscaling_window": 60,
    "scale_down_delay": 900, "target_utilization_percentage": 70, "max_scale_down_rate": 50,
}  # fmt: skip
CONFIG = build_config("bge", spec())


def serving(name: str = "production", deployment: str = "d1", **more: Any) -> Serving:
    """An environment with Baseten's own settings; `status`, `labels`, `sku` are its deployment's."""
    version = Version(
        deployment, more.pop("status", "ACTIVE"), more.pop("labels", {}), instance_type=more.pop("sku", "L4:4x16")
    )  # fmt: skip
    settings = {"autoscaling": LIVE, "promotion": {**PROMOTION_DEFAULTS, "ramp_up": False}}
    return Serving(name=name, current=version, **{**settings, **more})


def found(
    *environments: Serving, config: Mapping[str, Any] = CONFIG, name: str = "bge"
) -> FoundModel:
    ids = [it.current.id for it in environments if it.current]
    return FoundModel(name, environments, dict.fromkeys(ids, config))


def adopted(*environments: Serving, **more: Any) -> Adopted:
    config = more.pop("config", CONFIG)
    decided = decide_adoption(found(*environments, config=config), OWNER, **more)
    assert isinstance(decided, Adopted), decided
    return decided


def left_out(*environments: Serving, **more: Any) -> str:
    options = {key: more.pop(key) for key in ("by_name",) if key in more}
    decided = decide_adoption(found(*environments, **more), OWNER, **options)
    assert isinstance(decided, LeftOut), decided
    return decided.why


def test_an_entry_is_pinned_and_marked_and_is_what_the_stack_reads() -> None:
    it = adopted(serving())
    assert (it.entry["deployment"], it.entry["adopt"]) == ("d1", True)
    assert "autoscaling" not in it.entry
    assert "promotion" not in it.entry
    assert it.notes == ()
    assert parse_settings({"bge": it.entry}).models["bge"] == it.args


def test_live_settings_are_written_where_they_are_not_the_specs_own() -> None:
    odd = {**LIVE, "min_replica": 2, "max_replica": 9, "concurrency_target": 3}
    promotion = {**PROMOTION_DEFAULTS, "rolling_deploy": False}
    it = adopted(
        serving(autoscaling=odd, promotion=promotion, request_backpressure="REJECT_ON_FULL")
    )
    assert it.entry["autoscaling"] == {"min_replica": 2, "max_replica": 9, "concurrency_target": 3}
    assert it.entry["promotion"] == promotion
    assert it.entry["request_backpressure"] == "REJECT_ON_FULL"


def test_a_target_that_the_spec_would_derive_is_left_out() -> None:
    live = serving(autoscaling={**LIVE, "concurrency_target": 8})
    assert settings_entry(live, 8) == {}
    assert settings_entry(live, 64) == {"autoscaling": {"concurrency_target": 8}}


DAY = {"id": "1", "name": "warm", "enabled": True, "cadence": "DAILY", "weekdays": ["MONDAY", "TUESDAY"],
       "start_hour": 8, "start_minute": 0, "end_hour": 18, "end_minute": 30,
       "autoscaling_settings": {"min_replica": 2, "max_replica": 6, "scale_down_delay": 60}}  # fmt: skip
ONCE = {"id": "2", "name": "sale", "enabled": False, "cadence": "ONE_TIME",
        "start_at": "2030-12-24T07:00:00Z", "end_at": "2030-12-24T19:00:00Z",
        "autoscaling_settings": {"min_replica": 4, "max_replica": 9}}  # fmt: skip


def test_every_autoscaling_setting_is_carried_and_nothing_would_change() -> None:
    there = RemoteSchedules("Europe/Berlin", (DAY, ONCE), "1")
    odd = {**LIVE, "max_scale_down_rate": 20, "target_in_flight_tokens": 9}
    live = serving(autoscaling=odd, schedules=there)
    it = adopted(live)
    assert it.entry["autoscaling"] == {
        "max_scale_down_rate": 20,
        "target_in_flight_tokens": 9,
        "schedules": {
            "warm": {
                "days": "mon-tue", "hours": "08:00-18:30", "timezone": "Europe/Berlin",
                "min_replica": 2, "max_replica": 6, "scale_down_delay": 60,
            },
            "sale": {
                "start": "2030-12-24T08:00", "end": "2030-12-24T20:00", "timezone": "Europe/Berlin",
                "min_replica": 4, "max_replica": 9, "enabled": False,
            },
        },
    }  # fmt: skip
    assert it.unmanaged == ()
    imported = import_environment(FakeApi(environments={"production": live}), "bge/production")
    wanted = environment_inputs(it.args, "", None)["production"]
    for key in ("autoscaling", "autoscaling_schedules"):
        assert imported.inputs[key] == wanted[key]


def test_schedules_of_a_kind_that_is_not_known_leave_all_of_them_to_baseten() -> None:
    there = RemoteSchedules("UTC", (DAY, {"id": "3", "name": "odd", "cadence": "MONTHLY"}))
    it = adopted(serving(schedules=there))
    assert "autoscaling" not in it.entry
    assert it.unmanaged == ("autoscaling.schedules: warm, odd",)


def test_further_environments_have_their_own_settings_and_pins() -> None:
    canary = serving("canary", "d2", autoscaling={**LIVE, "max_replica": 3})
    it = adopted(canary, serving())
    assert it.entry["environments"] == {
        "canary": {"autoscaling": {"max_replica": 3}, "deployment": "d2"}
    }
    assert [*it.args.environments] == ["canary"]


def test_where_production_serves_nothing_another_environment_is_the_models_own() -> None:
    empty = replace(serving(), current=None)
    it = adopted(empty, serving("staging", "d2"))
    assert (it.entry["environment"], it.entry["deployment"]) == ("staging", "d2")
    assert it.notes == ("environments.production: left out, because it serves nothing",)


def test_an_environment_with_another_config_says_how_it_differs() -> None:
    other = build_config("bge", spec(max_batch_tokens=8192))
    environments = (serving(), serving("canary", "d2"))
    it = decide_adoption(FoundModel("bge", environments, {"d1": CONFIG, "d2": other}), OWNER)
    assert isinstance(it, Adopted)
    assert it.notes == ("environments.canary: start_command.--max-batch-tokens: 8192 → 16384",)


def test_what_runs_on_another_gpu_or_has_labels_that_are_no_text_is_told() -> None:
    it = adopted(serving(sku="A10G:4x16", labels={"team": "search", "build": 7}))
    assert it.entry["labels"] == {"team": "search"}
    assert it.notes == ("instance_type: A10G:4x16 → L4", "labels: build → (none)")


def test_a_gated_model_is_gated_only_where_baseten_has_the_secret() -> None:
    config = build_config("bge", spec(gated=True))
    assert adopted(serving(), config=config, has_secret=True).entry["gated"] is True
    it = adopted(serving(), config=config)
    assert "gated" not in it.entry
    assert any("before you remove the pin, write gated: true" in note for note in it.notes)


def test_a_rule_that_would_stop_the_preview_is_silenced_with_its_finding() -> None:
    config = build_config("bge", spec(accelerator="CPU", dtype="float16"))
    it = adopted(serving(sku="4x16"), config=config)
    assert [*it.entry["silence"]] == ["TEI-GPU-004"]
    assert it.entry["silence"]["TEI-GPU-004"].startswith("it ran so when it was adopted: ")
    assert it.notes[0].startswith("silence: TEI-GPU-004: ")


@pytest.mark.parametrize(
    ("environments", "more", "why"),
    [
        ([], {}, "nothing was ever deployed of it"),
        ([serving(status="DEPLOY_FAILED")], {},
         "no environment serves anything (production: DEPLOY_FAILED): promote a deployment on Baseten, and adopt it "
         "then"),
        ([serving(promotion_status="RELEASING")], {},
         "environment 'production' is being promoted: adopt it when that has ended"),
        ([serving()], {"config": {"docker_server": {"start_command": "vllm"}}},
         "start_command starts 'vllm', not text-embeddings-router"),
        ([serving()], {"name": 'a"b'},
         "model_name 'a\"b' holds '\"', which ends a name in truss's calls or Pulumi's ids: rename it on Baseten"),
        ([serving(autoscaling={**LIVE, "concurrency_target": 40})], {},
         "the stack refuses what runs: "
         "TEI-TOK-005 autoscaling.concurrency_target 40 is above predict_concurrency 32, so a replica could never "
         "reach it: write concurrency_target: 32 or less; change that on Baseten and adopt it again"),
        ([serving()], {"config": {**CONFIG, "resources": {"accelerator": "V100"}}},
         "the stack refuses what runs: "
         "TEI-GPU-001 accelerator V100 has no TEI image (compute capability 7.0): write accelerator: L4, A10G, "
         "A100, H100 or T4; change that on Baseten and adopt it again"),
    ],
)  # fmt: skip
def test_what_is_left_out_says_why(
    environments: list[Serving], more: dict[str, Any], why: str
) -> None:
    assert left_out(*environments, **more) == why


@pytest.mark.parametrize(
    ("name", "config", "write"),
    [
        ("llm", {"docker_server": {"start_command": "vllm"}}, "a model 'llm' with adopt: true"),
        ("my llm", {"docker_server": {"start_command": "vllm"}},
         "a model 'my-llm' with model_name: 'my llm' and adopt: true"),
        ("bge", {**CONFIG, "resources": {"accelerator": "V100"}},
         "a model 'bge' with adopt: true, task: embedding, model_id: BAAI/bge-base-en-v1.5"),
    ],
)  # fmt: skip
def test_what_is_left_out_says_what_to_write_where(
    name: str, config: dict[str, Any], write: str
) -> None:
    decided = decide_adoption(found(serving(), config=config, name=name), OWNER)
    assert isinstance(decided, LeftOut)
    [line] = summarize(Adoptions(left_out=[decided]), "Pulumi.dev.yaml")
    assert line.startswith(f"left out {name}: ")
    assert line.endswith(f"; to have the stack replace it, write {write} into Pulumi.dev.yaml")


def test_a_name_with_spaces_is_kept_as_the_entrys_model_name() -> None:
    name = "BERT large (v2) für Suche"
    it = decide_adoption(found(serving(), serving("canary", "d2"), name=name), OWNER)
    assert isinstance(it, Adopted)
    assert (it.name, it.entry["model_name"]) == ("BERT-large-v2-f-r-Suche", name)
    assert parse_settings({it.name: it.entry}).models[it.name] == it.args
    ids = [each.get("id") for each in import_file([it], "research")["resources"]]
    assert ids == [
        None,
        f"research/{name}",
        f"research/{name}/canary",
        f"research/{name}/production",
    ]
    [line] = summarize(Adoptions(adopted=[it]), "Pulumi.dev.yaml")
    assert line.startswith(f"adopted {name!r} as BERT-large-v2-f-r-Suche: embedding ")


def test_settings_that_no_spec_manages_are_told_and_stay() -> None:
    promotion = {
        **PROMOTION_DEFAULTS,
        "rolling_deploy_config": {
            **PROMOTION_DEFAULTS["rolling_deploy_config"],
            "rolling_deploy_strategy": "OTHER",
        },
        "ramp_up_duration_seconds": 600,
    }
    live = {**LIVE, "a_setting_of_tomorrow": 20}
    odd = serving(autoscaling=live, promotion=promotion, further={"traffic_routing": "copied"})
    canary = serving("canary", "d2", autoscaling={**LIVE, "a_setting_of_tomorrow": 10})
    it = adopted(odd, canary)
    assert it.unmanaged == (
        "autoscaling.a_setting_of_tomorrow: 20",
        "promotion.rolling_deploy_config.rolling_deploy_strategy: OTHER",
        "traffic_routing: copied",
        "environments.canary: autoscaling.a_setting_of_tomorrow: 10",
    )
    told = list(summarize(Adoptions(adopted=[it]), "Pulumi.dev.yaml"))
    assert "  not managed by a spec, so it stays on Baseten as it is:" in told
    assert adopted(serving()).unmanaged == ()


RERANKER = healthy_facts("reranker").model_id
ONE_LABEL = {(RERANKER, "main"): healthy_facts("reranker")}


@pytest.mark.parametrize("path", ["/predict", "/"])
def test_a_reranker_behind_a_route_of_several_tasks_is_a_reranker(path: str) -> None:
    config = build_config("rank", spec("reranker", model_id=RERANKER))
    config = {**config, "docker_server": {**config["docker_server"], "predict_endpoint": path}}
    it = adopted(serving(), config=config, lock=ONE_LABEL)
    assert (it.args.task, "silence" in it.entry) == ("reranker", False)
    assert it.notes == (f"docker_server.predict_endpoint: {path} → /rerank",)
    unread = adopted(serving(), config=config)
    assert unread.notes[0].startswith(
        f"task: {unread.args.task} is a guess: predict_endpoint {path} serves several"
    )


@pytest.mark.parametrize("more", [{"pooling": "splade"}, {"path": "/embed_sparse"}])
def test_sparse_vectors_are_left_out(more: dict[str, str]) -> None:
    config = build_config("sparse", spec(pooling=more.get("pooling")))
    server = {**config["docker_server"], "predict_endpoint": more.get("path", "/v1/embeddings")}
    told = left_out(serving(), config={**config, "docker_server": server})
    assert told.startswith("it serves sparse vectors, which only /embed_sparse answers")


def test_another_stacks_model_is_taken_over_by_name_alone() -> None:
    labels = {"pulumi_project": "proj", "pulumi_stack": "production"}
    theirs = serving(labels=labels)
    assert left_out(theirs) == "stack proj/production pushed it: name it to take it over"
    assert adopted(theirs, by_name=True).name == "bge"
    assert adopted(serving(labels={**labels, "pulumi_stack": "dev"})).name == "bge"


MODELS = [RemoteModel("m1", "bge", "a"), RemoteModel("m2", "twice", "a"), RemoteModel("m3", "twice", "b"),
          RemoteModel("m4", "there", "a")]  # fmt: skip


def test_models_of_the_stack_are_kept_and_names_of_two_teams_left_out() -> None:
    looked_at, several, kept = find_candidates(MODELS, [], {"mine": spec(model_name="there")})
    assert [it.id for it in looked_at] == ["m1"]
    assert [(it.name, "baseten-tei:team: b" in it.why) for it in several] == [
        ("twice", False), ("twice", True),
    ]  # fmt: skip
    assert kept == ["there"]


def test_a_name_that_baseten_does_not_have_is_refused_with_a_hint() -> None:
    with pytest.raises(
        UserError, match=r"Baseten has no model 'bgee' here. Perhaps you meant 'bge'"
    ):
        find_candidates(MODELS, ["bgee"], {})


def test_what_would_meet_another_model_under_one_name_is_left_out() -> None:
    it = adopted(serving())
    twin = replace(it, name="BGE")
    plan = plan_adoptions([it, twin, LeftOut("x", "why")], {"other": spec()})
    assert [each.name for each in plan.adopted] == ["bge"]
    assert [each.name for each in plan.left_out] == ["BGE", "x"]
    assert (
        plan.left_out[0].write == "a model of another name, with model_name: 'BGE' and adopt: true,"
    )
    told = "\n".join(summarize(replace(plan, there=["old"]), "Pulumi.dev.yaml"))
    assert "adopted bge: embedding BAAI/bge-base-en-v1.5, production serves d1" in told
    assert "left out x: why\nkept old: the stack has it already" in told


def test_imports_hold_components_with_their_parts_below_and_one_secret() -> None:
    config = build_config("bge", spec(gated=True))
    it = adopted(serving(), serving("canary", "d2"), config=config, has_secret=True)
    resources = import_file([it], "search")["resources"]
    assert [(each["type"].split(":")[-1], each.get("id")) for each in resources] == [
        ("Secret", "search/hf_access_key"),
        ("Embedding", None),
        ("Model", "search/bge"),
        ("Environment", "search/bge/canary"),
        ("Environment", "search/bge/production"),
    ]
    assert {each["parent"] for each in resources[2:]} == {resources[1]["name"]}
    assert len({each["name"] for each in resources}) == len(resources)
    assert component_urn(OWNER, it) == "urn:pulumi:dev::proj::baseten-tei:index:Embedding::bge"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "Pulumi.yaml").write_text("name: proj\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "# mine\nconfig:\n  baseten:target: http://127.0.0.1:9\n  baseten-tei:models: # all\n"
        "    old:\n      task: reranker\n      model_id: a/b # why\n"
    )
    return Workspace(tmp_path, "dev")


def faked(monkeypatch: pytest.MonkeyPatch, config: Mapping[str, Any] = CONFIG) -> list[list[str]]:
    """A workspace with one model; the pulumi commands that would have run."""
    api = FakeApi(environments={"production": serving()}, configs={"d1": dict(config)})
    ran: list[list[str]] = []
    monkeypatch.setattr(Workspace, "api", api)
    monkeypatch.setattr(adoption_steps, "run", lambda _root, _stack, *words: ran.append([*words]))
    monkeypatch.setattr(lock, "read", lambda _hub, _keys: Readings())
    return ran


def test_adopting_writes_beside_what_is_there_and_then_imports(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, before = faked(monkeypatch), workspace.text
    assert main(["adopt", "--all", "--root", str(workspace.root)]) == 0
    assert workspace.text.startswith(before)
    assert "    bge:\n      task: embedding\n" in workspace.text
    assert [words[0] for words in ran] == ["import", "up"]
    assert "--protect=false" in ran[0]
    assert ran[1][-1] == "urn:pulumi:dev::proj::baseten-tei:index:Embedding::bge"
    assert "shows no changes now" in capsys.readouterr().out


def test_what_the_hub_says_of_an_adopted_model_is_locked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(monkeypatch)
    facts = healthy_facts("embedding", revision="main", commit="c" * 40, source="the Hub, today")
    asked: list[tuple[str, str]] = []

    def read(_hub: object, keys: list[tuple[str, str]]) -> Readings:
        asked.extend(keys)
        return Readings({(facts.model_id, "main"): facts})

    monkeypatch.setattr(lock, "read", read)
    assert main(["adopt", "--all", "--root", str(workspace.root)]) == 0
    assert asked == [(facts.model_id, "main")]
    locked = parse_lock((workspace.root / "locks" / "dev.yaml").read_text())
    assert [*locked] == [(facts.model_id, "main")]
    told = capsys.readouterr().out
    assert "wrote locks/dev.yaml" in told
    assert f"weights.revision: main → {'c' * 40}" in told


def test_what_the_hub_does_not_say_is_told_and_stops_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = faked(monkeypatch)
    away = Readings(unreachable={("BAAI/bge-base-en-v1.5", "main"): "no answer"})
    monkeypatch.setattr(lock, "read", lambda _hub, _keys: away)
    assert main(["adopt", "--all", "--root", str(workspace.root)]) == 0
    assert "not locked: no answer: " in capsys.readouterr().out
    assert len(ran) == 2


def test_a_dry_run_writes_nothing_and_runs_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, before = faked(monkeypatch), workspace.text
    assert main(["adopt", "bge", "--dry-run", "--root", str(workspace.root)]) == 0
    assert (workspace.text, ran) == (before, [])
    assert {it.name for it in workspace.root.iterdir()} == {"Pulumi.yaml", "Pulumi.dev.yaml"}
    said = capsys.readouterr().out
    assert said.startswith(
        "would adopt bge: embedding BAAI/bge-base-en-v1.5, production serves d1\n"
    )
    assert "baseten:index:Environment bge/production" in said


@pytest.mark.parametrize(("answer", "code"), [("n\n", 130), ("y\n", 0)])
def test_a_terminal_is_asked_before_anything_is_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    ran = faked(monkeypatch)
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert main(["adopt", "--all", "--root", str(workspace.root)]) == code
    assert bool(ran) == (code == 0)
    monkeypatch.setattr("sys.stdin", Terminal())
    assert main(["adopt", "--all", "--yes", "--root", str(workspace.root)]) == 0


def test_an_import_that_fails_says_what_is_left_to_type(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faked(monkeypatch)

    def fails(*_: object) -> None:
        raise UserError("no passphrase")

    monkeypatch.setattr(adoption_steps, "run", fails)
    assert main(["adopt", "--all", "--root", str(workspace.root)]) == 2
    said = capsys.readouterr().err
    assert "no passphrase" in said
    assert "  pulumi import --file imports-dev.json" in said
    assert "  pulumi up --yes --skip-preview --target urn:" in said


@pytest.mark.parametrize("arguments", [[], ["bge", "--all"]])
def test_either_names_or_all_are_asked_for(
    workspace: Workspace, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adopt", *arguments, "--root", str(workspace.root)]) == 2
    assert capsys.readouterr().err == "name the models to adopt, or write --all\n"


def test_a_named_model_that_is_left_out_is_no_success(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    faked(monkeypatch, {"docker_server": {"start_command": "vllm"}})
    assert main(["adopt", "bge", "--root", str(workspace.root)]) == 1
    assert main(["adopt", "--all", "--root", str(workspace.root)]) == 0


def test_a_stack_that_is_not_there_is_told_in_one_line(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["adopt", "--all", "--stack", "prod", "--root", str(workspace.root)]) == 2
    assert capsys.readouterr().err.startswith("there is no stack 'prod' in ")


def test_without_pulumi_on_the_path_the_error_says_how_to_get_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="there is no pulumi on PATH"):
        pulumi_cli.run(workspace.root, "dev", "stack", "export")
