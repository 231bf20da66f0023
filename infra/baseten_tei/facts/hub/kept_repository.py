"""What of a repository a lock keeps: all that TEI reads of it, in any release, and nothing else."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from baseten_tei.facts.hub.model_facts import TENSOR_ROW, KeptRepository
from baseten_tei.facts.hub.repository import Repository
from baseten_tei.facts.hub.weight_files import header_files, holds_weights
from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.formats import ADAPTER
from baseten_tei.facts.tei.loading.kept import is_read, keep_members
from baseten_tei.facts.tei.loading.repository_files import INDEX, TOKENIZER
from baseten_tei.facts.tei.loading.serde.json_text import Broken, read_json, write_json

_BROKEN = "not JSON: "
"""How the text of a file begins that is not; no JSON begins so."""
_MOST = 2**63 - 1
"""What YAML reads as a whole number."""
_DENSE = "_Dense"
"""`2_Dense_1024` beside `2_Dense`: `--dense-path` may name a folder that modules.json does not."""


def files_to_read(names: Iterable[str], modules: str | None) -> list[str]:
    """Return the JSON files that are worth reading, by all names and the text of modules.json."""
    folders = set(_folders(read_json(modules or "[]")))
    return [name for name in names if is_read(name) and _is_ours(name.partition("/")[0], folders)]


def keep_repository(repository: Repository) -> KeptRepository:
    """Return what a lock keeps of it."""
    texts, sizes = repository.texts, repository.sizes
    headers = header_files(sizes, texts.get(INDEX))
    return KeptRepository(
        files={name: _keep(name, texts[name]) for name in sorted(texts)},
        sizes={name: min(sizes[name], _MOST) for name in sorted(sizes) if _decides(name)},
        tensors=_tensors(headers, repository.shapes),
        parameters=_parameters(headers, repository.parameters),
    )


@lru_cache(maxsize=8192)
def read_kept(text: str) -> Any:
    """Return the value of a file as it was kept, or `Broken`."""
    if text.startswith(_BROKEN):
        return Broken(text.removeprefix(_BROKEN))
    return read_json(text)


def _keep(name: str, text: str) -> str:
    value = read_json(text)
    if isinstance(value, Broken):
        return f"{_BROKEN}{value.reason}"
    try:
        return write_json(keep_members(name, value))
    except RecursionError:
        return f"{_BROKEN}recursion limit exceeded"


def _decides(name: str) -> bool:
    return holds_weights(name) or name in (TOKENIZER, ADAPTER) or name.endswith(".gguf")


def _folders(modules: Any) -> Iterator[str]:
    for row in modules if isinstance(modules, list) else ():
        path = row.get("path") if isinstance(row, Mapping) else None
        if isinstance(path, str):
            yield path


def _is_ours(folder: str, folders: set[str]) -> bool:
    """A file at the top has no folder; `onnx/config.json` is not TEI's."""
    at_top = is_read(folder)
    return at_top or folder in folders or folder == "1_Pooling" or _DENSE in folder


def _tensors(
    headers: Iterable[str], shapes: Mapping[str, Mapping[str, tuple[int, ...]]]
) -> dict[str, str] | None:  # fmt: skip
    """`None` where a header could not be read, or has numbers that no weights have: half of them would mislead."""
    names = list(headers)
    if not names or not shapes.keys() >= set(names):
        return None
    found = {tensor: shape for name in names for tensor, shape in shapes[name].items()}
    rows = Tensors.of(found).rows()
    return rows if all(re.match(TENSOR_ROW, row) for row in rows.values()) else None


def _parameters(
    headers: Iterable[str], parameters: Mapping[str, Mapping[str, int]]
) -> dict[str, int] | None:  # fmt: skip
    names = list(headers)
    if not names or not parameters.keys() >= set(names):
        return None
    total: Counter[str] = Counter()
    for name in names:
        total.update({dtype: count for dtype, count in parameters[name].items() if dtype.isascii()})
    return {dtype: min(count, _MOST) for dtype, count in total.items()}
