"""A whole stack from its configuration: files, secret, key, outputs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from recording import SECRET_MARK, Run, run_program

from baseten_tei.deployment.config.config_yaml import HEADER
from baseten_tei.program.whole_program import deploy
from baseten_tei.project.deprecations import Deprecation, find_deprecated
from baseten_tei.project.generated_files import config_path, write_if_changed

MODELS: dict[str, Any] = {
    "bge": {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5"},
    "rank": {"task": "reranker", "model_id": "BAAI/bge-reranker-base"},
    "moods": {"task": "classifier", "model_id": "SamLowe/roberta-base-go_emotions"},
}
GATED: dict[str, Any] = {**MODELS, "gemma": {**MODELS["bge"], "gated": True}}
TOKEN = "hf_" + "Tk1" * 11


def config(models: object = MODELS, **more: str) -> dict[str, str]:
    """A stack's configuration as the engine hands it over."""
    return {
        "baseten-tei:models": json.dumps(models),
        "baseten:target": "http://127.0.0.1:9",
        **{f"baseten-tei:{key}": value for key, value in more.items()},
    }


def up(root: Path, settings: Mapping[str, str] | None = None, *, preview: bool = False) -> Run:
    settings = config() if settings is None else settings
    return run_program(deploy, root, settings, secret_keys(settings), preview=preview)


def secret_keys(settings: Mapping[str, str]) -> tuple[str, ...]:
    """A token is encrypted in a stack's configuration; the name of its variable is not."""
    key = "baseten-tei:hf_access_key"
    return (key,) if not settings.get(key, "").startswith("{") else ()


def refused(
    root: Path,
    settings: Mapping[str, str] | None = None,
    *,
    secrets: tuple[str, ...] | None = None,
    preview: bool = False,
) -> str:
    """What the reader is told; nothing may have been registered."""
    told: list[str] = []

    def program() -> None:
        with pytest.raises(pulumi.RunError) as caught:
            deploy()
        told.append(str(caught.value))

    settings = config() if settings is None else settings
    secrets = secret_keys(settings) if secrets is None else secrets
    run = run_program(program, root, settings, secrets, preview=preview)
    assert [it for it in run.resources.values() if it.request.custom] == []
    return told[0]


def files_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


CONFIGS = [f"truss_configs/dev/{name}/config.yaml" for name in sorted(MODELS)]


def test_each_task_becomes_its_component(root: Path) -> None:
    run = up(root)
    components = {it.name: it.type for it in run.resources.values() if not it.request.custom}
    assert components == {
        "bge": "baseten-tei:index:Embedding",
        "rank": "baseten-tei:index:Reranker",
        "moods": "baseten-tei:index:Classifier",
    }


def test_an_update_writes_the_configs_that_it_pushes(root: Path) -> None:
    run = up(root)
    assert files_in(root) == CONFIGS
    for name in MODELS:
        written = yaml.safe_load(config_path(root, "dev", name).read_text())
        assert written == json.loads(run.resources[f"{name}-push"].inputs["stdin"])


def test_a_preview_writes_nothing_and_removes_nothing(root: Path) -> None:
    write_if_changed(config_path(root, "dev", "gone"), HEADER)
    up(root, preview=True)
    assert files_in(root) == ["truss_configs/dev/gone/config.yaml"]


def test_the_config_of_a_removed_model_goes(root: Path) -> None:
    up(root)
    up(root, config({"bge": MODELS["bge"]}))
    assert files_in(root) == ["truss_configs/dev/bge/config.yaml"]


