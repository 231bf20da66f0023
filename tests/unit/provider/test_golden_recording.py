"""What `baseten-tei golden` asks about, and what it writes."""

from pathlib import Path
from typing import Any

import pytest

from baseten_tei.baseten.patience import Patience
from baseten_tei.baseten.router_errors import ModelCallError
from baseten_tei.baseten.target import parse_target
from baseten_tei.errors import UserError
from baseten_tei.provider.release.golden.file import Tolerances, parse_golden, render_golden
from baseten_tei.provider.release.golden.recorder import Recorder
from baseten_tei.provider.release.golden.recording import new_golden, questions
from baseten_tei.provider.release.golden.texts import QUERY, TEXTS, texts_of
from tests.support.fakes import Clock
from tests.support.goldens_of import NORTH, make_golden
from tests.support.loopback import Loopback, loopback

INFO: dict[str, Any] = {
    "model_id": "/models/BAAI/bge-base-en-v1.5",
    "model_sha": None,
    "model_type": {"embedding": {"pooling": "cls"}},
    "model_dtype": "float16",
    "version": "1.8.3",
}
OUTPUTS = {
    "baseten_id": "m1",
    "environment": "staging",
    "task": "embedding",
    "config_digest": "d1gest",
}
ROUTER = "/hosts/model-m1/environments/staging/sync"


def test_without_a_file_our_own_texts_are_asked_about() -> None:
    assert questions("embedding", None, None) == (None, TEXTS)
    assert questions("reranker", None, None) == (QUERY, TEXTS)


def test_texts_of_the_last_recording_are_kept() -> None:
    before = make_golden("reranker", 0.5, 0.25)
    assert questions("reranker", None, before) == ("q", ("a", "b"))
    assert questions("embedding", None, before) == (None, TEXTS)


def test_texts_of_ones_own_go_before_all_others() -> None:
    assert questions("embedding", "x\n\ny\n", make_golden("embedding", NORTH)) == (None, ("x", "y"))
    assert questions("reranker", "q\nx\n", None) == ("q", ("x",))


@pytest.mark.parametrize(("task", "own"), [("embedding", "\n \n"), ("reranker", "q\n")])
def test_a_file_without_texts_is_told(task: str, own: str) -> None:
    with pytest.raises(UserError, match="write one a line"):
        questions(task, own, None)


def test_a_line_is_a_text_and_may_hold_line_breaks() -> None:
    assert texts_of("a\\nb\n  c \n\na\\nb\n") == ("a\nb", "c")


def test_our_own_texts_differ_and_each_is_one_that_a_router_takes() -> None:
    assert len(set(TEXTS)) == len(TEXTS)
    assert all(text.strip() for text in TEXTS)


def test_what_gave_the_answers_is_written_with_them() -> None:
    made = new_golden("bge", INFO, "main", None, [("a", NORTH)], None)
    assert made.recorded.model_dump() == {
        "model_id": "BAAI/bge-base-en-v1.5",
        "revision": "main",
        "pooling": "cls",
        "dtype": "float16",
        "tei_version": "1.8.3",
        "dimensions": 2,
        "equal_lengths": None,
    }


def test_the_revision_that_the_router_tells_goes_before_the_specs() -> None:
    told = {**INFO, "model_sha": "a" * 40}
    assert new_golden("bge", told, "main", None, [("a", NORTH)], None).recorded.revision == "a" * 40


def test_tolerances_set_by_hand_stay() -> None:
    loose = Tolerances(min_cosine=0.9)
    before = make_golden("embedding", NORTH, tolerances=loose)
    assert new_golden("bge", INFO, None, None, [("a", NORTH)], before).tolerances == loose


def test_a_model_that_answers_nothing_is_not_recorded() -> None:
    with pytest.raises(UserError, match="nothing to record"):
        new_golden("bge", INFO, None, None, [], None)


def recorder(root: Path, server: Loopback, own: str | None = "a\nb") -> Recorder:
    clock = Clock()
    patience = Patience(clock, clock.sleep)
    revisions = {"d1gest": "main"}
    return Recorder(root, "dev", parse_target(server.url), "key", revisions, patience, own)


