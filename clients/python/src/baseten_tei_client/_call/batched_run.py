"""Sends the texts of one call in batches, several at once."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from baseten_tei_client._call.batches import Room, plan
from baseten_tei_client._call.prepare import Text
from baseten_tei_client._router.ask import Answer
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.first_contact import Router
from baseten_tei_client._router.session import Session
from baseten_tei_client._router.transport import Request
from baseten_tei_client._router.wire import Route, read_token_counts, tokenize_route

T = TypeVar("T")
Places = Sequence[int]
Progress = Callable[[int, int], None]
"""Called with the number of texts done and the number of all."""
COUNTED_TOKENS = 65_536
"""Most tokens to ask for in one `/tokenize` request: each is about 70 bytes of JSON."""


class Job:
    """The requests of one call, counted with their tokens."""

    def __init__(self, session: Session, router: Router, sync_url: str, deadline: Deadline) -> None:
        self.limits, self.requests, self.tokens = router.limits, 0, 0
        self._session, self._router, self._sync_url = session, router, sync_url
        self._deadline = deadline

    def room(self, route: Route, tokens_beside_each: int = 0) -> Room:
        """Return how much one request of this route may hold."""
        return Room(
            texts=self.limits.texts_per_request(self._router.replicas),
            tokens=self.limits.max_batch_tokens,
            bytes=self.limits.payload_limit_bytes - route.bytes_at_least,
            tokens_of_each=self.limits.max_input_length,
            bytes_beside_each=route.bytes_beside_each,
            tokens_beside_each=tokens_beside_each,
        )

    async def run(
        self,
        route: Route,
        room: Room,
        texts: Sequence[Text],
        wanted: Places,
        read: Callable[[Any, int], T],
        take: Callable[[Places, Answer[T]], Coroutine[Any, Any, None]],
        takes_permits: bool = True,
    ) -> None:
        """Send the wanted texts and pass each batch with its answer to `take`, in any order.

        Raises what `Caller.ask` raises; the requests that are then still running are cancelled.
        """
        waiting = iter(plan(texts, wanted, room))
        workers = self.limits.requests_under_way(self._router.replicas)

        async def work() -> None:
            for batch in waiting:
                body = route.body([texts[place].text for place in batch])
                held = len(batch) if takes_permits else 0
                answer = await self._session.caller.ask(
                    Request(f"{self._sync_url}{route.path}", body, held),
                    _of_many(read, len(batch)),
                    self._deadline,
                )
                self._session.note_answer()
                self.requests += 1
                await take(batch, answer)

        await _together([work() for _ in range(min(workers, len(wanted)))])

    async def count(self, texts: Sequence[Text], wanted: Places) -> dict[int, int]:
        """Return the tokens of these texts by place, counted by the model's own tokenizer."""
        route, counts = tokenize_route(), dict[int, int]()
        room = Room(
            texts=self.limits.max_client_batch_size,
            tokens=COUNTED_TOKENS,
            bytes=self.limits.payload_limit_bytes - route.bytes_at_least,
            tokens_of_each=COUNTED_TOKENS,
        )

        async def take(batch: Places, answer: Answer[list[int]]) -> None:
            counts.update(zip(batch, answer.value, strict=True))

        await self.run(route, room, texts, wanted, read_token_counts, take, takes_permits=False)
        return counts


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run all of it. The first failure cancels the rest and is raised once they have ended."""
    tasks = [asyncio.create_task(it) for it in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _of_many(read: Callable[[Any, int], T], count: int) -> Callable[[Any], T]:
    return lambda value: read(value, count)
