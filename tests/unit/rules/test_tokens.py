"""Tokens and batches: the rules, and the numbers in what they say."""

import pytest

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules import token_rules
from baseten_tei.rules.rule import Finding
from tests.support.corpus import subject

RULES = {rule.id: rule for rule in token_rules.RULES}


def found(of: Subject) -> dict[str, Finding]:
    return {rule.id: it for rule in token_rules.RULES for it in rule.find(of)}


@pytest.mark.parametrize(
    ("truncating", "tokens", "rule"),
    [
        (False, 511, "TEI-TOK-001"),
        (False, 512, None),
        (True, 511, "TEI-TOK-002"),
        (True, 512, None),
    ],
)
@pytest.mark.parametrize("version", ["1.8.3", "1.9.0", "1.9.3"])
def test_a_batch_holds_the_longest_text_or_someone_is_told(
    version: str, truncating: bool, tokens: int, rule: str | None
) -> None:
    spec = {"auto_truncate": truncating, "max_batch_tokens": tokens, "tei_version": version}
    assert set(found(subject("embedding", spec))) == ({rule} if rule else set())


def test_the_message_says_what_the_length_becomes() -> None:
    told = found(subject("embedding", {"max_batch_tokens": 300}))["TEI-TOK-002"]
    assert "makes max_input_length 300 of it" in told.message
    assert told.fix == "write max_batch_tokens: 512"


@pytest.mark.parametrize(("texts", "rules"), [(1023, {"TEI-TOK-004"}), (1024, set())])
def test_permits_below_all_requests_matter_from_1_9_on(texts: int, rules: set[str]) -> None:
    spec = {"max_concurrent_requests": texts, "predict_concurrency": 32}
    assert set(found(subject("reranker", {**spec, "tei_version": "1.9.0"}))) == rules
    assert set(found(subject("reranker", {**spec, "tei_version": "1.8.3"}))) == set()


def test_the_readmes_numbers_for_bert_large_on_an_l4_are_judged_by_its_own_words() -> None:
    """`1*40*512` fills a batch; 32768 is said to gain little above 16000; 256 texts to hinder autoscaling."""
    large = {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16}
    readme = {
        "max_batch_tokens": 32768,
        "max_client_batch_size": 256,
        "max_concurrent_requests": 40,
        "predict_concurrency": 40,
    }
    assert set(found(subject("embedding", readme, large))) == {
        "TEI-TOK-003",
        "TEI-TOK-007",
        "TEI-TOK-008",
    }


@pytest.mark.parametrize(("gpu", "told"), [("L4", True), ("A10G", False), ("H100", False)])
def test_the_flat_gain_is_said_of_an_l4_alone(gpu: str, told: bool) -> None:
    spec = {"accelerator": gpu, "max_batch_tokens": 32768}
    assert ("TEI-TOK-008" in found(subject("embedding", spec, {"hidden_size": 1024}))) is told


def test_a_raised_payload_limit_is_the_one_that_counts() -> None:
    long = {"max_seq_length": 8192, "max_position_embeddings": 8192}
    spec = {"max_client_batch_size": 100}
    told = found(subject("embedding", spec, long))["TEI-TOK-006"]
    assert told.fix == (
        "write max_client_batch_size: 61, or extra_flags: [--payload-limit=3276800]"
    )
    raised = {**spec, "extra_flags": ["--payload-limit=3276800"]}
    assert "TEI-TOK-006" not in found(subject("embedding", raised, long))
    assert "TEI-TOK-006" not in found(subject("embedding", {"max_client_batch_size": 61}, long))


@pytest.mark.parametrize(("requests", "told"), [(7, True), (8, False)])
def test_a_replica_that_sees_few_requests_cannot_batch_them(requests: int, told: bool) -> None:
    spec = {"predict_concurrency": requests}
    assert ("TEI-TOK-010" in found(subject("classifier", spec))) is told
    assert "TEI-TOK-010" not in found(subject("classifier", {**spec, "accelerator": "CPU"}))
