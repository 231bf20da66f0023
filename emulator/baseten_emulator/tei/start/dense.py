"""The Dense modules behind a Sentence Transformers model: which of them a release applies.

A server starts without those it does not apply, and its vectors are wrong: `left_out` says so. Source: `init_backend`
and `parse_dense_paths_from_modules` in `backends/src/lib.rs`, `CandleBackend::new`, and `router/src/lib.rs` at v1.7.4,
v1.8.0 to v1.9.3.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from baseten_emulator.tei.command_line.clap import Values
from baseten_emulator.tei.http.serde import MismatchError
from baseten_emulator.tei.outcome import BootError, startup_error
from baseten_emulator.tei.start.images import backend_failure
from baseten_emulator.tei.start.repository import NO_SUCH_FILE, Repository, dense_paths
from baseten_emulator.tei.start.structs import decoder_of
from baseten_emulator.tei.versions import (
    DENSE_FROM_MODULES,
    DENSE_IN_DIRECTORIES,
    DENSE_PATH,
    Version,
)

_DENSE = "sentence_transformers.models.Dense"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")


def apply_dense(
    repository: Repository, is_local: bool, values: Values, version: Version, log: list[str]
) -> tuple[str, ...]:
    """Return the folders of the Dense modules that are loaded; `log` gets a line for each that is not.

    Raises BootError for one that is named and cannot be read.
    """
    wanted = _select_paths(repository, is_local, values.get("dense-path"), version, log)
    if not is_local:
        for path in wanted:
            _download(repository, path)
    loaded = tuple(path for path in wanted if _has_weights(repository, path))
    log += [
        f"WARN Dense module files not found for path: {path}"
        for path in wanted
        if path not in loaded
    ]
    for path in loaded:
        _read_config(repository, path, version)
    if loaded:
        listed = ", ".join(f'"{path}"' for path in loaded)
        log.append(f"INFO Loading Dense module/s from path/s: [{listed}]")
    return loaded


def dense_width(repository: Repository, loaded: Sequence[str], width: int) -> int:
    """Return the length of a vector behind the last of them. Raises BootError where one does not fit the other."""
    for path in loaded:
        config: Mapping[str, int] = repository.files[f"{path}/config.json"]
        if config["in_features"] != width:
            shapes = f"lhs: [1, {width}], rhs: [{config['in_features']}, {config['out_features']}]"
            cause = f"shape mismatch in matmul, {shapes}"
            raise startup_error("Model backend is not healthy", cause)
        width = config["out_features"]
    return width


def _select_paths(
    repository: Repository, is_local: bool, flag: str | None, version: Version, log: list[str]
) -> tuple[str, ...]:
    modules = repository.files.get("modules.json")
    if version < DENSE_PATH:
        return ()
    if version < DENSE_FROM_MODULES:
        return (flag or "2_Dense",) if dense_paths(modules) else ()
    if modules is None or (is_local and version < DENSE_IN_DIRECTORIES):
        return ()
    try:
        read = decoder_of("Vec<ModuleConfig>", version)(modules)
    except MismatchError as mismatch:
        log.append(_passed_over(mismatch.reason, is_local))
        return ()
    named = tuple(str(module["path"]) for module in read if module["type"] == _DENSE)
    return (flag,) if flag and len(named) == 1 else named


def _passed_over(reason: str, is_local: bool) -> str:
    if is_local:
        return f"WARN Failed to parse local modules.json: {reason}"
    return (
        f"WARN `modules.json` could be downloaded but parsing the modules failed: {reason};"
        " so no Dense modules will be downloaded."
    )


def _download(repository: Repository, path: str) -> None:
    wanted = [f"{path}/config.json"]
    if not _has_weights(repository, path):
        wanted.append(f"{path}/{_WEIGHTS[-1]}")
    for name in wanted:
        if not repository.has(name):
            url = f"https://huggingface.co/{repository.repo_id}/resolve/main/{name}"
            raise startup_error(
                "Could not create backend",
                "Weights not found: request error: HTTP status client error (404 Not Found)"
                f" for url ({url})",
            )


def _has_weights(repository: Repository, path: str) -> bool:
    return any(repository.has(f"{path}/{name}") for name in _WEIGHTS)


def _read_config(repository: Repository, path: str, version: Version) -> Any:
    name = f"{path}/config.json"
    if not repository.has(name):
        raise _unread("read", name, f" file: {NO_SUCH_FILE}")
    try:
        return decoder_of("DenseConfig", version)(repository.files[name])
    except MismatchError as mismatch:
        raise _unread("parse", name, f": {mismatch.reason}") from mismatch


def _unread(verb: str, name: str, why: str) -> BootError:
    return backend_failure(f"Unable to {verb} `{name}`{why}")
