"""The toy model is honest: its numbers follow the words, on every machine alike."""

from __future__ import annotations

import json

import pytest

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.model.tokens import Token
from baseten_emulator.tei.model.vectors import cosine, pool, token_vectors
from baseten_emulator.tei.outcome import Numbers, to_json
from tests.support.tei_containers import answer, boot

GO_EMOTIONS = "SamLowe/roberta-base-go_emotions"


def similarity(router: Router, source: str, *sentences: str) -> list[float]:
    body = {"inputs": {"source_sentence": source, "sentences": list(sentences)}}
    return [float(cosine) for cosine in answer(router, "/similarity", body)]


def embed(router: Router, text: str = "hello world") -> list[float]:
    return [float(number) for number in answer(router, "/embed", {"inputs": text})[0]]


def top(router: Router, text: str) -> str:
    return str(answer(router, "/predict", {"inputs": text})[0]["label"])


def test_texts_that_share_words_are_near_each_other() -> None:
    near, far, apart = similarity(
        boot(),
        "How do I deploy an embedding model?",
        "Deploying: the embedding model goes live",
        "Bananas are yellow",
        "The model of a train",
    )
    assert near > apart > far


def test_the_same_text_has_the_same_vector_in_another_process() -> None:
    assert embed(boot())[:4] == pytest.approx(PINNED, abs=1e-7)


PINNED = [-0.01296018, -0.00611925, -0.01879027, -0.0363019]


def test_two_models_do_not_share_a_space() -> None:
    one, other = embed(boot()), embed(boot("intfloat/e5-base-v2"))
    assert abs(cosine(one, other)) < 0.3


def test_a_prompt_moves_the_vector_and_counts_as_tokens() -> None:
    repo = "mixedbread-ai/mxbai-embed-large-v1"
    plain, by_default = boot(repo), boot(repo, flags="--default-prompt-name query")
    request = {"inputs": "cats"}
    asked = answer(plain, "/embed", {**request, "prompt_name": "query"})
    assert asked == answer(by_default, "/embed", request)
    assert asked != answer(plain, "/embed", request)
    assert len(answer(by_default, "/tokenize", request)[0]) > 3


def test_more_of_the_query_in_a_text_is_a_better_rank() -> None:
    texts = ["Paris is in France", "What the capital of France is: Paris", "Cats purr"]
    body = {"query": "What is the capital of France?", "texts": texts}
    ranks = answer(boot("BAAI/bge-reranker-base"), "/rerank", body)
    assert [rank["index"] for rank in ranks] == [1, 0, 2]
    assert ranks[0]["score"] > 0.9
    assert ranks[2]["score"] < 0.1


def test_raw_scores_are_the_logits_behind_the_sigmoid() -> None:
    router = boot("BAAI/bge-reranker-base")
    body = {"query": "capital of France", "texts": ["Paris, capital of France"]}
    raw = answer(router, "/rerank", {**body, "raw_scores": True})[0]["score"]
    squashed = answer(router, "/rerank", body)[0]["score"]
    assert squashed == pytest.approx(1 / (1 + 2.718281828459045**-raw), abs=1e-6)
    assert raw > 1


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("I love this", {"love", "joy"}),
        ("I am furious", {"anger", "annoyance"}),
        ("Thank you so much!", {"gratitude"}),
        ("The report is on the table", {"neutral"}),
    ],
)
def test_emotions_follow_the_words(text: str, labels: set[str]) -> None:
    ranked = answer(boot(GO_EMOTIONS), "/predict", {"inputs": text})
    assert {row["label"] for row in ranked[: len(labels)]} == labels


def test_softmax_is_over_all_labels_even_for_a_multi_label_model() -> None:
    router = boot(GO_EMOTIONS)
    scores = [row["score"] for row in answer(router, "/predict", {"inputs": "I love this"})]
    raw = answer(router, "/predict", {"inputs": "I love this", "raw_scores": True})
    assert sum(scores) == pytest.approx(1, abs=1e-5)
    assert sum(row["score"] for row in raw) != pytest.approx(1, abs=1e-1)


@pytest.mark.parametrize(
    ("repo_id", "text", "label"),
    [
        ("ProsusAI/finbert", "Profits grew to a record", "positive"),
        ("ProsusAI/finbert", "The firm reports a heavy loss", "negative"),
        ("papluca/xlm-roberta-base-language-detection", "Ich bin nicht hier und das ist gut", "de"),
        ("papluca/xlm-roberta-base-language-detection", "Je ne suis pas dans la maison", "fr"),
    ],
)
def test_other_classifiers_know_their_labels(repo_id: str, text: str, label: str) -> None:
    assert top(boot(repo_id), text) == label


@pytest.mark.parametrize("count", [0, 1, 7, 40_000])
def test_a_text_s_vector_is_the_mean_of_its_words_vectors_however_many_they_are(count: int) -> None:
    words = [Token(n, f"word{n % 7}") for n in range(count)]
    one_each = token_vectors("space", words[:7], 16) or [(0.0,) * 16]
    mean = [sum(it) / len(one_each) for it in zip(*one_each, strict=True)]
    assert pool("space", words, 16) == pytest.approx(mean, abs=1e-4 if count > 7 else 1e-11)


def test_numbers_may_be_anywhere_in_an_answer_and_texts_stay_as_they_are() -> None:
    answer = {"numbers": "numbers", "data": [{"it": Numbers([0.5, -1.0])}, Numbers([])], "ü": None}
    assert json.loads(to_json(answer)) == {
        "numbers": "numbers", "data": [{"it": [0.5, -1.0]}, []], "ü": None,
    }  # fmt: skip
    assert to_json(Numbers([float("nan")])) == "[null]"
