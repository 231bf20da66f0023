import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei_client import Space
from baseten_tei_client._call.batches import Room, plan
from baseten_tei_client._call.prepare import Text
from baseten_tei_client._limits import Limits

texts = st.lists(
    st.builds(Text, st.just("x"), st.integers(3, 90), st.integers(1, 400)), max_size=60
)
rooms = st.builds(
    Room, st.integers(1, 9), st.integers(50, 300), st.integers(100, 400), st.just(50),
    st.sampled_from([1, 3]), st.integers(0, 20),
)  # fmt: skip


@given(texts, rooms)
def test_every_text_is_in_one_batch_and_no_batch_is_above_a_limit(
    texts: list[Text], room: Room
) -> None:
    batches = list(plan(texts, range(len(texts)), room))
    assert sorted(place for batch in batches for place in batch) == list(range(len(texts)))
    for batch in batches:
        assert 1 <= len(batch) <= room.texts
        assert sum(texts[n].size + room.bytes_beside_each for n in batch) <= room.bytes
        assert sum(min(texts[n].tokens + room.tokens_beside_each, 50) for n in batch) <= room.tokens


@given(texts, rooms)
def test_texts_of_a_batch_are_of_about_one_length(texts: list[Text], room: Room) -> None:
    batches = list(plan(texts, range(len(texts)), room))
    lengths = [texts[place].tokens for batch in batches for place in batch]
    assert lengths == sorted(lengths, reverse=True)


def test_only_the_wanted_texts_are_planned() -> None:
    assert list(plan([Text("x", 3, 5)] * 4, [1, 3], Room(8, 100, 100, 50))) == [[1, 3]]


def test_the_live_router_is_believed_before_the_outputs_and_these_before_the_defaults() -> None:
    limits = Limits.of(
        {"max_client_batch_size": 64, "payload_limit_bytes": 9, "max_input_length": None},
        {"max_client_batch_size": 8, "version": "1.9.3"},
    )
    assert limits == Limits(max_client_batch_size=8, payload_limit_bytes=9)


def test_numbers_of_a_stack_reference_are_floats() -> None:
    limits = Limits.of({"max_client_batch_size": 64.0, "auto_truncate": True}, {"version": "1.9.3"})
    assert limits == Limits(max_client_batch_size=64, auto_truncate=True)
    assert isinstance(limits.max_client_batch_size, int)
    assert isinstance(Space.of({"model_id": "a/b", "dimensions": 768.0}).dimensions, int)


def test_a_replica_that_is_full_of_requests_has_a_permit_for_each_text() -> None:
    limits = Limits(max_concurrent_requests=64, predict_concurrency=16, max_client_batch_size=32)
    assert limits.texts_per_request(replicas=1) == 32
    assert limits.texts_per_request(replicas=4) == 4
    assert limits.requests_under_way(replicas=4) == 64
    assert limits.texts_under_way(replicas=4) == 256
    assert Limits(max_concurrent_requests=5).texts_per_request(replicas=1) == 5


@pytest.mark.parametrize("version", ["1.8.3", "1.7.0", "", None])
@given(permits=st.integers(2, 2000), batch=st.integers(1, 64), requests=st.integers(1, 64))
def test_half_of_the_permits_of_a_router_that_dies_without_one_stay_free(
    version: str | None, permits: int, batch: int, requests: int
) -> None:
    info = {"version": version, "max_concurrent_requests": permits, "max_client_batch_size": batch}
    limits = Limits.of({"predict_concurrency": requests}, info)
    assert limits.texts_under_way(replicas=1) <= permits // 2
    assert limits.texts_per_request(replicas=1) <= permits // 2
    each, requests_at_one = limits.texts_per_request(4), min(requests, limits.requests_under_way(4))
    assert each * requests_at_one <= permits // 2


@pytest.mark.parametrize("version", ["1.9.0", "1.9.3", "1.10.0", "2.0.0"])
def test_all_permits_of_a_newer_router_are_used(version: str) -> None:
    limits = Limits.of({}, {"version": version, "max_concurrent_requests": 64})
    assert limits.texts_under_way(replicas=1) == 64
