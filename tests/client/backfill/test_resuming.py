"""A backfill that dies anywhere goes on, and no row is lost or done twice."""

import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei_client import SpaceMismatchError, UsageError
from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill import Batch, Progress, Row, Totals, backfill, find_missing
from baseten_tei_client.backfill._journal import Journal
from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.sink import check_noted_space, dump_space
from baseten_tei_client.results import Floats
from tests.client.stores.fake_model import FakeModel, another_space, vector_of


class Death(BaseException):
    """As `kill -9`, between two steps."""


@dataclass
class Fate:
    """Dies at the n-th step that it is asked about."""

    steps: int | None = None

    def step(self) -> None:
        if self.steps is not None:
            self.steps -= 1
            if self.steps < 0:
                raise Death


@dataclass
class MemorySink:
    """A store that outlives runs. `appends`: it keeps what it is given beside what it has, as part files do."""

    appends: bool = True
    fate: Fate = field(default_factory=Fate)
    kept: list[tuple[Id, Floats]] = field(default_factory=list)
    note: str | None = None
    name: str = "memory"

    def open(self, space: Space, example: Row) -> None:
        assert isinstance(example, Row)
        check_noted_space(self.name, self.note, bool(self.kept), space)
        self.note = self.note or dump_space(space)

    def known(self, ids: Sequence[Id]) -> set[Id]:
        return set(ids) & {it for it, _ in self.kept}

    def write(self, batch: Batch) -> None:
        self.fate.step()
        new = list(zip(batch.ids, batch.vectors, strict=True))
        if not self.appends:
            half = len(new) // 2
            self._upsert(new[:half])
            self.fate.step()  # a store without transactions has some of them
            self._upsert(new[half:])
        else:
            self.kept += new
        self.fate.step()

    def _upsert(self, new: list[tuple[Id, Floats]]) -> None:
        ids = {it for it, _ in new}
        self.kept = [it for it in self.kept if it[0] not in ids] + new

    def finish(self) -> None:
        self.fate.step()

    def close(self) -> None: ...


def dying(fate: Fate) -> Callable[[pytest.MonkeyPatch], None]:
    """Make the journal's entries steps of a fate."""

    def patch(patches: pytest.MonkeyPatch) -> None:
        for name in ("begin", "finish", "finish_job"):
            whole = getattr(Journal, name)

            def entry(self: Journal, *values: Any, whole: Any = whole) -> None:
                fate.step()
                whole(self, *values)
                fate.step()

            patches.setattr(Journal, name, entry)

    return patch


ROWS = [Row(n, f"text {n % 9}" + "x" * (n % 4 * 8) if n % 7 else "") for n in range(23)]


def expected_ids(rows: Sequence[Row]) -> list[Id]:
    return [row.id for row in rows if row.text]


@given(
    deaths=st.lists(st.integers(0, 24), max_size=6),
    chunk=st.integers(1, 9),
    ahead=st.integers(1, 3),
    appends=st.booleans(),
)
def test_whatever_dies_between_two_steps_loses_and_repeats_nothing(
    deaths: list[int], chunk: int, ahead: int, appends: bool
) -> None:
    sink = MemorySink(appends)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patches:
        dying(sink.fate)(patches)
        where: dict[str, Any] = {
            "journal": Path(folder) / "journal.db", "report": Path(folder) / "report.jsonl",
            "chunk": chunk, "ahead": ahead,
        }  # fmt: skip
        for steps in deaths:
            sink.fate.steps = steps
            with suppress(Death):
                backfill(FakeModel(), ROWS, sink, **where)
        sink.fate.steps = None
        totals = backfill(FakeModel(), ROWS, sink, **where)
        report = [json.loads(it) for it in where["report"].read_text().splitlines()]
    assert sorted(it for it, _ in sink.kept) == expected_ids(ROWS)
    texts = {row.id: row.text for row in ROWS}
    assert all(np.array_equal(vector, vector_of(texts[it][:20])) for it, vector in sink.kept)
    assert [it["id"] for it in report if it["what"] == "refused"] == [0, 7, 14, 21]
    cut = [row.id for row in ROWS if len(row.text) > 20]
    assert [it["id"] for it in report if it["what"] == "truncated"] == cut
    assert totals.rows == 23
    assert totals.refused == 4


def run(model: FakeModel, rows: Any, sink: MemorySink, folder: Path, **more: Any) -> Totals:
    return backfill(model, rows, sink, journal=folder / "journal.db", **{"chunk": 4, **more})


def test_a_chunk_that_straddles_a_change_of_the_served_space_is_not_written(tmp_path: Path) -> None:
    sink = MemorySink()
    with pytest.raises(SpaceMismatchError, match="another space"):
        run(FakeModel(changes_after=5), ROWS, sink, tmp_path, ahead=1)
    assert 0 < len(sink.kept) < len(expected_ids(ROWS))
    texts = {row.id: row.text for row in ROWS}
    assert all(np.array_equal(vector, vector_of(texts[it][:20])) for it, vector in sink.kept)
    with pytest.raises(SpaceMismatchError):
        run(another_space(), ROWS, sink, tmp_path)
    run(FakeModel(), ROWS, sink, tmp_path)
    assert sorted(it for it, _ in sink.kept) == expected_ids(ROWS)


