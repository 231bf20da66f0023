"""`Embedding`, `Reranker`, `Classifier` in a Pulumi program: what they register, and what they give back."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from recording import IDS, SECRET_MARK, Run, run_program

from baseten_tei.deployment.schedules.times import DASH
from baseten_tei.errors import UserError
from baseten_tei.program.components import Classifier, Embedding, Reranker, TeiModel
from baseten_tei.program.resources import Secret
from baseten_tei.spec.args import (
    Autoscaling,
    ClassifierArgs,
    EmbeddingArgs,
    EnvironmentArgs,
    RerankerArgs,
)
from baseten_tei.spec.schedules import Warm

ARGS: dict[type[TeiModel], Any] = {
    Embedding: EmbeddingArgs(model_id="BAAI/bge-base-en-v1.5"),
    Reranker: RerankerArgs(model_id="BAAI/bge-reranker-base"),
    Classifier: ClassifierArgs(model_id="SamLowe/roberta-base-go_emotions"),
}
ALL = pytest.mark.parametrize("kind", ARGS)
TARGET = {"baseten:target": "http://127.0.0.1:9"}
HOST = "http://127.0.0.1:9/hosts/model-m1"


def one(kind: type[TeiModel], root: Path, *, preview: bool = False, **options: Any) -> Run:
    """A program of one component called `m`, with its outputs as stack outputs."""
    return run_program(
        lambda: kind("m", ARGS[kind], **options).outputs, root, TARGET, preview=preview
    )


@ALL
def test_a_component_is_a_model_a_push_and_an_environment(kind: type[TeiModel], root: Path) -> None:
    run = one(kind, root)
    assert {name: resource.type for name, resource in run.resources.items()} == {
        "m": f"baseten-tei:index:{kind.__name__}",
        "m-model": "baseten:index:Model",
        "m-push": "command:local:Command",
        "m-production": "baseten:index:Environment",
        "state-id": "baseten:index:StateId",
    }
    assert run.resources["state-id"].parent == "proj-dev", "of the stack, not of one model"
    assert {run.resources[name].parent for name in ("m-model", "m-push", "m-production")} == {"m"}


@ALL
def test_each_step_comes_after_the_one_before(kind: type[TeiModel], root: Path) -> None:
    run = one(kind, root)
    assert "m-model" in run.resources["m-push"].after
    assert "m-push" in run.resources["m-production"].after


@pytest.mark.parametrize("preview", [False, True])
def test_a_push_gets_no_new_input_from_a_state_that_has_no_id_for_it_yet(
    root: Path, preview: bool
) -> None:
    """What the state does not hold would be unknown to a preview, and make it show a push."""
    environment = one(Embedding, root, preview=preview).resources["m-push"].inputs["environment"]
    assert not {"BASETEN_TEI_STATE_ID", "BASETEN_TEI_KNOWN_AS"} & environment.keys()
    assert json.loads(environment["BASETEN_TEI_LABELS"])["pulumi_stack"] == "dev"


def test_steps_are_joined_by_name_and_digest_and_not_by_outputs(root: Path) -> None:
    """A Command's outputs are unknown in each preview of an update: nothing may be made of them."""
    run = one(Embedding, root)
    model, environment = run.resources["m-model"].inputs, run.resources["m-production"].inputs
    digest = model["digest"]
    owner = {"project": "proj", "stack": "dev"}
    careful = {"adopt": False, "force_delete": False}
    assert model == {"name": "m", "digest": digest, **owner, **careful}
    assert environment == {
        "model": "m",
        "environment": "production",
        **owner,
        "digest": digest,
        "force_delete": False,
        "new_space": False,
        "on_refusal": "keep",
        "keep_deployments": 3,
        "expected": {
            "task": "embedding",
            "model_id": "BAAI/bge-base-en-v1.5",
            "tei_version": "1.8.3",
            "gpu": True,
        },
        "autoscaling": {
            "min_replica": 0,
            "max_replica": 1,
            "concurrency_target": 32,
            "autoscaling_window": 60,
            "scale_down_delay": 900,
            "target_utilization_percentage": 70,
        },
        "deploy_timeout_minutes": 30,
    }
    assert "d1" not in json.dumps([model, environment])


