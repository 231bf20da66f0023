"""What a repository asks for and a router leaves out: it starts, and its vectors are others.

TEI says nothing then; the emulator's log does, in lines that begin with `emulator: WARN`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from baseten_emulator.tei.start.detection import MODES, POOLING_FILE, Detected
from baseten_emulator.tei.start.repository import Repository
from baseten_emulator.tei.start.structs import row_of, variants_of
from baseten_emulator.tei.versions import Version, format_version

MODULES = "modules.json"
_APPLIED = ("Transformer", "Pooling", "Normalize", "Dense", "Dropout")
_TWO_WAYS, _CAUSAL = "use_bidirectional_attention", "is_causal"
_OTHERWISE: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "gemma3_text": (_TWO_WAYS, (False,)),
    "qwen2": (_CAUSAL, (True, None)),
    "qwen3": (_TWO_WAYS, (True,)),
    "mistral": (_TWO_WAYS, (True,)),
}
"""A field about attention, and for which values of it a release that does not read it attends the other way: gemma3.rs
and flash_qwen2.rs both ways, qwen3.rs and flash_mistral.rs as causal models."""


def warn_of_left_out(
    repository: Repository, detected: Detected, dense: tuple[str, ...], version: Version
) -> Iterator[str]:  # fmt: skip
    """Yield a line for each module, mode or field that this release does not apply."""
    left = [*_modules(repository, dense), *_modes(repository, detected), *_attention(repository, version)]  # fmt: skip
    for what, file in left:
        yield (
            f"emulator: WARN TEI {format_version(version)} does not apply {what} that {file} names,"
            " without a message: every vector is wrong"
        )


def _modules(repository: Repository, dense: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    modules = repository.files.get(MODULES)
    rows = [row for row in modules if isinstance(row, dict)] if isinstance(modules, list) else []
    pooled = 0
    for row in rows:
        kind, path = str(row.get("type", "")).rpartition(".")[2], str(row.get("path", ""))
        pooled += kind == "Pooling"
        is_own = f"{path}/config.json" == POOLING_FILE and pooled == 1
        if kind == "Dense" and not dense:
            yield f"the Dense module {path}", MODULES
        elif kind == "Pooling" and not is_own:
            yield f"the Pooling module {path}", MODULES
        elif kind not in _APPLIED:
            yield f"the module {kind}", MODULES


def _modes(repository: Repository, detected: Detected) -> Iterator[tuple[str, str]]:
    """Yield the poolings that are joined to the one in use; the router takes the first that it knows."""
    config = repository.files.get(POOLING_FILE)
    if detected.task != "embedding" or not isinstance(config, dict):
        return
    taken = MODES.get(detected.pooling)
    for key, value in config.items():
        if key.startswith("pooling_mode_") and value is True and key != taken:
            yield f"the mode {key}", POOLING_FILE


def _attention(repository: Repository, version: Version) -> Iterator[tuple[str, str]]:
    config: Mapping[str, Any] = repository.files["config.json"]
    name, others = _OTHERWISE.get(config["model_type"], ("", ()))
    struct = variants_of("Config", version).get(config["model_type"])
    is_read = not struct or not name or name in row_of(struct, version)["fields"]
    if not is_read and any(config.get(name) is value for value in others):
        yield f"`{name}`", "config.json"
