"""The package `baseten-tei` as the engine calls it: a process of its own, over gRPC, for a program in any language."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from engine_server import STACK, EngineServer, plugin, serving
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import alias_pb2, errors_pb2, provider_pb2, status_pb2
from recording import IDS

from baseten_tei.outputs.types import EmbeddingOutputs
from baseten_tei.program.plugin.component_schema import component_schema
from baseten_tei.provider.protocol.resource import UNKNOWN
from baseten_tei.provider.protocol.values import plain, properties
from baseten_tei.spec.args import ARGS_BY_TASK

MODULE = "baseten_tei.program.plugin"
EMBEDDING = "baseten-tei:index:Embedding"
BGE = {"model_id": "BAAI/bge-small-en-v1.5"}
OTHER = "urn:pulumi:dev::proj::aws:s3/bucket:Bucket::other"
MADE = {
    "baseten:index:Model": {
        "generation": "1", "drift": "", "adopted": False, "project": "proj", "stack": "dev",
        "stamp": "st-1", "known_as": [],
    },
    "baseten:index:Environment": IDS,
    "baseten:index:StateId": {"value": "st-1"},
    "baseten:index:Secret": {"generation": "7"},
    "command:local:Command": {"stdout": "{}"},
}  # fmt: skip


class World:
    """A project with the plugin running in its folder, and an engine of which each operation is a fresh one."""

    def __init__(self, folder: Path, client: Any, logged: list[str], open_: ExitStack) -> None:
        self._open = open_
        self.folder = folder
        self.client = client
        self.logged = logged

    def operation(self, *, preview: bool = False) -> tuple[EngineServer, str]:
        """An engine and its address, which no later one gets."""
        engine = EngineServer(MADE, preview)
        return engine, self._open.enter_context(serving(engine))

    def construct(
        self,
        inputs: dict[str, Any],
        *,
        preview: bool = False,
        kind: str = EMBEDDING,
        values: dict[str, PropertyValue] | None = None,
        **options: Any,
    ) -> tuple[EngineServer, dict[str, Any], Any]:
        """The engine, the component's outputs as plain data, and the response."""
        engine, address = self.operation(preview=preview)
        given = {**properties(inputs), **(values or {})}
        config = options.pop("config", {"baseten:target": "http://127.0.0.1:9"})
        request = provider_pb2.ConstructRequest(
            project="proj", stack="dev", organization="organization", dryRun=preview,
            monitorEndpoint=address, parallel=8, config=config, type=kind, name="bge",
            parent=STACK, inputs=PropertyValue.marshal_map(given), accepts_output_values=True,
            **options,
        )  # fmt: skip
        response = self.client.Construct(request)
        return engine, plain(PropertyValue.unmarshal_map(response.state)), response


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One process for all tests here: what an operation leaves behind would show in the next."""
    root = tmp_path_factory.mktemp("project")
    (root / "Pulumi.yaml").write_text("name: proj\nruntime: yaml\nmain: program\n")
    folder = root / "program"
    folder.mkdir()
    own = {"BASETEN_API_KEY": "the-s3cret-key", "XDG_STATE_HOME": str(root / "state"), "CI": "true"}
    drop = ("HF_ACCESS_KEY", "BASETEN_EMULATOR_PORT", "PULUMI_CONFIG_PASSPHRASE")
    environ = {key: it for key, it in os.environ.items() if not key.startswith(drop)}
    started = EngineServer(MADE)
    with (
        ExitStack() as stack,
        serving(started) as engine,
        plugin(MODULE, engine, folder, environ | own) as client,
    ):
        client.Configure(provider_pb2.ConfigureRequest())
        yield World(root, client, started.logged, stack)


def refusal(error: Any) -> dict[str, str]:
    """What is wrong with which property."""
    packed = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(packed)
    told = errors_pb2.InputPropertiesError()
    assert status.details[0].Unpack(told)
    return {it.property_path: it.reason for it in told.errors}


def test_the_schema_has_every_key_of_the_spec_each_with_its_text(world: World) -> None:
    told = json.loads(world.client.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    assert told == json.loads(json.dumps(component_schema()))
    for task, args in ARGS_BY_TASK.items():
        component = told["resources"][f"baseten-tei:index:{task.capitalize()}"]
        assert set(component["inputProperties"]) == {*args.model_fields, "team"} - {"task"}
        assert component["requiredInputs"] == ["model_id"]
        assert all(it["description"] for it in component["inputProperties"].values())
    outputs = told["types"]["baseten-tei:index:EmbeddingOutputs"]
    assert set(outputs["properties"]) == set(EmbeddingOutputs.model_fields)


def test_a_component_is_registered_with_all_that_is_in_it(world: World) -> None:
    engine, outputs, response = world.construct(BGE)
    assert {name: it.type for name, it in engine.registered.items()} == {
        "baseten-tei-resources": "pulumi:providers:baseten-tei",
        "bge": EMBEDDING,
        "state-id": "baseten:index:StateId",
        "bge-model": "baseten:index:Model",
        "bge-push": "command:local:Command",
        "bge-production": "baseten:index:Environment",
    }
    component = f"urn:pulumi:dev::proj::{EMBEDDING}::bge"
    assert response.urn == component
    parents = {name: it.parent for name, it in engine.registered.items()}
    assert {parents[name] for name in ("bge", "state-id", "baseten-tei-resources")} == {STACK}
    assert {parents[name] for name in ("bge-model", "bge-push", "bge-production")} == {component}
    assert outputs["outputs"]["deployment_id"] == outputs["deployment_id"] == "d1"
    EmbeddingOutputs.model_validate(outputs["outputs"])


def test_a_next_is_a_component_beside_it_and_may_become_it(world: World) -> None:
    engine, told, response = world.construct({**BGE, "next": {"model_id": "BAAI/bge-m3"}})
    assert {"bge", "bge-model", "bge-push", "bge-2", "bge-2-model", "bge-2-push"} <= {
        *engine.registered
    }
    assert sorted(told["outputs"]["spaces"]) == ["current", "next"]
    assert response.urn.endswith("::bge")
    after = {"model_id": "BAAI/bge-m3", "edition": 2, "previous": {**BGE, "edition": 1}}
    engine, told, response = world.construct(after)
    assert {"bge-model", "bge-2-model"} <= {*engine.registered}
    assert response.urn.endswith("::bge-2")
    assert told["outputs"]["spaces"]["previous"]["space"]["model_id"] == BGE["model_id"]


def test_what_is_in_it_has_this_plugin_as_its_provider_wherever_the_plugin_comes_from(
    world: World,
) -> None:
    engine, _, _ = world.construct(BGE)
    provider = engine.registered["baseten-tei-resources"]
    assert (provider.version, provider.pluginDownloadURL) == ("", "")
    assert engine.inputs("baseten-tei-resources") == {"target": "http://127.0.0.1:9"}
    ref = "urn:pulumi:dev::proj::pulumi:providers:baseten-tei::baseten-tei-resources::baseten-tei-resources-id"
    for name in ("state-id", "bge-model", "bge-production"):
        assert engine.registered[name].provider == ref


def test_a_program_of_two_components_has_one_state_id_and_one_provider(world: World) -> None:
    engine, address = world.operation()
    for name in ("one", "two"):
        world.client.Construct(
            provider_pb2.ConstructRequest(
                project="proj",
                stack="dev",
                monitorEndpoint=address,
                type=EMBEDDING,
                name=name,
                config={"baseten:target": "http://127.0.0.1:9"},
                parent=STACK,
                inputs=PropertyValue.marshal_map(properties(BGE)),
            )
        )
    of_the_stack = {name for name, it in engine.registered.items() if it.parent == STACK}
    assert of_the_stack == {"one", "two", "state-id", "baseten-tei-resources"}
    assert len(engine.registered) == 10


def test_the_provider_that_a_program_made_is_used_for_what_is_in_the_component(
    world: World,
) -> None:
    own = "urn:pulumi:dev::proj::pulumi:providers:baseten-tei::mine::the-id"
    engine, _, _ = world.construct(BGE, providers={"baseten-tei": own})
    assert "baseten-tei-resources" not in engine.registered
    assert engine.registered["bge-model"].provider == own


def test_a_program_that_does_not_say_which_baseten_is_told_so_once(world: World) -> None:
    engine, _, _ = world.construct(BGE, preview=True, config={})
    assert engine.inputs("baseten-tei-resources") == {"target": "baseten"}
    assert sum("baseten:target is not set" in it for it in world.logged) == 1


TOKEN = {"baseten:target": "http://127.0.0.1:9", "baseten-tei:hf_access_key": "canary-token-3fa1"}


def test_a_gated_model_gets_the_stacks_secret_and_is_pushed_after_it(world: World) -> None:
    secret = ["baseten-tei:hf_access_key"]
    engine, _, _ = world.construct({**BGE, "gated": True}, config=TOKEN, configSecretKeys=secret)
    stored = engine.registered["hf_access_key"]
    assert stored.provider == engine.registered["bge-model"].provider
    value = PropertyValue.unmarshal_map(stored.object)["value"]
    assert (value.is_secret, value.value) == (True, "canary-token-3fa1")
    assert any(it.endswith("::hf_access_key") for it in engine.registered["bge-model"].dependencies)
    others = [it for it in engine.registered.values() if it.name != "hf_access_key"]
    assert "canary-token" not in str(others)


def test_a_gated_model_without_a_token_is_refused_with_what_to_write(world: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        world.construct({**BGE, "gated": True}, preview=True)
    assert "there is no Hugging Face token: export HF_ACCESS_KEY" in caught.value.details()


def test_whole_numbers_of_the_wire_are_whole_and_make_the_digest_that_python_makes(
    world: World,
) -> None:
    given = {**BGE, "max_batch_tokens": 8192.0, "autoscaling": {"max_replica": 2.0}}
    engine, outputs, _ = world.construct(given)
    _, plainly, _ = world.construct({**BGE, "max_batch_tokens": 8192})
    assert outputs["outputs"]["config_digest"] == plainly["outputs"]["config_digest"]
    assert engine.inputs("bge-production")["autoscaling"]["max_replica"] == 2
    assert '"8192"' not in engine.inputs("bge-push")["stdin"]
    assert "8192.0" not in engine.inputs("bge-push")["stdin"]


@pytest.mark.parametrize(
    ("more", "where", "said"),
    [
        ({"max_batch_tokens": 1.5}, "max_batch_tokens", "not 1.5 (a decimal number)"),
        ({"autoscaling": {"max_replica": 0}}, "autoscaling.max_replica", "write autoscaling.max_replica: 1"),
        ({"accelerator": "L5"}, "accelerator", "Perhaps you meant 'L4'?"),
        ({"max_batch_token": 8192}, "max_batch_token", "max_batch_tokens"),
        ({"team": 7}, "team", "must be a text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_property(
    world: World, more: dict[str, Any], where: str, said: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        world.construct({**BGE, **more}, preview=True)
    told = refusal(caught.value)
    assert set(told) == {where}
    assert said in told[where]


def test_a_rule_that_stops_a_model_is_told_in_one_line_without_a_traceback(world: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        world.construct({**BGE, "tei_version": "1.8.3", "served_model_name": "x"}, preview=True)
    told = caught.value.details()
    assert told.startswith("model 'bge': TEI-FLAG-005 served_model_name needs TEI 1.9.0")
    assert "\n" not in told


def test_a_secret_is_refused_at_its_property_and_its_value_is_nowhere(world: World) -> None:
    env = PropertyValue({"PASSWORD": PropertyValue("canary-value-1d9c", is_secret=True)})
    with pytest.raises(grpc.RpcError) as caught:
        world.construct(BGE, values={"env": env})
    assert set(refusal(caught.value)) == {"env"}
    assert "canary-value" not in str(caught.value)


def test_a_preview_that_does_not_know_the_spec_yet_says_so_and_the_outputs_stay_unknown(
    world: World,
) -> None:
    for unknown in (UNKNOWN, {"max_replica": UNKNOWN}):
        engine, _, response = world.construct({**BGE, "autoscaling": unknown}, preview=True)
        assert "bge-model" not in engine.registered
        assert any("autoscaling will be known only during the update" in it for it in world.logged)
        assert set(plain(PropertyValue.unmarshal_map(response.state)).values()) == {UNKNOWN}


def test_in_a_preview_of_a_first_update_urls_of_the_model_are_unknown_and_the_rest_is_known(
    world: World,
) -> None:
    staged = {**BGE, "environments": {"staging": {"autoscaling": {"max_replica": 3}}}}
    _, outputs, _ = world.construct(staged, preview=True)
    assert outputs["outputs"]["image"] == "baseten/text-embeddings-inference-mirror:89-1.8.3"
    staging = outputs["outputs"]["environments"]["staging"]
    assert (staging["limits"]["max_replica"], staging["sync_url"]) == (3, UNKNOWN)
    assert outputs["outputs"]["predict_url"] == outputs["predict_url"] == UNKNOWN


def test_a_model_comes_after_what_its_component_depends_on(world: World) -> None:
    after = f"{OTHER}-2"
    deps = {"model_id": provider_pb2.ConstructRequest.PropertyDependencies(urns=[OTHER])}
    engine, _, _ = world.construct(BGE, inputDependencies=deps, dependencies=[after])
    assert {OTHER, after} <= set(engine.registered["bge-model"].dependencies)


def test_resource_options_reach_the_component_and_protect_and_retain_what_is_in_it(
    world: World,
) -> None:
    engine, _, _ = world.construct(
        BGE, protect=True, retainOnDelete=True, deletedWith=OTHER, ignoreChanges=["labels"],
        replaceOnChanges=["team"],
        aliases=[alias_pb2.Alias(spec=alias_pb2.Alias.Spec(name="old"))],
    )  # fmt: skip
    component, model = engine.registered["bge"], engine.registered["bge-model"]
    assert component.protect
    assert component.retainOnDelete
    assert component.deletedWith.startswith(OTHER.removesuffix("::other"))  # SDK 3.225 cuts it
    assert list(component.ignoreChanges) == ["labels"]
    assert list(component.replaceOnChanges) == ["team"]
    assert component.aliases[0].spec.name == "old"
    assert model.protect
    assert model.retainOnDelete


def test_an_output_that_the_program_wants_secret_is_secret_and_no_other(world: World) -> None:
    _, _, response = world.construct(BGE, additionalSecretOutputs=["predict_url"])
    told = PropertyValue.unmarshal_map(response.state)
    assert {key for key, it in told.items() if it.is_secret} == {"predict_url"}


def test_in_ci_no_config_is_written_or_wanted(
    world: World,
) -> None:
    """Another language has no command that writes it; that an update of a person does is in tests/e2e."""
    world.construct(BGE)
    assert not (world.folder / "truss_configs").exists()
    assert not list((world.folder / "program").iterdir())


def test_a_push_runs_with_the_plugins_own_python_by_a_text_that_is_the_same_everywhere(
    world: World,
) -> None:
    engine, _, _ = world.construct(BGE)
    shell, option, command = engine.inputs("bge-push")["interpreter"]
    assert (shell, option) == ("/bin/sh", "-c")
    assert str(world.folder) not in command
    asked = command.replace(" -m baseten_tei.push", ' -c "import sys; print(sys.argv)"')
    (link,) = (world.folder / "state" / "baseten-tei" / "python").iterdir()
    ran = subprocess.run(
        [shell, option, asked], cwd=world.folder / "program", text=True, capture_output=True,
        env={**os.environ, "XDG_STATE_HOME": str(world.folder / "state")}, check=True,
    )  # fmt: skip
    assert ran.stdout
    assert link.readlink() == Path(sys.prefix)


def test_the_configuration_of_a_stack_is_not_taken_for_the_providers_own(world: World) -> None:
    config = properties({"hf_access_key": "x", "state_id": "st-1", "target": "emulator"})
    request = provider_pb2.CheckRequest(urn="u", news=PropertyValue.marshal_map(config))
    response = world.client.CheckConfig(request)
    assert not response.failures
    assert plain(PropertyValue.unmarshal_map(response.inputs)) == {"target": "emulator"}
