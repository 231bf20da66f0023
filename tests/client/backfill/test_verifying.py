"""A verification finds what is wrong with an index of the next space, and lets one pass that is whole."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baseten_tei_client import SpaceMismatchError, UsageError
from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill import Thresholds, Verification, backfill, read_queries, verify
from baseten_tei_client.results import Embeddings, Ranking, Usage
from tests.client.backfill.memory_index import MemoryIndex
from tests.client.stores.fake_model import SPACE, FakeModel, vector_of

TOPICS = [f"topic{n}" for n in range(12)]
ROWS = [
    (f"n{n}", f"{TOPICS[n % 12]} {n // 12}" if n % 25 else "refused" if n % 2 else "")
    for n in range(240)
]
QUERIES = [f"{it} {n}" for it in TOPICS for n in (2, 5, 11)]
OTHER = replace(SPACE, model_id="fake/two")


@dataclass
class TopicModel(FakeModel):
    """Vectors of texts with the same first word are near each other; `blind`: they are not."""

    blind: bool = False

    def embed_documents(self, texts: Iterable[str], **options: Any) -> Embeddings:
        given = ["" if it == "refused" else it for it in texts]
        found = super().embed_documents(given, **options)
        for n, text in enumerate(given):
            if text and not self.blind:
                near = 3 * vector_of(text.split()[0], self.salt) + found.vectors[n]
                found.vectors[n] = near / np.linalg.norm(near)
        return found


class TopicJudge:
    """Finds a text good that has the query's first word."""

    name = "judge"

    def rerank(self, query: str, texts: Iterable[str], **_: Any) -> Ranking:
        scores = [0.9 if it.split()[0] == query.split()[0] else 0.05 for it in texts]
        return Ranking((), (), Usage(), np.array(scores, np.float32))


def model(space: Space = OTHER, *, blind: bool = False) -> TopicModel:
    return TopicModel(space, salt=space.model_id, blind=blind)


@dataclass
class World:
    """Two indexes, filled by backfills; a test spoils the new one."""

    folder: Path
    following: TopicModel

    def __post_init__(self) -> None:
        self.old, self.new = MemoryIndex(name="old"), MemoryIndex(name="new")
        backfill(model(SPACE), ROWS, self.old, journal=self.folder / "old.db")
        self.report = self.folder / "new.report.jsonl"
        backfill(self.following, ROWS, self.new, journal=self.folder / "new.db", report=self.report)

    def verify(self, rows: Any = ROWS, **options: Any) -> Verification:
        given = {
            "queries": QUERIES, "judge_by": TopicJudge(), "reports": [self.report],
            "thresholds": Thresholds(max_refused=0.1), **options,
        }  # fmt: skip
        return verify(model(SPACE), self.following, rows, old=self.old, new=self.new, **given)

    def spoil(self, place: int, vector: Any) -> None:
        self.new.kept[place] = (self.new.kept[place][0], np.asarray(vector, np.float32))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, model())


def failed(found: Verification) -> dict[str, str]:
    return {it.name: it.found for it in found.checks if it.passed is False}


def test_a_whole_index_passes_and_its_refused_rows_are_named(world: World) -> None:
    found = world.verify()
    assert found.passed, failed(found)
    coverage = found.figures.coverage
    assert (coverage.rows, coverage.present, coverage.missing) == (240, 230, 0)
    assert (coverage.empty, coverage.refused) == (5, 5)
    assert coverage.refused_rows["n25"] == "is empty"
    assert found.figures.vectors.sample == 230
    judgement = found.figures.judgement
    assert judgement is not None
    assert judgement.low <= 0 <= judgement.high
    assert "equal within" in found.summary
    json.dumps(found.as_mapping(), allow_nan=False)


def shape(index: int, count: int = 8) -> list[float]:
    return [1.0 if n == index else 0.0 for n in range(count)]


SPOILS: dict[str, tuple[Callable[[World], Any], str, str]] = {
    "rows are missing": (
        lambda it: it.new.kept.__delitem__(slice(3, 6)), "coverage",
        "227 of 230 rows are in the new index (98.7 %); missing: n4, n5, n6",
    ),
    "a row is too many": (
        lambda it: it.new.kept.append(("gone", it.new.kept[0][1])), "extra rows",
        "1 vectors are of rows that the source does not have: gone",
    ),
    "a row is there twice": (
        lambda it: it.new.kept.append(it.new.kept[7]), "vectors", "of 231, 1 are there twice",
    ),
    "a vector is of another model": (
        lambda it: it.spoil(9, model(SPACE).embed_documents([ROWS[10][1]]).vectors[0]), "one space",
        "1 of 230 vectors that were embedded anew are not what the next model gives",
    ),
    "a vector is not finite": (
        lambda it: it.spoil(9, [np.nan, *shape(0, 7)]), "vectors", "of 230, 1 are not finite: n10",
    ),
    "a vector is zero": (lambda it: it.spoil(9, [0] * 8), "vectors", "of 230, 1 are zero: n10"),
    "a vector has another length": (
        lambda it: it.spoil(9, shape(0, 9)), "vectors", "of 230, 1 do not have 8 dimensions: n10",
    ),
    "the index has no note": (
        lambda it: setattr(it.new, "note", None), "one space", "the index has no note of its space",
    ),
    "the old index is of something else": (
        lambda it: setattr(it.old, "kept", it.new.kept), "old index",
        "0 of 200 sampled vectors are what the current model gives",
    ),
    "nothing is there": (lambda it: it.new.kept.clear(), "coverage", "0 of 230 rows"),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILS)
