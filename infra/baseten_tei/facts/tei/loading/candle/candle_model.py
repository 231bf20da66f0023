"""candle's own start: weights, config.json again, the GPU, the model, its Dense layers, its first forward passes."""

from dataclasses import dataclass

from baseten_tei.facts.tei.loading.candle.candle_config import CandleConfig, read_config
from baseten_tei.facts.tei.loading.candle.dense_layers import (
    DenseReading,
    find_width_error,
    read_dense,
)
from baseten_tei.facts.tei.loading.candle.model_class import (
    Checked,
    ModelClass,
    check_class,
    choose_class,
    drops_mask,
    find_flash_error,
    find_panic,
)
from baseten_tei.facts.tei.loading.candle.sizes import Sizes, find_sizes, vector_width
from baseten_tei.facts.tei.loading.candle.tensor_check import Weights, find_tensor_error
from baseten_tei.facts.tei.loading.candle.weights import check_weights
from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.refusals import refuse, refuse_backend
from baseten_tei.facts.tei.loading.repository_files import CONFIG, RepositoryFiles
from baseten_tei.facts.tei.loading.rows import known_release
from baseten_tei.facts.tei.loading.sentence_files import LengthReading
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.facts.tei.releases import at_least

Decided = tuple[TaskReading, LengthReading, str, ReadingFlags]
"""What the router has decided before: task, length, dtype; and its flags."""
UNHEALTHY = "Model backend is not healthy"
_CPU_REQUESTS = 4
_GELU = "The `config.json` contains `hidden_act=gelu` and GeLU + tanh approximation will be used instead of exact GeLU"
_FALLS_BACK = "Using CPU instead"
_CAUSAL = "is_causal not set in Qwen2Config, defaulting to true."
_NO_PROJECTION = "num_labels is set but linear.weight not found, skipping projection layer"


@dataclass(frozen=True)
class CandleModel:
    """The model that candle started."""

    model: ModelClass
    config: CandleConfig
    dense: DenseReading
    width: int
    """The numbers of a vector; of a head, its labels."""
    max_batch_requests: int | None
    drops_mask: bool
    """Texts of equal length in one batch get other vectors than alone (TEI #882)."""
    warnings: tuple[str, ...]


def start_candle(
    repository: RepositoryFiles, hardware: Hardware, decided: Decided, release: str
) -> CandleModel:  # fmt: skip
    """Return the model that candle starts. Raises RefusedError."""
    task, length, dtype, flags = decided
    check_weights(repository)
    config = read_config(repository.json[CONFIG], release)
    if reason := hardware.mismatch(release):
        raise refuse_backend(reason)
    if dtype not in ("float16", "float32"):
        raise refuse_backend(f"DType {dtype} is not supported")
    model = choose_class(config, hardware, dtype)
    checked = Checked(config.fields, task, dtype, release)
    sizes = find_sizes(config.fields, len(task.id2label or ()))
    check_class(model, checked)
    _check_tensors(repository, model, task, sizes)
    check_class(model, checked, "tensors")
    dense = read_dense(repository, flags.dense_path, release)
    width = _check_first_pass(model, checked, hardware, dense, length)
    forced = None if hardware.on_gpu else _CPU_REQUESTS
    warnings = (*_warnings(repository, config, hardware, release), *dense.warnings)
    return CandleModel(model, config, dense, width, forced, drops_mask(model, checked), warnings)


def _check_tensors(
    repository: RepositoryFiles, model: ModelClass, task: TaskReading, sizes: Sizes
) -> None:  # fmt: skip
    if repository.tensors is None:
        return
    head = "classifier" if task.task != "embedding" else None
    head = "splade" if task.pooling == "splade" else head
    weights = Weights(repository.tensors, sizes)
    if error := find_tensor_error(model.row["tensors"], head, weights):
        raise refuse_backend(error)


def _check_first_pass(
    model: ModelClass, checked: Checked, hardware: Hardware, dense: DenseReading, length: LengthReading
) -> int:  # fmt: skip
    """Return the width of a vector. Raises RefusedError for what ends the health check or the warm-up."""
    if panic := find_panic(model, checked):
        raise refuse("warmup", panic)
    if error := find_flash_error(model, checked, hardware):
        raise refuse("warmup", error, UNHEALTHY)
    if checked.task.task != "embedding":
        width = len(checked.task.id2label or ())
    else:
        width = _embedding_width(checked)
        if checked.task.pooling != "splade" and (error := find_width_error(dense.layers, width)):
            raise refuse("warmup", error, UNHEALTHY)
        width = next((d.out_features for d in reversed(dense.layers) if d.out_features), width)
    rows = checked.fields.get(model.row.get("positions", ""))
    if rows is not None and not hardware.on_gpu and length.longest > rows:
        raise refuse("warmup", f"index-select invalid index {rows} with dim size {rows}", UNHEALTHY)
    return width


def _embedding_width(checked: Checked) -> int:
    if checked.task.pooling == "splade":
        return int(checked.fields["vocab_size"])
    return vector_width(checked.fields)


def _warnings(
    repository: RepositoryFiles, config: CandleConfig, hardware: Hardware, release: str
) -> list[str]:  # fmt: skip
    found = [_FALLS_BACK] if hardware.compiled and not hardware.on_gpu else []
    if not at_least(known_release(release), "1.9.0"):
        return found
    given, fields = repository.json[CONFIG], config.fields
    if given.get("hidden_act") == "gelu":
        found.append(_GELU)
    if config.name == "qwen2" and "is_causal" not in given:
        found.append(_CAUSAL)
    has_tensor = repository.tensors is None or repository.tensors.has("linear.weight")
    if (
        fields.get("num_labels") is not None
        and config.row["struct"] == "Qwen3Config"
        and not has_tensor
    ):
        found.append(_NO_PROJECTION)
    return found
