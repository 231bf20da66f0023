"""What a reader is told to write for another tool's word, and for a key at the wrong place."""

from typing import Any

import pytest

from baseten_tei.spec.args import NESTED, EmbeddingArgs
from baseten_tei.spec.keys.key_hints import suggest_key
from baseten_tei.spec.keys.key_tables import key_tables
from baseten_tei.spec.spec_parser import parse_spec
from tests.support.specs import raw

KEYS, SENTENCES, TASKS = key_tables().keys, key_tables().sentences, key_tables().tasks

TOKEN = "write gated: true, and beside the models baseten-tei:hf_access_key: {from_env: HF_TOKEN}"


def hint(task: str = "embedding", **more: Any) -> str:
    problems = parse_spec("m", raw(task, **more))
    assert isinstance(problems, list)
    (line,) = problems
    return line.partition("'. ")[2]


WORDS: list[tuple[dict[str, Any], str]] = [
    ({"gpu": "L4"}, "Write accelerator: L4"),
    ({"gpu": "a10"}, "Write accelerator: A10G"),
    ({"gpu_type": 1}, "Write accelerator: L4"),
    ({"gpu_count": 2}, "TEI uses one GPU: leave it out, and scale with autoscaling: {max_replica: 2}"),
    ({"replicas": 3}, "Write autoscaling: {min_replica: 3, max_replica: 3}"),
    ({"min_replicas": 1}, "Write autoscaling: {min_replica: 1}"),
    ({"max_replicas": 4}, "Write autoscaling: {max_replica: 4}"),
    ({"maxReplicas": 4}, "Write autoscaling: {max_replica: 4}"),
    ({"scale_to_zero": True}, "Write autoscaling: {min_replica: 0}"),
    ({"precision": "fp16"}, "Write dtype: float16"),
    ({"torch_dtype": "float32"}, "Write dtype: float32"),
    ({"hf_token": "x"}, f"The Hugging Face token must not be in a spec: {TOKEN}"),
    ({"prompt": "query: "}, 'Write default_prompt: "query: "'),
    ({"query_prompt": "query: "},
     'Write prompts: {query: "query: ", document: "passage: "}, with the texts of the model\'s card'),
    ({"task": "reranker", "prompts": {"query": "q: "}}, "Only task: embedding has it; leave it out"),
    ({"model": "BAAI/bge-m3"}, "Write model_id: BAAI/bge-m3"),
    ({"branch": "v2"}, "Write revision: v2"),
    ({"cpus": 4}, 'Write cpu: "4"'),
    ({"batch_size": 64}, "Write max_client_batch_size: 64"),
    ({"max_num_batched_tokens": 8192}, "Write max_batch_tokens: 8192"),
    ({"max_num_seqs": 8}, 'Write extra_flags: ["--max-batch-requests=8"]'),
    ({"prevent_destroy": True}, "Write protect: true"),
    ({"retain_on_delete": True}, "Write on_removal: retain"),
    ({"environment_variables": {}}, "Write env: …"),
    ({"timeout_seconds": 600}, "Write deploy_timeout_minutes: 60"),
    ({"team": "search"}, "The team owns the whole stack: beside the models write baseten-tei:team: NAME"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "said"), WORDS, ids=[str(it) for it, _ in WORDS])
def test_another_tools_word_is_answered_with_the_key_of_this_one(
    written: dict[str, Any], said: str
) -> None:
    assert hint(**written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [({"zone": "eu"}, "Write region: eu"), ({"dimensions": 256}, '("dimensions": 256). Leave it out')],
)  # fmt: skip
def test_what_a_spec_cannot_say_is_answered_with_who_can(
    written: dict[str, Any], said: str
) -> None:
    assert hint(**written).endswith(said)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"min_replica": 1}, "Write autoscaling: {min_replica: 1}"),
        ({"autoscaling.min_replica": 1}, "Write autoscaling: {min_replica: 1}"),
        ({"rolling_deploy": True}, "Write promotion: {rolling_deploy: true}"),
        ({"promotion": {"max_surge_percent": 10}},
         "Write promotion: {rolling_deploy_config: {max_surge_percent: 10}}"),
        ({"autoscaling": {"accelerator": "T4"}}, "Write accelerator: T4 beside task"),
        ({"environments": {"eu": {"max_replicas": 2}}}, "Write autoscaling: {max_replica: 2} in environments.eu"),
        ({"environments": {"eu": {"autoscaling": {"max_replicas": 2}}}},
         "Write autoscaling: {max_replica: 2} in environments.eu"),
        ({"environments": {"eu": {"gpu": "L4"}}},
         "It is of the model, not of an environment: write accelerator: L4 beside task"),
        ({"environments": {"eu": {"autoscalin": {}}}}, "Perhaps you meant 'autoscaling'?"),
        ({"environments": {"eu": {"zzz": {}}}},
         "Known: autoscaling, promotion, request_backpressure, region, deployment"),
    ],
)  # fmt: skip
def test_a_key_at_the_wrong_place_is_answered_with_the_right_one(
    written: dict[str, Any], said: str
) -> None:
    assert hint(**written) == said


def test_no_synonym_hides_a_key_and_each_leads_to_one() -> None:
    mappings = {"": EmbeddingArgs, **NESTED}
    keys = {
        f"{at}.{key}".strip(".") for at, model in mappings.items() for key in model.model_fields
    }
    assert set(KEYS.values()) <= keys
    assert not (KEYS.keys() | SENTENCES.keys()) & {key.rpartition(".")[2] for key in keys}
    assert not KEYS.keys() & SENTENCES.keys()
    assert set(TASKS.values()) == {"embedding", "reranker", "classifier"}


@pytest.mark.parametrize("word", [*KEYS, *SENTENCES])
def test_every_synonym_is_answered_with_something_to_do(word: str) -> None:
    said = suggest_key([word], EmbeddingArgs, None)
    assert "Perhaps" not in said
    assert "Known:" not in said
    assert "{{" not in said
