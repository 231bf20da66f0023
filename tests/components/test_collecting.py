"""A program that a command runs for its models: each is written down before a rule judges it, and nothing is made."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from recording import Run, run_program

from baseten_tei.errors import UserError
from baseten_tei.program.collector import collect_unknown
from baseten_tei.program.components import Classifier, Embedding, Reranker
from baseten_tei.program.whole_program import deploy
from baseten_tei.project.registered_models import VARIABLE, RegisteredModels, parse_registered
from baseten_tei.rules.rule import RefusedError
from baseten_tei.spec.args import Autoscaling, ClassifierArgs, EmbeddingArgs, RerankerArgs

TOKEN = "hf_" + "a1" * 16
COMPONENTS = {"baseten-tei:index:Embedding", "baseten-tei:index:Reranker"}

Collect = Callable[..., tuple[RegisteredModels, Run]]


@pytest.fixture
def collect(root: Path, monkeypatch: pytest.MonkeyPatch) -> Collect:
    """Runs a program for its models: what a command then knows, and what the engine saw."""
    file = root / "models"
    monkeypatch.setenv(VARIABLE, str(file))

    def run(
        program: Callable[[], Any], config: Mapping[str, str] | None = None
    ) -> tuple[RegisteredModels, Run]:
        seen = run_program(program, root, config, preview=True)
        return parse_registered(file.read_text()), seen

    return run


def test_specs_are_as_they_are_written_whatever_a_rule_would_say(collect: Collect) -> None:
    """No image runs on a V100, and nothing is locked: a preview would stop."""

    def program() -> None:
        few = Autoscaling(max_replica=4)
        Embedding(
            "search", EmbeddingArgs(model_id="a/b", extra_flags=("--json-output",), autoscaling=few)
        )
        Reranker("rank", RerankerArgs(model_id="c/d", accelerator="V100"), team="ads")

    found, seen = collect(program)
    assert found.specs == {
        "search": {
            "task": "embedding",
            "model_id": "a/b",
            "extra_flags": ["--json-output"],
            "autoscaling": {"max_replica": 4},
        },
        "rank": {"task": "reranker", "model_id": "c/d", "accelerator": "V100"},
    }
    assert found.teams == {"search": None, "rank": "ads"}
    assert {it.type for it in seen.resources.values()} == COMPONENTS, "nothing below a component"
    assert seen.warnings == []


def test_the_program_reads_the_outputs_of_a_first_preview(collect: Collect) -> None:
    """What a push decides is unknown, so that no `apply` runs; what the spec says is there."""
    known: dict[str, Any] = {}

    def program() -> dict[str, Any]:
        model = Classifier("moods", ClassifierArgs(model_id="a/b", max_client_batch_size=8))
        known.update(model.outputs)
        model.predict_url.apply(lambda _: pytest.fail("it is not known"))
        model.outputs["classify_url"].apply(lambda _: pytest.fail("it is not known"))
        return {"url": model.predict_url}

    _, seen = collect(program, {"baseten:target": "http://127.0.0.1:9"})
    assert known["limits"]["max_client_batch_size"] == 8
    assert known["environment"] == "production"
    assert isinstance(known["environments"]["production"]["classify_url"], pulumi.Output)
    assert isinstance(known["classify_url"], pulumi.Output)
    assert seen.outputs == {"url": None}


def test_a_machine_that_could_not_preview_tells_its_models(collect: Collect) -> None:
    def program() -> dict[str, Any]:
        outputs = Embedding("search", EmbeddingArgs(model_id="a/b")).outputs
        return {"size": outputs["limits"]["max_client_batch_size"]}

    found, seen = collect(program, {"baseten:target": "https://nowhere"})
    assert list(found.specs) == ["search"]
    assert seen.outputs == {"size": None}


def test_a_secret_in_a_spec_is_named_and_not_written(collect: Collect, root: Path) -> None:
    spec = EmbeddingArgs(model_id="a/b", env={"TOKEN": TOKEN})
    with pytest.raises(
        RefusedError, match=r"model 'search': TEI-SEC-004 env\.TOKEN holds a Hugging Face token"
    ) as caught:
        collect(lambda: Embedding("search", spec).outputs)
    [found] = caught.value.findings
    assert (found.model, found.rule.id) == ("search", "TEI-SEC-004")
    assert caught.value.places is not None  # a program's, not a file's
    assert caught.value.others == ()
    assert TOKEN not in (root / "models").read_text()


def test_a_value_that_only_an_update_knows_is_said_to_be_one(collect: Collect) -> None:
    with pytest.raises(UserError, match="model 'search': model_id, env: known only after"):
        collect(lambda: collect_unknown("search", ["model_id", "env"]))


def test_one_name_is_one_model(collect: Collect) -> None:
    def program() -> None:
        Embedding("it", EmbeddingArgs(model_id="a/b"))
        Reranker("it", RerankerArgs(model_id="a/b"))

    with pytest.raises(UserError, match="model 'it' is registered twice"):
        collect(program)


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, []),
        ({"baseten-tei:models": '{"bge": {"task": "embedding", "model_id": "a/b"}}'}, ["bge"]),
    ],
)
def test_deploy_says_that_models_are_in_the_configuration(
    collect: Collect, config: dict[str, str], names: list[str]
) -> None:
    """The engine has it from other places than the stack's file too, e.g. an environment of Pulumi ESC."""
    found, seen = collect(deploy, config)
    assert found.from_configuration
    assert list(found.specs) == names
    assert seen.resources == {}


def test_a_model_beside_those_of_the_configuration_is_warned_about(root: Path) -> None:
    """Commands ask the configuration first, and would not know of it."""
    config = {
        "baseten:target": "http://127.0.0.1:9",
        "baseten-tei:models": '{"bge": {"task": "embedding", "model_id": "a/b"}}',
    }

    def program() -> None:
        deploy()
        Reranker("beside", RerankerArgs(model_id="a/b"))

    told = run_program(program, root, config, preview=True).warnings
    assert [it for it in told if "beside those of baseten-tei:models" in it] == [
        "model 'beside' is registered beside those of baseten-tei:models, and commands know those alone: write all "
        "models there, or register all of them"
    ]
