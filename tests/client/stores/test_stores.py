"""Each store holds what a backfill wrote, by its real client: once, of one space, whatever was killed."""

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.client.stores.conftest import STORES, Store
from tests.client.stores.fake_model import vector_of
from tests.client.stores.fill import rows

ROWS = 400
ALL = bool(os.environ.get("BASETEN_TEI_ALL_FAULTS"))


def assert_whole(holds: list[tuple[str, list[float], Any]], count: int) -> None:
    """Every row that has a text is there once, with its vector and its payload."""
    expected = {name: (text, payload) for name, text, payload in rows(count) if text}
    assert sorted(name for name, _, _ in holds) == sorted(expected)
    for name, vector, payload in holds:
        text, kept = expected[name]
        assert np.allclose(vector, vector_of(text[:20]), atol=1e-6), name
        assert payload == kept


def test_a_store_is_filled_caught_up_and_keeps_to_its_space(store: Store) -> None:
    first = store.filled(ROWS)
    refused = sum(not text for _, text, _ in rows(ROWS))
    assert (first["rows"], first["refused"], first["present"]) == (ROWS, refused, 0)
    assert_whole(first["holds"], ROWS)
    truncated = [it["id"] for it in store.report() if it["what"] == "truncated"]
    assert truncated == [name for name, text, _ in rows(ROWS) if len(text) > 20]

    more = store.filled(ROWS + 30, "another-journal.db")  # a journal that was lost is not missed
    assert more["present"] == ROWS - refused
    assert_whole(more["holds"], ROWS + 30)

    other = store.fill(ROWS, "third.db", "another")
    assert other.code == 1
    assert other.stderr.startswith("SpaceMismatchError: ")
    assert "model_id 'fake/one' -> 'fake/two'" in other.stderr


def test_ids_are_numbers_or_their_texts_and_a_payload_is_kept_as_it_is_or_refused(
    store: Store,
) -> None:
    negative, texts, wrong, mixed = map(
        json.loads, store.call("odd", store.sink).stdout.splitlines()
    )
    assert negative == [[-2, None], [-1, 1]]
    assert texts == [[-2, None], [-1, 1], [3, 2]]
    assert "'x'" in wrong or '"x"' in wrong
    if store.sink.startswith(("parquet", "s3", "lancedb")):
        assert mixed.startswith("row 5: 'p' is int64, as in the first row, and not 5.5")
    else:
        assert mixed == [*texts, [4, 4], [5, 5.5]]


@pytest.mark.parametrize("store", ["lancedb", "sqlite-vec", "qdrant", "postgresql"], indirect=True)
def test_an_index_for_vectors_of_another_length_is_refused_before_a_row_is_embedded(
    store: Store,
) -> None:
    told = store.call("narrow", store.sink).stdout.lstrip()
    assert told.startswith("UsageError ")
    assert told.endswith(" False\n")
    is_lance = store.sink.startswith("lancedb")
    assert ("was not made by a backfill" if is_lance else "for vectors of 3 dimensions") in told


@pytest.mark.parametrize("store", STORES if ALL else ["parquet", "s3", "sqlite-vec"], indirect=True)
def test_kill_9_at_random_moments_loses_and_repeats_nothing(store: Store) -> None:
    chance = random.Random(19)  # noqa: S311  # a sample
    for _ in range(20 if ALL else 2):
        store.kill_after(ROWS, chance.randrange(3), chance.random() * 0.1)
    last = store.filled(ROWS)
    assert last["rows"] == ROWS
    assert_whole(last["holds"], ROWS)
    refused = [it["id"] for it in store.report() if it["what"] == "refused"]
    assert refused == [name for name, text, _ in rows(ROWS) if not text]


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_column_of_a_table_that_has_the_rows_is_filled_and_their_other_columns_stay(
    store: Store,
) -> None:
    assert store.call("sql", store.sink, (
        "CREATE TABLE {table} (id text PRIMARY KEY, title text NOT NULL, payload jsonb);"
        "INSERT INTO {table} SELECT 'it''s ' || n, 'title ' || n FROM generate_series(0, 99) n"
    )).code == 0  # fmt: skip
    store.filled(100)
    kept = store.call("sql", store.sink, (
        "SELECT count(*) FROM {table} WHERE embedding IS NOT NULL AND title = 'title ' || substr(id, 6)"
    ))  # fmt: skip
    assert kept.stdout.strip() == str(sum(bool(it[1]) for it in rows(100)))


def test_an_index_is_read_and_searched_and_a_wrong_vector_and_a_foreign_row_are_found(
    store: Store, tmp_path: Path
) -> None:
    nothing = store.call("look", store.sink)
    assert nothing.code == 1
    assert nothing.stderr.startswith("UsageError: ")

    done = store.call("verify", store.sink, f"parquet:{tmp_path}/beside")
    assert done.code == 0, done.text
    whole, spoilt = map(json.loads, done.stdout.splitlines())
    assert whole["passed"], whole["checks"]
    figures = whole["figures"]
    assert figures["coverage"]["present"] == figures["vectors"]["stored"] == 300
    assert figures["vectors"]["sample"] == 300
    assert figures["agreement"]["overlap"] == 1  # as exact search in the other store finds
    assert not spoilt["passed"]
    assert spoilt["figures"]["coverage"]["extra_ids"] == [999]
    assert spoilt["figures"]["vectors"]["foreign_ids"] == [4]
    assert (spoilt["figures"]["vectors"]["twice"] == 1) is store.sink.startswith(("parquet", "s3"))
