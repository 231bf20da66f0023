"""Which of a repository's files are weights, which of them TEI loads, and what their headers say.

In what order TEI looks for them is in `facts.tei.loading`. Shards of PyTorch it does not read.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from baseten_tei.facts.hub.model_facts import KeptRepository, Weights
from baseten_tei.facts.hub.repository import parse_object
from baseten_tei.facts.tei.loading import onnx
from baseten_tei.facts.tei.loading.candle.weights import PYTORCH, SINGLE, find_weights_file
from baseten_tei.facts.tei.loading.repository_files import INDEX

_SUFFIXES = {".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".onnx_data"}
_NO_WEIGHTS = {"training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.pt"}


def header_files(sizes: Mapping[str, int], index: str | None) -> tuple[str, ...]:
    """Return the safetensors files that TEI would load, whose headers are worth reading."""
    found = find_weights_file(sizes.__contains__)
    if found in (SINGLE, PYTORCH):
        return (SINGLE,) if found == SINGLE else ()
    shards = parse_object(index).get("weight_map")
    names = shards.values() if isinstance(shards, dict) else ()
    return tuple(sorted({name for name in names if isinstance(name, str) and name in sizes}))


def find_weights(kept: KeptRepository) -> Weights:
    """Format and size of what TEI loads, and the names of all files that hold weights."""
    sizes = kept.sizes
    files = tuple(sorted(filter(holds_weights, sizes)))
    headers = header_files(sizes, kept.files.get(INDEX))
    if headers:
        size = sum(sizes[name] for name in headers)
        counted = _count_parameters(kept.parameters)
        if headers == (SINGLE,):
            return Weights(format="safetensors", bytes=size, files=files, **counted)
        return Weights(format="sharded-safetensors", bytes=size, files=files, **counted)
    if PYTORCH in sizes:
        return Weights(format="pytorch", bytes=sizes[PYTORCH], files=files)
    if file := next((name for name in onnx.FILES if name in sizes), None):
        size = sizes[file] + sizes.get(f"{file}_data", 0)
        return Weights(format="onnx", bytes=size, files=files)
    return Weights(format="none", bytes=0, files=files)


def _count_parameters(total: Mapping[str, int] | None) -> dict[str, Any]:
    """Parameters are floats: a buffer of integers, such as BERT's `position_ids`, is none."""
    if total is None:
        return {}
    floats = sum(count for dtype, count in total.items() if "F" in dtype)
    return {"parameters": floats, "dtypes": tuple(sorted(total, key=lambda d: (-total[d], d)))}


def holds_weights(name: str) -> bool:
    """Return whether a file holds weights, by its name."""
    path = PurePosixPath(name)
    return path.suffix in _SUFFIXES and path.name not in _NO_WEIGHTS
