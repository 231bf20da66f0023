"""Typed modules of a stack's models: readable, the same each time, and a consumer's checker sees what changed.

`UPDATE_GOLDEN=1` rewrites the golden modules.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei.commands.outputs import LANGUAGES
from baseten_tei.errors import UserError
from baseten_tei.outputs.parsing import parse_outputs
from baseten_tei.outputs.typed_modules.shapes import PER_VERSION
from baseten_tei_client import connect
from tests.support.checkers import Checked, mypy, tsc
from tests.support.hostile import HOSTILE

GOLDEN = Path(__file__).parents[2] / "golden"
OUTPUTS = GOLDEN / "outputs.json"
TOLD = json.loads(OUTPUTS.read_text(encoding="utf-8"))
FILES = {"python": "models.py.txt", "typescript": "models.ts.txt"}
ALL = pytest.mark.parametrize("language", LANGUAGES)
Change = Callable[[dict[str, Any]], object]

CONSUMERS = {
    "python": """\
from typing import Literal, assert_type

from search_models import BGE_SPACE, SCHEMA_VERSION, Classifier, Embedding, EmbeddingEnvironment, Space, models


def index(model: Embedding) -> str:
    return f"{model.embeddings_url} {model.limits.max_client_batch_size}"


def moods(model: Classifier) -> tuple[str, ...]:
    return model.labels or ()


DIMENSIONS: Literal[768] = models.bge.dimensions
BATCH: Literal[32] = models.bge.limits.max_client_batch_size
SMALL: Literal[16] = models.bge.environments.staging.limits.max_client_batch_size
STAGED: EmbeddingEnvironment = models.bge.environments.staging
assert_type(STAGED.autoscaling.max_replica, int)
SPACE: Space = models.bge.space
assert_type(BGE_SPACE["fingerprint"], str | None)
print(index(models.bge), models.bge_reranker.rerank_url, moods(models.go_emotions), SCHEMA_VERSION)
""",
    "typescript": """\
import { BGE_SPACE, SCHEMA_VERSION, models } from "./search_models.js";
import { type Classifier, type Embedding, type EmbeddingEnvironment, type Space } from "./search_models.js";

const index = (model: Embedding): string => `${model.embeddings_url} ${model.limits.max_client_batch_size}`;
const moods = (model: Classifier): readonly string[] => model.labels ?? [];

export const dimensions: 768 = models.bge.dimensions;
export const batch: 32 = models.bge.limits.max_client_batch_size;
export const small: 16 = models.bge.environments.staging.limits.max_client_batch_size;
export const staged: EmbeddingEnvironment = models.bge.environments.staging;
export const space: Space = BGE_SPACE;
export const version: 1 = SCHEMA_VERSION;
export const told = [index(models.bge), models.bge_reranker.rerank_url, ...moods(models.go_emotions)];
""",
}


def changed(change: Change = lambda _: None) -> str:
    told = deepcopy(TOLD)
    change(told["models"])
    return json.dumps(told)


def module(language: str, change: Change = lambda _: None) -> str:
    return LANGUAGES[language](parse_outputs(changed(change)))


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture
def checked(tmp_path: Path, mypy_cache: Path) -> Callable[[str, Change], Checked]:
    """The consumer's own check, of outputs as they are or changed."""

    def check(language: str, change: Change = lambda _: None) -> Checked:
        suffix = {"python": "py", "typescript": "ts"}[language]
        (tmp_path / f"search_models.{suffix}").write_text(module(language, change))
        (tmp_path / f"consumer.{suffix}").write_text(CONSUMERS[language])
        return mypy(tmp_path, mypy_cache) if language == "python" else tsc(tmp_path)

    return check


@ALL
def test_the_module_is_the_golden_one(language: str) -> None:
    path = GOLDEN / FILES[language]
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(module(language), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == module(language)


@ALL
def test_a_consumer_passes_its_strict_check(language: str, checked: Callable[..., Checked]) -> None:
    found = checked(language)
    assert (found.code, found.text) == (0, "")


def another_task(models: dict[str, Any]) -> None:
    """`bge-reranker` becomes an embedding."""
    models["bge-reranker"] = models["bge"]


def fewer_dimensions(models: dict[str, Any]) -> None:
    models["bge"]["space"]["dimensions"] = 384


def smaller_batches(models: dict[str, Any]) -> None:
    models["bge"]["limits"]["max_client_batch_size"] = 16


@ALL
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda models: models.pop("bge-reranker"), "bge_reranker"),
        (another_task, "rerank_url"),
        (fewer_dimensions, "768"),
        (smaller_batches, "32"),
        (lambda models: models["bge"]["environments"].pop("staging"), "staging"),
    ],
    ids=["removed", "another task", "other dimensions", "another limit", "an environment goes"],
)
def test_a_change_that_a_consumer_relies_on_breaks_its_check(
    language: str, change: Change, words: str, checked: Callable[..., Checked]
) -> None:
    found = checked(language, change)
    assert found.code != 0
    assert words in found.text


