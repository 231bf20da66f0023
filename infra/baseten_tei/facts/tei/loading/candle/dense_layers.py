"""Dense layers behind the pooling, as modules.json names them, and those that TEI leaves out.

Source: `parse_dense_paths_from_modules`, `download_dense_modules` and `init_backend` in backends/src/lib.rs:434 and
:770, `CandleBackend::new` in backends/candle/src/lib.rs:580. ONNX Runtime reads none of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.facts.tei.loading.candle.weights import NOT_FOUND
from baseten_tei.facts.tei.loading.refusals import refuse_backend, refuse_weights
from baseten_tei.facts.tei.loading.repository_files import MODULES, NO_SUCH_FILE, RepositoryFiles
from baseten_tei.facts.tei.loading.serde.json_text import Broken
from baseten_tei.facts.tei.loading.serde.values import read_struct, read_value
from baseten_tei.facts.tei.loading.serde.words import SerdeError

DENSE = "sentence_transformers.models.Dense"
IDENTITY = "torch.nn.modules.linear.Identity"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class DenseLayer:
    """One layer that TEI applies. Sizes are `None` where its config.json was not read."""

    path: str
    in_features: int | None = None
    out_features: int | None = None
    activation: str = IDENTITY


@dataclass(frozen=True)
class DenseReading:
    """The layers in their order; `error` is why modules.json was passed over, with every Dense layer in it."""

    layers: tuple[DenseLayer, ...] = ()
    error: str | None = None
    warnings: tuple[str, ...] = ()


def read_dense(repository: RepositoryFiles, flag: str | None, release: str) -> DenseReading:
    """Return the Dense layers that candle applies. Raises RefusedError."""
    try:
        paths = _paths(repository.json.get(MODULES), release)
    except SerdeError as error:
        return DenseReading(error=str(error), warnings=(_passed_over(repository, str(error)),))
    wanted = [flag] if flag and len(paths) == 1 else paths
    there = [path for path in wanted if _has_weights(repository, path)]
    layers = tuple(_layer(repository, path, release) for path in there)
    absent = (f"Dense module files not found for path: {p}" for p in wanted if p not in there)
    return DenseReading(layers, warnings=tuple(absent))


def _paths(modules: Any, release: str) -> list[str]:
    if modules is None:
        return []
    if isinstance(modules, Broken):
        raise SerdeError(modules.reason)
    read = read_value("list<ModuleConfig>", modules, release)
    return [module["path"] for module in read if module["type"] == DENSE]


def _passed_over(repository: RepositoryFiles, error: str) -> str:
    if repository.is_local:
        return f"Failed to parse local modules.json: {error}"
    return (
        f"`modules.json` could be downloaded but parsing the modules failed: {error}; so no Dense modules will be "
        "downloaded."
    )


def _has_weights(repository: RepositoryFiles, path: str) -> bool:
    """A folder without them is passed over with a warning, a repository on the Hub does not start."""
    if not repository.names:
        return True  # nobody looked
    found = any(repository.has(f"{path}/{name}") for name in _WEIGHTS)
    if repository.is_local or (found and repository.has(f"{path}/config.json")):
        return found
    raise refuse_weights(f"{NOT_FOUND} for {path}/{_WEIGHTS[1] if not found else 'config.json'}")


def _layer(repository: RepositoryFiles, path: str, release: str) -> DenseLayer:
    name = f"{path}/config.json"
    config = repository.json.get(name)
    if config is None:
        if repository.names and name not in repository.names:
            raise refuse_backend(
                NO_SUCH_FILE, f"Unable to read `{name}` file: {NO_SUCH_FILE}", "dense"
            )
        return DenseLayer(path)
    fields = _read_config(name, config, release)
    activation = fields["activation_function"] or IDENTITY
    return DenseLayer(path, fields["in_features"], fields["out_features"], activation)


def _read_config(name: str, config: Any, release: str) -> Mapping[str, Any]:
    try:
        if isinstance(config, Broken):
            raise SerdeError(config.reason)
        return read_struct("DenseConfig", config, release)
    except SerdeError as error:
        raise refuse_backend(str(error), f"Unable to parse `{name}`: {error}", "dense") from error


def find_width_error(layers: tuple[DenseLayer, ...], width: int) -> str | None:
    """Return what the first forward pass says where a layer does not fit what comes before it."""
    for layer in layers:
        if layer.in_features not in (None, width):
            shapes = f"lhs: [1, {width}], rhs: [{layer.in_features}, {layer.out_features}]"
            return f"shape mismatch in matmul, {shapes}"
        width = layer.out_features or width
    return None
