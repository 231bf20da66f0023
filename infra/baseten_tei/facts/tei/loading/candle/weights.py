"""The weight files that candle opens, and what it says where they are not there.

Source: `CandleBackend::new` in backends/candle/src/lib.rs:168, `download_safetensors` in backends/src/lib.rs:581.
"""

from collections.abc import Callable, Mapping

from baseten_tei.facts.tei.loading.refusals import refuse_backend, refuse_weights
from baseten_tei.facts.tei.loading.repository_files import INDEX, NO_SUCH_FILE, RepositoryFiles
from baseten_tei.facts.tei.loading.serde.json_text import Broken

SINGLE, PYTORCH = "model.safetensors", "pytorch_model.bin"
ORDER = (SINGLE, PYTORCH, INDEX)
"""Candle opens the first that is there; of an index, the shards that it names."""
NOT_FOUND = "request error: HTTP status client error (404 Not Found)"


def check_weights(repository: RepositoryFiles) -> None:
    """Refuse a repository whose weights TEI does not find. Raises RefusedError."""
    if not repository.names:
        return  # nobody looked
    if not repository.is_local:
        _check_download(repository)
    if find_weights_file(repository.has) in (INDEX, None):
        _check_index(repository)


def find_weights_file(has: Callable[[str], bool]) -> str | None:
    """Return the file that candle opens first; `has` says which are there."""
    return next(filter(has, ORDER), None)


def _check_download(repository: RepositoryFiles) -> None:
    found = find_weights_file(repository.has)
    if found in (SINGLE, PYTORCH):
        return
    if found is None or _missing_shards(repository):
        raise refuse_weights(f"{NOT_FOUND} for {PYTORCH}")


def _check_index(repository: RepositoryFiles) -> None:
    if not repository.has(INDEX):
        raise refuse_backend(NO_SUCH_FILE, about="weights")
    index = repository.json.get(INDEX)
    if isinstance(index, Broken):
        raise refuse_backend(index.reason, about="weights")
    if isinstance(index, Mapping) and not isinstance(index.get("weight_map"), Mapping):
        is_there = "weight_map" in index
        said = (
            f'weight map in "{INDEX}" is not a map' if is_there else f'no weight map in "{INDEX}"'
        )
        raise refuse_backend(said, about="weights")
    if _missing_shards(repository):
        raise refuse_backend(NO_SUCH_FILE, about="weights")


def _missing_shards(repository: RepositoryFiles) -> list[str]:
    index = repository.json.get(INDEX)
    weight_map = index.get("weight_map") if isinstance(index, Mapping) else None
    files = weight_map.values() if isinstance(weight_map, Mapping) else ()
    return [name for name in files if isinstance(name, str) and not repository.has(name)]
