"""Takes texts as callers hold them: lists, iterators, columns of frames, arrays of numpy and Arrow."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from baseten_tei_client.errors import UsageError

_LISTS = ("to_pylist", "to_list", "tolist")
"""How Arrow, pandas and polars, and numpy make a list; what they iterate over may not be strings."""
_LIKELY = ("text", "texts", "content", "document", "body", "chunk", "passage", "sentence", "title")
"""Names that columns of texts often have."""
_MOST_NAMES = 8


def list_texts(texts: object) -> Sequence[object]:
    """Return the texts in their order. Raises `UsageError` for anything else, which says what to pass."""
    if isinstance(texts, list | tuple):
        return texts
    if isinstance(texts, str | bytes | bytearray):
        raise UsageError("texts must be a list of texts, not one text: write [text]")
    if (columns := _columns(texts)) is not None:
        raise UsageError(_which_column(texts, columns))
    made: Any = texts
    for name in _LISTS:
        if callable(convert := getattr(texts, name, None)):
            made = convert()
            break
    if not isinstance(made, Iterable) or isinstance(made, str):
        raise UsageError(f"texts must be a list of texts, not {type(texts).__name__}")
    return list(made)


def _columns(texts: Any) -> list[Any] | None:
    """Return the names of a frame's columns or a mapping's keys; `None` for anything else."""
    if isinstance(texts, Mapping):
        return list(texts)
    names = getattr(texts, "column_names", None)  # of an Arrow table, whose `columns` are arrays
    names = getattr(texts, "columns", None) if names is None else names
    return list(names) if isinstance(names, Iterable) else None


def _which_column(texts: Any, columns: list[Any]) -> str:
    kind = type(texts).__name__
    if not columns:
        return f"texts must be a list of texts, not an empty {kind}"
    names = ", ".join(repr(it) for it in columns[:_MOST_NAMES])
    listed = f"{names} …" if len(columns) > _MOST_NAMES else names
    what = "keys" if isinstance(texts, Mapping) else "columns"
    return (
        f"texts must be a list of texts, not a {kind} with the {what} {listed}: pass one of them, "
        f"{'mapping' if isinstance(texts, Mapping) else 'frame'}[{_likeliest(texts, columns)!r}]"
    )


def _likeliest(texts: Any, columns: list[Any]) -> Any:
    """Return the column with a usual name, or else the first that begins with a string."""
    for wanted in _LIKELY:
        for name in columns:
            if str(name).lower() == wanted:
                return name
    return next((name for name in columns if _is_of_strings(texts, name)), columns[0])


def _is_of_strings(texts: Any, name: Any) -> bool:
    try:
        column = texts[name]
        first = column if isinstance(column, str) else next(iter(column))
        first = first.as_py() if hasattr(first, "as_py") else first
    except Exception:
        return False
    return isinstance(first, str)
