"""Repositories that hold no model of TEI's at all, each known by its own marks."""

from collections.abc import Mapping
from typing import Any, Literal

from baseten_tei.facts.tei.loading.candle.weights import PYTORCH, SINGLE
from baseten_tei.facts.tei.loading.repository_files import CONFIG, MODULES, RepositoryFiles

Format = Literal["gguf", "adapter", "static", "quantized", "late-interaction", "sparse"]
ADAPTER = "adapter_config.json"
_MODULES: Mapping[str, Format] = {
    "StaticEmbedding": "static",
    "SpladePooling": "sparse",
    "SparseAutoEncoder": "sparse",
    "SparseStaticEmbedding": "sparse",
}
"""Last word of a module's type → what the repository is."""


def find_format(repository: RepositoryFiles) -> Format | None:
    """Return what a repository is in place of a model that TEI reads as it is meant; `None` for such a model."""
    names, config = repository.names, _mapping(repository.json.get(CONFIG))
    has_weights = any(map(repository.has, (SINGLE, PYTORCH, f"{SINGLE}.index.json")))
    if not has_weights and any(name.endswith(".gguf") for name in names):
        return "gguf"
    if not has_weights and repository.has(ADAPTER):
        return "adapter"
    if config.get("model_type") == "model2vec" or "StaticModel" in _texts(
        config.get("architectures")
    ):
        return "static"
    if found := _by_modules(repository.json.get(MODULES)):
        return found
    return "quantized" if _mapping(config.get("quantization_config")) else None


def _by_modules(modules: Any) -> Format | None:
    rows = modules if isinstance(modules, list) else []
    types = _texts([_mapping(row).get("type") for row in rows])
    if any(name.startswith("pylate.") for name in types):
        return "late-interaction"
    words = (name.rpartition(".")[2] for name in types)
    return next((_MODULES[word] for word in words if word in _MODULES), None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
