"""The state of one call: its distinct texts, which of them were refused or cut, its progress."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from baseten_tei_client._call.batched_run import Batch, Job, Places
from baseten_tei_client._call.gather import Refusals, Rows, list_truncated
from baseten_tei_client._call.prepare import Prepared, Text, fit_text
from baseten_tei_client._call.routing import Routes, group
from baseten_tei_client._call.truncation import Cut, cut_texts, find_suspects, may_be_cut
from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client._progress import Progress
from baseten_tei_client._router.ask import Answer
from baseten_tei_client.errors import SpaceMismatchError
from baseten_tei_client.results import Floats, Refused, Truncated, Usage

Read = Callable[[Any, int], Floats]


@dataclass(frozen=True)
class Wish:
    """What the caller wants. `cuts`: texts may be cut; `exact`: their tokens were counted, not estimated."""

    cuts: bool
    exact: bool
    skip: bool
    progress: Progress | None


class Call:
    """What embedding, reranking and classifying have in common."""

    def __init__(
        self, job: Job, outputs: ModelOutputs, prepared: Prepared, wish: Wish, prompt_tokens: int
    ) -> None:
        self.job, self.outputs, self.prepared, self.wish = job, outputs, prepared, wish
        self.texts = list(prepared.texts)
        self.cut: Cut = {}
        self.cached = 0
        self._beside = 0 if wish.exact else prompt_tokens
        """Most tokens that the model reads with each text: the prompt or the query."""
        self._query: Text | None = None
        """It counts with each text, but `/tokenize` reads texts without it."""
        self._query_count: int | None = None
        self._query_cut: tuple[Truncated, ...] = ()
        self._counting = asyncio.Lock()
        self._send = 0
        self._refusals = Refusals(prepared, wish.skip)

    @property
    def all(self) -> range:
        """Return the places of all distinct texts."""
        return range(len(self.texts))

    async def put_beside(self, query: Text) -> None:
        """Take a query into account that the model reads with each text, within the same limit."""
        self._beside, self._query = query.tokens, query
        if query.was_cut:
            tokens = await self._query_tokens()
            self._query_cut = (Truncated(None, tokens, self.job.limits.max_input_length, True),)

    def suspects(self, places: Places) -> list[int]:
        """Return the places of texts that may have more tokens than the model reads."""
        return find_suspects(self.texts, places, self.job.limits.max_input_length, self._beside)

    async def sendable(self, routes: Routes, wanted: Places) -> Sequence[int]:
        """Return the places of the wanted texts that can be sent, and cut those too large for a request.

        Raises `RefusedTextError` for a text that cannot be sent, unless such texts are skipped.
        """
        room = self.job.room(*routes)
        most = room.bytes - room.bytes_beside_each
        fits = {n: fit_text(self.texts[n], self.job.limits, most, self.wish.cuts) for n in wanted}
        self._refusals.add({n: it for n, it in fits.items() if isinstance(it, str)})
        for place, text in fits.items():
            if isinstance(text, Text):
                self.texts[place] = text
        good = [n for n, it in fits.items() if isinstance(it, Text)]
        return good if self.wish.cuts else await self._short_enough(good)

    async def send(self, routes: Routes, wanted: Places, read: Read, rows: Rows) -> None:
        """Send these texts, put the answers into `rows`, and note which texts were cut."""
        limits = self.job.limits
        doubtful: list[int] = []

        async def take(batch: Batch, answer: Answer[Floats]) -> None:
            places = batch.places
            rows.put(places, answer.value)
            self.job.tokens += answer.tokens or 0
            self._advance(len(places))
            long = [] if batch.again else self.suspects(places)
            is_doubtful = may_be_cut(long, len(places), answer.tokens, limits.max_input_length)
            if is_doubtful:
                doubtful.extend(long)
            else:
                self._learn(places, answer.tokens)
            if doubtful and (not is_doubtful or self._fill_a_request(doubtful)):
                some, doubtful[:] = doubtful[:], []
                self.cut.update(await self._cut_of(some))

        self._advance(0)
        await self.job.run(self._batches(routes, wanted), self.texts, read, take)
        self.cut.update(await self._cut_of(doubtful))

    def summarize(self) -> tuple[tuple[Truncated, ...], tuple[Refused, ...], Usage]:
        """Return the three fields that every result begins with."""
        places = self.prepared.places
        distinct = len(self.texts)
        usage = Usage(
            tokens=self.job.tokens,
            requests=self.job.requests,
            sent=self._send,
            duplicates=len(places) - len(self.prepared.refused) - distinct,
            cached=self.cached,
        )
        truncated = self._query_cut + list_truncated(places, self.cut)
        return truncated, self._refusals.all(), usage

    def check_dimensions(self, vectors: Floats) -> None:
        """Raise `SpaceMismatchError` if the vectors do not have the dimensions in the outputs."""
        wanted = self.outputs.space.dimensions if self.outputs.space else None
        if wanted is not None and vectors.shape[1] != wanted:
            raise SpaceMismatchError(
                f"model {self.outputs.name!r} returned vectors of {vectors.shape[1]} dimensions, but its outputs say "
                f"{wanted}: read the stack's outputs again"
            )

    def _batches(self, routes: Routes, wanted: Places) -> Iterator[Batch]:
        exact = self.wish.exact
        room = self.job.room(*routes, tokens_beside_each=self._beside, exact=exact)
        long = set() if exact or not self.wish.cuts else set(self.suspects(wanted))
        short = [place for place in wanted if place not in long]
        return group(self.texts, short, sorted(long), room, routes, self.job.lengths)

    def _fill_a_request(self, places: Places) -> bool:
        """Return whether a request to count these texts would be about full."""
        size = sum(self.texts[place].size for place in places)
        limits = self.job.limits
        return len(places) >= limits.max_client_batch_size or 2 * size > limits.payload_limit_bytes

    def _learn(self, places: Places, tokens: int | None) -> None:
        if tokens is not None and not self.wish.exact:
            texts = [self.texts[place] for place in places]
            most = sum(it.tokens + self._beside for it in texts)
            self.job.lengths.learn([it.text for it in texts], most, tokens)

    async def _query_tokens(self) -> int:
        """Return the tokens of the query, counted once; 0 without one."""
        if self._query is None or self.wish.exact:
            return self._query.tokens if self._query else 0
        async with self._counting:
            if self._query_count is None:
                [self._query_count] = (await self.job.count([self._query], [0])).values()
        return self._query_count

    async def _short_enough(self, places: Places) -> list[int]:
        over = await self._cut_of(self.suspects(places))
        limit = self.job.limits.max_input_length
        self._refusals.add({place: _too_long(it, limit) for place, it in over.items()})
        return [place for place in places if place not in over]

    async def _cut_of(self, places: Places) -> Cut:
        """Return which of these texts have more tokens than the model reads; it counts them if nobody has."""
        if not places:
            return {}
        if self.wish.exact:
            counts = {place: self.texts[place].tokens for place in places}
        else:
            counts = await self.job.count(self.texts, places)
            self._learn(places, sum(counts.values()))
        beside = await self._query_tokens()
        return cut_texts(self.texts, counts, self.job.limits.max_input_length, beside)

    def _advance(self, texts: int) -> None:
        self._send += texts
        if self.wish.progress:
            given = len(self.prepared.places)
            left = len(self.texts) - self.cached - self._send
            self.wish.progress(given - left, given)


def _too_long(text: Truncated, limit: int) -> str:
    return (
        f"has {text.tokens} tokens, but the model reads only {limit}: split it, or allow cutting "
        '(too_long="cut")'
    )
