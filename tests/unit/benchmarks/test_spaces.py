"""How searches are judged while an embedding model is replaced: what is wrong is told, and where."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from benchmarks.measure.watching import WatchError
from benchmarks.sections.spaces import judge, require_good
from benchmarks.worlds.consumers import Verdict
from benchmarks.worlds.notes import make_notes, query_of, words_of
from benchmarks.worlds.searchers import Load
from benchmarks.worlds.truth import Truth

EYE = np.eye(3, dtype=np.float32)
TRUTH = Truth(["a", "b", "c"], EYE, ["note-0", "note-1", "note-2"])


def judged(place: int, answer: Any, nearest: str = "note-1") -> str | None:
    index = SimpleNamespace(find_nearest=lambda vectors: [nearest] * len(vectors))
    load = Load(SimpleNamespace(index=index), TRUTH, 1.0, Path("unused"))  # type: ignore[arg-type]  # its index is asked
    [verdict] = load._judge([(0.0, 1.0, place, answer)])
    return verdict


def test_a_vector_of_another_space_another_note_and_a_failure_are_told() -> None:
    assert judged(1, EYE[1]) is None
    assert judged(1, EYE[2]) == "wrong space: cosine 0.000"
    assert judged(1, np.ones(4, np.float32)) == "wrong space: cosine 0.000"
    assert judged(1, EYE[1], nearest="note-2") == "wrong note: note-2, not note-1"
    assert judged(1, "DeadlineError: late") == "failed: DeadlineError: late"


def test_two_spaces_that_cannot_be_told_apart_prove_nothing() -> None:
    TRUTH.require_other_than(Truth(TRUTH.queries, EYE[[1, 2, 0]], TRUTH.ids))
    with pytest.raises(RuntimeError, match="cannot be told apart"):
        TRUTH.require_other_than(TRUTH)


def test_each_note_has_words_of_its_own_and_its_query_names_them_all() -> None:
    assert len({tuple(words_of(number)) for number in range(20_000)}) == 20_000
    for number, note in enumerate(make_notes(50)):
        assert all(word in note["passage"].lower() for word in words_of(number))
        assert all(word in query_of(number) for word in words_of(number))


def world(*wrong: str | None, failures: tuple[str, ...] = (), writes: tuple[str, ...] = ()) -> Any:
    verdicts = [Verdict(1.5, 10.0, it) for it in wrong]
    return SimpleNamespace(
        phases=[("advance", 1.0, 2.0)], consumers=SimpleNamespace(verdicts=lambda: verdicts),
        service=SimpleNamespace(failures=list(failures)), writes=list(writes),
    )  # fmt: skip


def test_what_is_wrong_is_counted_in_its_step_and_ends_the_benchmark() -> None:
    [step, every] = judge(world(None, "failed: late", "wrong space: cosine 0.1"))
    assert (step.name, step.searches, step.failed, step.wrong) == ("advance", 3, 1, 1)
    assert (every.name, every.searches) == ("all", 3)
    require_good(world(None))
    for bad in (
        world(None, "failed: late"), world(), world(None, failures=("503",)), world(None, writes=("POST /v1",)),
    ):  # fmt: skip
        with pytest.raises(WatchError):
            require_good(bad)