def answers(embeddings: tuple[int, Any]) -> dict[str, tuple[int, Any]]:
    return {f"{ROUTER}/info": (200, INFO), f"{ROUTER}/v1/embeddings": embeddings}


EMBEDDED = (200, {"data": [{"embedding": [0.5, -0.5]}]})


def test_a_model_is_asked_in_its_environment_and_its_file_written_once(tmp_path: Path) -> None:
    with loopback(answers(EMBEDDED)) as server:
        first = recorder(tmp_path, server).record("bge", OUTPUTS)
        again = recorder(tmp_path, server, None).record("bge", OUTPUTS)
    assert first == ["wrote golden/dev/bge.json (2 texts)"]
    assert again == ["unchanged: golden/dev/bge.json (2 texts)"]
    written = parse_golden((tmp_path / "golden/dev/bge.json").read_bytes())
    assert [answer.text for answer in written.answers] == ["a", "b"]
    assert written.values() == ((0.5, -0.5), (0.5, -0.5))
    assert written.recorded.revision == "main"


def test_a_model_that_refuses_every_text_is_not_recorded(tmp_path: Path) -> None:
    refused = answers((422, {"message": "too long"}))
    with loopback(refused) as server, pytest.raises(UserError, match="nothing to record"):
        recorder(tmp_path, server).record("bge", OUTPUTS)
    assert not (tmp_path / "golden").exists()


def test_a_router_that_cannot_compute_is_told(tmp_path: Path) -> None:
    out_of_memory = answers((424, {"message": "OOM"}))
    with loopback(out_of_memory) as server, pytest.raises(ModelCallError, match="answered 424"):
        recorder(tmp_path, server).record("bge", OUTPUTS)


def test_a_spoilt_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "golden" / "dev" / "bge.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    told = r"^golden/dev/bge\.json: "
    with loopback(answers(EMBEDDED)) as server, pytest.raises(UserError, match=told):
        recorder(tmp_path, server).record("bge", OUTPUTS)
    assert path.read_text() == "{"


def test_a_key_is_not_shown_with_the_recorder(tmp_path: Path) -> None:
    with loopback({}) as server:
        assert "'key'" not in repr(recorder(tmp_path, server))


def test_a_recording_replaces_the_answers_alone(tmp_path: Path) -> None:
    path = tmp_path / "golden" / "dev" / "bge.json"
    path.parent.mkdir(parents=True)
    path.write_text(
        render_golden(make_golden("embedding", NORTH, tolerances=Tolerances(rank_margin=0.5)))
    )
    with loopback(answers(EMBEDDED)) as server:
        recorder(tmp_path, server, None).record("bge", OUTPUTS)
    written = parse_golden(path.read_bytes())
    assert written.tolerances.rank_margin == 0.5
    assert written.values() == ((0.5, -0.5),)


TWO = [{"index": 0, "embedding": [1.0, 0.0]}, {"index": 1, "embedding": [0.8, 0.6]}]


@pytest.mark.parametrize(("batch", "version"), [(32, 2), (1, None)])
def test_texts_of_equal_length_that_get_other_vectors_are_recorded_in_a_format_of_its_own(
    tmp_path: Path, batch: int, version: int | None
) -> None:
    served = answers((200, {"data": TWO}))
    served[f"{ROUTER}/info"] = (200, {**INFO, "max_client_batch_size": batch})
    with loopback(served) as server:
        told = recorder(tmp_path, server).record("bge", OUTPUTS)
    text = (tmp_path / "golden/dev/bge.json").read_text()
    written = parse_golden(text.encode())
    assert written.format == version
    assert (written.recorded.equal_lengths == "other vectors") == (version == 2)
    assert ("equal_lengths" in text) == ('"release"' in text) == (version == 2)
    assert len(told) == (2 if version else 1)
    if version:
        assert told[1].startswith("  accepted: it gives texts of equal length in one batch other")
