"""The first forward passes: what ends the health check or the warm-up, and how wide a vector is.

Source: `health` and `warmup` in backends/src/lib.rs:235, `embed` in backends/candle/src/lib.rs:664.
"""

from dataclasses import dataclass

from baseten_tei.facts.tei.loading.candle.dense_layers import DenseLayer, find_width_error
from baseten_tei.facts.tei.loading.candle.model_class import (
    Checked,
    ModelClass,
    find_flash_error,
    find_panic,
)
from baseten_tei.facts.tei.loading.candle.sizes import vector_width
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.refusals import refuse

UNHEALTHY = "Model backend is not healthy"


@dataclass(frozen=True)
class Started:
    """A model with its weights, before its first text."""

    model: ModelClass
    checked: Checked
    hardware: Hardware
    dense: tuple[DenseLayer, ...]
    longest: int
    """Tokens of the longest input, which the warm-up takes."""
    projects: bool
    """Whether the weights have `linear.weight`, which Qwen3 applies if `num_labels` is there (qwen3.rs:441)."""


def check_first_pass(started: Started) -> int:
    """Return the numbers of a vector; of a head, its labels. Raises RefusedError."""
    if panic := find_panic(started.model, started.checked):
        raise refuse("warmup", panic, about="pooling")
    if error := find_flash_error(started.model, started.checked, started.hardware):
        raise refuse("warmup", error, UNHEALTHY, about="flash")
    width = _find_width(started)
    rows = count_positions(started)
    if rows is not None and started.longest > rows and not started.hardware.on_gpu:
        reason = f"index-select invalid index {rows} with dim size {rows}"
        raise refuse("warmup", reason, UNHEALTHY, about="positions")
    return width


def count_positions(started: Started) -> int | None:
    """Return the rows of the table of positions; `None` for a model that computes them."""
    rows: int | None = started.checked.fields.get(started.model.row.get("positions", ""))
    return rows


def _find_width(started: Started) -> int:
    task, fields = started.checked.task, started.checked.fields
    if task.task != "embedding":
        return len(task.id2label or ())
    if task.pooling == "splade":
        return int(fields.get("vocab_size") or 0)
    projected = fields.get("num_labels") if started.model.row["tensors"] == "qwen3" else None
    width = projected if projected is not None and started.projects else vector_width(fields)
    if error := find_width_error(started.dense, width):
        raise refuse("warmup", error, UNHEALTHY, about="dense")
    last = (layer.out_features for layer in reversed(started.dense) if layer.out_features)
    return int(next(last, width))
