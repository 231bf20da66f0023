"""A reranker in the shape of Cohere and Jina, as a method and as an ASGI app."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from baseten_tei_client import RefusedTextError, Reranked, UsageError
from baseten_tei_client.asgi import LARGEST_BODY, rerank_app
from tests.client.stack import ClientStack

QUERY = "What is the capital of France?"
TEXTS = ["Cats sleep.", "Paris is the capital of France.", "Dogs bark."]
BODY = {"model": "rerank-v3.5", "query": QUERY, "documents": TEXTS}
Ask = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


def ask(app: Any, ask: Ask, root: str = "") -> httpx.Response:
    """What the app answers under a path where it is mounted."""

    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(app, root_path=root)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await ask(client)

    return asyncio.run(main())


def post(app: Any, path: str, body: Any, root: str = "") -> httpx.Response:
    return ask(app, lambda client: client.post(path, json=body), root)


def test_the_best_documents_come_first_with_their_index_and_score(stack: ClientStack) -> None:
    with stack.connect("rerank") as model:
        ranking = model.rerank(QUERY, TEXTS)
        found = model.rerank_results(QUERY, TEXTS)
        mappings = [{"text": text, "id": n} for n, text in enumerate(TEXTS)]
        few = model.rerank_results(QUERY, mappings, top_n=2, return_documents=True)
        many = model.rerank_results(QUERY, TEXTS, top_n=99)
    assert [(it.index, it.relevance_score) for it in found.results] == ranking.best()
    assert found.results == many.results
    assert found.usage == ranking.usage
    assert [it.document for it in found.results] == [None] * 3
    assert [it.index for it in few.results] == ranking.order[:2].tolist()
    assert few.results[0].document
    assert few.results[0].document.text == TEXTS[1]
    assert isinstance(few, Reranked)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"top_n": 0}, "top_n must be a whole number from 1"),
        ({"top_n": "2"}, "top_n must be a whole number from 1"),
        ({"return_documents": "yes"}, "return_documents must be True or False"),
        ({"documents": [{"title": "a"}]}, "document 0 is a mapping with the keys 'title', but without"),
        ({"documents": [{}]}, r"the keys \(none\)"),
        ({"documents": {"text": "a"}}, r"pass one of them, mapping\['text'\]"),
        ({"documents": ["a", None]}, "text 1 is None"),
        ({"documents": [{"text": 5}]}, "text 0 is of type int"),
        ({"query": ""}, "the query is empty"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_arguments_are_the_clients_errors_and_the_apps_400(
    stack: ClientStack, arguments: dict[str, Any], message: str
) -> None:
    with stack.connect("rerank") as model:
        with pytest.raises((UsageError, RefusedTextError), match=message):
            model.rerank_results(**{"query": QUERY, "documents": TEXTS, **arguments})
        answer = post(rerank_app(model), "/v1/rerank", {**BODY, **arguments})
    assert answer.status_code == 400
    assert list(answer.json()) == ["message"]


@pytest.mark.parametrize(
    ("path", "root"), [("/v1/rerank", ""), ("/v2/rerank", ""), ("/search/v1/rerank", "/search")]
)
def test_the_app_answers_as_cohere_and_jina_do(stack: ClientStack, path: str, root: str) -> None:
    with stack.connect("rerank") as model:
        app = rerank_app(model)
        answer = post(app, path, {**BODY, "top_n": 2, "return_documents": True}, root)
        best = model.rerank(QUERY, TEXTS).best(2)
        long = post(app, path, {**BODY, "documents": ["a", "w " * 2000]}, root).json()
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert [(it["index"], it["relevance_score"]) for it in told["results"]] == best
    assert told["results"][0]["document"] == {"text": TEXTS[1]}
    assert (told["model"], told["usage"]["total_tokens"] > 0) == ("rerank", True)
    assert told["meta"] == {"api_version": {"version": path[-8]}, "warnings": []}
    assert "document" not in long["results"][0]
    [warning] = long["meta"]["warnings"]
    assert warning.startswith("document 1 has 20")


def test_an_asynchronous_model_answers_alike(stack: ClientStack) -> None:
    async def main() -> Any:
        async with await stack.aconnect("rerank") as model:
            transport = httpx.ASGITransport(rerank_app(model))
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return (await client.post("/v2/rerank", json=BODY)).json()

    assert asyncio.run(main())["results"][0]["index"] == 1


@pytest.mark.parametrize(
    ("status", "send"),
    [
        (404, lambda c: c.post("/v3/rerank", json=BODY)),
        (404, lambda c: c.get("/")),
        (405, lambda c: c.get("/v1/rerank")),
        (400, lambda c: c.post("/v1/rerank", content=b"{")),
        (400, lambda c: c.post("/v1/rerank", content=b"\xff")),
        (400, lambda c: c.post("/v1/rerank", content=b"[" * 100_000)),
        (400, lambda c: c.post("/v1/rerank", json=[1])),
        (400, lambda c: c.post("/v1/rerank", json={"query": QUERY})),
        (400, lambda c: c.post("/v1/rerank", json={"query": QUERY, "documents": "a"})),
        (413, lambda c: c.post("/v1/rerank", content=b" " * (LARGEST_BODY + 1))),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_answered_is_an_error_in_json(
    stack: ClientStack, status: int, send: Ask
) -> None:
    with stack.connect("rerank") as model:
        answer = ask(rerank_app(model), send)
    assert answer.status_code == status
    assert isinstance(answer.json()["message"], str)
    assert ("allow" in answer.headers) == (status == 405)
    assert not stack.count_calls()


def test_a_model_that_fails_is_a_502_or_a_504_without_the_key(stack: ClientStack) -> None:
    with stack.connect("rerank", api_key="wrong-key-of-somebody") as model:
        answer = post(rerank_app(model), "/v1/rerank", BODY)
    assert (answer.status_code, "wrong-key" in answer.text) == (502, False)
    stack.emulator.fault("rerank", "slow_reply", on="inference", seconds=5)
    with stack.connect("rerank") as model:
        answer = post(rerank_app(model, timeout=0.2), "/v1/rerank", BODY)
    assert answer.status_code == 504


def test_the_app_is_made_of_a_reranker_only(stack: ClientStack) -> None:
    for wrong in (stack.connect("search"), None, "rerank"):
        with pytest.raises(UsageError, match="needs a reranker"):
            rerank_app(wrong)  # type: ignore[arg-type]


def test_the_app_lives_and_ends_with_its_server(stack: ClientStack) -> None:
    async def main() -> list[str]:
        asked = iter(["lifespan.startup", "lifespan.shutdown"])
        sent: list[str] = []

        async def receive() -> dict[str, Any]:
            return {"type": next(asked)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        with stack.connect("rerank") as model:
            await rerank_app(model)({"type": "lifespan"}, receive, send)
            with pytest.raises(UsageError, match="HTTP only"):
                await rerank_app(model)({"type": "websocket"}, receive, send)
        return sent

    assert asyncio.run(main()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
