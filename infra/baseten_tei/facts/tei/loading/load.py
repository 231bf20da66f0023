"""A repository, read as a router reads it: what it loads, or why it does not start.

The one way in. Order as in `run` of router/src/lib.rs:42, `init_backend` of backends/src/lib.rs:356 and
`CandleBackend::new` of backends/candle/src/lib.rs:162.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from baseten_tei.facts.tei.loading import onnx
from baseten_tei.facts.tei.loading.candle.candle_model import CandleModel, Decided, start_candle
from baseten_tei.facts.tei.loading.candle.weights import NOT_FOUND
from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.refusals import Refusal, RefusedError, Step, refuse
from baseten_tei.facts.tei.loading.repository_files import (
    CONFIG,
    NO_SUCH_FILE,
    TOKENIZER,
    RepositoryFiles,
)
from baseten_tei.facts.tei.loading.sentence_files import LengthReading, read_length, read_prompts
from baseten_tei.facts.tei.loading.serde.json_text import Broken
from baseten_tei.facts.tei.loading.skipped import (
    Skipped,
    skipped_attention,
    skipped_modes,
    skipped_modules,
    skipped_positions,
)
from baseten_tei.facts.tei.loading.task import TaskReading, read_task

_DOWNLOAD = "Could not download model artifacts"
_NO_TOKENIZER = "tokenizer.json not found. text-embeddings-inference only supports fast tokenizers"
SINGLE_PRECISION = "gemma3_text"
"""The model type that the router runs in float32 unless `--dtype` says otherwise (router/src/lib.rs:281)."""


@dataclass(frozen=True)
class Loaded:
    """A router that is ready, and what of the repository it left out."""

    backend: Literal["candle", "onnx"]
    task: TaskReading
    length: LengthReading
    prompts: Mapping[str, str]
    dtype: str
    candle: CandleModel | None
    """`None` under ONNX Runtime."""
    warnings: tuple[str, ...]
    """What the router logs as WARN, in its order."""
    skipped: tuple[Skipped, ...]

    @property
    def max_batch_requests(self) -> int | None:
        """What the backend forces it to; `None` where it forces nothing."""
        return self.candle.max_batch_requests if self.candle else onnx.MOST_REQUESTS


def load_repository(
    repository: RepositoryFiles, release: str, hardware: Hardware, flags: ReadingFlags | None = None
) -> Loaded | Refusal:  # fmt: skip
    """Return what a router of this release loads there, or why it does not start."""
    try:
        return _load(repository, release, hardware, flags or ReadingFlags())
    except RefusedError as error:
        return error.refusal


def _load(
    repository: RepositoryFiles, release: str, hardware: Hardware, flags: ReadingFlags
) -> Loaded:  # fmt: skip
    config = _read_config(repository, release)
    task = read_task(repository, config, flags.pooling, release)
    try:
        return _start(repository, release, hardware, flags, config, task)
    except RefusedError as error:
        raise RefusedError(replace(error.refusal, task=task)) from error


def _start(
    repository: RepositoryFiles, release: str, hardware: Hardware, flags: ReadingFlags,
    config: Mapping[str, Any], task: TaskReading,
) -> Loaded:  # fmt: skip
    _check_tokenizer(repository)
    length = read_length(repository, config, flags, release)
    prompts = read_prompts(repository, flags, release)
    dtype = flags.dtype or _default_dtype(config, hardware)
    refusal = "" if not hardware.has_onnx else _onnx_refusal(repository, dtype, task, release)
    candle = None
    if refusal is not None:
        decided = Decided(task, dtype, length.longest, flags.dense_path)
        candle = start_candle(repository, hardware, decided, release)
    own = candle.warnings if candle else ()
    return Loaded(
        backend="candle" if candle else "onnx",
        task=task,
        length=length,
        prompts=prompts,
        dtype=dtype,
        candle=candle,
        warnings=(*task.warnings, *length.warnings, *own),
        skipped=_skipped(repository, (task, length), candle, release),
    )


def _read_config(repository: RepositoryFiles, release: str) -> dict[str, Any]:
    if not repository.is_local:
        for name in (CONFIG, TOKENIZER):
            if repository.names and not repository.has(name):
                step: Step = "config" if name == CONFIG else "tokenizer"
                raise refuse(step, f"{NOT_FOUND} for {name}", _DOWNLOAD, about="file")
    config = repository.read(CONFIG, "ModelConfig", release, "config")
    if config is None:
        raise refuse("config", NO_SUCH_FILE, f"`{CONFIG}` not found", about="file")
    return config


def _check_tokenizer(repository: RepositoryFiles) -> None:
    """A panic: the router ends without the words "Error:"."""
    if repository.names and not repository.has(TOKENIZER):
        raise refuse("tokenizer", _NO_TOKENIZER)
    if isinstance(broken := repository.json.get(TOKENIZER), Broken):
        raise refuse("tokenizer", f"{_NO_TOKENIZER}: {broken.reason}")


def _default_dtype(config: Mapping[str, Any], hardware: Hardware) -> str:
    is_single = config["model_type"] == SINGLE_PRECISION
    return "float32" if is_single else hardware.default_dtype


def _onnx_refusal(
    repository: RepositoryFiles, dtype: str, task: TaskReading, release: str
) -> str | None:  # fmt: skip
    return onnx.find_onnx_refusal(repository, dtype, task.pooling, release)


def _skipped(
    repository: RepositoryFiles,
    decided: tuple[TaskReading, LengthReading],
    candle: CandleModel | None,
    release: str,
) -> tuple[Skipped, ...]:
    task, length = decided
    found = [*skipped_modules(repository, candle is not None and bool(candle.dense.layers))]
    if repository.known is None and candle is not None:  # an ONNX file has its own
        found += skipped_attention(repository.json[CONFIG], release)
    if candle is not None:
        found += skipped_positions(length, candle.positions)
    if task.pooling is not None:
        found += skipped_modes(repository, task.pooling)
    return tuple(found)
