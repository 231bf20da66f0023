"""ONNX Runtime, which the CPU image tries before candle.

Source: `OrtBackend::new` in backends/ort/src/lib.rs:72. What is in an ONNX file is not looked at.
"""

from typing import Any

from baseten_tei.facts.tei.loading.repository_files import CONFIG, TOKENIZER_CONFIG, RepositoryFiles
from baseten_tei.facts.tei.loading.serde.json_text import Broken
from baseten_tei.facts.tei.loading.serde.values import Known, read_struct
from baseten_tei.facts.tei.loading.serde.words import SerdeError

FILES = ("model.onnx", "onnx/model.onnx")
MOST_REQUESTS = 8
"""Of a batch (lib.rs: max_batch_size)."""


def find_onnx_refusal(
    repository: RepositoryFiles, dtype: str, pooling: str | None, release: str
) -> str | None:  # fmt: skip
    """Return why ONNX Runtime does not take the model, so that candle is tried; `None` where it takes it."""
    if dtype != "float32":
        return f"Dtype {dtype} is not supported for `ort`, only float32."
    if pooling == "splade":
        return "Pooling splade is not supported for `ort`, use `candle` instead."
    known = repository.known
    for name, struct in ((CONFIG, "OrtConfig"), (TOKENIZER_CONFIG, "TokenizerConfig")):
        if error := _parse_error(repository.json.get(name), struct, release, known):
            return f"Failed to parse `{name}`: {error}"
    if not any(map(repository.has, FILES)):
        return "Load model from onnx/model.onnx failed: File doesn't exist"
    return None


def _parse_error(value: Any, struct: str, release: str, known: Known) -> str | None:
    if value is None:
        return None  # not there, or not read
    if isinstance(value, Broken):
        return value.reason
    try:
        read_struct(struct, value, release, known)
    except SerdeError as error:
        return str(error)
    return None
