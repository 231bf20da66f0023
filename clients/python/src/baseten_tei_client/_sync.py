"""The model for callers without an event loop: runs `AsyncModel` in a thread, for any number of threads."""

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Self, TypeVar

from baseten_tei_client._model import AsyncModel, OnRefusal
from baseten_tei_client._outputs import Role, Task
from baseten_tei_client._progress import Progress
from baseten_tei_client._spaces import Space
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Classification, Embeddings, Ranking, Reranked

T = TypeVar("T")


class _Loop:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="baseten-tei-client", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the work's result; Ctrl-C cancels it. Raises `UsageError` if `stop` cancelled it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            raise UsageError("the model was closed during this call") from error
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancel all work and end the thread."""
        self.run(_end_all_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _end_all_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class Model:
    """One model for any number of threads. `AsyncModel` says what each method does and raises."""

    def __init__(self, model: AsyncModel) -> None:
        self._model = model
        self._loop: _Loop | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return repr(self._model).replace("AsyncModel", "Model", 1)

    @property
    def name(self) -> str:
        """Return the model's name in its stack."""
        return self._model.name

    @property
    def task(self) -> Task:
        """Return its task."""
        return self._model.task

    @property
    def environment(self) -> str | None:
        """Return the environment that it calls; `None` if the outputs do not say it."""
        return self._model.environment

    @property
    def prompts(self) -> Mapping[str, str]:
        """Return what goes before texts, by `prompt_name`; empty for a model that is not declared to want it."""
        return self._model.prompts

    @property
    def role(self) -> Role:
        """Return what it was under its name when the outputs were read: `current`, `next` or `previous`."""
        return self._model.role

    @property
    def space(self) -> Space | None:
        """Return the embedding space from the stack's outputs; `None` if they have none."""
        return self._model.space

    def embed(
        self, texts: Iterable[str], *, prompt_name: str | None = None,
        timeout: float | None = None, on_refusal: OnRefusal = "raise",
        progress: Progress | bool | None = None,
    ) -> Embeddings:  # fmt: skip
        """Return the texts' vectors, in their order. `progress` is called from another thread."""
        return self._run(
            lambda: self._model.embed(
                texts, prompt_name=prompt_name, timeout=timeout, on_refusal=on_refusal,
                progress=progress,
            )
        )  # fmt: skip

    def embed_query(
        self, texts: str | Iterable[str], *, timeout: float | None = None,
        on_refusal: OnRefusal = "raise", progress: Progress | bool | None = None,
    ) -> Embeddings:  # fmt: skip
        """Return the vectors of queries, or of one, after the model's prompt for queries if it has one."""
        return self._run(
            lambda: self._model.embed_query(
                texts, timeout=timeout, on_refusal=on_refusal, progress=progress
            )
        )

    def embed_documents(
        self, texts: Iterable[str], *, timeout: float | None = None,
        on_refusal: OnRefusal = "raise", progress: Progress | bool | None = None,
    ) -> Embeddings:  # fmt: skip
        """Return the vectors of documents, after the model's prompt for documents if it has one."""
        return self._run(
            lambda: self._model.embed_documents(
                texts, timeout=timeout, on_refusal=on_refusal, progress=progress
            )
        )

    def embed_all_spaces(
        self, texts: Iterable[str], *, spaces: Iterable[Role] = ("current", "next"),
        timeout: float | None = None, on_refusal: OnRefusal = "raise",
    ) -> dict[Role, Embeddings]:  # fmt: skip
        """Return the vectors of documents by each model under the name, for two indexes at once, or raise."""
        return self._run(
            lambda: self._model.embed_all_spaces(
                texts, spaces=spaces, timeout=timeout, on_refusal=on_refusal
            )
        )

    def rerank(
        self, query: str, texts: Iterable[str], *, raw_scores: bool = False,
        timeout: float | None = None, on_refusal: OnRefusal = "raise",
        progress: Progress | bool | None = None,
    ) -> Ranking:  # fmt: skip
        """Return how well each text answers the query."""
        return self._run(
            lambda: self._model.rerank(
                query, texts, raw_scores=raw_scores, timeout=timeout, on_refusal=on_refusal,
                progress=progress,
            )
        )  # fmt: skip

    def rerank_results(
        self, query: str, documents: Iterable[str | Mapping[str, Any]], *, top_n: int | None = None,
        return_documents: bool = False, timeout: float | None = None,
    ) -> Reranked:  # fmt: skip
        """Return the `top_n` best documents (default: all), best first, as Cohere and Jina do."""
        return self._run(
            lambda: self._model.rerank_results(
                query, documents, top_n=top_n, return_documents=return_documents, timeout=timeout
            )
        )

    def classify(
        self, texts: Iterable[str], *, timeout: float | None = None,
        on_refusal: OnRefusal = "raise", progress: Progress | bool | None = None,
    ) -> Classification:  # fmt: skip
        """Return the probability of each label for each text."""
        return self._run(
            lambda: self._model.classify(
                texts, timeout=timeout, on_refusal=on_refusal, progress=progress
            )
        )

    def ready(self, *, timeout: float | None = None) -> None:
        """Wait until the model answers and is the expected one; raises otherwise."""
        self._run(lambda: self._model.ready(timeout=timeout))

    def close(self) -> None:
        """Close its connections and end its thread; later calls start new ones."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None and loop.pid == os.getpid():
            loop.run(self._model.aclose())
            loop.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        with self._lock:
            if self._loop is None or self._loop.pid != os.getpid():  # a fork has no threads
                self._loop = _Loop()
            loop = self._loop
        return loop.run(work())
