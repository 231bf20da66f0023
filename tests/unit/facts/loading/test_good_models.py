"""Each model type as transformers saves it: it loads, and each tensor that candle reads is missed."""

import pytest

from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.load import Loaded, load_repository
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.loading.repository_files import RepositoryFiles
from baseten_tei.facts.tei.releases import NEWEST, OLDEST, at_least
from tests.support.tei.models import GOOD_MODELS, GoodModel

RELEASES = ("1.8.3", "1.9.0", "1.9.1", "1.9.2", "1.9.3", "1.9.4")
CPU, L4 = Hardware(), Hardware(89, 89)
NOT_READ = {
    "pooler.dense.weight", "pooler.dense.bias", "bert.pooler.dense.weight", "lm_head.weight", "lm_head.bias",
}  # fmt: skip
"""Tensors that the libraries save and TEI passes over: BERT's pooler of a head is there or not."""


def load(
    model: GoodModel, release: str, hardware: Hardware, without: str | None = None
) -> Loaded | Refusal:  # fmt: skip
    tensors = {name: shape for name, shape in model.tensors().items() if name != without}
    names = frozenset({"config.json", "tokenizer.json", "model.safetensors"})
    dtype = "float32" if model.needs in ("float32", "padded") else None
    files = RepositoryFiles(model.files(), names, Tensors.of(tensors))
    return load_repository(files, release, hardware, ReadingFlags(dtype=dtype))


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("model", GOOD_MODELS.values(), ids=GOOD_MODELS)
def test_a_good_repository_loads_from_its_release_on(model: GoodModel, release: str) -> None:
    found = load(model, release, L4)
    if not at_least(release, model.since):
        assert isinstance(found, Refusal)
        assert found.reason.startswith(f"unknown variant `{model.config['model_type']}`")
        return
    assert isinstance(found, Loaded), found
    assert found.candle
    assert found.candle.model.is_padded is (
        model.needs is not None and model.needs != "flash"
    ) or found.candle.model.name in ("DebertaV2Model", "MPNetModel")
    assert found.candle.width == (3 if found.task.id2label else 8)
    assert not found.skipped or release == OLDEST


@pytest.mark.parametrize("model", GOOD_MODELS.values(), ids=GOOD_MODELS)
def test_it_loads_on_a_cpu_unless_it_needs_flash_attention(model: GoodModel) -> None:
    found = load(model, NEWEST, CPU)
    if model.needs == "flash":
        assert isinstance(found, Refusal)
        assert found.reason.endswith("in fp16 with flash attention enabled")
        return
    assert isinstance(found, Loaded), found
    assert found.candle
    assert found.candle.model.is_padded


@pytest.mark.parametrize("model", GOOD_MODELS.values(), ids=GOOD_MODELS)
def test_every_tensor_but_a_pooler_is_missed(model: GoodModel) -> None:
    for name in model.tensors():
        found = load(model, NEWEST, L4, without=name)
        is_read = name not in NOT_READ or model.config["model_type"] == "deberta-v2"
        assert isinstance(found, Refusal) == is_read, (name, found)
        if isinstance(found, Refusal):
            assert found.reason.startswith("cannot find tensor ")
            assert found.step == "backend"
