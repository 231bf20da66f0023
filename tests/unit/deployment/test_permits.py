"""TEI counts texts, not requests: the three numbers that follow from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.deployment.permits import derive_permits, permits_problem
from tests.support.specs import spec

sizes = st.integers(1, 4096)


def test_a_spec_that_says_nothing_gets_room_for_32_full_requests() -> None:
    got = derive_permits(spec())
    assert got.predict_concurrency == 32
    assert got.max_client_batch_size == 32
    assert got.max_concurrent_requests == 1024


@given(batch=sizes, requests=sizes)
def test_derived_permits_hold_every_request_that_baseten_lets_in(batch: int, requests: int) -> None:
    args = spec(max_client_batch_size=batch, predict_concurrency=requests, tei_version="1.9.3")
    assert derive_permits(args).max_concurrent_requests == batch * requests


@given(batch=sizes, more=sizes)
def test_derived_concurrency_fits_the_permits_that_were_asked_for(batch: int, more: int) -> None:
    args = spec(max_client_batch_size=batch, max_concurrent_requests=batch + more)
    got = derive_permits(args)
    assert 1 <= got.predict_concurrency <= 32
    assert got.texts_at_most <= got.max_concurrent_requests


@pytest.mark.parametrize(("texts", "refused"), [(31, True), (32, False), (33, False)])
def test_permits_below_one_full_batch_are_refused(texts: int, refused: bool) -> None:
    args = spec().model_copy(update={"max_concurrent_requests": texts})
    assert (permits_problem(args) is not None) is refused
