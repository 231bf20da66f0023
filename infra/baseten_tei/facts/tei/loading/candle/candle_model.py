"""candle's own start: weights, config.json again, the GPU, the model, its Dense layers, its first forward passes."""

from dataclasses import dataclass

from baseten_tei.facts.tei.loading.candle.candle_config import CandleConfig, read_config
from baseten_tei.facts.tei.loading.candle.candle_warnings import find_warnings
from baseten_tei.facts.tei.loading.candle.dense_layers import DenseReading, read_dense
from baseten_tei.facts.tei.loading.candle.first_pass import (
    Started,
    check_first_pass,
    count_positions,
)
from baseten_tei.facts.tei.loading.candle.model_class import (
    UNKNOWN,
    Checked,
    ModelClass,
    check_class,
    choose_class,
    drops_mask,
)
from baseten_tei.facts.tei.loading.candle.sizes import find_sizes
from baseten_tei.facts.tei.loading.candle.tensor_check import Weights, find_tensor_error
from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.candle.weights import check_weights
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.refusals import refuse_backend
from baseten_tei.facts.tei.loading.repository_files import CONFIG, RepositoryFiles
from baseten_tei.facts.tei.loading.task import TaskReading

_CPU_REQUESTS = 4
_PROJECTION = "linear.weight"


@dataclass(frozen=True)
class Decided:
    """What the router has decided before candle starts."""

    task: TaskReading
    dtype: str
    longest: int
    dense_path: str | None = None


@dataclass(frozen=True)
class CandleModel:
    """The model that candle started."""

    model: ModelClass
    config: CandleConfig
    dense: DenseReading
    width: int
    """The numbers of a vector; of a head, its labels."""
    max_batch_requests: int | None
    positions: int | None
    """Rows of its table of positions; a GPU does not look whether an input is longer (not run)."""
    drops_mask: bool
    """Texts of equal length in one batch get other vectors than alone (TEI #882)."""
    warnings: tuple[str, ...]


def start_candle(
    repository: RepositoryFiles, hardware: Hardware, decided: Decided, release: str
) -> CandleModel:  # fmt: skip
    """Return the model that candle starts. Raises RefusedError."""
    check_weights(repository)
    config = read_config(repository.json[CONFIG], release, repository.known)
    _check_device(hardware, decided.dtype, release)
    model = choose_class(config, hardware, decided.dtype)
    absent = None if repository.known is None else UNKNOWN
    checked = Checked(config.fields, decided.task, decided.dtype, release, absent)
    _check_model(model, checked, repository.tensors)
    dense = read_dense(repository, decided.dense_path, release)
    projects = repository.tensors is None or repository.tensors.has(_PROJECTION)
    started = Started(model, checked, hardware, dense.layers, decided.longest, projects)
    width = check_first_pass(started)
    found = find_warnings(started, repository.json[CONFIG], release)
    return CandleModel(
        model,
        config,
        dense,
        width,
        max_batch_requests=None if hardware.on_gpu else _CPU_REQUESTS,
        positions=count_positions(started),
        drops_mask=drops_mask(model, checked),
        warnings=(*found, *dense.warnings),
    )


def _check_device(hardware: Hardware, dtype: str, release: str) -> None:
    if reason := hardware.mismatch(release):
        raise refuse_backend(reason, about="gpu")
    if dtype not in ("float16", "float32"):
        raise refuse_backend(f"DType {dtype} is not supported", about="dtype")


def _check_model(model: ModelClass, checked: Checked, tensors: Tensors | None) -> None:
    """In candle's order: what the model refuses, its tensors, what it refuses after them."""
    check_class(model, checked)
    sizes = find_sizes(checked.fields, len(checked.task.id2label or ()))
    if sizes["heads"] == 0 and checked.absent is not UNKNOWN:
        raise refuse_backend("attempt to divide by zero", about="num_attention_heads")
    head = "splade" if checked.task.pooling == "splade" else None
    head = "classifier" if checked.task.task != "embedding" else head
    if tensors is not None:
        error = find_tensor_error(model.row["tensors"], head, Weights(tensors, sizes))
        if error is not None:
            raise refuse_backend(error, about="tensors")
    check_class(model, checked, "tensors")