def test_an_index_of_another_or_an_unknown_space_is_refused(tmp_path: Path) -> None:
    sink = MemorySink()
    run(FakeModel(), ROWS, sink, tmp_path)
    with pytest.raises(SpaceMismatchError, match="model_id 'fake/one' -> 'fake/two'"):
        backfill(another_space(), ROWS, sink, journal=tmp_path / "other.db")
    sink.note = None
    with pytest.raises(SpaceMismatchError, match="no note of their space"):
        backfill(FakeModel(), ROWS, sink, journal=tmp_path / "third.db")


def test_rows_that_a_sink_lacks_are_found_and_caught_up_by_another_run(tmp_path: Path) -> None:
    sink = MemorySink()
    run(FakeModel(), ROWS, sink, tmp_path)
    sink.kept = [it for it in sink.kept if it[0] not in (3, 8, 20)]
    assert [row.id for row in find_missing(ROWS, sink) if row.text] == [3, 8, 20]
    model = FakeModel()
    totals = run(model, ROWS, sink, tmp_path)
    assert (totals.written, totals.present, totals.refused) == (3, 16, 4)
    assert sorted(it for it, _ in sink.kept) == expected_ids(ROWS)
    assert "text 4" not in model.sent


def test_a_store_that_was_emptied_after_a_kill_is_filled_whatever_the_journal_says(
    tmp_path: Path,
) -> None:
    sink = MemorySink()
    sink.fate.steps = 5
    with pytest.raises(Death):
        run(FakeModel(), ROWS, sink, tmp_path)
    assert sink.kept
    again = MemorySink()
    run(FakeModel(), ROWS, again, tmp_path)
    assert sorted(it for it, _ in again.kept) == expected_ids(ROWS)


def test_a_full_disk_under_the_journal_is_one_line_and_the_job_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    sink, rows = MemorySink(), [(f"{n} {'x' * 4000}", "") for n in range(40)]
    with pytest.MonkeyPatch.context() as patches:
        whole = Journal.begin_job

        def begin_job(self: Journal, told: Any) -> Any:
            self._database.execute("PRAGMA max_page_count = 12")
            return whole(self, told)

        patches.setattr(Journal, "begin_job", begin_job)
        with pytest.raises(
            UsageError, match=r"journal cannot be written: database or disk is full"
        ):
            run(FakeModel(), rows, sink, tmp_path)
    assert run(FakeModel(), rows, sink, tmp_path).refused == 40


def test_a_report_that_cannot_be_written_is_one_line_after_the_rows_are(tmp_path: Path) -> None:
    sink = MemorySink()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="the report cannot be written: Not a directory"):
        run(FakeModel(), ROWS, sink, tmp_path, report=tmp_path / "file" / "report.jsonl")
    assert sorted(it for it, _ in sink.kept) == expected_ids(ROWS)


def test_more_rows_of_a_source_are_filled_in_and_none_is_sent_again(tmp_path: Path) -> None:
    sink = MemorySink()
    run(FakeModel(), ROWS[:10], sink, tmp_path)
    model = FakeModel()
    run(model, ROWS, sink, tmp_path)
    assert sorted(it for it, _ in sink.kept) == expected_ids(ROWS)
    assert set(model.sent).isdisjoint({"text 1xxxxxxxx"})


def test_an_equal_text_is_sent_once_and_a_repeated_id_is_told(tmp_path: Path) -> None:
    rows = [
        ("a", "same"),
        ("b", "same"),
        ("a", "other"),
        ("c", "same"),
        *((f"n{n}", "same") for n in range(9)),
    ]
    sink, model = MemorySink(), FakeModel()
    totals = run(model, rows, sink, tmp_path, report=tmp_path / "report.jsonl", ahead=1)
    assert [it for it, _ in sink.kept] == ["a", "b", "c", *(f"n{n}" for n in range(9))]
    assert totals.repeated == 1
    [told] = map(json.loads, (tmp_path / "report.jsonl").read_text().splitlines())
    assert told == {"row": 2, "id": "a", "what": "repeated", "row_before": 0}
    assert "other" not in model.sent
    assert model.sent.count("same") < 8


def test_an_id_that_comes_in_two_chunks_on_their_way_is_written_once(tmp_path: Path) -> None:
    rows = [(n % 5, f"text {n}") for n in range(20)]
    sink = MemorySink()
    totals = run(FakeModel(), rows, sink, tmp_path, ahead=3)
    assert sorted(it for it, _ in sink.kept) == [0, 1, 2, 3, 4]
    assert totals.written == 5


def test_two_backfills_do_not_share_a_journal(tmp_path: Path) -> None:
    held = Journal.open(tmp_path / "journal.db")
    with pytest.raises(UsageError, match="another backfill is at work"):
        run(FakeModel(), ROWS, MemorySink(), tmp_path)
    held.close()
    run(FakeModel(), ROWS, MemorySink(), tmp_path)
    with pytest.raises(UsageError, match="the journal of a backfill of memory, not of elsewhere"):
        run(FakeModel(), ROWS, MemorySink(name="elsewhere"), tmp_path)


def test_progress_counts_earlier_runs_but_not_for_the_rate(tmp_path: Path) -> None:
    seen: list[Progress] = []
    sink = MemorySink()
    run(FakeModel(), ROWS, sink, tmp_path, progress=seen.append)
    assert [(it.rows, it.of) for it in seen] == [(min(n, 23), 23) for n in range(4, 25, 4)]
    assert seen[-1].seconds_left == 0
