"""A model that was pushed before it is locked stays as it was pushed, where it serves the commit that is locked."""

from datetime import UTC, datetime
from typing import Any

import pytest

from baseten_tei.deployment.sizes.sizing import name_changed_sizes, size_spec
from baseten_tei.facts.hub.late_locks import UnlockedPush
from baseten_tei.facts.hub.lock_changes import LockedStack, Readings, list_moves, merge_entries
from baseten_tei.facts.hub.lockfile import compare_facts, parse_lock, render_lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from tests.support.specs import spec

KEY = ("BAAI/bge-base-en-v1.5", "main")
FACTS = ModelFacts(
    model_id=KEY[0], revision="main", commit="c" * 40, source="here, 2026-11-30", model_type="bert",
    max_position_embeddings=512, hidden_size=768,
)  # fmt: skip
PUSHED = datetime(2026, 11, 30, 12, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def stack(*pushes: UnlockedPush, **locked: Any) -> LockedStack:
    entries = {KEY: FACTS.model_copy(update=locked)} if locked else {}
    late = {KEY: pushes} if pushes else {}
    return LockedStack("locks/dev.yaml", entries, frozenset({KEY}), frozenset({KEY}), late)


def readings(changed: datetime | None = BEFORE, **facts: Any) -> Readings:
    return Readings({KEY: FACTS.model_copy(update=facts)}, changes={KEY: changed})


@pytest.mark.parametrize(
    ("push", "changed", "kept"),
    [
        (UnlockedPush("bge", PUSHED), BEFORE, True),
        (UnlockedPush("bge", PUSHED), AFTER, False),
        (UnlockedPush("bge", PUSHED), None, False),
        (UnlockedPush("bge", None, at_commit=True), AFTER, True),
        (UnlockedPush("bge", None), BEFORE, False),
        (UnlockedPush("bge", PUSHED, emulated=True), AFTER, True),
        (UnlockedPush("bge", None, emulated=True), None, True),
    ],
)
def test_what_serves_the_locked_commit_stays_as_it_was_pushed(
    push: UnlockedPush, changed: datetime | None, kept: bool
) -> None:
    [entry] = merge_entries(stack(push), readings(changed))
    assert entry.pushed_unlocked is kept
    told = list_moves(stack(push), readings(changed))[-1]
    assert ("serves already, so it stays as it was pushed" in told) is kept
    assert ("pushes it once" in told) is not kept
    assert "'bge'" in told
    assert "pushed_unlocked: true" in told


def test_what_the_lock_would_not_push_again_is_locked_as_any_other() -> None:
    same = UnlockedPush("bge", PUSHED, at_commit=True, changes_with=lambda _: False)
    assert merge_entries(stack(same), readings()) == merge_entries(stack(), readings())
    assert list_moves(stack(same), readings()) == list_moves(stack(), readings())


@pytest.mark.parametrize("changed", [BEFORE, AFTER])
def test_the_sizes_that_the_lock_changes_are_told_with_it(changed: datetime) -> None:
    long = {"max_position_embeddings": 32768, "max_seq_length": 32768}
    args = spec(revision="main", accelerator="H100", predict_concurrency=32)
    push = UnlockedPush("bge", PUSHED, name_sizes=lambda facts: name_changed_sizes(args, facts))
    told = list_moves(stack(push), readings(changed, **long))[-1]
    assert "(max_client_batch_size 32 → 30, max_concurrent_requests 1024 → 960)" in told


def test_two_models_of_one_branch_stay_only_if_both_serve_its_commit() -> None:
    pushes = UnlockedPush("old", PUSHED), UnlockedPush("new", AFTER)
    between = datetime(2026, 11, 30, 18, tzinfo=UTC)
    assert merge_entries(stack(*pushes), readings(BEFORE))[0].pushed_unlocked
    assert not merge_entries(stack(*pushes), readings(between))[0].pushed_unlocked


def test_a_model_that_was_never_pushed_is_locked_to_its_commit_without_a_word_more() -> None:
    [entry] = merge_entries(stack(), readings())
    assert not entry.pushed_unlocked
    assert list_moves(stack(), readings()) == [
        f"locks/dev.yaml: {KEY[0]}@main is new, at commit {'c' * 40}"
    ]


def test_it_stays_so_until_the_branch_moves() -> None:
    locked = stack(pushed_unlocked=True)
    assert merge_entries(locked, readings(license="mit"))[0].pushed_unlocked
    assert not merge_entries(locked, readings(commit="d" * 40))[0].pushed_unlocked
    assert list_moves(locked, readings()) == [], "that it stays is nothing that moved"
    assert compare_facts(FACTS, FACTS.model_copy(update={"pushed_unlocked": True})) == []


def test_its_spec_is_deployed_as_it_is_written_and_the_file_says_so() -> None:
    kept, args = FACTS.model_copy(update={"pushed_unlocked": True}), spec(revision="main")
    assert size_spec(args, kept) == args
    assert size_spec(args, FACTS).revision == "c" * 40
    text = render_lock([kept])
    assert "  pushed_unlocked: true\n" in text
    assert parse_lock(text) == {KEY: kept}
    assert "pushed_unlocked" not in render_lock([FACTS])