def test_what_is_wrong_is_found_by_its_check(world: World, what: str) -> None:
    spoil, check, said = SPOILS[what]
    spoil(world)
    found = world.verify()
    assert not found.passed
    assert said in failed(found)[check]


def test_a_vector_of_another_model_is_found_without_embedding_all_of_them(tmp_path: Path) -> None:
    """It is among those that are least like the rest, as vectors of one model share a direction."""

    class Narrow(TopicModel):
        def embed_documents(self, texts: Iterable[str], **options: Any) -> Embeddings:
            found = super().embed_documents(texts, **options)
            leaning = found.vectors + 2 * vector_of("a direction", self.salt)
            lengths = np.linalg.norm(leaning, axis=1, keepdims=True)
            return replace(found, vectors=(leaning / lengths).astype(np.float32))

    world = World(tmp_path, Narrow(OTHER, salt="two"))
    world.spoil(100, model(SPACE).embed_documents([ROWS[105][1]]).vectors[0])
    found = world.verify(sample=5)
    assert found.figures.vectors.sample < 110
    assert found.figures.vectors.foreign_ids == ["n105"]


def test_a_next_that_finds_worse_rows_does_not_pass(tmp_path: Path) -> None:
    world = World(tmp_path, model(blind=True))
    found = world.verify()
    assert list(failed(found)) == ["relevance"]
    assert failed(found)["relevance"].startswith("next is worse by 0.")
    assert "at most 0.05 may be lost" in failed(found)["relevance"]
    alone = world.verify(judge_by=None)
    assert list(failed(alone)) == ["overlap"]
    assert alone.figures.judgement is None
    assert world.verify(thresholds=Thresholds(max_refused=0.1, max_loss=1)).passed


def test_a_next_that_finds_better_rows_is_told_to_be_better(tmp_path: Path) -> None:
    world = World(tmp_path, model())
    old = model(SPACE, blind=True)
    world.old = MemoryIndex(name="old")
    backfill(old, ROWS, world.old, journal=tmp_path / "blind.db")
    found = verify(
        old, world.following, ROWS, old=world.old, new=world.new, queries=QUERIES,
        judge_by=TopicJudge(), reports=[world.report], thresholds=Thresholds(max_refused=0.1),
    )  # fmt: skip
    assert found.passed, failed(found)
    assert "next is better" in found.summary


def test_rows_that_no_report_explains_are_missing(world: World) -> None:
    found = world.verify(reports=())
    assert failed(found)["coverage"].startswith("230 of 235 rows")
    assert list(failed(world.verify(thresholds=Thresholds()))) == ["refused rows"]


def test_a_later_row_of_an_id_is_not_taken_for_a_wrong_vector(world: World) -> None:
    found = world.verify([*ROWS, ("n7", "another text of the same id")])
    assert found.passed, failed(found)
    assert found.figures.coverage.repeated == 1
    changed = [(it[0], "changed") if it[0] == "n7" else it for it in ROWS]
    assert "n7" in failed(world.verify(changed))["one space"]


def test_rows_that_are_missing_twice_are_counted_once(world: World) -> None:
    found = world.verify([*ROWS, ("n0", ""), ("lost", "one"), ("lost", "one")])
    assert failed(found)["coverage"].startswith("230 of 231 rows")
    assert found.figures.coverage.repeated == 2


def test_without_queries_the_beginnings_of_rows_are_asked_and_that_is_said(world: World) -> None:
    found = world.verify(queries=None)
    [told] = [it.found for it in found.checks if it.name == "overlap"]
    assert "queries taken from rows" in told
    few = world.verify(most_queries=7, queries=["", *QUERIES], seed=3)
    assert few.figures.agreement.queries + few.figures.agreement.refused == 7


def test_the_rest_of_the_queries_is_asked_without_a_clock(world: World) -> None:
    found = world.verify(seconds=0, queries=[*QUERIES, ""])
    assert found.figures.latency.queries == 1
    assert (found.figures.agreement.queries, found.figures.agreement.refused) == (len(QUERIES), 1)
    latency = found.figures.latency
    assert latency.all_new.p50 == pytest.approx(latency.embed_new.p50 + latency.search_new.p50)


def test_an_index_of_another_space_and_a_model_that_moved_are_refused(world: World) -> None:
    world.new.note = world.old.note
    with pytest.raises(SpaceMismatchError, match="new is not an index of the next model's space"):
        world.verify()
    world.new.note = "{"
    with pytest.raises(SpaceMismatchError, match="a note of its space that cannot be read"):
        world.verify()


def test_mistakes_are_a_line(world: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="queries is empty"):
        world.verify(queries=[])
    with pytest.raises(UsageError, match="refused every query"):
        world.verify(queries=[""])
    with pytest.raises(UsageError, match="the source has no rows"):
        world.verify([])
    world.report.write_text("{}\n")
    with pytest.raises(UsageError, match="line 1, is not of a backfill's report"):
        world.verify()
    for name, text, said in [
        ("a.txt", "\n \n", "has no query: write one a line"),
        ("a.jsonl", '{"q": 1}', "line 1, has no query"),
        ("a.jsonl", "{", "line 1, is not JSON"),
        ("b.txt", None, "cannot be read"),
    ]:
        if text is not None:
            (tmp_path / name).write_text(text)
        with pytest.raises(UsageError, match=said):
            read_queries(tmp_path / name)
    (tmp_path / "a.jsonl").write_text('"one"\n\n{"query": "two"}\n{"text": " three "}\n')
    assert read_queries(tmp_path / "a.jsonl") == ["one", "two", "three"]
