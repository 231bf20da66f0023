"""A consumer's own code over the public interface of the client; it is checked, and never run."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client import (
    AsyncModel,
    Classification,
    Comparison,
    DeadlineError,
    Document,
    Embeddings,
    Model,
    OutputsError,
    PulumiStack,
    RankedDocument,
    Ranking,
    Refused,
    RefusedRequestError,
    RefusedTextError,
    Reranked,
    Space,
    SpaceMismatchError,
    TeiClientError,
    Truncated,
    UnauthorizedError,
    UnavailableError,
    Usage,
    UsageError,
    VectorCache,
    aconnect,
    compare,
    connect,
    read_space,
    write_space,
)  # fmt: skip
from baseten_tei_client.asgi import rerank_app
from baseten_tei_client.backfill import (
    Batch,
    Check,
    Embedder,
    Estimate,
    Index,
    Progress,
    Row,
    Rows,
    Sink,
    SinkError,
    Source,
    Thresholds,
    Totals,
    Verification,
    backfill,
    estimate,
    find_missing,
    open_index,
    open_sink,
    open_source,
    read_queries,
    verify,
)  # fmt: skip
from baseten_tei_client.settings import Settings


def show(done: int, all_: int) -> None:
    print(done, all_)


def use(path: Path) -> NDArray[np.float32]:
    with connect("bge", outputs=path, timeout=5, share=0.5, cache=VectorCache(10)) as model:
        found: Embeddings = model.embed(["a"], progress=show)
        first: NDArray[np.float32] = found[0]
        some: NDArray[np.float32] = found[1:]
        for row in found:
            row.sum()
        frame = found.to_pandas()
        print(frame, some, len(found), found.truncated[0].tokens if found.truncated else 0)
        space: Space | None = model.space
        if space is not None:
            write_space(space, "x.json")
            comparison: Comparison = compare(space, read_space("x.json"))
            print(comparison.reasons)
        for role, both in model.embed_all_spaces(["a"]).items():
            print(role.upper(), both.vectors.shape)
        query: Embeddings = model.embed_query("a")
        docs: Embeddings = model.embed_documents(["a"], on_refusal="skip")
        print(query, docs, model.role, model.prompts.get("query"))
        return first


def rank() -> tuple[Ranking, Reranked, Classification]:
    model: Model = connect("bge-reranker", outputs="outputs.json")
    print(rerank_app(model))
    best: list[tuple[int, float]] = model.rerank("q", ["a"]).best(1)
    print(best)
    reranked = model.rerank_results("q", [{"text": "a"}, "b"], top_n=1)
    score: float = reranked.results[0].relevance_score
    print(score)
    return model.rerank("q", ["a"]), reranked, model.classify(["a"])


async def later() -> Embeddings:
    async with await aconnect("bge", outputs="outputs.json", expect_space="x.json") as model:
        assert isinstance(model, AsyncModel)
        return await model.embed(["a"], progress=True)


def rows() -> Iterator[tuple[int, str]]:
    yield 1, "a"


def tell(progress: Progress) -> None:
    print(progress.rows, progress.seconds_left)


def fill(model: Model) -> Totals:
    source: Source = open_source("notes.jsonl", payload=["title"])
    sink: Sink = open_sink("sqlite-vec:x.db/notes")
    print(estimate(model, source).usd, list(find_missing([Row("a", "b")], sink)))
    backfill(model, [(1, "a"), (2, "b")], sink, journal="j.db")
    backfill(model, rows(), sink, journal="j.db")
    return backfill(model, source, sink, journal="j.db", report="r.jsonl", progress=tell)


class OwnSink:
    """A store of the consumer's own."""

    name = "own"

    def open(self, space: Space, example: Row) -> None:
        print(space.dimensions, example.payload)

    def known(self, ids: Sequence[str | int]) -> set[str | int]:
        return set(ids)

    def write(self, batch: Batch) -> None:
        print(batch.ids, batch.vectors.shape)

    def finish(self) -> None: ...

    def close(self) -> None: ...


def fill_own(model: Embedder) -> Estimate:
    rows_of_own = Rows([Row(1, "text")])
    backfill(model, rows_of_own, OwnSink(), journal=Path("j.db"))
    return estimate(model, rows_of_own)


def cut_over(outputs: PulumiStack) -> list[Check]:
    old: Index = open_index("old")
    judge = connect("rerank", outputs=outputs)
    found: Verification = verify(
        connect("search", outputs=outputs), connect("search", outputs=outputs, space="next"), [(1, "text")],
        old=old, new=open_index("new"), queries=read_queries("queries.txt"), judge_by=judge, thresholds=Thresholds(),
    )  # fmt: skip
    return list(found.checks)


def tell_result(found: Embeddings, ranked: Reranked) -> None:
    cut: tuple[Truncated, ...] = found.truncated
    refused: tuple[Refused, ...] = found.refused
    usage: Usage = found.usage
    best: RankedDocument = ranked.results[0]
    document: Document | None = best.document
    print([it.at_least for it in cut], [it.reason for it in refused], usage.tokens, document)


print(Settings().timeout)
try:
    asyncio.run(later())
except (RefusedTextError, SpaceMismatchError, UsageError, OutputsError, SinkError) as error:
    print(error)
except RefusedRequestError as refusal:
    print(refusal.status)
except (DeadlineError, UnauthorizedError, UnavailableError):
    raise
except TeiClientError:
    raise
