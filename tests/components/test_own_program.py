"""A program that writes its models in Python registers and exports what a stack from YAML does."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from recording import Run, run_program

from baseten_tei import (
    ApiKey,
    Classifier,
    ClassifierArgs,
    Embedding,
    EmbeddingArgs,
    Reranker,
    RerankerArgs,
    Secret,
    deploy,
    export_models,
)
from baseten_tei.program.context import context
from baseten_tei.program.resources import state_id
from baseten_tei.project.deprecations import Deprecation, find_deprecated

TOKEN = "hf_" + "Tk1" * 11
TARGET = {"baseten:target": "http://127.0.0.1:9"}
KEY = "baseten-tei:hf_access_key"
MODELS = {
    "bge": {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5"},
    "gemma": {"task": "embedding", "model_id": "google/embeddinggemma-300m", "gated": True},
    "llama": {"task": "embedding", "model_id": "meta-llama/embed", "gated": True},
    "rank": {"task": "reranker", "model_id": "BAAI/bge-reranker-base"},
    "moods": {"task": "classifier", "model_id": "SamLowe/roberta-base-go_emotions"},
}
TOKENS = {
    "in the configuration": {KEY: TOKEN},
    "in a variable that it names": {KEY: '{"from_env": "HF_TOKEN"}'},
    "in the usual variable": {},
}


def write_all() -> None:
    """The models of MODELS, in Python."""
    of_task: dict[str, tuple[Any, Any]] = {
        "embedding": (Embedding, EmbeddingArgs),
        "reranker": (Reranker, RerankerArgs),
        "classifier": (Classifier, ClassifierArgs),
    }
    models = {}
    for name, spec in MODELS.items():
        component, args = of_task[str(spec["task"])]
        models[name] = component(name, args(**spec))
    export_models(models)


def everything(run: Run) -> dict[str, bytes]:
    """Every registration, as the engine gets it, less where in a program it was made."""
    for it in run.resources.values():
        it.request.ClearField("sourcePosition")
        it.request.ClearField("stackTrace")
    requests = {name: it.request for name, it in run.resources.items()}
    return {name: it.SerializeToString(deterministic=True) for name, it in requests.items()}


def run(
    program: Callable[[], Any], root: Path, config: Mapping[str, str], *, preview: bool = False
) -> Run:
    secrets = (KEY,) if config.get(KEY) == TOKEN else ()
    return run_program(program, root, {**TARGET, **config}, secrets, preview=preview)


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("token", TOKENS)
def test_it_is_the_same_to_the_engine_as_a_stack_from_yaml(
    root: Path, monkeypatch: pytest.MonkeyPatch, token: str, preview: bool
) -> None:
    if not TOKENS[token]:
        monkeypatch.setenv("HF_ACCESS_KEY", TOKEN)
    from_yaml = {"baseten-tei:models": json.dumps(MODELS), **TOKENS[token]}

    ours = run(deploy, root, from_yaml, preview=preview)
    own = run(write_all, root, TOKENS[token], preview=preview)

    assert everything(own) == everything(ours)
    assert own.outputs == ours.outputs
    assert sorted(own.outputs) == ["models", "schema_version"]
    assert (
        len(own.of_type("baseten:index:Secret")) == len(own.of_type("baseten:index:StateId")) == 1
    )


def gated(name: str, **more: Any) -> Embedding:
    return Embedding(name, EmbeddingArgs(model_id="a/b", gated=True), **more)


def refused(program: Callable[[], Any], root: Path, config: Mapping[str, str] | None = None) -> str:
    """The one line that ends a program, in its preview."""
    told: list[str] = []

    def caught() -> None:
        with pytest.raises(pulumi.RunError) as raised:
            program()
        told.append(str(raised.value))

    run(caught, root, config or {}, preview=True)
    assert "\n" not in told[0]
    return told[0]


def test_without_a_token_the_preview_says_what_to_write(root: Path) -> None:
    assert refused(lambda: gated("gemma"), root) == (
        "model 'gemma' is gated and there is no Hugging Face token: export HF_ACCESS_KEY, or name the variable "
        "that holds it in Pulumi.dev.yaml: baseten-tei:hf_access_key: {from_env: HF_TOKEN}"
    )


def test_a_token_in_clear_in_the_configuration_is_refused_and_not_shown(root: Path) -> None:
    settings = {**TARGET, KEY: TOKEN}
    told: list[str] = []

    def program() -> None:
        with pytest.raises(pulumi.RunError, match="hf_access_key is written in clear") as raised:
            gated("gemma")
        told.append(str(raised.value))

    run_program(program, root, settings)
    assert TOKEN not in told[0]


def test_a_secret_of_another_library_is_none_of_our_business(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ACCESS_KEY", TOKEN)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    settings = {**TARGET, "aws:secretKey": "x"}
    run_program(lambda: gated("gemma").outputs, root, settings, ("aws:secretKey",))


def test_the_programs_own_secret_is_taken_for_every_gated_model(root: Path) -> None:
    def program() -> None:
        Secret("token", {"name": "hf_access_key", "from_env": "HF_TOKEN"})
        gated("one"), gated("two")

    ended = run(program, root, {})
    [secret] = ended.of_type("baseten:index:Secret")
    assert secret.name == "token"
    assert all("token" in ended.resources[f"{name}-model"].after for name in ("one", "two"))


def test_a_second_secret_of_the_same_name_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ACCESS_KEY", TOKEN)

    def program() -> None:
        gated("gemma")
        Secret("token", {"name": "hf_access_key", "from_env": "HF_TOKEN"})

    assert refused(program, root) == (
        "this program has a secret 'hf_access_key' already, its own or that of a gated model: write one Secret, "
        "before all models"
    )


def test_two_teams_have_no_secret_in_common(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ACCESS_KEY", TOKEN)
    told = refused(lambda: (gated("one", team="a"), gated("two", team="b")), root)
    assert told.startswith("model 'two' is gated and of team 'b', and this program's hf_access_key")


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (lambda bge: [bge], "export_models takes models by their names, not list: write "),
        (
            lambda bge: bge,
            "export_models takes models by their names, not one model, 'bge': write ",
        ),
        (lambda bge: {"bge": bge.outputs}, "export_models: 'bge' is not a model, but dict: write "),
        (
            lambda bge: {"search": bge},
            "export_models: 'search' is model 'bge', and commands know it ",
        ),
    ],
)
def test_a_wrong_argument_of_export_models_is_one_line(
    root: Path, models: Callable[[Embedding], Any], said: str
) -> None:
    def program() -> None:
        export_models(models(Embedding("bge", EmbeddingArgs(model_id="a/b"))))

    assert refused(program, root).startswith(said)


def test_models_are_exported_once(root: Path) -> None:
    def program() -> None:
        models = {name: Embedding(name, EmbeddingArgs(model_id="a/b")) for name in ("one", "two")}
        export_models({"one": models["one"]})
        export_models({"two": models["two"]})

    assert refused(program, root) == (
        "this program has exported one already: call export_models once, with all models"
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            RerankerArgs(model_id="a/b"),
            "Embedding takes EmbeddingArgs, not RerankerArgs: write Emb",
        ),
        ({"model_id": "a/b"}, "Embedding takes EmbeddingArgs, not dict: write Embedding('bge', Em"),
        (None, "Embedding takes EmbeddingArgs, not nothing: write Embedding('bge', EmbeddingArgs"),
    ],
)
def test_another_spec_than_the_components_is_one_line(root: Path, args: Any, said: str) -> None:
    assert refused(lambda: Embedding("bge", args), root).startswith(f"model 'bge': {said}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"teem": "a"}, "model 'bge': Embedding has no argument 'teem'. Perhaps you meant 'team'?"),
        (
            {"model_id": "a/b"},
            "model 'bge': Embedding has no argument 'model_id': write Embedding('bge', EmbeddingArgs(model_id=…))",
        ),
        ({"x9": 1}, "model 'bge': Embedding has no argument 'x9'."),
    ],
)
def test_an_argument_that_a_component_has_not_is_one_line(
    root: Path, arguments: dict[str, Any], said: str
) -> None:
    def program() -> None:
        Embedding("bge", EmbeddingArgs(model_id="a/b"), **arguments)

    assert refused(program, root) == said


def test_a_component_without_a_name_is_one_line(root: Path) -> None:
    def program() -> None:
        Embedding(EmbeddingArgs(model_id="a/b"))  # type: ignore[arg-type, call-arg]

    assert refused(program, root) == (
        "Embedding takes the model's name first: write Embedding('search', EmbeddingArgs(model_id=…))"
    )


def test_two_programs_of_one_process_have_nothing_in_common(root: Path) -> None:
    """As with the Automation API, which previews and updates in one process."""
    seen = []

    def program() -> None:
        seen.append((state_id(), context().preview))

    for preview in (True, False):
        run(program, root, {}, preview=preview)
    assert [preview for _, preview in seen] == [True, False]
    assert seen[0][0] is not seen[1][0]


def test_without_a_target_and_a_key_an_update_says_which_baseten_wants_one(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BASETEN_API_KEY")

    def program() -> None:
        with pytest.raises(pulumi.RunError) as raised:
            Embedding("bge", EmbeddingArgs(model_id="a/b"))
        key, target = str(raised.value).splitlines()
        assert key.startswith("no Baseten API key: create one at ")
        assert "baseten:target is not set, so this is Baseten itself" in target
        assert "run `pulumi config set baseten:target baseten`" in target

    run_program(program, root)


def test_a_deprecated_key_of_a_programs_models_is_named_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes = Deprecation("key", "gated", "gate: …", since="0.2.0", removed_in="0.3.0")
    monkeypatch.setattr(find_deprecated, "__defaults__", ((goes,),))
    run = run_program(write_all, root, {**TARGET, KEY: TOKEN}, (KEY,))
    assert [line for line in run.warnings if "deprecated" in line] == [
        "key gated (of 'gemma') is deprecated since 0.2.0 and goes in 0.3.0: write gate: …"
    ]


# --- keys


def test_a_key_takes_components_outputs_and_names_and_its_value_is_secret(root: Path) -> None:
    def program() -> dict[str, Any]:
        search = Embedding("search", EmbeddingArgs(model_id="BAAI/bge-small-en-v1.5"))
        models = [search, search.outputs["baseten_id"], "ads"]
        return {"key": ApiKey("consumer", {"models": models, "rotate_when": "2026-12"}).value}

    ran = run_program(program, root, TARGET)
    (key,) = ran.of_type("baseten:index:ApiKey")
    assert key.inputs["models"] == ["m1", "m1", "ads"]
    assert {it for it in key.after if it.startswith("search")} == {"search-production"}
    assert key.request.additionalSecretOutputs == ["value"]
    assert not key.request.protect
    assert "state-id" in ran.resources


def test_a_key_of_a_real_account_is_protected_unless_the_program_says_otherwise(root: Path) -> None:
    def program() -> None:
        ApiKey("kept")
        ApiKey("free", opts=pulumi.ResourceOptions(protect=False))

    ran = run_program(program, root, {"baseten:target": "baseten"})
    keys = {it.name: it.request.protect for it in ran.of_type("baseten:index:ApiKey")}
    assert keys == {"kept": True, "free": False}


def test_a_key_with_a_wrong_target_is_one_line(root: Path) -> None:
    with pytest.raises(pulumi.RunError, match="neither Baseten nor an emulator"):
        run_program(lambda: {"key": ApiKey("key").value}, root, {"baseten:target": "mars"})
