"""What answers teach of lengths decides what is asked, and never what is reported."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_emulator.tei.model.tokens import Tokenizer
from baseten_tei_client._router.lengths import Lengths
from tests.client.stack import ClientStack
from tests.support.harness import running_emulator

LONG = ["words " * n for n in (90, 120, 130, 140, 400)]
"""Longer in bytes than the model's 512 tokens, but not in tokens."""
DENSE = "!" * 700
"""A token for each byte: no guess from other texts is right about it."""


@pytest.fixture(scope="module")
def lengths() -> Iterator[ClientStack]:
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        for version, name in (("1.9.3", "new"), ("1.8.3", "old")):
            stack.put(name, "embedding", "BAAI/bge-small-en-v1.5", version)
        stack.put("strict", "embedding", "BAAI/bge-small-en-v1.5", auto_truncate=False)
        stack.put("pairs", "reranker", "BAAI/bge-reranker-base")
        stack.put("moods", "classifier", "SamLowe/roberta-base-go_emotions", multi_label=True)
        stack.wait()
        yield stack


def test_texts_that_are_probably_short_enough_are_proven_so_and_not_counted(
    lengths: ClientStack,
) -> None:
    lengths.emulator.forget_calls()
    with lengths.connect("new") as model:
        first = model.embed(LONG)
        again = model.embed([f"{text} again" for text in LONG])
    assert first.truncated == again.truncated == ()
    assert lengths.count_calls()["sync/tokenize", 200] <= 1
    assert lengths.count_calls()["sync/embed", 200] >= 2


@pytest.mark.parametrize("name", ["new", "old", "strict"])
def test_a_wrong_guess_is_corrected_and_every_cut_is_reported(
    lengths: ClientStack, name: str
) -> None:
    texts = ["short", *LONG, DENSE, DENSE + "!" * 100, "words " * 600]
    with lengths.connect(name, too_long="cut") as model:
        result = model.embed(texts)
        alone = np.vstack([model.embed([text]).vectors for text in texts])
    counts = {n: len(Tokenizer.of("bert").tokenize(text)) for n, text in enumerate(texts)}
    over = {n: count for n, count in counts.items() if count > 512}
    assert {it.index: it.tokens for it in result.truncated} == over
    assert set(over) == {6, 7, 8}
    assert np.allclose(result.vectors, alone, atol=1e-6)


def test_pairs_and_classified_texts_are_guessed_alike(lengths: ClientStack) -> None:
    texts = ["short", *LONG, DENSE]
    with lengths.connect("pairs") as model:
        ranking = model.rerank("which words?", texts)
    with lengths.connect("moods") as model:
        moods = model.classify(texts)
    assert [it.index for it in ranking.truncated] == [6]
    assert [it.index for it in moods.truncated] == [6]


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(100, 5000), st.integers(0, 5000))))
def test_no_more_tokens_are_expected_than_a_text_can_have(answers: Any) -> None:
    known = Lengths()
    for count, size, tokens in answers:
        known.learn(["a"] * count, size * count, tokens)
        assert 1 <= known.expect("a", 1000) <= 1000


def test_a_larger_ratio_is_taken_at_once_and_a_smaller_one_slowly() -> None:
    known = Lengths()
    before = known.expect("a", 1000)
    known.learn(["a"], 1000, 100)
    assert 500 < known.expect("a", 1000) < before
    known.learn(["a"], 1000, 600)
    assert known.expect("a", 1000) == 751
    known.learn(["a" * 10], 10, 10)  # half of it are special tokens
    assert known.expect("a", 1000) == 751
    assert known.expect("猫", 1000) == before
    known.double(["猫"])
    assert known.expect("猫", 1000) == 1000
