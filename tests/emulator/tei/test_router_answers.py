"""Requests that a real router was asked, with what it said: ../data/router-answers.json, one a row.

Model, release, request, body, status (or that the process died), and the text of a refusal. Numbers of real weights are
not compared.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.model.death import RouterDiedError
from tests.support.tei_containers import JSON
from tests.support.tei_repositories import CLASSIFIER, RERANKER, files, running

ROWS = json.loads((Path(__file__).parents[1] / "data/router-answers.json").read_text("utf-8"))
PROMPTS = {"config_sentence_transformers.json": {"prompts": {"query": "q: ", "passage": "p: "}}}
EMBEDDER = files(PROMPTS)
SPLADE = files({"1_Pooling/config.json": None}, architectures=["BertForMaskedLM"])
TIGHT = "--max-client-batch-size 4 --max-concurrent-requests 4 --payload-limit 3000 --auto-truncate false"
MODELS: dict[str, tuple[dict[str, Any], str]] = {
    "bert": (EMBEDDER, ""),
    "berttight": (EMBEDDER, TIGHT),
    "reranker": (files(**RERANKER), ""),
    "emotions": (files(**CLASSIFIER), ""),
    "splade": (SPLADE, "--pooling splade"),
}


def router_of(model: str, release: str) -> Router:
    repository, flags = MODELS[model]
    return running(repository, tag=f"89-{release}", flags=flags)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(map(str, row[:4]))[:90])
def test_the_emulator_answers_as_the_router_did(row: list[Any]) -> None:
    model, release, request, body, status, says = row
    method, path = request.split(" ")
    router = router_of(model, release)
    if status == "died":
        with pytest.raises(RouterDiedError) as died:
            router.handle(method, path, JSON, body.encode())
        assert says in " ".join(died.value.log_lines)
        assert died.value.exit_code == -6
        return
    answer = router.handle(method, path, JSON, body.encode())
    assert (answer.status, says in said(answer.body)) == (status, True), said(answer.body)


def said(body: bytes) -> str:
    """What a refusal says, or the body's first bytes."""
    text = body.decode()
    if not text.startswith(("{", "[")):
        return text
    value = json.loads(text)
    return str(value.get("error") or value.get("message")) if isinstance(value, dict) else text
