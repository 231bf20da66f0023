"""Model type, TEI release, GPU and dtype: the rules, and the table they read."""

import pytest
from hypothesis import given

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.sizes.vram import input_length
from baseten_tei.facts.tei.loading.candle.kinds import find_kind
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.rules import registry
from baseten_tei.rules.model import start_rules
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.rule import Finding
from baseten_tei.rules.task import start_rules as task_causes
from tests.support.arbitrary import JINA, JINA_CODE, subjects
from tests.support.corpus import Case, cases, healthy_facts, subject

RULES = {rule.id: rule for rule in start_rules.RULES}


def found(of: Subject) -> dict[str, Finding]:
    return {rule.id: it for rule in start_rules.RULES for it in rule.find(of)}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "bert"),
        ({"_name_or_path": JINA}, "jina"),
        (
            {"auto_map": {"AutoConfig": f"{JINA_CODE}--configuration_bert.JinaBertConfig"}},
            "jina_code",
        ),
        ({"auto_map": {"AutoConfig": [JINA]}}, "bert"),
        ({"_name_or_path": JINA, "model_type": "roberta"}, "roberta"),
    ],
)
def test_jinas_variants_are_told_from_bert(more: dict[str, object], expected: str) -> None:
    assert find_kind({"model_type": "bert", **more}) == expected


@pytest.mark.parametrize(
    ("more", "tokens"),
    [
        ({}, 512),
        ({"max_seq_length": None}, 512),
        (
            {
                "max_seq_length": None,
                "model_type": "roberta",
                "pad_token_id": 1,
                "max_position_embeddings": 514,
            },
            512,
        ),
        ({"max_seq_length": None, "max_position_embeddings": None, "n_positions": 8192}, 8192),
        ({"max_seq_length": None, "max_position_embeddings": None}, None),
    ],
)
def test_the_longest_input_is_counted_as_the_router_does(
    more: dict[str, object], tokens: int | None
) -> None:
    assert input_length(healthy_facts("embedding", **more)) == tokens


def test_the_fix_names_the_release_that_brought_a_type() -> None:
    deberta = subject("reranker", {}, {"model_type": "deberta-v2"})
    assert found(deberta)["TEI-MODEL-002"].fix == "write tei_version: 1.9.3"


CAUSES = {cause.id for cause in (*start_rules.CAUSES, *task_causes.CAUSES)}


@given(subjects)
def test_a_router_that_does_not_start_is_an_error_and_its_cause_one_finding(of: Subject) -> None:
    errors = {rule.id for rule in registry.RULES if rule.severity == "error" and rule.find(of)}
    if isinstance(of.reading, Refusal):
        assert errors
    assert len(errors & CAUSES) <= 1


@pytest.mark.parametrize(
    "case", [it for it in cases() if it.subject.reading], ids=lambda it: it.slug
)
def test_what_the_engine_refuses_in_the_corpus_is_an_error_in_its_words(case: Case) -> None:
    found = check_model(case.subject)
    if isinstance(case.subject.reading, Refusal):
        assert any(it.rule.severity == "error" for it in found)
    assert len([it for it in found if it.rule.id in CAUSES]) <= 1
