"""Ids and payloads of rows: what a source may have, and what a store gets of it."""

import datetime
import re
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baseten_tei_client import UsageError
from baseten_tei_client.backfill import Row, Rows, SinkError
from baseten_tei_client.backfill._rows import cut_into_chunks
from baseten_tei_client.backfill._sinks.ids import Ids
from baseten_tei_client.backfill._sinks.payloads import dump_payload
from tests.client.backfill.test_resuming import MemorySink, run
from tests.client.stores.fake_model import FakeModel


@pytest.mark.parametrize(
    ("given", "kept"),
    [("7", "7"), (-2, -2), (np.int64(7), 7), (2**63 - 1, 2**63 - 1), (uuid.UUID(int=7), str(uuid.UUID(int=7)))],
)  # fmt: skip
def test_an_id_is_a_text_or_a_whole_number_of_64_bits(given: Any, kept: Any) -> None:
    [row] = Rows([(given, "text")])
    assert row.id == kept
    assert type(row.id) is type(kept)


@pytest.mark.parametrize("given", ["", None, 1.0, True, b"7", "half \ud800", ("a",)])
def test_another_id_is_refused_with_its_row(given: Any) -> None:
    with pytest.raises(UsageError, match=r"row 2 has the id .*: an id is a text or a whole number"):
        list(Rows([("a", "text"), (given, "text")]))
    with pytest.raises(UsageError, match="row 1 has the id"):
        list(Rows([Row(given, "text")]))


def test_an_id_above_64_bits_is_refused() -> None:
    with pytest.raises(UsageError, match="more than 64 bits: write it as a text"):
        list(Rows([(2**63, "text")]))


def test_ids_of_two_kinds_are_refused_since_a_store_has_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"row 6 .* id '1', and the first row 0: write all ids as"):
        run(FakeModel(), [*((n, "text") for n in range(5)), ("1", "text")], MemorySink(), tmp_path)


def test_a_number_and_its_text_are_one_row_of_a_store() -> None:
    numbers, texts = Ids(True, "store"), Ids(False, "store")
    assert [numbers.convert(it) for it in (7, "7", "-2")] == [7, 7, -2]
    assert [texts.convert(it) for it in (7, "7", "x")] == ["7", "7", "x"]
    for it in ("x", "07", "1.0", "\uff17", "²", ""):
        with pytest.raises(SinkError, match="its ids are whole numbers"):
            numbers.convert(it)


def test_a_payload_becomes_json_whatever_is_in_it() -> None:
    day = datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC)
    payload = {
        "when": day, "day": day.date(), "price": Decimal("1.50"), "raw": b"\xff", "nan": float("nan"),
        "score": np.float32(0.5), "count": np.int64(3), "half": "\ud800x", "deep": {1: [None, float("inf"), (True,)]},
    }  # fmt: skip
    assert dump_payload(Row("a", "text", payload)) == (
        '{"when": "2026-01-02T03:00:00+00:00", "day": "2026-01-02", "price": "1.50", "raw": "/w==", "nan": null, '
        '"score": 0.5, "count": 3, "half": "\\ufffdx", "deep": {"1": [null, null, [true]]}}'
    )
    nul = Row("a", "text", {"p": "n\x00ul"})
    assert re.findall(r"\\u0000|\\ufffd", f"{dump_payload(nul)}{dump_payload(nul, without_nul=True)}") == [
        "\\u0000", "\\ufffd",
    ]  # fmt: skip


def test_rows_are_cut_into_chunks_once_each() -> None:
    chunks = list(cut_into_chunks([Row(n, "") for n in range(5)], 2))
    assert [[row.id for row in it.rows] for it in chunks] == [[0, 1], [2, 3], [4]]
    assert [it.first for it in chunks] == [0, 2, 4]