@pytest.mark.parametrize("preview", [True, False])
def test_ci_refuses_a_stale_file_and_writes_nothing(
    preview: bool, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up(root)
    before = config_path(root, "dev", "bge").read_text()
    changed = config({**MODELS, "bge": {**MODELS["bge"], "max_batch_tokens": 1024}})
    monkeypatch.setenv("CI", "true")
    assert refused(root, changed, preview=preview) == (
        "truss_configs/dev/bge/config.yaml is stale at docker_server.start_command: "
        "run `baseten-tei generate` and commit it"
    )
    assert config_path(root, "dev", "bge").read_text() == before


def test_ci_refuses_a_missing_file_and_one_too_many(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert refused(root).startswith("truss_configs/dev/bge/config.yaml is missing: ")
    write_if_changed(config_path(root, "dev", "gone"), HEADER)
    assert refused(root).startswith("truss_configs/dev/gone/config.yaml belongs to no model: ")
    assert files_in(root) == ["truss_configs/dev/gone/config.yaml"]


@pytest.mark.parametrize("value", ["", "0", "false", "False"])
def test_a_ci_variable_that_says_no_is_no_ci(
    value: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", value)
    up(root)
    assert files_in(root) == CONFIGS


@pytest.mark.parametrize("target", [None, "http://127.0.0.1:9"])
def test_a_missing_api_key_stops_an_update_and_no_preview(
    target: str | None, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BASETEN_API_KEY")
    settings = config()
    settings.pop("baseten:target")
    if target:
        settings["baseten:target"] = target
    assert refused(root, settings).startswith("no Baseten API key: ")
    assert files_in(root) == []
    assert up(root, settings, preview=True).resources


def test_the_embedded_emulator_needs_no_api_key(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BASETEN_API_KEY")
    assert up(root, {**config(), "baseten:target": "emulator"}).resources


@pytest.mark.parametrize("preview", [True, False])
def test_a_gated_model_without_a_token_is_refused_at_preview_already(
    preview: bool, root: Path
) -> None:
    assert refused(root, config(GATED), preview=preview) == (
        "model 'gemma' is gated and there is no Hugging Face token: export HF_ACCESS_KEY, or name the variable "
        "that holds it in Pulumi.dev.yaml: baseten-tei:hf_access_key: {from_env: HF_TOKEN}"
    )
    assert files_in(root) == []


@pytest.mark.parametrize(
    ("configured", "held"),
    [
        (TOKEN, {"value": {**SECRET_MARK, "value": TOKEN}}),
        ('{"from_env": "HF_TOKEN"}', {"from_env": "HF_TOKEN"}),
        (None, {"from_env": "HF_ACCESS_KEY"}),
    ],
)
def test_one_secret_is_stored_before_the_models_that_need_it(
    configured: str | None, held: dict[str, Any], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(GATED)
    if configured:
        settings["baseten-tei:hf_access_key"] = configured
    monkeypatch.setenv("HF_ACCESS_KEY", f"{TOKEN}\n")
    run = up(root, settings)
    [secret] = run.of_type("baseten:index:Secret")
    whose = {"project": "proj", "stack": "dev"}
    assert secret.inputs == {"name": "hf_access_key", **whose, **held}
    after = {name: "hf_access_key" in it.after for name, it in run.resources.items()}
    assert after["gemma-model"]
    assert not after["bge-model"]
    others = [it for it in run.resources.values() if it is not secret]
    assert TOKEN not in str([it.request.object for it in others])
    assert TOKEN not in json.dumps(run.outputs)
    assert all(TOKEN not in (root / name).read_text() for name in files_in(root))


@pytest.mark.parametrize(
    "odd", ['{"from_env": ""}', '{"from_file": "x"}', '{"from_env": "A", "value": "b"}']
)
def test_a_token_that_is_neither_secret_nor_a_variable_is_refused(odd: str, root: Path) -> None:
    settings = config(GATED) | {"baseten-tei:hf_access_key": odd}
    assert "write hf_access_key: {from_env: HF_TOKEN}" in refused(root, settings)


def test_a_stack_without_gated_models_stores_no_secret_even_with_a_token_at_hand(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ACCESS_KEY", TOKEN)
    assert up(root).of_type("baseten:index:Secret") == []


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("settings", "start"),
    [
        ({}, "baseten-tei:models must map names to specs, not empty: "),
        (config([1]), "baseten-tei:models must map names to specs, not a list: "),
        (config({"bge": {**MODELS["bge"], "acelerator": "L4"}}), "model 'bge': unknown key "),
        ({"baseten-tei:models": "{not: json"}, "baseten-tei:models must map names to specs, "),
        ({**config(), "baseten:target": "http://10.0.0.1:80"}, "baseten:target 'http://10.0.0.1"),
    ],
)
def test_a_bad_configuration_is_told_in_one_line_and_touches_nothing(
    settings: dict[str, str], start: str, preview: bool, root: Path
) -> None:
    told = refused(root, settings, preview=preview)
    assert told.startswith(start)
    assert len(told.splitlines()) == 1
    assert files_in(root) == []


def test_a_dev_stack_without_the_emulator_is_refused_in_its_preview(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baseten_tei.baseten.emulator.find_spec", lambda _name: None)
    told = refused(root, {"baseten:target": "emulator"}, preview=True)
    assert "run pip install 'baseten-tei[emulator]'" in told


def test_a_truss_that_is_too_old_stops_a_preview(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baseten_tei.program.context.metadata.version", lambda _name: "0.18.25")
    assert refused(root, preview=True).startswith("truss 0.18.25 is too old")


def test_the_public_passphrase_of_the_dev_stack_guards_no_real_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "/x/engine/dev-passphrase")
    real = {**config(), "baseten:target": "baseten"}
    assert "public passphrase" in refused(root, real, preview=True)
    assert up(root).resources


def test_the_public_passphrase_is_known_by_its_content(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {**config(), "baseten:target": "baseten"}
    copy = root / "my-passphrase"
    copy.write_text("dev\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(copy))
    assert "public passphrase" in refused(root, real, preview=True)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "dev")
    assert "public passphrase" in refused(root, real, preview=True)


@pytest.mark.parametrize("passphrase", ["dev", ""])
@pytest.mark.parametrize("key", ["baseten-tei:hf_access_key", "other:password"])
def test_nothing_is_encrypted_with_a_passphrase_that_everyone_knows(
    passphrase: str, key: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
    told = refused(root, {**config(GATED), key: TOKEN}, secrets=(key,))
    assert told.startswith(f"{key} is encrypted with a passphrase that everyone knows")
    assert TOKEN not in told


NESTED = {**MODELS, "bge": {**MODELS["bge"], "env": {"FOO": "s3cret"}, "labels": {"a": "s3cret"}}}


@pytest.mark.parametrize("preview", [True, False])
def test_a_value_that_pulumi_decrypted_inside_the_models_is_refused_by_its_place(
    preview: bool, root: Path
) -> None:
    """Pulumi hands it over in clear, and says only that the key holds a secret (measured on 3.259.0)."""
    encrypted = {"secure": "v1:a:b"}
    raw = {
        **MODELS,
        "bge": {**MODELS["bge"], "env": {"FOO": encrypted}, "labels": {"a": encrypted}},
    }
    (root / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {"baseten-tei:models": raw}}))
    key = "baseten-tei:models"
    told = refused(root, config(NESTED), secrets=(key,), preview=preview)
    assert [line.partition(" is ")[0] for line in told.splitlines()] == [
        "model 'bge': TEI-SEC-004 env.FOO",
        "model 'bge': TEI-SEC-004 labels.a",
    ]
    assert "s3cret" not in told
    assert files_in(root) == ["Pulumi.dev.yaml"]


def test_it_is_refused_as_well_where_the_file_does_not_say_its_place(root: Path) -> None:
    told = refused(root, config(NESTED), secrets=("baseten-tei:models",))
    assert told.startswith("TEI-SEC-004 baseten-tei:models is an encrypted value (`secure:`)")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("settings", "secrets", "start"),
    [
        (config(team="s3cret"), ("baseten-tei:team",), "baseten-tei:team is encrypted"),
        (config(hf_access_key="s3cret"), (), "baseten-tei:hf_access_key is written in clear"),
        (
            config(hf_access_key='{"from_env": "hf-s3cret"}'),
            (),
            "baseten-tei:hf_access_key: from_env",
        ),
        (config(hf_token="s3cret"), (), "baseten-tei:hf_token is not a setting of this project"),
        (config(api_key="s3cret"), ("baseten-tei:api_key",), "baseten-tei:api_key is encrypted"),
        ({**config(), "baseten:api_key": "s3cret"}, (), "baseten:api_key is not a setting"),
        ({**config(), "other:key": TOKEN}, (), "other:key holds a Hugging Face token in clear"),
    ],
)
def test_a_secret_at_a_wrong_place_is_refused_and_not_shown(
    settings: dict[str, str], secrets: tuple[str, ...], start: str, root: Path
) -> None:
    told = refused(root, settings, secrets=secrets)
    assert told.startswith(start)
    assert not [word for word in ("s3cret", TOKEN) if word in told]
    assert files_in(root) == []


@pytest.mark.parametrize("name", ["preview", "Drift"])
def test_a_stack_with_the_name_of_a_workflows_environment_is_refused(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi.get_stack", lambda: name)
    assert refused(root).startswith(
        f"stack {name!r} has the name of an environment of the workflows"
    )


def test_the_outputs_are_typed_by_model(root: Path) -> None:
    outputs = up(root).outputs
    assert set(outputs) == {"schema_version", "models"}
    assert outputs["schema_version"] == 1
    assert {name: it["task"] for name, it in outputs["models"].items()} == {
        "bge": "embedding",
        "rank": "reranker",
        "moods": "classifier",
    }
    bge, rank, moods = (outputs["models"][name] for name in ("bge", "rank", "moods"))
    assert bge["embeddings_url"] == f"{bge['sync_url']}/v1/embeddings"
    assert bge["baseten_id"] == bge["model_id"]
    assert rank["rerank_url"].endswith("/sync/rerank")
    assert moods["classify_url"].endswith("/sync/predict")
    assert "the-s3cret-key" not in json.dumps(outputs)


def test_a_deprecated_key_still_works_and_is_named_once_for_the_stack(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes = Deprecation("key", "max_batch_tokens", "tokens: …", since="0.2.0", removed_in="0.3.0")
    monkeypatch.setattr(find_deprecated, "__defaults__", ((goes,),))
    models = {name: {**model, "max_batch_tokens": 8192} for name, model in MODELS.items()}
    run = up(root, config(models), preview=True)
    told = [line for line in run.warnings if "deprecated" in line]
    assert told == [
        "key max_batch_tokens (of 'bge', 'moods', 'rank') is deprecated since 0.2.0 and goes in 0.3.0: "
        "write tokens: …"
    ]
    assert [line for line in up(root, preview=True).warnings if "deprecated" in line] == []
    assert len(run.of_type("command:local:Command")) == 3


def test_a_programs_own_asynchronous_part_stays_its_own(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK takes one; ours lets registrations begin, which another does as well."""
    taken: list[object] = []

    def run_once(part: object) -> None:
        if taken:
            raise pulumi.RunError("pulumi.run may only be called once")
        taken.append(part)

    monkeypatch.setattr(pulumi, "run", run_once, raising=False)  # the oldest SDK has none

    def program() -> None:
        pulumi.run("mine")  # type: ignore[arg-type]  # never run here
        deploy()

    assert run_program(program, root, config()).outputs["models"]
    assert taken == ["mine"]


def test_an_sdk_without_asynchronous_programs_does(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3.225, the oldest that is taken."""
    monkeypatch.delattr(pulumi, "run", raising=False)
    assert up(root).outputs["models"]
