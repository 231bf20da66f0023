"""Many callers of a model that is asleep wake it once, and all get their answer."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from baseten_tei_client import DeadlineError
from tests.client.stack import ClientStack
from tests.support.sampling import ALL

CALLERS = 1000 if ALL else 200


def texts() -> list[str]:
    return [f"what caller {n} asks" for n in range(CALLERS)]


def assert_one_wake_and_no_error(stack: ClientStack) -> None:
    asked = stack.count_calls()
    assert asked["wake", 200] == 1
    assert asked["sync/info", 200] == 1
    assert asked["sync/v1/embeddings", 200] == CALLERS
    assert {status for _, status in asked} == {200}


def test_many_tasks_wake_a_sleeping_model_once(stack: ClientStack) -> None:
    async def main() -> np.ndarray:
        async with await stack.aconnect("search") as model:
            stack.sleep()
            results = await asyncio.gather(*(model.embed([text]) for text in texts()))
            return np.vstack([it.vectors for it in results])

    vectors = asyncio.run(main())
    assert_one_wake_and_no_error(stack)
    with stack.connect("search") as model:
        assert np.allclose(model.embed(texts()).vectors, vectors, atol=1e-6)


def test_many_threads_do_so_too(stack: ClientStack) -> None:
    together = threading.Barrier(CALLERS)
    with stack.connect("search") as model, ThreadPoolExecutor(CALLERS) as pool:
        stack.sleep()

        def one(text: str) -> np.ndarray:
            together.wait()
            return model.embed([text]).vectors[0]

        vectors = np.array(list(pool.map(one, texts())))
        assert_one_wake_and_no_error(stack)
        assert np.allclose(model.embed(texts()).vectors, vectors, atol=1e-6)


def test_a_model_that_was_idle_is_woken_again_and_a_busy_one_is_not(stack: ClientStack) -> None:
    with stack.connect("search", wake_after=300) as model:
        model.embed(["a"])
        model.embed(["b"])
    assert stack.count_calls()["wake", 200] == 1
    with stack.connect("search", wake_after=0) as model:
        model.embed(["a"])
        model.embed(["b"])
    assert stack.count_calls()["wake", 200] == 3


def test_an_impatient_caller_does_not_take_the_others_along(stack: ClientStack) -> None:
    async def main() -> list[object]:
        async with await stack.aconnect("search") as model:
            waits = asyncio.create_task(model.embed(["patient"], timeout=60))
            hurry = asyncio.create_task(model.embed(["hurry"], timeout=0.2))
            await asyncio.wait({hurry})
            stack.emulator.no_faults()
            return await asyncio.gather(waits, hurry, return_exceptions=True)

    stack.emulator.fault("search", "hold", path="/sync/info")
    patient, hurry = asyncio.run(main())
    assert isinstance(hurry, DeadlineError)
    assert not isinstance(patient, BaseException)
