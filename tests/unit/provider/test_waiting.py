"""Waits that end when the reader interrupts, and a refused key that costs one call."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from baseten_tei.baseten.api.api_errors import ApiError
from baseten_tei.baseten.target import parse_target
from baseten_tei.provider.protocol.cancellation import Cancellation, InterruptedWaitError
from baseten_tei.provider.resources.refused_key import REMEMBERED_SECONDS, OnceRefusedApi, Refusals
from tests.support.fakes import Clock

REFUSED = ApiError("Baseten refused the API key (401)", status=401)


def test_a_sleep_that_nobody_interrupts_ends_by_itself() -> None:
    Cancellation().sleep(0.0)


def test_an_interrupt_ends_every_sleep_and_says_what_to_type() -> None:
    cancellation, begun = Cancellation(), threading.Barrier(4, timeout=30)

    def wait() -> None:
        begun.wait()
        cancellation.sleep(3600)

    with ThreadPoolExecutor(3) as pool:
        waits = [pool.submit(wait) for _ in range(3)]
        begun.wait()
        cancellation.cancel()
        for ended in waits:
            with pytest.raises(InterruptedWaitError, match="run `pulumi up` to go on"):
                ended.result(timeout=30)


def test_after_an_interrupt_no_new_wait_begins() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(InterruptedWaitError):
        cancellation.sleep(3600)


def test_a_wait_ends_where_the_engine_is_gone_and_nothing_is_asked_of_baseten_any_more() -> None:
    engine = iter([False, True, True])
    cancellation = Cancellation(lambda: next(engine))
    cancellation.sleep(0.0)
    with pytest.raises(InterruptedWaitError):
        cancellation.sleep(0.0)

    asked: list[str] = []
    api = OnceRefusedApi(
        parse_target("http://127.0.0.1:9"),
        lambda: asked.append("the key") or "key",  # type: ignore[func-returns-value]
        cancellation.sleep,
        cancellation.refuse_orphaned,
    )
    with pytest.raises(InterruptedWaitError):
        api.find_model("bge", None)
    assert asked == []


def test_after_an_interrupt_nothing_new_is_wanted_but_what_was_begun_may_end() -> None:
    cancellation = Cancellation()
    cancellation.refuse_unwanted()
    cancellation.cancel()
    cancellation.refuse_orphaned()
    with pytest.raises(InterruptedWaitError):
        cancellation.refuse_unwanted()


class Baseten:
    """Answers, or refuses."""

    def __init__(self, *errors: ApiError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def test_a_refused_key_is_asked_about_once_and_told_to_all() -> None:
    baseten, refusals = Baseten(*[REFUSED] * 8), Refusals(Clock())
    together = threading.Barrier(8, timeout=30)

    def start() -> None:
        together.wait()
        refusals.asked(baseten)

    with ThreadPoolExecutor(8) as pool:
        started = [pool.submit(start) for _ in range(8)]
        errors = [it.exception(timeout=30) for it in started]
    assert {str(error) for error in errors} == {str(REFUSED)}
    assert baseten.calls == 1


def test_a_refusal_is_forgotten_after_a_moment() -> None:
    clock, baseten = Clock(), Baseten(REFUSED)
    refusals = Refusals(clock)
    with pytest.raises(ApiError):
        refusals.asked(baseten)
    with pytest.raises(ApiError):
        refusals.asked(baseten)
    clock.sleep(REMEMBERED_SECONDS)
    assert refusals.asked(baseten) == "answer"
    assert baseten.calls == 2


@pytest.mark.parametrize("first", [None, ApiError("down", status=503), ApiError("no network")])
def test_calls_wait_for_each_other_only_until_the_key_is_known(first: ApiError | None) -> None:
    """Two calls that need each other would never end one by one."""
    refusals, together = Refusals(Clock()), threading.Barrier(2, timeout=30)
    baseten = Baseten(*([first] if first else []))
    if first:
        with pytest.raises(ApiError):
            refusals.asked(baseten)
    else:
        refusals.asked(baseten)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(refusals.asked, together.wait) for _ in range(2)]
        assert sorted(it.result(timeout=30) for it in both) == [0, 1]


def test_a_failure_of_another_kind_is_each_callers_own() -> None:
    refusals, baseten = Refusals(Clock()), Baseten(ApiError("gone", status=404))
    with pytest.raises(ApiError, match="gone"):
        refusals.asked(baseten)
    assert refusals.asked(baseten) == "answer"
