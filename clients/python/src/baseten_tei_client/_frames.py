"""Turns the columns of a result into frames of pandas, polars and Arrow, which are imported when asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client.errors import UsageError

Columns = Mapping[str, NDArray[Any]]
"""A number, or a row of numbers, for each text; NaN where the text was refused."""


def to_pandas(columns: Columns) -> Any:
    """Return a `pandas.DataFrame`; a row of numbers is an array, `None` where refused."""
    values = {name: _as_objects(it) if it.ndim > 1 else it for name, it in columns.items()}
    return _require("pandas").DataFrame(values)


def to_polars(columns: Columns) -> Any:
    """Return a `polars.DataFrame`; a row of numbers is an Array, null where refused."""
    polars = _require("polars")
    frame = polars.DataFrame(dict(columns))
    refused = {name: polars.Series(_refused(it)) for name, it in columns.items()}
    return frame.with_columns(
        polars.when(~it).then(polars.col(name)).alias(name) for name, it in refused.items()
    )


def to_arrow(columns: Columns) -> Any:
    """Return a `pyarrow.Table`; a row of numbers is a list of fixed size, null where refused."""
    arrow = _require("pyarrow")
    return arrow.table({name: _as_arrow(arrow, it) for name, it in columns.items()})


def _as_arrow(arrow: Any, column: NDArray[Any]) -> Any:
    refused = _refused(column)
    if column.ndim == 1:
        return arrow.array(column, mask=refused)
    numbers = arrow.array(np.ascontiguousarray(column).reshape(-1))
    mask = arrow.array(refused) if refused.any() else None
    return arrow.FixedSizeListArray.from_arrays(numbers, column.shape[1], mask=mask)


def _as_objects(column: NDArray[Any]) -> NDArray[Any]:
    rows = np.empty(len(column), dtype=object)
    for place, refused in enumerate(_refused(column)):
        rows[place] = None if refused else column[place]
    return rows


def _refused(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which texts were refused: those whose numbers are missing."""
    missing: NDArray[np.bool_] = np.any(np.isnan(column), axis=tuple(range(1, column.ndim)))
    return missing


def _require(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError as error:
        raise UsageError(
            f"this needs the package {package}: pip install {package}, or take to_numpy()"
        ) from error
