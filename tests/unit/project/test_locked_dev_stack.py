"""The lock of the dev stack as it is shipped: whole, in its own bytes, and open about where its facts are from."""

from baseten_tei.commands.generate import check
from baseten_tei.facts.hub.lockfile import lock_path, parse_lock, render_lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.project.stack_settings import stacks
from tests.support.harness import DEV_STACK

TEXT = lock_path(DEV_STACK, "dev").read_text(encoding="utf-8")
LOCKED = parse_lock(TEXT)


def facts(model_id: str) -> ModelFacts:
    return next(found for found in LOCKED.values() if found.model_id == model_id)


def test_every_model_of_the_dev_stack_is_locked_and_nothing_else() -> None:
    [dev] = [it for it in stacks(DEV_STACK) if it.name == "dev"]
    models = dev.settings.models.values()
    assert set(LOCKED) == {(args.model_id, args.revision) for args in models}


def test_its_configs_are_those_that_its_specs_give() -> None:
    assert check(DEV_STACK) == []


def test_the_file_has_the_bytes_that_make_lock_would_write() -> None:
    assert render_lock(LOCKED.values()) == TEXT


def test_a_revision_that_is_a_commit_is_locked_to_itself() -> None:
    assert {found.commit == found.revision for found in LOCKED.values()} == {True}


def test_facts_from_elsewhere_say_so() -> None:
    for found in LOCKED.values():
        assert found.source.startswith(("huggingface.co, ", "public repositories, "))


def test_each_model_is_what_its_task_needs() -> None:
    bge, reranker = facts("BAAI/bge-base-en-v1.5"), facts("BAAI/bge-reranker-base")
    emotions = facts("SamLowe/roberta-base-go_emotions")
    assert bge.architectures == ("BertModel",)
    assert bge.pooling is not None
    assert bge.pooling.modes == ("cls",)
    assert len(reranker.id2label or {}) == 1
    assert len(emotions.id2label or {}) == len(emotions.label2id or {}) == 28
    assert emotions.problem_type == "multi_label_classification"


def test_bytes_and_parameters_agree_with_float32() -> None:
    for found in LOCKED.values():
        assert found.weights is not None
        assert found.weights.parameters is not None
        header = found.weights.bytes - 4 * found.weights.parameters
        assert 0 <= header < 100_000
