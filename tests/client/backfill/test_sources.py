"""Files that a source may be, and what is said of those that it may not be."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from baseten_tei_client import UsageError
from baseten_tei_client.backfill import open_sink, open_source
from baseten_tei_client.backfill._sources import as_source

LINES = b"".join(b'{"id": "%d", "text": "text %d"}\n' % (n, n * 7919) for n in range(2000))


def read(path: Path, content: bytes, **columns: Any) -> list[Any]:
    path.write_bytes(content)
    return [(row.id, row.text) for row in open_source(path, **columns)]


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.jsonl", b'\xef\xbb\xbf{"id": 1, "text": "x"}\r\n\r\n{"id": 2, "text": null}', [(1, "x"), (2, None)]),
        ("a.csv", b'\xef\xbb\xbfid,text\r\n1,"a\r\nb, ""c"""\r\n\r\n2\r\n', [("1", 'a\r\nb, "c"'), ("2", None)]),
        ("a.csv.gz", gzip.compress(b"id,text\n"), []),
        ("a.ndjson", b"", []),
    ],
)  # fmt: skip
def test_rows_are_read_as_they_are_written(
    name: str, content: bytes, rows: list[Any], tmp_path: Path
) -> None:
    assert read(tmp_path / name, content) == rows


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl.gz", gzip.compress(LINES)[:-900], "is not a whole file of gzip"),
        ("a.jsonl.gz", gzip.compress(LINES)[:200] + bytes(90), "is not a whole file of gzip"),
        ("a.jsonl.gz", LINES, "cannot be read: Not a gzipped file"),
        ("a.jsonl", '{"id": "é"}'.encode("latin-1"), r"is not UTF-8 .* at byte 0xe9\): convert it"),
        ("a.csv", "id,text\n1,é".encode("latin-1"), "is not UTF-8"),
        ("a.csv", b"", "is empty: its first line has the names of the columns"),
        ("a.csv", b"id, text\n1, a\n", "has no column 'text'; it has: 'id', ' text'"),
        ("a.csv", b"id,text,text\n1,a,b\n", "has several columns 'text'"),
        ("a.csv", b"id,text\n1,one\n2,two, and more\n", "row 2, has more values than columns"),
        ("a.csv", b'id,text\n1,"never closed\n2,two\n', "is not CSV: unexpected end of data"),
        ("a.json", b"[]", "is of a kind that is not read"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_whole_is_one_line(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said):
        read(tmp_path / name, content)


def test_what_has_no_rows_says_what_to_give() -> None:
    table = type("DataFrame", (), {"__module__": "pandas.core.frame"})()
    for given, said in [
        ("notes.jsonl", r"'notes.jsonl' is a path, not rows: give open_source\(path\)"),
        (Path("notes.csv"), "is a path, not rows"),
        (table, r"a DataFrame is not rows: .* list\(zip\(frame\['id'\], frame\['text'\]\)\)"),
        (None, "NoneType is not rows"),
    ]:
        with pytest.raises(UsageError, match=said):
            as_source(given)  # type: ignore[arg-type]  # what callers try


@pytest.mark.parametrize(
    "where", ["", "milvus:notes", "redis://host/0", "pgvector:postgresql://host/db"]
)
def test_another_store_makes_no_folder(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is not a store that is known: FOLDER"):
        open_sink(where)
    assert not list(tmp_path.iterdir())
