import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseten_tei_client._limits import Limits
from baseten_tei_client._router.clock import Clock, Deadline
from baseten_tei_client._router.permits import Permits
from baseten_tei_client._router.single_flight import SingleFlight


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3), st.booleans()), max_size=40))
@settings(max_examples=200)
def test_never_more_is_under_way_and_all_get_their_turn(
    jobs: list[tuple[int, int, bool]],
) -> None:
    async def main() -> None:
        permits, under_way, most, done = Permits(3, 8), [0, 0], [0, 0], 0

        async def one(texts: int, steps: int) -> None:
            nonlocal done
            async with permits.hold(texts):
                under_way[0] += 1
                under_way[1] += texts
                most[:] = map(max, most, under_way)
                try:
                    for _ in range(steps):
                        await asyncio.sleep(0)
                finally:
                    under_way[0] -= 1
                    under_way[1] -= texts
            done += 1

        tasks = [asyncio.create_task(one(texts, steps)) for texts, steps, _ in jobs]
        await asyncio.sleep(0)
        for task, (_, _, leaves) in zip(tasks, jobs, strict=True):
            if leaves:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert most[0] <= 3
        assert most[1] <= 8
        assert done >= sum(not leaves for *_, leaves in jobs)
        assert permits.try_take(8)  # all came back, also of those who left

    run(main())


def test_a_large_request_is_not_passed_by_small_ones() -> None:
    async def main() -> list[str]:
        permits, order = Permits(9, 4), list[str]()

        async def one(name: str, texts: int) -> None:
            async with permits.hold(texts):
                order.append(name)
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            for name, texts in (("first", 2), ("large", 4), ("small", 1), ("smaller", 0)):
                group.create_task(one(name, texts))
        assert not permits.try_take(5)
        return order

    assert run(main()) == ["first", "large", "small", "smaller"]


def deadline(seconds: float = 60) -> Deadline:
    return Deadline.after(seconds, Clock())


def test_work_that_many_want_at_once_is_done_once_and_again_for_those_who_come_later() -> None:
    async def main() -> None:
        begun = 0

        async def work(_until: Deadline) -> int:
            nonlocal begun
            begun += 1
            await asyncio.sleep(0)
            return begun

        flight = SingleFlight(work)
        assert await asyncio.gather(*(flight.join(deadline()) for _ in range(50))) == [1] * 50
        assert await flight.join(deadline()) == 2

    run(main())


def test_what_the_work_raises_all_who_wait_raise() -> None:
    async def main() -> None:
        async def work(_until: Deadline) -> int:
            raise ValueError("broken")

        flight = SingleFlight(work)
        results = await asyncio.gather(
            *(flight.join(deadline()) for _ in range(3)), return_exceptions=True
        )
        assert [str(it) for it in results] == ["broken"] * 3

    run(main())


def test_an_impatient_caller_leaves_the_work_to_the_others_and_the_last_one_ends_it() -> None:
    async def main() -> None:
        patience, ended, release = list[float](), asyncio.Event(), asyncio.Event()

        async def work(until: Deadline) -> str:
            try:
                await release.wait()
                patience.append(until.seconds)
                return "awake"
            except asyncio.CancelledError:
                ended.set()
                raise

        flight = SingleFlight(work)
        patient = asyncio.create_task(flight.join(deadline(60)))
        with pytest.raises(TimeoutError):
            await flight.join(deadline(0.001))
        assert not ended.is_set()
        release.set()
        assert await patient == "awake"
        assert patience == [60]
        release.clear()
        alone = asyncio.create_task(flight.join(deadline(60)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        alone.cancel()
        await asyncio.wait({alone})
        await ended.wait()

    run(main())


@given(
    st.builds(
        Limits, max_client_batch_size=st.integers(1, 64), max_concurrent_requests=st.integers(1, 512),
        predict_concurrency=st.integers(1, 64),
    ),
    st.floats(0.01, 1),
    st.integers(1, 8),
)  # fmt: skip
def test_a_share_leaves_the_rest_to_others_and_every_request_has_its_permits(
    limits: Limits, share: float, replicas: int
) -> None:
    mine = limits.of_share(share)
    assert mine.requests_under_way(replicas) <= max(
        replicas, share * limits.predict_concurrency * replicas
    )
    assert mine.texts_under_way(replicas) <= max(
        replicas, share * limits.max_concurrent_requests * replicas
    )
    assert mine.texts_per_request(replicas) <= mine.texts_under_way(replicas)
    assert limits.of_share(1) == limits
