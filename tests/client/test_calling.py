"""One request until it is answered, on a clock that only sleeping moves."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from baseten_tei_client._router.ask import Answer, Caller, Patience
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.permits import Permits
from baseten_tei_client._router.transport import Reply, Request, SilenceError
from baseten_tei_client._router.wire import BadAnswerError
from baseten_tei_client._secrecy import Secret
from baseten_tei_client.errors import (
    DeadlineError,
    RefusedRequestError,
    TeiClientError,
    UnauthorizedError,
    UnavailableError,
)

KEY = "key-that-nobody-may-see"
OK = Reply(200, "fine", {"x-compute-tokens": "5"})
REQUEST = Request("https://x/sync/embed", {"inputs": ["a"]}, 1)


@dataclass
class FakeClock:
    time: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


@dataclass
class Script:
    """A transport that answers from a list, the last entry for ever; a number is seconds of silence."""

    clock: FakeClock
    answers: list[Any]
    sent: int = 0

    async def send(self, _request: Request, timeout_seconds: float) -> Reply:
        answer = self.answers[min(self.sent, len(self.answers) - 1)]
        self.sent += 1
        if isinstance(answer, Reply):
            return answer
        self.clock.time += min(answer, timeout_seconds)
        raise SilenceError(f"{KEY}: nobody listens")

    async def close(self) -> None: ...


def read(value: Any) -> str:
    if value == "junk":
        raise BadAnswerError("junk")
    return str(value)


def ask(*answers: Any, seconds: float = 100.0) -> tuple[Any, Script, FakeClock]:
    """The answer or the exception, and what was done for it."""
    clock = FakeClock()
    script = Script(clock, list(answers))
    caller = Caller("bge", script, Secret(KEY), Patience(), clock, lambda: 1.0)
    caller.permits = Permits(1, 1)

    async def main() -> Any:
        return await caller.ask(REQUEST, read, Deadline.after(seconds, clock))

    try:
        return asyncio.run(main()), script, clock
    except TeiClientError as error:
        return error, script, clock


def test_an_answer_comes_with_its_tokens() -> None:
    assert ask(OK)[0] == Answer("fine", 5)


@pytest.mark.parametrize(
    "failure",
    [
        Reply(429, {"error": "full", "retry_after": 2}), Reply(502, "<html>"), Reply(503, ""),
        Reply(504, ""), Reply(500, "unhealthy"), Reply(424, {"error": "out of memory"}),
        Reply(200, "junk"), 0.5,
    ],
    ids=str,
)  # fmt: skip
def test_two_failures_that_pass_are_no_failure(failure: Any) -> None:
    answer, script, clock = ask(failure, failure, OK)
    assert answer == Answer("fine", 5)
    assert script.sent == 3
    assert len(clock.slept) >= 2


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Reply(400, "no"), RefusedRequestError), (Reply(413, "large"), RefusedRequestError),
        (Reply(422, "long"), RefusedRequestError), (Reply(401, ""), UnauthorizedError),
        (Reply(402, "pay"), UnauthorizedError), (Reply(403, ""), UnauthorizedError),
        (Reply(404, "gone"), UnavailableError),
    ],
)  # fmt: skip
def test_what_will_not_change_is_raised_at_once(failure: Reply, kind: type[Exception]) -> None:
    error, script, _ = ask(failure)
    assert type(error) is kind
    assert script.sent == 1


@pytest.mark.parametrize("failure", [Reply(500, "x"), Reply(424, "x"), Reply(200, "junk")], ids=str)
def test_a_broken_model_is_given_up_after_three_tries(failure: Reply) -> None:
    error, script, _ = ask(failure)
    assert type(error) is UnavailableError
    assert script.sent == 3


@pytest.mark.parametrize(
    "failure",
    [Reply(429, {"retry_after": 7}), Reply(502, ""), Reply(503, "", {}), 0.0, 1e9],
    ids=str,
)
def test_a_failure_that_does_not_pass_ends_at_the_deadline(failure: Any) -> None:
    error, _, clock = ask(failure, seconds=30)
    assert type(error) is DeadlineError
    assert isinstance(error, TimeoutError)
    assert clock.time <= 30
    assert "within 30 s (try " in str(error)
    assert KEY not in str(error)


def test_a_pause_beyond_the_deadline_is_not_begun() -> None:
    error, script, clock = ask(Reply(429, {"error": "later", "retry_after": 3600}), seconds=30)
    assert type(error) is DeadlineError
    assert (script.sent, clock.time) == (1, 0.0)
    assert "429 later" in str(error)


def test_one_429_holds_up_the_others_too() -> None:
    clock = FakeClock()
    script = Script(clock, [Reply(429, {"retry_after": 10}), OK])
    caller = Caller("bge", script, Secret(KEY), Patience(), clock, lambda: 0.0)
    caller.permits = Permits(1, 1)

    async def one() -> None:
        await caller.ask(REQUEST, read, Deadline.after(100, clock))
        assert clock.now() >= 10

    async def main() -> None:
        await asyncio.gather(*(one() for _ in range(5)))

    asyncio.run(main())
    assert script.sent == 6


def test_waiting_for_a_permit_ends_at_the_deadline() -> None:
    error, script, _ = ask(OK, seconds=0.01)
    assert error == Answer("fine", 5)

    async def main() -> None:
        clock = FakeClock()
        caller = Caller("bge", script, Secret(KEY), Patience(), clock, lambda: 0.0)
        caller.permits = Permits(1, 0)
        with pytest.raises(DeadlineError, match="still waiting for its turn"):
            await caller.ask(REQUEST, read, Deadline.after(0.01, clock))

    asyncio.run(main())


@dataclass
class Slow:
    """Answers in the order in which the test lets it."""

    answers: list[asyncio.Future[Reply]] = field(default_factory=list)

    async def send(self, _request: Request, _timeout_seconds: float) -> Reply:
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]

    async def close(self) -> None: ...


def hedging(permits: int, then: Callable[[Slow], None], sends: int) -> Any:
    async def main() -> Any:
        slow, clock = Slow(), FakeClock()
        caller = Caller("bge", slow, Secret(KEY), Patience(60, 0.001), clock, lambda: 0.0)
        caller.permits = Permits(permits, permits)
        task = asyncio.create_task(caller.ask(REQUEST, read, Deadline.after(100, clock)))
        while len(slow.answers) < sends:
            await asyncio.sleep(0.001)
        then(slow)
        answer = await task
        assert caller.permits.try_take(permits)
        assert len(slow.answers) == sends
        return answer.value

    return asyncio.run(main())


def test_a_slow_request_is_sent_a_second_time_and_the_first_answer_counts() -> None:
    def second_first(slow: Slow) -> None:
        slow.answers[1].set_result(Reply(200, "second"))

    def first_first(slow: Slow) -> None:
        slow.answers[0].set_result(Reply(200, "first"))

    def one_fails(slow: Slow) -> None:
        slow.answers[0].set_result(Reply(503, ""))
        slow.answers[1].set_result(Reply(200, "second"))

    assert hedging(2, second_first, 2) == "second"
    assert hedging(2, first_first, 2) == "first"
    assert hedging(2, one_fails, 2) == "second"


def test_it_is_not_where_that_would_take_a_permit_too_many() -> None:
    def first(slow: Slow) -> None:
        slow.answers[0].set_result(Reply(200, "first"))

    assert hedging(1, first, 1) == "first"


def test_a_key_is_in_no_text_of_a_secret() -> None:
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]}"
    assert secret.mask(f"a {KEY}") == "a [secret]"
