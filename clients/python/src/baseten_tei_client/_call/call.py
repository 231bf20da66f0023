"""The state of one call: its distinct texts, which of them were refused or cut, its progress."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from baseten_tei_client._call.batched_run import Job, Places, Progress
from baseten_tei_client._call.gather import Refusals, Rows, list_truncated
from baseten_tei_client._call.prepare import Prepared, Text, fit_text
from baseten_tei_client._call.truncation import Cut, cut_texts, find_suspects, may_be_cut
from baseten_tei_client._router.ask import Answer
from baseten_tei_client._router.wire import Route
from baseten_tei_client.errors import SpaceMismatchError
from baseten_tei_client.outputs import ModelOutputs
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
        self._query_tokens = 0
        """Those of them that `/tokenize` does not count with a text."""
        self._send = 0
        self._refusals = Refusals(prepared, wish.skip)

    @property
    def all(self) -> range:
        """Return the places of all distinct texts."""
        return range(len(self.texts))

    async def put_beside(self, query: Text) -> None:
        """Take a query into account that the model reads with each text, within the same limit."""
        self._beside = self._query_tokens = query.tokens
        if not self.wish.exact and self.suspects(self.all):
            counts = await self.job.count([query], [0])
            self._beside = self._query_tokens = counts[0]

    def suspects(self, places: Places) -> list[int]:
        """Return the places of texts that may have more tokens than the model reads."""
        return find_suspects(self.texts, places, self.job.limits.max_input_length, self._beside)

    async def sendable(self, route: Route, wanted: Places) -> Sequence[int]:
        """Return the places of the wanted texts that can be sent, and cut those too large for a request.

        Raises `RefusedTextError` for a text that cannot be sent, unless such texts are skipped.
        """
        room = self.job.room(route)
        most = room.bytes - route.bytes_beside_each
        fits = {n: fit_text(self.texts[n], self.job.limits, most, self.wish.cuts) for n in wanted}
        self._refusals.add({n: it for n, it in fits.items() if isinstance(it, str)})
        for place, text in fits.items():
            if isinstance(text, Text):
                self.texts[place] = text
        good = [n for n, it in fits.items() if isinstance(it, Text)]
        return good if self.wish.cuts else await self._short_enough(good)

    async def send(self, route: Route, wanted: Places, read: Read, rows: Rows) -> None:
        """Send these texts, put the answers into `rows`, and note which texts were cut."""
        limits = self.job.limits
        doubtful: list[int] = []

        async def take(batch: Places, answer: Answer[Floats]) -> None:
            rows.put(batch, answer.value)
            self.job.tokens += answer.tokens or 0
            self._advance(len(batch))
            long = self.suspects(batch)
            if may_be_cut(long, len(batch), answer.tokens, limits.max_input_length):
                doubtful.extend(long)
            if len(doubtful) >= limits.max_client_batch_size:  # a request full of them
                some, doubtful[:] = doubtful[:], []
                self.cut.update(await self._cut_of(some))

        self._advance(0)
        room = self.job.room(route, self._beside)
        await self.job.run(route, room, self.texts, wanted, read, take)
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
        return list_truncated(places, self.cut), self._refusals.all(), usage

    def check_dimensions(self, vectors: Floats) -> None:
        """Raise `SpaceMismatchError` if the vectors do not have the dimensions in the outputs."""
        wanted = self.outputs.space.dimensions if self.outputs.space else None
        if wanted is not None and vectors.shape[1] != wanted:
            raise SpaceMismatchError(
                f"model {self.outputs.name!r} returned vectors of {vectors.shape[1]} dimensions, but its outputs say "
                f"{wanted}: read the stack's outputs again"
            )

    async def _short_enough(self, places: Places) -> list[int]:
        over = await self._cut_of(self.suspects(places))
        limit = self.job.limits.max_input_length
        self._refusals.add({place: _too_long(it, limit) for place, it in over.items()})
        return [place for place in places if place not in over]

    async def _cut_of(self, places: Places) -> Cut:
        """Return which of these texts have more tokens than the model reads; it counts them if nobody has."""
        if self.wish.exact:
            counts = {place: self.texts[place].tokens for place in places}
        else:
            counts = await self.job.count(self.texts, places)
        return cut_texts(self.texts, counts, self.job.limits.max_input_length, self._query_tokens)

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
