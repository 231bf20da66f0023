"""Checks texts and results against the real pandas, polars and Arrow: run in the environment of examples/notebook."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from baseten_tei_client import UsageError
from baseten_tei_client._call.given import list_texts
from baseten_tei_client.results import Classification, Embeddings, Ranking, Usage

NAN = float("nan")
NOTHING = ((), (), Usage())
VECTORS = Embeddings(*NOTHING, np.array([[1, 0], [NAN, NAN]], np.float32), None)
SCORES = Ranking(*NOTHING, np.array([0.25, NAN], np.float32))
MOODS = Classification(
    *NOTHING, ("joy", "fear"), np.array([[1, 0.5], [NAN, NAN]], np.float32), True
)
NONE = Embeddings(*NOTHING, np.zeros((0, 2), np.float32), None)
COLUMNS = {"id": [7], "body": ["a"]}


def refusal_of(frame: object) -> str:
    """Why a frame is refused."""
    try:
        list_texts(frame)
    except UsageError as error:
        return str(error)
    raise AssertionError(frame)


for frame in (
    pd.DataFrame(COLUMNS),
    pl.DataFrame(COLUMNS),
    pa.table(COLUMNS),
    pa.RecordBatch.from_pydict(COLUMNS),
):
    assert refusal_of(frame).endswith(
        "with the columns 'id', 'body': pass one of them, frame['body']"
    )
    assert list_texts(frame["body"]) == ["a"]
for column in (
    pd.Series(["a"], dtype="category"), pd.Series(["a"], dtype="string"), pd.Index(["a"]),
    pa.array(["a"]).dictionary_encode(), pa.chunked_array([["a"]]), pl.Series(["a"], dtype=pl.Categorical),
):  # fmt: skip
    assert list_texts(column) == ["a"]

frame = VECTORS.to_pandas()
assert frame["vector"][0].tolist() == [1, 0]
assert frame["vector"].isna().tolist() == [False, True]
assert SCORES.to_pandas()["score"].isna().tolist() == [False, True]
assert MOODS.to_pandas().columns.tolist() == ["joy", "fear"]
for result, expected in (
    (VECTORS, {"vector": [[1, 0], None]}),
    (SCORES, {"score": [0.25, None]}),
    (MOODS, {"joy": [1, None], "fear": [0.5, None]}),
    (NONE, {"vector": []}),
):
    assert result.to_polars().to_dict(as_series=False) == expected
    assert result.to_arrow().to_pydict() == expected
assert VECTORS.to_polars().schema["vector"] == pl.Array(pl.Float32, 2)
assert VECTORS.to_arrow().schema.field("vector").type == pa.list_(pa.float32(), 2)
assert len(NONE.to_pandas()) == 0
print("checked")
