"""A model of a stack, asynchronously: the one implementation; `Model` runs it in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Literal, Self

from baseten_tei_client._call import tasks
from baseten_tei_client._call.batched_run import Job, Progress
from baseten_tei_client._call.call import Call, Wish
from baseten_tei_client._call.prepare import Text, json_size, prepare, problem
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.session import Session
from baseten_tei_client.cache import space_key
from baseten_tei_client.errors import RefusedTextError, UsageError
from baseten_tei_client.outputs import ModelOutputs, Task
from baseten_tei_client.results import Classification, Embeddings, Ranking
from baseten_tei_client.secrecy import Secret
from baseten_tei_client.settings import Settings
from baseten_tei_client.spaces import Space
from baseten_tei_client.tokens import Counter, counter_of, most_of_each

OnRefusal = Literal["raise", "skip"]


class AsyncModel:
    """One model. Bound to no event loop: each one that uses it gets connections of its own."""

    def __init__(self, outputs: ModelOutputs, settings: Settings, key: Secret) -> None:
        self._outputs, self._settings, self._key = outputs, settings.checked(), key
        self._session: Session | None = None
        self._counter: Counter | None = None
        if settings.tokenizer is not None:
            self._counter = counter_of(settings.tokenizer, outputs)
        if settings.cache is not None:
            space_key(outputs, cut=True)  # where it cannot work, it is said now

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {self.task} at {self._outputs.sync_url}>"

    @property
    def name(self) -> str:
        """The model's name in its stack."""
        return self._outputs.name

    @property
    def task(self) -> Task:
        """What it is for."""
        return self._outputs.task

    @property
    def space(self) -> Space | None:
        """The space of its vectors, as the stack tells it; `None` where the outputs do not."""
        return self._outputs.space

    async def embed(
        self, texts: Iterable[str], *, timeout: float | None = None,
        on_refusal: OnRefusal = "raise", progress: Progress | None = None,
    ) -> Embeddings:  # fmt: skip
        """The texts' vectors, in their order.

        Raises:
            RefusedTextError: a text cannot be sent; nothing was (`on_refusal="skip"` makes its row NaN).
            DeadlineError: it took longer than `timeout` seconds, by default those of `connect`.
            TeiClientError: see errors.py.
        """
        call, _ = await self._call("embedding", texts, timeout, on_refusal, progress)
        cache = self._settings.cache
        key = space_key(self._outputs, call.wish.cuts) if cache is not None else ""
        return await tasks.embed(call, cache, key)

    async def rerank(
        self, query: str, texts: Iterable[str], *, raw_scores: bool = False,
        timeout: float | None = None, on_refusal: OnRefusal = "raise",
        progress: Progress | None = None,
    ) -> Ranking:  # fmt: skip
        """How well each text answers the query: from 0 to 1, or the model's logit with `raw_scores`.

        Raises as `embed` does; a refused query has the index `None`.
        """
        if reason := problem(query):
            raise RefusedTextError(None, reason)
        call, _ = await self._call("reranker", texts, timeout, on_refusal, progress)
        [tokens] = (self._counter or most_of_each)([query])
        return await tasks.rerank(call, Text(query, json_size(query), tokens), raw_scores)

    async def classify(
        self, texts: Iterable[str], *, timeout: float | None = None,
        on_refusal: OnRefusal = "raise", progress: Progress | None = None,
    ) -> Classification:  # fmt: skip
        """The probability of each label for each text.

        Raises as `embed` does, and `UsageError` where nobody says whether several labels may hold at once.
        """
        multi_label = self._is_multi_label()
        call, labels = await self._call("classifier", texts, timeout, on_refusal, progress)
        return await tasks.classify(call, labels, multi_label)

    async def ready(self, *, timeout: float | None = None) -> None:
        """Wait until the model answers, and is what was expected; raises otherwise. For a service's start."""
        session = self._own_session()
        await session.router(self._deadline(session, timeout))

    async def aclose(self) -> None:
        """Close its connections; it opens new ones when it is used again."""
        session, self._session = self._session, None
        if session is not None and session.loop is asyncio.get_running_loop():
            await session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        await self.aclose()

    async def _call(
        self, task: Task, texts: Iterable[str], timeout: float | None, on_refusal: OnRefusal,
        progress: Progress | None,
    ) -> tuple[Call, tuple[str, ...] | None]:  # fmt: skip
        """The call, and the labels of a classifier: refused before anything is sent, or ready to be sent."""
        if task != self.task:
            raise UsageError(
                f"model {self.name!r} is for {self.task}, not for {task}: connect to another one"
            )
        if on_refusal not in ("raise", "skip"):
            raise UsageError(f"on_refusal is {on_refusal!r}; it is 'raise' or 'skip'")
        prepared = prepare(texts, self._counter, on_refusal == "skip")
        session = self._own_session()
        deadline = self._deadline(session, timeout)
        router = await session.router(deadline)
        wanted = self._settings.too_long
        cuts = router.limits.auto_truncate if wanted is None else wanted == "cut"
        wish = Wish(cuts, self._counter is not None, on_refusal == "skip", progress)
        job = Job(session, router, self._outputs.sync_url, deadline)
        return Call(job, self._outputs, prepared, wish, router.prompt_tokens), router.labels

    def _deadline(self, session: Session, timeout: float | None) -> Deadline:
        seconds = self._settings.timeout if timeout is None else timeout
        if not seconds > 0:
            raise UsageError(f"timeout is {seconds!r} seconds, and must be above 0")
        return Deadline.after(seconds, session.clock)

    def _own_session(self) -> Session:
        if self._session is None or self._session.loop is not asyncio.get_running_loop():
            self._session = Session(self._outputs, self._settings, self._key)
        return self._session

    def _is_multi_label(self) -> bool:
        found = self._settings.multi_label
        told = self._outputs.multi_label if found is None else found
        if told is None and self.task == "classifier":
            raise UsageError(
                f"model {self.name!r}: its stack does not know whether several labels may hold at once: lock the "
                "model there, or pass multi_label=True (sigmoid of each score) or False (softmax) to connect"
            )
        return bool(told)
