"""What goes before queries and before documents: the spec's word, else the repository's."""

from typing import Any

import pytest

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.prompts import advise_prompts, find_prompts
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.outputs.known_before_push import known_prompts, known_space
from baseten_tei.outputs.serving import EmbeddingServing
from baseten_tei.outputs.spaces.space import Space
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs, RerankerArgs

QWEN: dict[str, str | None] = {"query": "Instruct: find\nQuery:", "document": ""}


def args(**more: Any) -> EmbeddingArgs:
    return EmbeddingArgs(model_id="owner/name", accelerator="L4", **more)


def facts(prompts: dict[str, str | None]) -> ModelFacts:
    return ModelFacts(
        model_id="owner/name", revision="main", commit="c" * 40, source="a test",
        prompts=prompts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "locked", "told"),
    [
        ({"query": "q: ", "document": "d: "}, {}, {"query": "q: ", "document": "d: "}),
        ({"query": "q: "}, {}, {"query": "q: ", "document": ""}),
        ({"passage": "p: "}, {}, {"query": "", "document": "p: ", "passage": "p: "}),
        (None, QWEN, QWEN),
        ({"query": "mine: "}, QWEN, {"query": "mine: ", "document": ""}),
        ({"query": "", "document": ""}, QWEN, {"query": "", "document": ""}),
        (None, {"retrieval.query": "a", "retrieval.passage": "b"},
         {"query": "a", "document": "b", "retrieval.query": "a", "retrieval.passage": "b"}),
        (None, {"document": "first", "passage": "second"},
         {"query": "", "document": "first", "passage": "second"}),
        (None, {"query": "", "document": ""}, None),
        (None, {"query": None}, None),
        (None, {}, None),
    ],
)  # fmt: skip
def test_the_spec_comes_before_the_repository_whatever_words_that_has(
    written: dict[str, str] | None, locked: dict[str, str | None], told: dict[str, str] | None
) -> None:
    assert find_prompts(args(prompts=written), facts(locked)) == told


@pytest.mark.parametrize("routed", [{"default_prompt": "q: "}, {"default_prompt_name": "query"}])
def test_the_repositorys_prompts_do_not_count_where_the_router_puts_one_already(
    routed: dict[str, str],
) -> None:
    assert find_prompts(args(**routed), facts(QWEN)) is None


@pytest.mark.parametrize(
    "model", [args(), RerankerArgs(model_id="owner/name", accelerator="L4")], ids=lambda it: it.task
)
def test_outputs_of_a_model_without_prompts_are_as_before_there_were_any(model: ModelArgs) -> None:
    subject = Subject("search", model)
    assert known_prompts(subject) == {}
    assert "document_prompt" not in known_space(subject)


def test_the_outputs_tell_prompts_and_the_space_that_of_documents() -> None:
    subject = Subject("search", args(prompts={"query": "q: ", "document": "d: "}))
    assert known_prompts(subject) == {"prompts": {"query": "q: ", "document": "d: "}}
    assert known_space(subject)["document_prompt"] == "d: "


def test_a_declared_prompt_is_in_no_config() -> None:
    with_prompts = Subject("search", args(prompts={"query": "q: ", "document": "d: "}))
    assert with_prompts.config == Subject("search", args()).config


def test_a_key_that_need_not_be_there_is_left_out_of_outputs_where_it_is_null() -> None:
    space = Space(model_id="a/b", revision="main", normalized=True, dtype="float16")  # type: ignore[call-arg]  # nulls
    assert "document_prompt" not in space.model_dump()
    assert space.model_dump()["fingerprint"] is None
    assert not EmbeddingServing.model_fields["prompts"].is_required()


@pytest.mark.parametrize(
    ("model_id", "locked", "query", "document"),
    [
        ("intfloat/multilingual-e5-large", {}, "query: ", "passage: "),
        ("BAAI/bge-base-en-v1.5", {}, "Represent this sentence for searching relevant passages: ", ""),
        ("nomic-ai/nomic-embed-text-v1.5", {}, "search_query: ", "search_document: "),
        ("owner/name", QWEN, QWEN["query"], ""),
    ],
)  # fmt: skip
def test_models_that_want_two_prompts_are_known_by_repository_or_card(
    model_id: str, locked: dict[str, str | None], query: str, document: str
) -> None:
    assert advise_prompts(model_id, facts(locked)) == {"query": query, "document": document}


@pytest.mark.parametrize("model_id", ["intfloat/multilingual-e5-large-instruct", "BAAI/bge-m3"])
def test_a_model_of_one_prompt_is_not_advised(model_id: str) -> None:
    assert advise_prompts(model_id, None) is None
