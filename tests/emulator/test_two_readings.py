"""The product's reading of a repository and the emulator's are two: put before both, they agree, or say why not.

The emulator does not look at every field that candle reads: where it starts a model that the product refuses, the
reason is one of candle's, never one of the router's own.
"""

from random import Random
from typing import Any

import pytest

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.start.boot import start_container
from baseten_emulator.tei.start.repository import Repository
from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.load import Loaded, load_repository
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.loading.repository_files import RepositoryFiles
from tests.support.tei.models import GOOD_MODELS, GoodModel
from tests.support.tei.mutations import Files, mutate_files
from tests.support.tei_containers import UPSTREAM, config
from tests.support.tei_repositories import REPO

SENTENCE: Files = {
    "sentence_bert_config.json": {"max_seq_length": 32, "do_lower_case": False},
    "config_sentence_transformers.json": {"prompts": {"query": "q: "}},
}
IMAGES = {
    "1.8.3": "baseten/text-embeddings-inference-mirror:89-1.8.3",
    "1.9.3": f"{UPSTREAM}:89-1.9.3",
}
SAMPLE = 40
"""Mutations of each model."""
EXPLAINED = {
    "max_position_embeddings: 7": "the emulator looks at positions on a GPU, too; candle does so on a CPU only",
    "n_positions: 7": "the same of Nomic",
    "id2label: {}": "the product was given no tensors, the emulator has the rows of the head",
}  # fmt: skip
"""Where the product says that a router starts and the emulator that it dies."""


def dtype_of(model: GoodModel) -> str | None:
    return "float32" if model.needs in ("float32", "padded") else None


def product(files: Files, release: str, dtype: str | None) -> Loaded | Refusal:
    names = frozenset({*files, "tokenizer.json", "model.safetensors"})
    flags = ReadingFlags(dtype=dtype, auto_truncate=True)
    return load_repository(RepositoryFiles(files, names), release, Hardware(89, 89), flags)


def emulator_starts(files: Files, release: str, dtype: str | None, labels: int | None) -> bool:
    weights: dict[str, Any] = {"format": "safetensors", "bytes": 1_000_000, "labels": labels}
    taught = Repository.of(REPO, {**files, "tokenizer.json": True, "weights": weights})
    flags = " --auto-truncate" * (release == "1.8.3") + (f" --dtype {dtype}" if dtype else "")
    start = f"text-embeddings-router --port 7997 --model-id {REPO}{flags}"
    container = config(REPO, start=start, base_image={"image": IMAGES[release]})
    return isinstance(start_container(container, {}, {REPO: taught}), Router)


def sample(name: str, model: GoodModel) -> list[tuple[str, Files]]:
    mutations = list(mutate_files({**model.files(), **SENTENCE}))
    return Random(name).sample(mutations, SAMPLE)  # noqa: S311  the same sample in every run


@pytest.mark.parametrize("release", IMAGES)
@pytest.mark.parametrize("name", GOOD_MODELS)
def test_the_two_readings_agree_but_for_what_is_explained(name: str, release: str) -> None:
    model = GOOD_MODELS[name]
    labels = len(model.config.get("id2label", ())) or None
    for change, files in sample(name, model):
        found = product(files, release, dtype_of(model))
        starts = emulator_starts(files, release, dtype_of(model), labels)
        if isinstance(found, Loaded):
            assert starts or any(change.endswith(known) for known in EXPLAINED), change
        elif starts:
            assert found.step in ("backend", "warmup"), (change, found)