def test_the_push_gets_the_config_on_stdin_and_the_rest_in_its_environment(root: Path) -> None:
    push = one(Embedding, root).resources["m-push"].inputs
    digest = push["environment"]["BASETEN_TEI_DIGEST"]
    assert set(push) == {"create", "update", "interpreter", "stdin", "environment", "logging"}
    assert push["create"] == push["update"] == "truss push"
    assert json.loads(push["stdin"])["model_name"] == "m"
    assert push["environment"] == {
        "BASETEN_TEI_MODEL": "m",
        "BASETEN_TEI_DIGEST": digest,
        "BASETEN_TEI_LABELS": json.dumps(
            {"config_digest": digest, "pulumi_project": "proj", "pulumi_stack": "dev"}
        ),
        "BASETEN_TEI_DEPLOY_TIMEOUT_MINUTES": "30",
        "BASETEN_TEI_TARGET": "http://127.0.0.1:9",
        "BASETEN_TEI_GENERATION": "1",
    }


@ALL
def test_a_push_never_replaces_and_never_floods_the_engine(
    kind: type[TeiModel], root: Path
) -> None:
    push = one(kind, root).resources["m-push"]
    assert push.inputs["logging"] == "none"
    assert "triggers" not in push.inputs
    assert "delete" not in push.inputs
    # pulumi-command asks for this one itself, and we give it no triggers.
    assert list(push.request.replaceOnChanges) == ["triggers[*]"]