@ALL
def test_a_push_changes_nothing_of_the_module(language: str) -> None:
    def pushed(models: dict[str, Any]) -> None:
        for model in models.values():
            for told in (model, *model["environments"].values()):
                told.update(dict.fromkeys(PER_VERSION, "another"))

    assert module(language, pushed) == module(language)


def no_embeddings(models: dict[str, Any]) -> None:
    del models["bge"]


@pytest.mark.parametrize("change", [lambda _: None, no_embeddings], ids=["all tasks", "no space"])
def test_the_python_module_is_formatted_and_has_no_import_too_many(
    change: Change, tmp_path: Path
) -> None:
    path = tmp_path / "search_models.py"
    path.write_text(module("python", change), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--line-length", "400"]
    subprocess.run([*ruff, "format", *options, "--check", path], check=True, capture_output=True)
    subprocess.run([*ruff, "check", *options, path], check=True, capture_output=True)


def test_the_python_module_runs_without_this_project(tmp_path: Path) -> None:
    (tmp_path / "search_models.py").write_text(module("python"), encoding="utf-8")
    told = "from search_models import models, BGE_SPACE; print(models.bge.space == BGE_SPACE)"
    run = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {told}"]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "True\n"


# --- texts and names


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_comes_back_from_both_languages(text: str) -> None:
    def prompt(models: dict[str, Any]) -> None:
        for told in (models["bge"], *models["bge"]["environments"].values()):
            told["space"]["prompt"] = told["sync_url"] = text

    space, values = {}, set[Any]()
    for node in ast.walk(ast.parse(module("python", prompt))):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        if node.target.id == "BGE_SPACE":
            space = ast.literal_eval(node.value)  # type: ignore[arg-type]  # it has one
        if node.target.id == "sync_url" and node.value:
            values.add(ast.literal_eval(node.value))
    assert space["prompt"] == text
    assert text in values
    (line,) = [it for it in module("typescript", prompt).splitlines() if it.startswith("  prompt:")]
    assert json.loads(line.removeprefix("  prompt: ").removesuffix(",")) == text


def named(*names: str) -> Change:
    def rename(models: dict[str, Any]) -> None:
        model = models["bge"]
        models.clear()
        models.update(dict.fromkeys(names, model))

    return rename


@pytest.mark.parametrize(
    ("name", "attribute", "model", "constant"),
    [
        ("bge-base.en", "bge_base_en", "BgeBaseEnModel", "BGE_BASE_EN_SPACE"),
        ("BGE", "bge", "BGEModel", "BGE_SPACE"),
        ("class", "class_", "ClassModel", "CLASS_SPACE"),
        ("3m", "m3m", "M3mModel", "M3M_SPACE"),
        ("embedding", "embedding", "EmbeddingModel", "EMBEDDING_SPACE"),
        ("models", "models", "ModelsModel", "MODELS_SPACE"),
        ("limits", "limits", "LimitsModel", "LIMITS_SPACE"),
    ],
)
def test_any_name_makes_an_attribute_a_type_and_a_constant(
    name: str, attribute: str, model: str, constant: str
) -> None:
    text = module("python", named(name))
    assert f"    {attribute}: {model} = {model}()\n" in text
    assert f"\n{constant}: Final[Space] = {{\n" in text
    assert f'    name: Literal["{name}"] = "{name}"\n' in text
    assert f'\n  {attribute}: {{\n    name: "{name}",\n' in module("typescript", named(name))
    exec(compile(text, name, "exec"), {"__name__": "generated"})  # noqa: S102  # it is what is tested


@ALL
def test_two_names_that_would_be_one_attribute_are_refused(language: str) -> None:
    with pytest.raises(UserError, match="models 'a-b' and 'a_b' would both be a_b: give one"):
        module(language, named("a-b", "a_b"))


def test_a_space_that_only_one_environment_has_is_a_constant_of_its_own() -> None:
    def another(models: dict[str, Any]) -> None:
        models["bge"]["environments"]["staging"]["space"]["dimensions"] = 384

    text = module("python", another)
    assert "\nBGE_SPACE_IN_STAGING: Final[Space] = {\n" in text
    assert (
        "    space: Space = field(default_factory=BGE_SPACE_IN_STAGING.copy)\n    dimensions: Literal[384]"
        in text
    )
    told = module("typescript", another)
    assert "\nexport const BGE_SPACE_IN_STAGING = {\n" in told
    assert "        space: BGE_SPACE_IN_STAGING,\n        dimensions: 384,\n" in told


def with_next(models: dict[str, Any]) -> None:
    current = models["bge"]
    served = {
        **{
            key: it
            for key, it in current.items()
            if key not in ("environments", "task", "model_id")
        },
        "autoscaling": current["environments"]["production"]["autoscaling"],
    }
    another = {
        **served,
        "baseten_id": "next1",
        "sync_url": "https://model-next1.api.baseten.co/environments/production/sync",
        "space": {**served["space"], "model_id": "BAAI/bge-m3", "dimensions": 1024},
        "limits": {**served["limits"], "max_client_batch_size": 8},
    }
    current["spaces"] = {"current": served, "next": another}


USES_OF_NEXT = {
    "python": """\
from typing import Literal

from search_models import BGE_SPACE_OF_NEXT, EmbeddingServed, models

NEXT: EmbeddingServed = models.bge.spaces.next
BATCH: Literal[8] = models.bge.spaces.next.limits.max_client_batch_size
print(BGE_SPACE_OF_NEXT, models.bge.spaces.current.sync_url)
""",
    "typescript": 'import { type EmbeddingServed, BGE_SPACE_OF_NEXT, models } from "./search_models.js";\n'
    "export const following: EmbeddingServed = models.bge.spaces.next;\n"
    "export const size: 8 = models.bge.spaces.next.limits.max_client_batch_size;\n"
    "export const told = [BGE_SPACE_OF_NEXT.dimensions, models.bge.spaces.current.sync_url];\n",
}


@ALL
def test_the_models_under_a_name_are_typed_while_there_are_several(
    language: str, checked: Callable[..., Checked], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONSUMERS, language, USES_OF_NEXT[language])
    found = checked(language, with_next)
    assert (found.code, found.text) == (0, "")
    assert "spaces" in checked(language).text


def test_a_client_finds_the_space_of_its_index_in_a_typed_module() -> None:
    namespace: dict[str, Any] = {"__name__": "typed_module_with_next"}
    exec(module("python", with_next), namespace)  # noqa: S102  # what this project generated
    for space, role in (("BGE_SPACE", "current"), ("BGE_SPACE_OF_NEXT", "next")):
        model = connect(
            "bge", outputs=namespace["models"], expect_space=namespace[space], api_key="k"
        )
        assert model.role == role
    assert "next1" in repr(model)


def test_environments_of_two_models_never_share_a_class() -> None:
    def joined(models: dict[str, Any]) -> None:
        inner = models["bge"]["environments"]["staging"]
        models["bge-base"] = {**models["bge"], "environments": {"x": inner}}
        models["bge"]["environments"] = {"base-x": inner, "3": inner}

    text = module("python", joined)
    classes = re.findall(r"^class (\w+)", text, re.MULTILINE)
    assert len(classes) == len(set(classes))
    exec(compile(text, "generated", "exec"), {"__name__": "generated"})  # noqa: S102  # it is what is tested


@ALL
def test_two_environments_that_would_be_one_attribute_are_refused(language: str) -> None:
    def both(models: dict[str, Any]) -> None:
        inner = models["bge"]["environments"]["staging"]
        models["bge"]["environments"] = {"a-b": inner, "a_b": inner}

    with pytest.raises(UserError, match="model 'bge': environments 'a-b' and 'a_b' would both be"):
        module(language, both)


@ALL
def test_outputs_without_environments_make_a_module_as_before(language: str) -> None:
    def earlier(models: dict[str, Any]) -> None:
        for model in models.values():
            del model["environments"]

    text = module(language, earlier)
    assert "BgeModel" in text or "models.bge" in text or "bge: {" in text
    assert "environments/staging" not in text


@ALL
def test_a_stack_without_models_and_one_that_was_just_imported_make_modules(language: str) -> None:
    def imported(models: dict[str, Any]) -> None:
        models["bge"]["space"] |= dict.fromkeys(("dimensions", "fingerprint", "max_input_length"))
        models["go-emotions"] |= {"labels": None, "multi_label": None}

    for change in (named(), imported):
        text = module(language, change)
        if language == "python":
            exec(compile(text, "generated", "exec"), {"__name__": "generated"})  # noqa: S102  # as above


# --- the command


def command(tmp_path: Path, *more: str) -> list[str]:
    output = ["--output", str(tmp_path / "models.py")]
    return ["outputs", "--format", "python", "--file", str(OUTPUTS), *output, *more]


def test_the_module_is_printed_or_written_once_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["outputs", "--format", "typescript", "--file", str(OUTPUTS)]) == 0
    assert capsys.readouterr().out == module("typescript")
    path = tmp_path / "models.py"
    assert main(command(tmp_path, "--check")) == 1
    assert not path.exists()
    assert main(command(tmp_path)) == main(command(tmp_path)) == 0
    assert path.read_text(encoding="utf-8") == module("python")
    assert main(command(tmp_path, "--check")) == 0
    path.write_text("stale")
    assert main(command(tmp_path, "--check")) == 1
    lines = capsys.readouterr().out.splitlines()
    stale = (
        f"{path} is out of date for these outputs: run the same command without --check, and commit"
    )
    assert lines == [
        stale, f"wrote {path}", f"unchanged: {path}", f"{path} is up to date", stale
    ]  # fmt: skip
    assert path.read_text() == "stale"


def test_check_without_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outputs", "--format", "python", "--file", str(OUTPUTS), "--check"]) == 2
    assert capsys.readouterr().err == "--check compares with a file: write --output FILE\n"


def with_prompts(models: dict[str, Any]) -> None:
    models["bge"]["prompts"] = {"query": 'Say "what"\nQuery: ', "document": ""}


@ALL
def test_prompts_are_texts_by_name(language: str, checked: Callable[..., Checked]) -> None:
    found = checked(language, with_prompts)
    assert (found.code, found.text) == (0, "")
    assert r'"query": "Say \"what\"\nQuery: "' in module(language, with_prompts)
