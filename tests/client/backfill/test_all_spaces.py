"""Documents are embedded for each space that is being written, or for none."""

import asyncio
import json
from typing import Any

import numpy as np
import pytest

from baseten_tei_client import UnavailableError, UsageError
from tests.client.stack import ClientStack

TEXTS = ["one document", "another"]


def outputs(stack: ClientStack, **following: Any) -> dict[str, Any]:
    """Of a model with a next one, here the same under another id, and a previous one."""
    current = stack.models["search"]
    other = {**current["space"], "model_id": "BAAI/bge-small-en-v1.5"}
    beside = {**current, "space": other, **following}
    spaces = {"current": current, "next": beside, "previous": beside}
    return stack.change_outputs("search", spaces=json.loads(json.dumps(spaces)))


def test_each_space_that_is_written_gets_its_vectors(stack: ClientStack) -> None:
    with stack.connect("search", outputs=outputs(stack)) as model:
        found = model.embed_all_spaces(iter(TEXTS))
        assert list(found) == ["current", "next"]
        spaces = [it.space.model_id for it in found.values() if it.space]
        assert spaces == ["sentence-transformers/all-MiniLM-L6-v2", "BAAI/bge-small-en-v1.5"]
        alone = model.embed_documents(TEXTS).vectors
        assert all(np.allclose(it.vectors, alone) for it in found.values())
        every = model.embed_all_spaces(TEXTS, spaces=("current", "next", "previous"))
        assert list(every) == ["current", "next", "previous"]
        with pytest.raises(UsageError, match="not 'former'"):
            model.embed_all_spaces(TEXTS, spaces=["former"])  # type: ignore[list-item]


def test_a_client_of_the_next_space_embeds_for_the_same_two(stack: ClientStack) -> None:
    with stack.connect("search", outputs=outputs(stack), space="next") as model:
        assert list(model.embed_all_spaces(TEXTS)) == ["current", "next"]
    with stack.connect("search") as model:
        assert list(model.embed_all_spaces(TEXTS)) == ["current"]


def test_nothing_is_returned_where_one_of_them_fails(stack: ClientStack) -> None:
    gone = stack.models["search"]["sync_url"].replace("/model-", "/model-x")

    async def ask() -> None:
        async with await stack.aconnect("search", outputs=outputs(stack, sync_url=gone)) as model:
            with pytest.raises(UnavailableError):
                await model.embed_all_spaces(TEXTS)

    asyncio.run(ask())
