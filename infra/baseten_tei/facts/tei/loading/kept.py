"""What of a repository TEI reads in any release: all that a lock has to keep."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from baseten_tei.facts.tei.loading.repository_files import (
    CONFIG,
    INDEX,
    LENGTHS,
    MODULES,
    POOLING,
    PROMPTS,
    TOKENIZER_CONFIG,
)
from baseten_tei.facts.tei.loading.serde.json_text import JsonObject, members_of
from baseten_tei.facts.tei.loading.serde.structs import all_names

_FILES = frozenset({CONFIG, POOLING, MODULES, PROMPTS, INDEX, TOKENIZER_CONFIG, *LENGTHS})
_STRUCTS = {
    CONFIG: (),
    POOLING: ("PoolConfig",),
    PROMPTS: ("NewSTConfig",),
    TOKENIZER_CONFIG: ("TokenizerConfig",),
}
_STRUCTS |= dict.fromkeys(LENGTHS, ("STConfig",))
_MARKS = frozenset(
    {"_name_or_path", "model_type", "quantization_config", "problem_type", "torch_dtype", "dtype"}
)
"""Members of config.json that no struct has and that decide: Jina's remote code, the tag, other formats, advice."""
_NO_CONFIG = frozenset(
    {
        "PoolConfig",
        "NewSTConfig",
        "TokenizerConfig",
        "STConfig",
        "ModuleConfig",
        "DenseConfig",
        "NTKScaling",
    }
)


def is_read(name: str) -> bool:
    """Return whether TEI reads a JSON file of this name: config.json of a Dense module's folder among them."""
    return name in _FILES or (name.count("/") == 1 and name.endswith("/config.json"))


def keep_members(name: str, value: Any) -> Any:
    """Return a file without the members that no release reads; the others stay in their order, twice if they are."""
    if name == INDEX:
        return _keep_shards(value)
    if not isinstance(value, Mapping) or name not in _STRUCTS:
        return value
    kept = _kept(name)
    members = members_of(value)
    return JsonObject((key, item) for key, item in members if key in kept or _is_mode(name, key))


def _keep_shards(index: Any) -> Any:
    """The index's map has a row a tensor; one a file is enough."""
    shards = index.get("weight_map") if isinstance(index, Mapping) else None
    if not isinstance(shards, Mapping):
        return index
    rows = [(tensor, file) for tensor, file in shards.items() if isinstance(file, str)]
    files = {file: tensor for tensor, file in reversed(rows)}
    return {"weight_map": {files[file]: file for file in sorted(files)}}


def _is_mode(name: str, key: str) -> bool:
    """Poolings that TEI passes over are reported."""
    return name == POOLING and key.startswith("pooling_mode")


@cache
def _kept(name: str) -> frozenset[str]:
    if name == CONFIG:
        return all_names(excluding=_NO_CONFIG) | _MARKS
    return all_names(including=frozenset(_STRUCTS[name]))
