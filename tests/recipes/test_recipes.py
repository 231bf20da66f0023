"""Every recipe of docs/recipes.md, run as a process of its own, unmodified, with the real library."""

import json
import shutil
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.recipes.conftest import TEXTS_IN_A_REQUEST, Consumer
from tests.support.harness import API_KEY, ROOT

pytestmark = pytest.mark.e2e

RECIPES = ROOT / "examples" / "clients"
EMBEDDED = ["bge: 768 numbers"]
SEARCHED = ["bge: 0.* Paris is the capital of France.", "bge: 0.0* *"]
RERANKED = ["bge-reranker: 0.9* Paris is the capital of France.", "bge-reranker: 0.0* *"]
CLASSIFIED = ["go-emotions: love *", "go-emotions: annoyance *"]

PRINTED = {
    "with_requests.py": EMBEDDED * 3 + RERANKED + CLASSIFIED,
    "with_openai.py": EMBEDDED * 3 + RERANKED + CLASSIFIED,
    "with_performance_client.py": [
        "bge: 3 times 768 numbers", *RERANKED, "bge-reranker: 0.0* *", *CLASSIFIED
    ],
    "with_baseten.py": EMBEDDED * 2 + RERANKED + CLASSIFIED,
    "with_langchain.py": SEARCHED,
    "with_llamaindex.py": SEARCHED + RERANKED,
    "with_haystack.py": SEARCHED,
}  # fmt: skip


def texts_in(body: dict[str, object]) -> int:
    """How many texts a request had."""
    given = body.get("input") or body.get("inputs") or body.get("texts")
    return len(given) if isinstance(given, list) else 1


def assert_nothing_was_refused(consumer: Consumer) -> None:
    """And each request stayed within the limit that the outputs say."""
    calls = consumer.calls()
    assert calls
    assert {call["status"] for call in calls} == {200}
    assert max(texts_in(call["body"]) for call in calls) <= TEXTS_IN_A_REQUEST


@pytest.mark.parametrize("recipe", PRINTED)
def test_a_recipe_runs_unmodified_and_stays_within_the_limits(
    consumer: Consumer, recipe: str
) -> None:
    consumer.emulator.forget_calls()
    ended = consumer.run(consumer.python, RECIPES / recipe)
    assert ended.code == 0, ended.text
    lines = ended.stdout.splitlines()
    assert len(lines) == len(PRINTED[recipe]), ended.text
    for line, pattern in zip(lines, PRINTED[recipe], strict=True):
        assert fnmatch(line, pattern), f"{line!r} is not {pattern!r}"
    assert_nothing_was_refused(consumer)


@pytest.mark.parametrize(
    "recipe", ["with_openai.py", "with_langchain.py", "with_llamaindex.py", "with_haystack.py"]
)
def test_a_recipe_puts_the_models_prompts_before_queries_and_documents(
    consumer: Consumer, recipe: str
) -> None:
    outputs = json.loads(consumer.outputs)
    outputs["models"]["bge"]["prompts"] = {"query": "query: ", "document": "passage: "}
    prompted = replace(consumer, outputs=json.dumps(outputs))
    consumer.emulator.forget_calls()
    ended = prompted.run(consumer.python, RECIPES / recipe)
    assert ended.code == 0, ended.text
    bodies = [call["body"] for call in consumer.calls() if call["path"].endswith("/v1/embeddings")]
    texts = {text for it in bodies for text in _as_list(it["input"])}
    asked = {"query: What is the capital of France?"} if recipe != "with_openai.py" else set()
    assert {text for text in texts if not text.startswith("passage: ")} == asked
    assert len(texts - asked) == 3


def _as_list(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def test_the_curl_recipe_answers_and_its_key_is_no_argument(
    consumer: Consumer, tmp_path: Path
) -> None:
    consumer.emulator.forget_calls()
    said = tmp_path / "arguments"
    recorder = tmp_path / "curl"
    recorder.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >>{said}\nexec {shutil.which("curl")} "$@"\n'
    )
    recorder.chmod(0o755)
    path = f"{tmp_path}:{consumer.python.parent}:/usr/bin:/bin"
    ended = consumer.run("bash", RECIPES / "curl.sh", PATH=path)
    assert ended.code == 0, ended.text
    embedded, reranked, classified = ended.stdout.splitlines()
    assert embedded.startswith('{"object":"list","data":[{"object":"embedding"')
    assert json.loads(reranked)[0]["index"] == 1
    assert classified.startswith('[[{"score":6.')
    assert "--data" in said.read_text()
    assert API_KEY not in said.read_text()
    assert_nothing_was_refused(consumer)
