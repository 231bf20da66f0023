"""The asynchronous model of a stack, which `Model` runs in a thread of its own."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from baseten_tei_client._all_spaces import choose_roles, gather_all
from baseten_tei_client._cache import space_key
from baseten_tei_client._call import tasks
from baseten_tei_client._call.batched_run import Job
from baseten_tei_client._call.call import Call, Wish
from baseten_tei_client._call.given import list_texts
from baseten_tei_client._call.own_tokenizer import find_counter
from baseten_tei_client._call.prepare import Text, find_problem, json_size, prepare, recount
from baseten_tei_client._call.prompts import (
    DOCUMENT,
    QUERY,
    as_list,
    find_prompt,
    own_prompt,
    space_with,
)
from baseten_tei_client._call.reranking import check_wishes, pick_best, texts_of
from baseten_tei_client._checks import require_bool, require_choice, require_positive
from baseten_tei_client._hub_tokenizer import start_fetching
from baseten_tei_client._outputs import ModelOutputs, Role, Task
from baseten_tei_client._progress import Progress, show_progress
from baseten_tei_client._router.clock import Deadline
from baseten_tei_client._router.session import Session
from baseten_tei_client._secrecy import Secret
from baseten_tei_client._spaces import Space
from baseten_tei_client._tokens import Counter, bound_each, make_counter
from baseten_tei_client.errors import RefusedTextError, UsageError
from baseten_tei_client.results import Classification, Embeddings, Ranking, Reranked
from baseten_tei_client.settings import Settings

OnRefusal = Literal["raise", "skip"]
_KINDS = {"embedding": "an embedding model", "reranker": "a reranker", "classifier": "a classifier"}
_VERBS = {"embedding": "embed", "reranker": "rerank", "classifier": "classify"}


class AsyncModel:
    """One model. Each event loop that uses it gets its own connections."""

    def __init__(
        self,
        outputs: ModelOutputs,
        settings: Settings,
        key: Secret,
        beside: Iterable[ModelOutputs] = (),
    ) -> None:
        self._outputs, self._settings, self._key = outputs, settings.validate(), key
        self._outputs_beside = {it.role: it for it in beside}
        self._beside: dict[Role, AsyncModel] = {}
        self._session: Session | None = None
        self._counter: Counter | None = None
        if settings.tokenizer is not None:
            self._counter = make_counter(settings.tokenizer, outputs)
        self._fetches = settings.tokenizer is None and settings.fetch_tokenizer
        if settings.cache is not None:
            space_key(outputs, cut=True)  # refuse now what would fail later

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {self.task} at {self._outputs.sync_url}>"

    @property
    def name(self) -> str:
        """Return the model's name in its stack."""
        return self._outputs.name

    @property
    def task(self) -> Task:
        """Return its task."""
        return self._outputs.task

    @property
    def environment(self) -> str | None:
        """Return the environment that it calls; `None` if the outputs do not say it."""
        return self._outputs.environment

    @property
    def prompts(self) -> Mapping[str, str]:
        """Return what goes before texts, by `prompt_name`; empty for a model that is not declared to want it."""
        return dict(self._outputs.prompts)

    @property
    def role(self) -> Role:
        """Return what it was under its name when the outputs were read: `current`, `next` or `previous`."""
        return self._outputs.role

    @property
    def space(self) -> Space | None:
        """Return the embedding space from the stack's outputs; `None` if they have none."""
        return self._outputs.space

    async def embed(
        self, texts: Iterable[str], *, prompt_name: str | None = None,
        timeout: float | None = None, on_refusal: OnRefusal = "raise",
        progress: Progress | bool | None = None,
    ) -> Embeddings:  # fmt: skip
        """Return the texts' vectors, in their order; each text after the prompt of this name, if one is given.

        Raises:
            RefusedTextError: a text cannot be sent, so none was (`on_refusal="skip"` makes its row NaN instead).
            DeadlineError: it took longer than `timeout` seconds, by default those of `connect`.
            TeiClientError: see errors.py.
        """
        prompt = find_prompt(self._outputs, prompt_name) if self.task == "embedding" else ""
        with show_progress(progress, f"{self.name}: embed") as told:
            call, _ = await self._call("embedding", texts, timeout, on_refusal, told, prompt)
            cache = self._settings.cache
            key = space_key(self._outputs, call.wish.cuts) if cache is not None else ""
            found = await tasks.embed(call, cache, key)
        return replace(found, space=space_with(found.space, prompt_name))

    async def embed_query(
        self, texts: str | Iterable[str], *, timeout: float | None = None,
        on_refusal: OnRefusal = "raise", progress: Progress | bool | None = None,
    ) -> Embeddings:  # fmt: skip
        """Return the vectors of queries, or of one, after the model's prompt for queries if it has one; see `embed`."""
        return await self.embed(
            as_list(texts), prompt_name=own_prompt(self._outputs, QUERY), timeout=timeout,
            on_refusal=on_refusal, progress=progress,
        )  # fmt: skip

    async def embed_documents(
        self, texts: Iterable[str], *, timeout: float | None = None,
        on_refusal: OnRefusal = "raise", progress: Progress | bool | None = None,
    ) -> Embeddings:  # fmt: skip
        """Return the vectors of documents, after the model's prompt for documents if it has one; see `embed`."""
        return await self.embed(
            texts, prompt_name=own_prompt(self._outputs, DOCUMENT), timeout=timeout,
            on_refusal=on_refusal, progress=progress,
        )  # fmt: skip

    async def embed_all_spaces(
        self, texts: Iterable[str], *, spaces: Iterable[Role] = ("current", "next"),
        timeout: float | None = None, on_refusal: OnRefusal = "raise",
    ) -> dict[Role, Embeddings]:  # fmt: skip
        """Return the vectors of documents by each model under the name, as `embed_documents` does, or raise.

        For writing to the indexes of two spaces at once. `spaces`: which; those that the outputs do not have are left
        out. Pass "previous" as well if `space back` is to find its index whole.
        """
        given: Any = list_texts(texts)
        chosen = choose_roles(self._under_this_name(), spaces)
        return await gather_all(
            chosen,
            lambda model: model.embed_documents(given, timeout=timeout, on_refusal=on_refusal),
        )

    def _under_this_name(self) -> dict[Role, "AsyncModel"]:
        """Return this model and those beside it, which are made once."""
        plain = replace(self._settings, expect_space=None, probe_space=False, tokenizer=None)
        for role, outputs in self._outputs_beside.items():
            if role not in self._beside:
                self._beside[role] = AsyncModel(outputs, plain, self._key)
        return {**self._beside, self.role: self}

    async def rerank(
        self, query: str, texts: Iterable[str], *, raw_scores: bool = False,
        timeout: float | None = None, on_refusal: OnRefusal = "raise",
        progress: Progress | bool | None = None,
    ) -> Ranking:  # fmt: skip
        """Return how well each text answers the query: from 0 to 1, or the model's logit with `raw_scores`.

        Raises what `embed` raises; a refused query has the index `None`.
        """
        if reason := find_problem(query):
            raise RefusedTextError(None, reason)
        require_bool("raw_scores", raw_scores)
        with show_progress(progress, f"{self.name}: rerank") as told:
            call, _ = await self._call("reranker", texts, timeout, on_refusal, told)
            [tokens] = (self._counter or bound_each)([query])
            return await tasks.rerank(call, Text(query, json_size(query), tokens), raw_scores)

    async def rerank_results(
        self, query: str, documents: Iterable[str | Mapping[str, Any]], *, top_n: int | None = None,
        return_documents: bool = False, timeout: float | None = None,
    ) -> Reranked:  # fmt: skip
        """Return the `top_n` best documents (default: all), best first, as Cohere and Jina do; see `rerank`.

        A document is its text, or a mapping with a `text`.
        """
        check_wishes(top_n, return_documents)
        texts: Any = texts_of(documents)
        ranking = await self.rerank(query, texts, timeout=timeout)
        return pick_best(ranking, texts, top_n, return_documents)

    async def classify(
        self, texts: Iterable[str], *, timeout: float | None = None,
        on_refusal: OnRefusal = "raise", progress: Progress | bool | None = None,
    ) -> Classification:  # fmt: skip
        """Return the probability of each label for each text.

        Raises what `embed` raises, and `UsageError` if it is unknown whether several labels may apply at once.
        """
        multi_label = self._is_multi_label()
        with show_progress(progress, f"{self.name}: classify") as told:
            call, labels = await self._call("classifier", texts, timeout, on_refusal, told)
            return await tasks.classify(call, labels, multi_label)

    async def ready(self, *, timeout: float | None = None) -> None:
        """Wait until the model answers and is the expected one; raises otherwise. For a service's start."""
        session = self._own_session()
        await session.router(self._deadline(session, timeout))

    async def aclose(self) -> None:
        """Close its connections; later calls open new ones."""
        for model in self._beside.values():
            await model.aclose()
        session, self._session = self._session, None
        if session is not None and session.loop is asyncio.get_running_loop():
            await session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _call(
        self, task: Task, texts: Iterable[str], timeout: float | None, on_refusal: OnRefusal,
        progress: Progress | None, prompt: str = "",
    ) -> tuple[Call, tuple[str, ...] | None]:  # fmt: skip
        """Return a call that is ready to be sent, and a classifier's labels; refuse what cannot be sent."""
        if task != self.task:
            raise UsageError(
                f"model {self.name!r} is {_KINDS[self.task]}; it cannot {_VERBS[task]}: connect to another model"
            )
        require_choice("on_refusal", on_refusal, ("raise", "skip"))
        prepared = prepare(texts, self._counter, on_refusal == "skip", prompt)
        session = self._own_session()
        deadline = self._deadline(session, timeout)
        future = start_fetching(self._outputs) if self._fetches else None
        router = await session.router(deadline)
        wanted = self._settings.too_long
        cuts = router.limits.auto_truncate if wanted is None else wanted == "cut"
        job = Job(session, router, self._outputs.sync_url, deadline)
        if fetched := await find_counter(future, session, job):
            prepared = recount(prepared, fetched)
        exact = self._counter is not None or fetched is not None
        wish = Wish(cuts, exact, on_refusal == "skip", progress)
        return Call(job, self._outputs, prepared, wish, router.prompt_tokens), router.labels

    def _deadline(self, session: Session, timeout: float | None) -> Deadline:
        seconds = self._settings.timeout if timeout is None else timeout
        require_positive("timeout", seconds)
        return Deadline.after(seconds, session.clock)

    def _own_session(self) -> Session:
        if self._session is None or self._session.loop is not asyncio.get_running_loop():
            self._session = Session(self._outputs, self._settings, self._key)
        return self._session

    def _is_multi_label(self) -> bool:
        setting = self._settings.multi_label
        multi_label = self._outputs.multi_label if setting is None else setting
        if multi_label is None and self.task == "classifier":
            raise UsageError(
                f"model {self.name!r}: its stack does not know whether several labels may apply at once: lock the "
                "model there, or pass multi_label=True (sigmoid of each score) or False (softmax) to connect"
            )
        return bool(multi_label)
