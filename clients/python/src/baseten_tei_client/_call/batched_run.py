"""Sends the texts of one call in batches, several at once."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from baseten_tei_client._call.batches import Room, plan
from baseten_tei_client._call.prepare import Text
from baseten_tei_client._router.ask import Answer
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.first_contact import Router
from baseten_tei_client._router.lengths import Lengths
from baseten_tei_client._router.session import Session
from baseten_tei_client._router.transport import Request
from baseten_tei_client._router.wire import Route, read_token_counts, tokenize_route
from baseten_tei_client.errors import RefusedRequestError

T = TypeVar("T")
Places = Sequence[int]
COUNTED_TOKENS = 65_536
"""Most tokens to ask for in one `/tokenize` request: each is about 70 bytes of JSON."""
TOO_LONG_STATUSES = (413, 422)
"""A router that may not cut refuses a text that is too long: before 1.9.0 with the first, then with the second."""


@dataclass(frozen=True)
class Batch:
    """Some texts, and where to send them; where to send them again if a text proves to be too long there."""

    places: Places
    route: Route
    again: Route | None = None


class Job:
    """The requests of one call, counted with their tokens."""

    def __init__(self, session: Session, router: Router, sync_url: str, deadline: Deadline) -> None:
        self.limits, self.requests, self.tokens = router.limits, 0, 0
        self._session, self._router, self._sync_url = session, router, sync_url
        self._deadline = deadline

    @property
    def lengths(self) -> Lengths:
        """Return what is known of the lengths of texts in tokens."""
        return self._session.lengths

    def room(self, *routes: Route, tokens_beside_each: int = 0, exact: bool = False) -> Room:
        """Return how much one request of each of these routes may hold."""
        return Room(
            texts=self.limits.texts_per_request(self._router.replicas),
            tokens=self.limits.max_batch_tokens,
            bytes=self.limits.payload_limit_bytes - max(it.bytes_at_least for it in routes),
            tokens_of_each=self.limits.max_input_length,
            bytes_beside_each=max(it.bytes_beside_each for it in routes),
            tokens_beside_each=tokens_beside_each,
            expect=None if exact else self.lengths.expect,
        )

    async def run(
        self,
        batches: Iterator[Batch],
        texts: Sequence[Text],
        read: Callable[[Any, int], T],
        take: Callable[[Batch, Answer[T]], Coroutine[Any, Any, None]],
        takes_permits: bool = True,
    ) -> None:
        """Send the batches and pass each with its answer to `take`, in any order.

        Raises what `Caller.ask` raises; the requests that are then still running are cancelled.
        """

        async def work() -> None:
            for batch in batches:
                sent, answer = await self._send(batch, texts, read, takes_permits)
                await take(sent, answer)

        workers = self.limits.requests_under_way(self._router.replicas)
        await _together(work() for _ in range(min(workers, len(texts))))

    async def count(self, texts: Sequence[Text], wanted: Places) -> dict[int, int]:
        """Return the tokens of these texts by place, counted by the model's own tokenizer."""
        route, counts = tokenize_route(), dict[int, int]()
        room = Room(
            texts=self.limits.max_client_batch_size,
            tokens=COUNTED_TOKENS,
            bytes=self.limits.payload_limit_bytes - route.bytes_at_least,
            tokens_of_each=COUNTED_TOKENS,
        )

        async def take(batch: Batch, answer: Answer[list[int]]) -> None:
            counts.update(zip(batch.places, answer.value, strict=True))

        batches = (Batch(places, route) for places in plan(texts, wanted, room))
        await self.run(batches, texts, read_token_counts, take, takes_permits=False)
        return counts

    async def _send(
        self, batch: Batch, texts: Sequence[Text], read: Callable[[Any, int], T], takes: bool
    ) -> tuple[Batch, Answer[T]]:
        """Return the answer and the batch as it was sent in the end."""
        contents = [texts[place].text for place in batch.places]
        count = len(contents)
        request = Request(
            f"{self._sync_url}{batch.route.path}", batch.route.body(contents), count * takes
        )
        try:
            answer = await self._session.caller.ask(
                request, lambda value: read(value, count), self._deadline
            )
        except RefusedRequestError as error:
            if batch.again is None or error.status not in TOO_LONG_STATUSES:
                raise
            self.lengths.double(contents)
            return await self._send(Batch(batch.places, batch.again), texts, read, takes)
        self._session.note_answer()
        self.requests += 1
        return batch, answer


async def _together(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of it. The first failure cancels the rest and is raised once they have ended."""
    tasks = [asyncio.create_task(it) for it in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
