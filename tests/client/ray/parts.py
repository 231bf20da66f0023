"""Writes the source of a job, and shows its parts: run in the environment of this folder.

python parts.py write URL FILES ROWS
python parts.py show URL
"""

import json
import sys


def text_of(number: int) -> str:
    """Return the text of a row: some are refused, some cut, some come again."""
    if number % 50 == 3:
        return ""
    return f"note {number % 100} " + "word " * (400 if number % 60 == 7 else 3)


def numbers_of(file: int, rows: int) -> list[int]:
    """Return the numbers of a file's rows; the first file begins with the same row twice."""
    return [max(0, file * rows - 1), *range(file * rows, (file + 1) * rows)]


def write(url: str, files: str, rows: str) -> None:
    """Write files with row groups that are not as long as chunks; the first id of each came before."""
    import pyarrow as pa
    from pyarrow import parquet
    from pyarrow.fs import FileSystem

    filesystem, folder = FileSystem.from_uri(url)
    for file in range(int(files)):
        numbers = numbers_of(file, int(rows))
        table = pa.table({
            "key": [f"n{it}" for it in numbers], "body": [text_of(it) for it in numbers], "size": numbers,
        })  # fmt: skip
        filesystem.create_dir(folder)
        parquet.write_table(
            table, f"{folder}/{file}.parquet", row_group_size=130, filesystem=filesystem
        )


def show(url: str) -> None:
    """Print the rows of all parts, and what is noted in the first."""
    import pyarrow.dataset
    from pyarrow.fs import FileSystem

    filesystem, folder = FileSystem.from_uri(url)
    parts = pyarrow.dataset.dataset(folder, format="parquet", filesystem=filesystem)
    rows = parts.to_table().to_pylist()
    note = json.loads((parts.schema.metadata or {})[b"baseten_tei_space"])
    print(json.dumps({"rows": rows, "space": note}))


if __name__ == "__main__":
    {"write": write, "show": show}[sys.argv[1]](*sys.argv[2:])
