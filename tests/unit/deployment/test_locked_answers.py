"""What the lock lets expect of a router: never what another reading of the same files could give."""

from typing import Any

import pytest

from baseten_tei.deployment.environment_inputs import environment_inputs
from baseten_tei.deployment.locked_answers import expect_locked
from baseten_tei.facts.hub.model_facts import ModelFacts, Pooling
from tests.support.specs import spec

FACTS = ModelFacts(
    model_id="a/b",
    revision="main",
    commit="c" * 40,
    source="test",
    architectures=("BertModel",),
    model_type="bert",
    hidden_size=384,
    max_position_embeddings=512,
    pad_token_id=0,
    max_seq_length=512,
    pooling=Pooling(modes=("mean",)),
)
HEAD = {"architectures": ("BertForSequenceClassification",), "label2id": {"good": 1, "bad": 0}}


def expected(task: str = "embedding", facts: dict[str, Any] | None = None, **args: Any) -> Any:
    return expect_locked(spec(task, **args), FACTS.model_copy(update=facts or {}))


def test_an_embedding_has_its_pooling_its_dimensions_and_its_longest_input() -> None:
    assert expected() == {"pooling": "mean", "dimensions": 384, "max_input_length": 512}


@pytest.mark.parametrize(
    ("facts", "args", "gone"),
    [
        ({"modules": ("Transformer", "Pooling", "Dense")}, {}, "dimensions"),
        ({"architectures": ("BertForMaskedLM",)}, {"pooling": "splade"}, "dimensions"),
        ({"hidden_size": None}, {}, "dimensions"),
        ({"max_seq_length": None, "max_position_embeddings": 512}, {}, "max_input_length"),
    ],
)
def test_what_only_the_router_can_say_is_not_expected(
    facts: dict[str, Any], args: dict[str, Any], gone: str
) -> None:
    assert gone not in expected("embedding", facts, **args)


def test_the_specs_own_pooling_goes_before_the_repositorys() -> None:
    assert expected(pooling="cls")["pooling"] == "cls"


def test_a_batch_that_is_smaller_than_the_longest_input_cuts_it() -> None:
    assert expected(max_batch_tokens=256)["max_input_length"] == 256
    refusing = {"max_batch_tokens": 256, "auto_truncate": False}
    assert expected(**refusing)["max_input_length"] == 512


def test_a_classifier_has_its_labels_by_number_and_a_reranker_none() -> None:
    ten = {str(n): f"label-{n}" for n in range(11)}
    assert expected("classifier", {**HEAD, "id2label": ten})["labels"][10] == "label-10"
    assert "labels" not in expected("classifier", {**HEAD, "id2label": {"a": "bad", "b": "good"}})
    assert "labels" not in expected("reranker", {**HEAD, "id2label": {"0": "LABEL_0"}})


def test_a_model_that_is_not_locked_expects_what_it_did_before_there_were_locks() -> None:
    inputs = environment_inputs(spec(), "abc", None)["production"]["expected"]
    assert expect_locked(spec(), None) == {}
    assert "locked" not in inputs
