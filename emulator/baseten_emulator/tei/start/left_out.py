"""What a repository asks for and a router leaves out: it starts, and its vectors are others.

TEI says nothing then; the emulator's log does, in lines that begin with `emulator: WARN`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from baseten_emulator.tei.start.detection import MODES, POOLING_FILE, Detected
from baseten_emulator.tei.start.repository import Repository
from baseten_emulator.tei.start.structs import row_of, variants_of
from baseten_emulator.tei.versions import Version, format_version

MODULES = "modules.json"
_APPLIED = ("Transformer", "Pooling", "Normalize", "Dense", "Dropout")
_TWO_WAYS, _CAUSAL = "use_bidirectional_attention", "is_causal"
_BOTH = {_TWO_WAYS: True, _CAUSAL: False}
_UNASKED = {"gemma3_text": True, "qwen2": True, "qwen3": False, "mistral": False, "llama": False}
"""Whether a release that reads neither attends both ways: gemma3.rs, flash_qwen2.rs, qwen3.rs, flash_mistral.rs."""
_OF_BOTH = "qwen2"
"""Whose copies with code of their own (gte-Qwen2, stella) attend both ways; without it transformers' own is causal."""


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
    kind = config["model_type"]
    struct = variants_of("Config", version).get(kind)
    if struct is None or kind not in _UNASKED:
        return
    reads = [name for name in _BOTH if name in row_of(struct, version)["fields"]]
    found = [*_asked(config, reads)]
    does = found[0][1] if found else _UNASKED[kind] and not reads
    name, wanted = next(_asked(config, _BOTH), _unsaid(config, does))
    if wanted is not does:
        yield f"`{name}`", "config.json"


def _asked(config: Mapping[str, Any], names: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield each field that is there, and whether it asks for both directions."""
    said = ((name, config.get(name)) for name in names)
    yield from ((name, value is _BOTH[name]) for name, value in said if isinstance(value, bool))


def _unsaid(config: Mapping[str, Any], does: bool) -> tuple[str, bool]:
    """Return what is wanted where no field says it."""
    if config["model_type"] != _OF_BOTH:
        return "", does
    code = config.get("auto_map")
    is_own = isinstance(code, Mapping) and "AutoModel" in code
    return ("auto_map", True) if is_own else (_CAUSAL, False)
