"""Why candle refuses to build a model: hardware, precision, heads, poolings, shapes.

Source: the `match (config, &device)` of `CandleBackend::new` and the `bail!`s of `backends/candle/src/models/*.rs`,
v1.6.0 to v1.9.3. Order as there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.tei.start.detection import Detected
from baseten_emulator.tei.start.families import Family
from baseten_emulator.tei.start.images import backend_failure
from baseten_emulator.tei.start.machine import Machine
from baseten_emulator.tei.start.model_checks import refuse_fields, refuse_theta
from baseten_emulator.tei.start.model_config import whole
from baseten_emulator.tei.start.repository import Repository
from baseten_emulator.tei.start.tensors import refuse_tensors
from baseten_emulator.tei.versions import Version

_LAST_TOKEN = {"ModernBert": "`LastToken`"}
_POOLS = {"cls": "Cls", "last_token": "LastToken", "splade": "Splade", "mean": "Mean"}


@dataclass(frozen=True)
class Built:
    """A model that candle builds: its family, the fields of its struct, whether on flash attention."""

    family: Family
    config: Mapping[str, Any]
    flash: bool


def check_model(
    built: Built, repository: Repository, detected: Detected, dtype: str, machine: Machine
) -> None:
    """Refuse a model that cannot be built here. Raises BootError: the backend does not start."""
    family, flash = built.family, built.flash
    reasons = (
        *_hardware(family, machine, flash),
        *_precision(family, dtype),
        *_head(family, detected, machine.image.version, flash),
        *_pooling(family, detected.pooling, flash),
        *refuse_fields(family, built.config, detected, flash),
        *_tensors(built, repository, detected),
        *refuse_theta(built.config),
    )
    if reasons:
        raise backend_failure(reasons[0])


def _hardware(family: Family, machine: Machine, flash: bool) -> Iterator[str]:
    if family.title == "Llama" and machine.on_gpu:
        if not flash:
            yield "FlashMistral requires DType::F16"
    elif family.needs_flash and not flash:
        v2 = " v2" if machine.on_gpu else ""
        yield (
            f"{family.title} is only supported on Cuda devices in fp16 with flash"
            f" attention{v2} enabled"
        )


def _precision(family: Family, dtype: str) -> Iterator[str]:
    if family.float32_only and dtype != "float32":
        yield f"{family.title} is only supported in fp32 precision"


def _head(family: Family, detected: Detected, version: Version, flash: bool) -> Iterator[str]:
    """Yield why a classifier head is not there; DistilBERT has one without flash attention only."""
    is_headless = version < family.heads or (flash and family.title == "DistilBert")
    if detected.task != "embedding" and is_headless:
        title = "Jina Code" if flash and family.title == "JinaCode" else family.title
        yield f"`classifier` model type is not supported for {title}"


def _pooling(family: Family, pooling: str, flash: bool) -> Iterator[str]:
    if family.title == "Pplx1" and pooling and pooling != "mean":
        yield f"Pplx1 only supports mean pooling, got {_POOLS[pooling]}"
    if pooling in family.refused or (not flash and pooling in family.refused_padded):
        name = _LAST_TOKEN.get(family.title, f"`{pooling}`") if pooling == "last_token" else None
        yield f"{name or f'`{pooling}`'} is not supported for {family.title}"


_OF_ROBERTA = ("roberta", "xlm-roberta", "camembert")


def _tensors(built: Built, repository: Repository, detected: Detected) -> Iterator[str]:
    shapes = repository.weights.tensors
    if shapes is None:
        yield from _shape(built.family, repository, detected)
        return
    is_roberta = repository.files["config.json"]["model_type"] in _OF_ROBERTA
    name = "Roberta" if is_roberta else built.family.title
    labels = None if detected.task == "embedding" else len(detected.id2label or {})
    yield from refuse_tensors(name, built.config, labels, shapes)


def _shape(family: Family, repository: Repository, detected: Detected) -> Iterator[str]:
    """Yield a mismatch of labels and rows of the classifier's weight (measured: "shape mismatch")."""
    if detected.task == "embedding":
        return
    labels, hidden = len(detected.id2label or {}), hidden_size(repository)
    rows = repository.weights.labels or labels or len(detected.label2id or {}) or 2
    expected = _count_rows(family, repository, labels)
    if rows != expected:
        yield (
            "shape mismatch for classifier.weight,"
            f" expected: [{expected}, {hidden}], got: [{rows}, {hidden}]"
        )


def _count_rows(family: Family, repository: Repository, labels: int) -> int:
    """Return the rows that TEI expects; ModernBERT's from `num_labels`, which is seldom written, and else 1."""
    if family.title != "ModernBert":
        return labels
    return whole(repository.files["config.json"], "num_labels", default=1)


def hidden_size(repository: Repository) -> int:
    """Return the width of the model, by whichever name its family has for it."""
    config = repository.files["config.json"]
    return whole(config, "hidden_size", "dim", "n_embd", default=384)