def test_the_command_is_the_same_on_every_machine(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pulumi-command runs a push again when any of its inputs changes."""
    one_machine = one(Embedding, root).resources["m-push"].inputs
    monkeypatch.setenv("HOME", "/somewhere/else")
    monkeypatch.setenv("VIRTUAL_ENV", "/another/venv")
    monkeypatch.setenv("BASETEN_API_KEY", "another-key")
    another = root / "elsewhere"
    another.mkdir()
    assert one(Embedding, another).resources["m-push"].inputs == one_machine


@ALL
def test_no_key_of_the_environment_reaches_an_input(kind: type[TeiModel], root: Path) -> None:
    run = one(kind, root)
    assert "the-s3cret-key" not in json.dumps([it.inputs for it in run.resources.values()])


def test_the_engine_is_shown_the_components_args_so_that_it_can_say_what_changed(
    root: Path,
) -> None:
    inputs = one(Embedding, root).resources["m"].inputs
    assert inputs["max_batch_tokens"] == 16384
    assert inputs["autoscaling"]["max_replica"] == 1
    assert inputs["task"] == "embedding"


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (
            Embedding,
            {
                "openai_base_url": f"{HOST}/environments/production/sync/v1",
                "embeddings_url": f"{HOST}/environments/production/sync/v1/embeddings",
                "space": {
                    "model_id": "BAAI/bge-base-en-v1.5",
                    "revision": "main",
                    "pooling": None,
                    "normalized": True,
                    "prompt": None,
                    "prompt_name": None,
                    "dtype": "float16",
                    "dimensions": IDS["dimensions"],
                    "max_input_length": IDS["max_input_length"],
                    "fingerprint": IDS["fingerprint"],
                },
            },
        ),
        (Reranker, {"rerank_url": f"{HOST}/environments/production/sync/rerank"}),
        (
            Classifier,
            {
                "classify_url": f"{HOST}/environments/production/sync/predict",
                "labels": None,
                "multi_label": None,
            },
        ),
    ],
)
def test_each_task_has_these_outputs_and_no_others(
    kind: type[TeiModel], own: dict[str, str], root: Path
) -> None:
    run = one(kind, root)
    digest = run.resources["m-model"].inputs["digest"]
    serving = {
        "deployment_id": "d1",
        "image": "baseten/text-embeddings-inference-mirror:89-1.8.3",
        "tei_version": "1.8.3",
        "config_digest": digest,
        "predict_url": f"{HOST}/environments/production/predict",
        "deployment_predict_url": f"{HOST}/deployment/d1/predict",
        "sync_url": f"{HOST}/environments/production/sync",
        "wake_url": f"{HOST}/environments/production/wake",
        "limits": {
            "max_client_batch_size": 32,
            "auto_truncate": True,
            "payload_limit_bytes": 2_000_000,
            "max_batch_tokens": 16384,
            "max_concurrent_requests": 1024,
            "predict_concurrency": 32,
            "max_replica": 1,
            "max_input_length": IDS["max_input_length"],
        },
        **own,
    }
    assert run.outputs == {
        "baseten_id": "m1",
        "model_id": "m1",
        "task": kind.__name__.lower(),
        "environment": "production",
        "development_predict_url": f"{HOST}/development/predict",
        **serving,
        "environments": {
            "production": {
                **serving,
                "autoscaling": {
                    **UNMANAGED,
                    **run.resources["m-production"].inputs["autoscaling"],
                },
            }
        },
    }


def test_limits_follow_the_flags_that_set_them(root: Path) -> None:
    args = EmbeddingArgs(
        model_id="a/b",
        extra_flags=("--payload-limit=4000000",),
        auto_truncate=False,
        max_client_batch_size=8,
        max_concurrent_requests=64,
        autoscaling=Autoscaling(max_replica=3),
    )
    run = run_program(lambda: Embedding("m", args).outputs, root, TARGET)
    assert run.outputs["limits"] == {
        "max_client_batch_size": 8,
        "auto_truncate": False,
        "payload_limit_bytes": 4_000_000,
        "max_batch_tokens": 16384,
        "max_concurrent_requests": 64,
        "predict_concurrency": 4,
        "max_replica": 3,
        "max_input_length": IDS["max_input_length"],
    }


@pytest.mark.parametrize("gated", [True, False])
def test_only_a_gated_model_is_pushed_after_the_secret(gated: bool, root: Path) -> None:
    def program() -> None:
        secret = Secret("hf_access_key", {"name": "hf_access_key", "value": "a-token"})
        Embedding("m", EmbeddingArgs(model_id="a/b", gated=gated), secret=secret)

    run = run_program(program, root, TARGET)
    assert ("hf_access_key" in run.resources["m-model"].after) is gated
    assert "m-model" in run.resources["m-push"].after


def test_a_token_is_in_no_input_but_the_secrets_own_and_there_it_is_secret(root: Path) -> None:
    def program() -> None:
        secret = Secret("hf_access_key", {"name": "hf_access_key", "value": "a-t0ken"})
        Embedding("m", EmbeddingArgs(model_id="a/b", gated=True), secret=secret)

    run = run_program(program, root, TARGET)
    holders = [it for it in run.resources.values() if "a-t0ken" in str(it.request.object)]
    assert [it.name for it in holders] == ["hf_access_key"]
    assert holders[0].inputs["value"] == {**SECRET_MARK, "value": "a-t0ken"}


def test_a_model_that_asks_for_it_is_told_of_a_new_token_by_its_count(root: Path) -> None:
    def program() -> None:
        secret = Secret("hf_access_key", {"name": "hf_access_key", "from_env": "HF_TOKEN"})
        asks = EmbeddingArgs(model_id="a/b", gated=True, redeploy_on_rotation=True)
        Embedding("asks", asks, secret=secret)
        Embedding("waits", EmbeddingArgs(model_id="a/b", gated=True), secret=secret)

    run = run_program(program, root, TARGET)
    assert run.resources["asks-production"].inputs["secret_generation"] == "7"
    assert "secret_generation" not in run.resources["waits-production"].inputs


def test_further_environments_take_a_version_over_one_after_the_other_and_the_own_one_last(
    root: Path,
) -> None:
    args = EmbeddingArgs(
        model_id="a/b",
        environments={"canary": EnvironmentArgs(), "staging": EnvironmentArgs()},
    )
    run = run_program(lambda: Embedding("m", args).outputs, root, TARGET)
    assert "m-push" in run.resources["m-canary"].after
    assert "m-canary" in run.resources["m-staging"].after
    assert "m-staging" in run.resources["m-production"].after
    assert run.outputs["sync_url"] == f"{HOST}/environments/production/sync"


UNMANAGED = dict.fromkeys(("max_scale_down_rate", "target_in_flight_tokens", "schedules"))
"""What outputs say of settings that a spec leaves out."""
WARMED = Autoscaling(
    max_replica=2,
    max_scale_down_rate=20,
    warm=Warm(days="mon-fri", hours="08:00-18:00", timezone="Europe/Berlin", min_replica=1),
)
STAGED = EmbeddingArgs(
    model_id="a/b",
    autoscaling=Autoscaling(max_replica=8),
    environments={
        "staging": EnvironmentArgs(autoscaling=WARMED),
        "canary": EnvironmentArgs(deployment="previous"),
    },
)


def test_each_environment_has_its_own_urls_settings_and_what_serves_there(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(IDS, "pinned_spec", json.dumps(PUSHED))
    monkeypatch.setitem(IDS, "serving_digest", "old")
    run = run_program(lambda: Embedding("m", STAGED).outputs, root, TARGET)
    told = run.outputs["environments"]
    digest = run.resources["m-model"].inputs["digest"]
    assert sorted(told) == ["canary", "production", "staging"]
    assert {name: it["sync_url"] for name, it in told.items()} == {
        name: f"{HOST}/environments/{name}/sync" for name in told
    }
    said = {name: it["autoscaling"].pop("schedules") for name, it in told.items()}
    assert (said["canary"], said["production"]) == (None, None)
    assert said["staging"] == [f"warm: Mon{DASH}Fri 08{DASH}18 Berlin: 1 to 2 replicas"]
    assert told["staging"]["autoscaling"]["max_scale_down_rate"] == 20
    rest = {key: it for key, it in UNMANAGED.items() if key != "schedules"}
    assert {name: it["autoscaling"] for name, it in told.items()} == {
        name: {**rest, **run.resources[f"m-{name}"].inputs["autoscaling"]} for name in told
    }
    assert [told[it]["limits"]["max_replica"] for it in ("production", "staging", "canary")] == [
        8,
        2,
        1,
    ]
    assert [told[it]["config_digest"] for it in ("production", "staging", "canary")] == [
        digest,
        digest,
        "old",
    ]
    assert [told[it]["tei_version"] for it in ("staging", "canary")] == ["1.8.3", "1.9.3"]
    assert [told[it]["space"]["model_id"] for it in ("staging", "canary")] == ["a/b", "c/d"]
    assert told["canary"]["space"]["fingerprint"] == IDS["fingerprint"]
    assert [line for line in run.warnings if "pinned" in line] == []


def test_a_pin_of_another_environment_that_an_earlier_release_set_is_named(root: Path) -> None:
    run = run_program(lambda: Embedding("m", STAGED).outputs, root, TARGET)
    [line] = [it for it in run.warnings if "pinned" in it]
    assert line.startswith(
        "model 'm': its outputs of environment 'canary' describe the spec and not"
    )


def test_a_model_that_is_pinned_everywhere_has_no_push(root: Path) -> None:
    pinned = EnvironmentArgs(deployment="d7")
    both = EmbeddingArgs(model_id="a/b", deployment="previous", environments={"staging": pinned})
    one = both.model_copy(update={"deployment": None})
    everywhere = run_program(lambda: Embedding("m", both).outputs, root, TARGET)
    assert "m-push" not in everywhere.resources
    assert everywhere.resources["m-model"].inputs["digest"] == ""
    assert everywhere.resources["m-staging"].inputs["deployment"] == "d7"
    somewhere = run_program(lambda: Embedding("m", one).outputs, root, TARGET)
    assert somewhere.resources["m-model"].inputs["digest"] != ""
    assert "m-push" in somewhere.resources


PINNED = EmbeddingArgs(model_id="a/b", deployment="previous", max_client_batch_size=8)
PUSHED = {
    "task": "embedding", "model_id": "c/d", "revision": "f" * 40, "tei_version": "1.9.3",
    "default_prompt": "query: ", "dtype": "float32", "max_client_batch_size": 64,
}  # fmt: skip


def outputs_of_pinned(
    root: Path, monkeypatch: pytest.MonkeyPatch, **state: Any
) -> tuple[dict[str, Any], list[str]]:
    """What a pinned model's outputs say, where its environment's state holds this, and the warnings."""
    for key, value in {"serving_digest": "old", **state}.items():
        monkeypatch.setitem(IDS, key, value)
    args = PINNED.model_copy(update={"autoscaling": Autoscaling(max_replica=3)})
    run = run_program(lambda: Embedding("m", args).outputs, root, TARGET)
    return run.outputs, run.warnings


def test_a_pinned_models_outputs_tell_what_serves_and_not_what_the_spec_says(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, warnings = outputs_of_pinned(root, monkeypatch, pinned_spec=json.dumps(PUSHED))
    assert told["config_digest"] == "old"
    assert told["tei_version"] == "1.9.3"
    assert told["image"].endswith("89-1.9.3")
    space = {"model_id": "c/d", "revision": "f" * 40, "prompt": "query: ", "dtype": "float32"}
    assert space.items() <= told["space"].items()
    assert told["space"]["fingerprint"] == IDS["fingerprint"]
    limits = {"max_client_batch_size": 64, "max_replica": 3, "max_input_length": 512}
    assert limits.items() <= told["limits"].items()
    assert (told["deployment_id"], told["environment"]) == ("d1", "production")
    assert told["sync_url"] == f"{HOST}/environments/production/sync"
    assert [line for line in warnings if "pinned" in line] == []
    unpinned = run_program(lambda: Embedding("m", EmbeddingArgs(model_id="a/b")).outputs, root, TARGET)  # fmt: skip
    assert {key: type(it) for key, it in told.items()} == {
        key: type(it) for key, it in unpinned.outputs.items()
    }


@pytest.mark.parametrize(
    "pinned_spec",
    ["", json.dumps({**PUSHED, "task": "reranker"}), '{"task": "of a later release"}'],
)
def test_where_it_is_not_known_the_spec_describes_all_but_the_digest(
    root: Path, monkeypatch: pytest.MonkeyPatch, pinned_spec: str
) -> None:
    told, _ = outputs_of_pinned(root, monkeypatch, pinned_spec=pinned_spec, serving_digest="")
    assert (told["config_digest"], told["space"]["model_id"]) == ("", "a/b")
    assert told["limits"]["max_client_batch_size"] == 8


def test_a_pin_of_an_earlier_release_says_how_its_outputs_become_those_of_what_serves(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, warnings = outputs_of_pinned(root, monkeypatch)
    assert (told["config_digest"], told["space"]["model_id"]) == ("old", "a/b")
    [line] = [it for it in warnings if "pinned" in it]
    assert line.startswith("model 'm': its outputs describe the spec and not the pinned version d1")
    assert line.endswith("run `pulumi refresh`, then `pulumi up`")


REAL = {"baseten:target": "baseten"}


@pytest.mark.parametrize(
    ("target", "protect", "protected"),
    [(TARGET, None, False), (TARGET, True, True), (REAL, None, True), (REAL, False, False)],
)
def test_what_stands_on_baseten_is_protected_unless_on_an_emulator(
    target: dict[str, str], protect: bool | None, protected: bool, root: Path
) -> None:
    args = EmbeddingArgs(model_id="a/b", protect=protect)
    run = run_program(lambda: Embedding("m", args).outputs, root, target, preview=True)
    kept = {name for name, it in run.resources.items() if it.request.protect}
    assert kept == ({"m-model", "m-production"} if protected else set())


@pytest.mark.parametrize("word", ["delete", "retain"])
def test_a_model_that_is_retained_is_forgotten_and_not_deleted(word: str, root: Path) -> None:
    args = EmbeddingArgs(model_id="a/b", on_removal=word)  # type: ignore[arg-type]  # one of its words
    run = run_program(lambda: Embedding("m", args).outputs, root, TARGET)
    retained = {name for name, it in run.resources.items() if it.request.retainOnDelete}
    assert retained == ({"m-model", "m-production"} if word == "retain" else set())


def test_another_environment_and_team_are_told_to_every_step(root: Path) -> None:
    args = EmbeddingArgs(
        model_id="a/b", environment="staging", autoscaling=Autoscaling(max_replica=4)
    )
    run = run_program(lambda: Embedding("m", args, team="search").outputs, root, TARGET)
    assert run.resources["m-model"].inputs["team"] == "search"
    assert run.resources["m-push"].inputs["environment"]["BASETEN_TEI_TEAM"] == "search"
    environment = run.resources["m-staging"].inputs
    assert (environment["team"], environment["environment"]) == ("search", "staging")
    assert environment["autoscaling"]["max_replica"] == 4
    assert run.outputs["sync_url"] == f"{HOST}/environments/staging/sync"


def test_permits_that_a_busy_replica_exceeds_are_warned_of(root: Path) -> None:
    args = EmbeddingArgs(
        model_id="a/b", tei_version="1.9.3", max_concurrent_requests=64, predict_concurrency=32
    )
    run = run_program(lambda: Embedding("m", args).outputs, root, TARGET)
    assert any("32 requests of 32 texts are 1024 texts" in warning for warning in run.warnings)


def test_a_bad_spec_is_told_in_one_line_and_nothing_is_registered_or_written(root: Path) -> None:
    args = EmbeddingArgs(model_id="a/b", accelerator="V100")
    found: list[Run] = []

    def program() -> None:
        with pytest.raises(pulumi.RunError) as caught:
            Embedding("m", args)
        assert isinstance(caught.value.__cause__, UserError)
        assert str(caught.value) == (
            "model 'm': TEI-GPU-001 accelerator V100 has no TEI image (compute capability 7.0): "
            "write accelerator: L4, A10G, A100, H100 or T4"
        )

    found.append(run_program(program, root, TARGET))
    assert [it.type for it in found[0].resources.values() if it.request.custom] == []
    assert list(root.iterdir()) == []


def test_prompts_are_told_and_change_nothing_that_is_deployed(root: Path) -> None:
    plain, prompted = (
        run_program(lambda it=it: Embedding("m", it).outputs, root, TARGET)
        for it in (
            EmbeddingArgs(model_id="intfloat/e5-base-v2"),
            EmbeddingArgs(
                model_id="intfloat/e5-base-v2",
                prompts={"query": "query: ", "document": "passage: "},
            ),
        )
    )
    for name in ("m-model", "m-push", "m-production"):
        assert prompted.resources[name].inputs == plain.resources[name].inputs
    assert prompted.outputs["prompts"] == {"query": "query: ", "document": "passage: "}
    assert prompted.outputs["environments"]["production"]["prompts"] == prompted.outputs["prompts"]
    assert prompted.outputs["space"].pop("document_prompt") == "passage: "
    assert prompted.outputs["space"] == plain.outputs["space"]
    assert "prompts" not in plain.outputs
