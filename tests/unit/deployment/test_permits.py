"""TEI counts texts, not requests: the three numbers that follow from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.deployment.sizes.permits import (
    derive_permits,
    find_starved_batch,
    find_taken_permits,
)
from baseten_tei.facts.tei.queue_room import LEAST_SAFE, texts_at_once
from tests.support.specs import spec

sizes = st.integers(1, 4096)
few = st.integers(1, 64)


def test_a_spec_that_says_nothing_gets_room_for_32_full_requests() -> None:
    got = derive_permits(spec())
    assert got.predict_concurrency == 32
    assert got.max_client_batch_size == 32
    assert got.max_concurrent_requests == 1024


@given(batch=sizes, requests=sizes)
def test_derived_permits_hold_every_request_that_baseten_lets_in(batch: int, requests: int) -> None:
    args = spec(max_client_batch_size=batch, predict_concurrency=requests, tei_version="1.9.3")
    assert derive_permits(args).max_concurrent_requests == batch * requests


@given(batch=sizes, requests=sizes)
def test_before_1_9_derived_permits_are_twice_what_can_be_in_flight_until_there_are_many(
    batch: int, requests: int
) -> None:
    got = derive_permits(spec(max_client_batch_size=batch, predict_concurrency=requests))
    if got.texts_at_most >= 256:
        assert got.max_concurrent_requests == got.texts_at_most  # as it was: no push of its own
    else:
        assert got.max_concurrent_requests == min(2 * got.texts_at_most, 256)


@pytest.mark.parametrize(
    ("said", "permits"),
    [
        ({"predict_concurrency": 1}, 64),
        ({"predict_concurrency": 1, "max_client_batch_size": 8}, 16),
        ({"predict_concurrency": 2}, 128),
    ],
)
def test_the_command_lines_that_died_on_1_8_3_have_twice_the_permits(
    said: dict[str, int], permits: int
) -> None:
    assert derive_permits(spec(**said)).max_concurrent_requests == permits


@given(batch=sizes, more=sizes)
def test_derived_concurrency_fits_the_permits_that_were_asked_for(batch: int, more: int) -> None:
    args = spec(max_client_batch_size=batch, max_concurrent_requests=batch + more)
    got = derive_permits(args)
    assert 1 <= got.predict_concurrency <= 32
    assert got.texts_at_most <= got.max_concurrent_requests


@given(batch=few, permits=st.integers(1, 128), requests=st.none() | few)
def test_before_1_9_what_no_finding_refuses_leaves_half_of_few_permits_free(
    batch: int, permits: int, requests: int | None
) -> None:
    args = spec().model_copy(
        update={
            "max_client_batch_size": batch,
            "max_concurrent_requests": permits,
            "predict_concurrency": requests,
        }
    )
    got, found = derive_permits(args), find_starved_batch(args) or find_taken_permits(args)
    taken = min(got.texts_at_most, permits)
    assert (found is None) == (taken <= permits // 2 or LEAST_SAFE <= permits >= batch)


@given(batch=few, permits=st.integers(1, 128), requests=st.none() | few)
@pytest.mark.parametrize("version", ["1.8.3", "1.9.3"])
def test_the_advice_about_permits_is_followed_by_no_finding(
    version: str, batch: int, permits: int, requests: int | None
) -> None:
    said = {"max_client_batch_size": batch, "predict_concurrency": requests}
    args = spec(tei_version=version).model_copy(update={**said, "max_concurrent_requests": permits})
    found = find_starved_batch(args) or find_taken_permits(args)
    if found is None:
        return
    wanted = int(found[1].removeprefix("write max_concurrent_requests: ").partition(",")[0])
    for number in (wanted, None):
        mended = args.model_copy(update={"max_concurrent_requests": number})
        assert find_starved_batch(mended) is None
        assert find_taken_permits(mended) is None


@pytest.mark.parametrize(("texts", "refused"), [(31, True), (32, False), (33, False)])
def test_permits_below_one_full_batch_are_refused(texts: int, refused: bool) -> None:
    args = spec(tei_version="1.9.3").model_copy(update={"max_concurrent_requests": texts})
    assert (find_starved_batch(args) is not None) is refused


@pytest.mark.parametrize(
    ("info", "texts"),
    [
        ({"version": "1.8.3", "max_concurrent_requests": 4}, 2),
        ({"version": "1.8.3", "max_concurrent_requests": 1}, 1),
        ({"version": "1.8.3", "max_concurrent_requests": 1024}, 1024),
        ({"version": "1.9.3", "max_concurrent_requests": 4}, 4),
        ({"version": "1.9.4-dev", "max_concurrent_requests": 4}, 4),
        ({"version": "unknown", "max_concurrent_requests": 64}, 32),
        ({}, 512),
    ],
)
def test_a_router_of_an_old_or_unknown_release_is_given_half_of_few_permits(
    info: dict[str, object], texts: int
) -> None:
    assert texts_at_once(info) == texts
