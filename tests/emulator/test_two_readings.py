"""The product's reading of a repository and the emulator's are two, and agree: it starts, dies or starts wrong.

explained_differences.yaml has every difference with its reason. `make test` takes 40 mutations of each model,
`make faults` all of them, some 500 of each.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.start.boot import start_container
from baseten_emulator.tei.start.repository import Repository
from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.load import Loaded, load_repository
from baseten_tei.facts.tei.loading.repository_files import RepositoryFiles
from tests.support.sampling import ALL
from tests.support.tei.models import GOOD_MODELS, SIZES, GoodModel
from tests.support.tei.mutations import Files, Shapes, mutate_files, mutate_tensors
from tests.support.tei_containers import UPSTREAM, config
from tests.support.tei_repositories import REPO

IMAGES = {
    "1.8.3": "baseten/text-embeddings-inference-mirror:89-1.8.3",
    "1.9.3": f"{UPSTREAM}:89-1.9.3",
}
MUTATIONS = 1_000_000 if ALL else 40
"""Of each model, at most."""
ST = "sentence_transformers.models."
ROWS = (
    ("", "Transformer"),
    ("1_Pooling", "Pooling"),
    ("2_Dense", "Dense"),
    ("3_Normalize", "Normalize"),
)
DENSE: Files = {
    "modules.json": [
        {"idx": number, "name": str(number), "path": path, "type": f"{ST}{kind}"}
        for number, (path, kind) in enumerate(ROWS)
    ],
    "2_Dense/config.json": {"in_features": SIZES["H"], "out_features": 4, "bias": False,
                            "activation_function": "torch.nn.modules.linear.Identity"},
    "2_Dense/model.safetensors": True,
}  # fmt: skip
MOST_EXPLAINED = 0.01
"""Of the mutations of one model, as far as the sample has a hundred."""
EXPLAINED = yaml.safe_load(
    Path(__file__).with_name("explained_differences.yaml").read_text("utf-8")
)


def files_of(model: GoodModel) -> Files:
    """A whole repository: a pooled model has a Dense layer behind it."""
    return {
        **model.files(),
        "sentence_bert_config.json": {"max_seq_length": 32, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {"query": "q: "}},
        "tokenizer.json": True,
        "model.safetensors": True,
        **(DENSE if model.pooling else {}),
    }


def dtype_of(model: GoodModel) -> str | None:
    return "float32" if model.needs in ("float32", "padded") else None


def product(files: Files, tensors: Shapes, release: str, model: GoodModel) -> tuple[str, str]:
    contents = {name: content for name, content in files.items() if content is not True}
    repository = RepositoryFiles(contents, frozenset(files), Tensors.of(tensors))
    flags = ReadingFlags(dtype=dtype_of(model), auto_truncate=True)
    found = load_repository(repository, release, Hardware(89, 89), flags)
    if not isinstance(found, Loaded):
        return "dies", f"{found.step}: {found.reason}"
    skipped = ", ".join(f"{part.kind} {part.what}" for part in found.skipped)
    return ("starts wrong", skipped) if skipped else ("starts", "")


def emulator(files: Files, tensors: Shapes, release: str, model: GoodModel) -> tuple[str, str]:
    weights: dict[str, Any] = {
        "format": "safetensors" if "model.safetensors" in files else "none",
        "bytes": 1_000_000,
        "tensors": tensors,
    }
    absent = {name: files.get(name, False) for name in DENSE if model.pooling}
    dtype = dtype_of(model)
    flags = "--auto-truncate " * (release == "1.8.3") + (f"--dtype {dtype}" if dtype else "")
    container = config(REPO, flags=flags, base_image={"image": IMAGES[release]})
    taught = Repository.of(REPO, {**files, **absent, "weights": weights})
    found = start_container(container, {}, {REPO: taught})
    if not isinstance(found, Router):
        return "dies", " ".join(found.log_lines)
    wrong = [line for line in found.boot_log if line.startswith("emulator: WARN")]
    return ("starts wrong", " ".join(wrong)) if wrong else ("starts", "")


def verdicts(
    name: str, release: str, count: int
) -> Iterator[tuple[str, tuple[str, str], tuple[str, str]]]:  # fmt: skip
    """Yield a sample of mutations, the same in every run, with what both say of each."""
    model = GOOD_MODELS[name]
    whole, own = files_of(model), model.tensors()
    mutations: list[tuple[str, Files, Shapes]] = [
        *((change, files, own) for change, files in mutate_files(whole)),
        *((change, whole, tensors) for change, tensors in mutate_tensors(own)),
    ]
    for change, files, tensors in Random(name).sample(mutations, min(count, len(mutations))):  # noqa: S311
        yield (
            change,
            product(files, tensors, release, model),
            emulator(files, tensors, release, model),
        )


def is_explained(name: str, release: str, change: str) -> bool:
    return any(
        change in row["changes"]
        and name in row.get("models", (name,))
        and release in row.get("releases", (release,))
        for row in EXPLAINED
    )


@pytest.mark.parametrize("release", IMAGES)
@pytest.mark.parametrize("name", GOOD_MODELS)
def test_the_two_readings_agree_but_for_what_is_explained(name: str, release: str) -> None:
    found = list(verdicts(name, release, MUTATIONS))
    other = [row for row in found if row[1][0] != row[2][0]]
    assert [row for row in other if not is_explained(name, release, row[0])] == []
    assert len(other) <= MOST_EXPLAINED * max(len(found), 100)


@pytest.mark.parametrize("release", IMAGES)
@pytest.mark.parametrize("name", GOOD_MODELS)
def test_both_start_the_good_repository(name: str, release: str) -> None:
    model = GOOD_MODELS[name]
    is_old = tuple(map(int, release.split("."))) < tuple(map(int, model.since.split(".")))
    wanted = "dies" if is_old else "starts"
    whole, tensors = files_of(model), model.tensors()
    said = {read(whole, tensors, release, model)[0] for read in (product, emulator)}
    assert said == {wanted} or (name, release, said) == ("qwen2", "1.8.3", {"starts wrong"})
