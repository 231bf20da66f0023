"""The engine as a whole: it never raises, and says of a router that dies what the router prints."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.formats import find_format
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.load import Loaded, load_repository
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.loading.repository_files import RepositoryFiles, read_texts
from tests.support.tei.models import GOOD_MODELS
from tests.unit.facts.loading.test_serde import JSON

FILES = (
    "config.json", "1_Pooling/config.json", "modules.json", "sentence_bert_config.json", "2_Dense/config.json",
    "config_sentence_transformers.json", "tokenizer_config.json", "model.safetensors.index.json",
)  # fmt: skip
FIELDS = sorted({name for model in GOOD_MODELS.values() for name in model.config})


@given(st.dictionaries(st.sampled_from(FILES), JSON), st.booleans())
def test_any_files_are_read(files: dict[str, Any], is_local: bool) -> None:
    repository = RepositoryFiles(files, frozenset(files), is_local=is_local)
    assert load_repository(repository, "1.9.3", Hardware())
    assert find_format(repository) in {None, "static", "quantized", "sparse", "late-interaction"}


@given(st.sampled_from(sorted(GOOD_MODELS)), st.sampled_from(FIELDS), JSON)
def test_any_field_of_a_good_config_may_be_anything(name: str, field: str, value: Any) -> None:
    files = GOOD_MODELS[name].files()
    files["config.json"] |= {field: value}
    for release in ("1.8.3", "1.9.3", "1.9.4"):
        for hardware in (Hardware(), Hardware(75, 75), Hardware(89, 89)):
            found = load_repository(RepositoryFiles(files), release, hardware)
            assert isinstance(found, Loaded) or found.printed()


@pytest.mark.parametrize(
    ("texts", "printed"),
    [
        (
            {"config.json": '{"architectures": []}'},
            "Error: Failed to parse `config.json`\n\nCaused by:\n    missing field `model_type`",
        ),
        (
            {"config.json": '{"architectures": [], "model_type": "x", "max_position_embeddings": 1}'},
            "Error: The `--pooling` arg is not set and we could not find a pooling configuration "
            "(`1_Pooling/config.json`) for this model.\n\nCaused by:\n    No such file or directory (os error 2)",
        ),
        (
            {"config.json": '{"architectures": ["XClassification"], "model_type": "x", "max_position_embeddings": 1}'},
            "Error: `config.json` does not contain `id2label`",
        ),
        (
            {"config.json": '{"architectures": [], "model_type": "xbert", "max_position_embeddings": 1}'},
            "Error: Could not create backend\n\nCaused by:\n    "
            "Could not start backend: Could not start a suitable backend",
        ),
        (
            {},
            "Error: `config.json` not found\n\nCaused by:\n    No such file or directory (os error 2)",
        ),
    ],
)  # fmt: skip
def test_a_refusal_prints_what_the_router_prints(texts: dict[str, str], printed: str) -> None:
    found = load_repository(RepositoryFiles(read_texts(texts)), "1.9.3", Hardware(89, 89))
    assert isinstance(found, Refusal)
    assert found.printed() == printed


def test_what_candle_says_stands_above_the_last_word() -> None:
    files = GOOD_MODELS["bert"].files()
    del files["config.json"]["hidden_size"]
    found = load_repository(RepositoryFiles(files), "1.9.3", Hardware())
    assert isinstance(found, Refusal)
    assert found.log == (
        "Could not start Candle backend: Could not start backend: Model is not supported\n\nCaused by:\n"
        "    missing field `hidden_size`",
    )


@pytest.mark.parametrize(
    ("names", "is_local", "said"),
    [
        (["model.safetensors"], True, None),
        (["pytorch_model.bin"], True, None),
        (["pytorch_model.bin"], False, None),
        (["model.safetensors.index.json", "a.safetensors"], True, None),
        (["model.safetensors.index.json"], True, "No such file or directory (os error 2)"),
        (["model.safetensors.index.json"], False,
         "Weights not found: request error: HTTP status client error (404 Not Found) for pytorch_model.bin"),
        (["model.onnx"], False,
         "Weights not found: request error: HTTP status client error (404 Not Found) for pytorch_model.bin"),
        (["flax_model.msgpack"], True, "No such file or directory (os error 2)"),
    ],
)  # fmt: skip
def test_weights_are_looked_for_as_candle_does(
    names: list[str], is_local: bool, said: str | None
) -> None:
    files = GOOD_MODELS["bert"].files()
    if "model.safetensors.index.json" in names:
        files["model.safetensors.index.json"] = {"weight_map": {"x": "a.safetensors"}}
    known = frozenset({"config.json", "tokenizer.json", *files, *names})
    repository = RepositoryFiles(files, known, is_local=is_local)
    found = load_repository(repository, "1.9.3", Hardware(89, 89))
    assert (found.reason if isinstance(found, Refusal) else None) == said


DENSE = {"in_features": 8, "out_features": 4, "bias": True}


def modules(*paths: str) -> list[dict[str, Any]]:
    """modules.json with these Dense layers."""
    kind = "sentence_transformers.models.Dense"
    return [{"idx": n, "name": str(n), "path": path, "type": kind} for n, path in enumerate(paths)]


@pytest.mark.parametrize(
    ("paths", "flag", "applied"),
    [
        (["2_Dense"], None, ["2_Dense"]),
        (["2_Dense"], "3_Dense", ["3_Dense"]),
        (["2_Dense", "3_Dense"], "4_Dense", ["2_Dense", "3_Dense"]),
        ([], "2_Dense", []),
    ],
)
def test_a_dense_path_takes_the_place_of_a_single_layer(
    paths: list[str], flag: str | None, applied: list[str]
) -> None:
    files = GOOD_MODELS["bert"].files() | {"modules.json": modules(*paths)}
    flags = ReadingFlags(dense_path=flag)
    found = load_repository(RepositoryFiles(files), "1.9.3", Hardware(89, 89), flags)
    assert isinstance(found, Loaded)
    assert found.candle
    assert [layer.path for layer in found.candle.dense.layers] == applied


def test_a_dense_layer_without_weights_is_passed_over_in_a_folder_only() -> None:
    files = GOOD_MODELS["bert"].files() | {
        "modules.json": modules("2_Dense"),
        "2_Dense/config.json": DENSE,
    }
    names = frozenset({"config.json", "tokenizer.json", "model.safetensors", "2_Dense/config.json"})
    local = load_repository(RepositoryFiles(files, names), "1.9.3", Hardware(89, 89))
    assert isinstance(local, Loaded)
    assert local.warnings[-1] == "Dense module files not found for path: 2_Dense"
    hub = load_repository(RepositoryFiles(files, names, is_local=False), "1.9.3", Hardware(89, 89))
    assert isinstance(hub, Refusal)
    assert hub.step == "weights"


@pytest.mark.parametrize(
    ("compiled", "gpu", "release", "runs"),
    [
        (75, 75, "1.8.3", True), (80, 89, "1.8.3", True), (86, 80, "1.8.3", False), (90, 89, "1.8.3", False),
        (120, 120, "1.8.3", False), (120, 120, "1.9.0", True), (120, 121, "1.9.3", False), (121, 121, "1.9.4", True),
    ],
)  # fmt: skip
def test_an_image_runs_on_the_gpus_of_the_table(
    compiled: int, gpu: int, release: str, runs: bool
) -> None:
    assert (Hardware(compiled, gpu).mismatch(release) is None) == runs
