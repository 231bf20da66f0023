"""The Dense modules behind a Sentence Transformers model: which of them a release applies.

A server starts without those it does not apply, and its vectors are wrong. TEI says nothing then; the emulator's log
does. Source: `init_backend` in `backends/src/lib.rs` and `router/src/lib.rs` at v1.7.4, v1.8.0 to v1.8.3.
"""

from baseten_emulator.tei.command_line.clap import Values
from baseten_emulator.tei.start.model_config import whole
from baseten_emulator.tei.start.repository import Repository, dense_paths
from baseten_emulator.tei.versions import (
    DENSE_FROM_MODULES,
    DENSE_IN_DIRECTORIES,
    DENSE_PATH,
    Version,
    format_version,
)


def apply_dense(
    repository: Repository, is_local: bool, values: Values, version: Version, log: list[str]
) -> tuple[str, ...]:
    """Return the folders of the Dense modules that are loaded; `log` gets a line for each that is not."""
    named = dense_paths(repository.files.get("modules.json"))
    wanted = _select_paths(named, is_local, values.get("dense-path"), version)
    loaded = tuple(path for path in wanted if repository.has(f"{path}/model.safetensors"))
    log += [
        f"WARN Dense module files not found for path: {path}"
        for path in wanted
        if path not in loaded
    ]
    if loaded:
        listed = ", ".join(f'"{path}"' for path in loaded)
        log.append(f"INFO Loading Dense module/s from path/s: [{listed}]")
    skipped = [] if set(loaded) & set(named) else [path for path in named if path not in loaded]
    log += [_wrong_vectors(path, version) for path in skipped]
    return loaded


def dense_width(repository: Repository, loaded: tuple[str, ...]) -> int | None:
    """Return the length of a vector behind the last of them; None where no file says it."""
    config = repository.files.get(f"{loaded[-1]}/config.json") if loaded else None
    return whole(config if isinstance(config, dict) else {}, "out_features", default=0) or None


def _select_paths(
    named: tuple[str, ...], is_local: bool, flag: str | None, version: Version
) -> tuple[str, ...]:
    if version < DENSE_PATH:
        return ()
    if version < DENSE_FROM_MODULES:
        return (flag or "2_Dense",) if named else ()
    if is_local and version < DENSE_IN_DIRECTORIES:
        return ()
    return (flag,) if flag and len(named) == 1 else named


def _wrong_vectors(path: str, version: Version) -> str:
    return (
        f"emulator: WARN TEI {format_version(version)} does not apply the Dense module {path} that"
        " modules.json names, without a message: every vector is wrong"
    )
