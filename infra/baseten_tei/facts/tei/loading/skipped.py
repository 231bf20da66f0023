"""What a repository asks for and TEI leaves out without stopping: the server is ready, its vectors are others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from baseten_tei.facts.tei.loading.attention import OWN_CODE, ignored_attention
from baseten_tei.facts.tei.loading.repository_files import MODULES, POOLING, RepositoryFiles
from baseten_tei.facts.tei.loading.sentence_files import LengthReading

Kind = Literal["dense", "module", "pooling", "modes", "attention", "code", "positions"]
_APPLIED = ("Transformer", "Pooling", "Normalize", "Dense", "Dropout")


@dataclass(frozen=True)
class Skipped:
    """`what` is the name of a module, a mode or a field; `of` is the file."""

    kind: Kind
    what: str
    of: str


def skipped_modules(repository: RepositoryFiles, has_dense: bool) -> Iterator[Skipped]:
    """Yield the modules that TEI does not apply; `has_dense`: it loaded a Dense layer, so it loaded all that are there.

    It has none where modules.json was not parsed, for one name or all, or where the folder has no weights.
    """
    modules = _modules(repository)
    poolings = [path for name, path in modules if name == "Pooling"]
    for name, path in modules:
        if name == "Dense" and not has_dense:
            yield Skipped("dense", path, MODULES)
        elif name == "Pooling" and (path != POOLING.partition("/")[0] or poolings.count(path) > 1):
            yield Skipped("pooling", path + _named_output(repository, path), MODULES)
        elif name not in _APPLIED:
            yield Skipped("module", name, MODULES)


def _named_output(repository: RepositoryFiles, path: str) -> str:
    """Return what a module's vectors are for, e.g. ` (query_embedding)`, where its file says so."""
    config = repository.json.get(f"{path}/config.json")
    key = config.get("output_key") if isinstance(config, Mapping) else None
    return f" ({key})" if isinstance(key, str) else ""


def _modules(repository: RepositoryFiles) -> list[tuple[str, str]]:
    """The last word of each type, and the path."""
    modules = repository.json.get(MODULES)
    rows = [row for row in modules if isinstance(row, dict)] if isinstance(modules, list) else []
    named = ((str(row.get("type", "")), str(row.get("path", ""))) for row in rows)
    return [(name.rpartition(".")[2], path) for name, path in named]


def skipped_modes(repository: RepositoryFiles, taken: str | None) -> Iterator[Skipped]:
    """Yield the poolings that 1_Pooling/config.json joins to the one that is taken."""
    config = repository.json.get(POOLING)
    keys = (
        [key for key, value in config.items() if value is True] if isinstance(config, dict) else []
    )
    modes = {key.removeprefix("pooling_mode_") for key in keys if key.startswith("pooling_mode_")}
    own = {"cls": "cls_token", "mean": "mean_tokens", "last-token": "lasttoken"}.get(taken or "")
    for mode in sorted(modes - {own}):
        yield Skipped("modes", mode, POOLING)


def skipped_positions(length: LengthReading, positions: int | None) -> Iterator[Skipped]:
    """Yield a length that the table of positions does not have: such a text fails, or on a GPU reads anything."""
    if positions is not None and length.longest + length.offset > positions:
        yield Skipped("positions", str(length.longest), length.source)


def skipped_attention(config: Mapping[str, Any], release: str) -> Iterator[Skipped]:
    """Yield the member of config.json that asks candle for another attention than this release has."""
    if (found := ignored_attention(config, release)) is not None:
        yield Skipped("code" if found == OWN_CODE else "attention", found, "config.json")
