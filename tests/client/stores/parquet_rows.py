"""What a source of Parquet reads from files in several folders: run in the environment of tests/client/stores.

python parquet_rows.py write PLACE
python parquet_rows.py read ID_COLUMN=PLACE…
"""

import json
import sys
from typing import Any

from baseten_tei_client import TeiClientError
from baseten_tei_client.backfill import open_source

FILES, ROWS = 3, 100


def write(place: str) -> None:
    """Write three files with row groups, each in a folder of its own, and what others leave beside them."""
    import pyarrow as pa
    from pyarrow import parquet
    from pyarrow.fs import FileSystem

    filesystem, folder = FileSystem.from_uri(place)
    for n in range(FILES):
        numbers = range(n * ROWS, n * ROWS + ROWS)
        table = pa.table({
            "body": [f"text {it}" for it in numbers], "key": numbers,
            "tag": [it % 3 for it in numbers], "unread": ["x"] * ROWS,
        })  # fmt: skip
        filesystem.create_dir(f"{folder}/day={n}")
        parquet.write_table(
            table, f"{folder}/day={n}/rows.parquet", row_group_size=30, filesystem=filesystem
        )
    for name in ("_SUCCESS", "day=1/_metadata.parquet", "day=1/.crc.parquet"):
        with filesystem.open_output_stream(f"{folder}/{name}") as file:
            file.write(b"torn")
    with filesystem.open_output_stream(f"{folder}/broken") as file:
        file.write(b"not Parquet")


def read(*places: str) -> None:
    """Print what each place has (ID_COLUMN=PLACE): how many rows it says and which are read, or the error."""
    found: list[Any] = []
    for it in places:
        column, _, place = it.partition("=")
        try:
            source = open_source(place, id=column, text="body", payload=["tag"])
            rows = [[row.id, row.text, row.payload["tag"]] for row in source]
            found.append([source.count(), rows])
        except TeiClientError as error:
            found.append(f"{type(error).__name__}: {error}")
    print(json.dumps(found))


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
