"""The stack's fingerprints and the client's are one format, and say the same of two spaces."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.outputs.spaces.fingerprint import fingerprint as stacks_fingerprint
from baseten_tei.outputs.spaces.fingerprint import likeness as stacks_likeness
from baseten_tei.outputs.spaces.probes import PROBES as STACKS_PROBES
from baseten_tei_client import OutputsError, Space, compare, read_space, write_space
from baseten_tei_client._fingerprints import PROBES, fingerprint, likeness

A = np.array([[((j * 7 + p * 13) % 11) - 5 for j in range(16)] for p in range(8)], float)
SPACE = Space(
    "BAAI/bge-base-en-v1.5", "a" * 40, 16, "cls", True, None, None, "float16", 512, fingerprint(A)
)


def test_the_probe_texts_are_the_stacks_own() -> None:
    assert PROBES == STACKS_PROBES


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 70))
def test_both_make_the_same_fingerprint(seed: int, probes: int, dimensions: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(probes, dimensions)).astype(np.float32)
    told = stacks_fingerprint(vectors.tolist())
    ours = fingerprint(vectors)
    assert min(likeness(told, ours) or [0]) > 0.9998  # a sum in another order may round a byte away
    other = fingerprint(np.roll(vectors, 1, axis=1))
    assert likeness(told, other) == stacks_likeness(told, other)


def test_the_documented_fingerprint_of_one_vector() -> None:
    one = fingerprint(np.array([[1.0, 0, 0, 0]]))
    assert one == "v1:4CDg4OAg4CDgICAgICDgICAg4CDg4CDgIODg4ODgICA="
    assert likeness(fingerprint(A[:1]), fingerprint(A)) == (1.0,)


@pytest.mark.parametrize("bad", [None, "", "v2:AAAA", "v1:", "v1:AAAA", "v1:?", "v1:" + "A" * 900])
def test_what_is_no_fingerprint_of_this_version_is_not_compared(bad: str | None) -> None:
    assert likeness(SPACE.fingerprint, bad) is None


moved = fingerprint(A + np.where(np.arange(16) == 3, 1.5, 0))
SWAPS = {
    "dimensions": {"dimensions": 8, "fingerprint": None},
    "normalisation": {"normalized": False},
    "model": {"model_id": "BAAI/bge-base-en", "fingerprint": None},
    "revision": {"revision": "b" * 40, "fingerprint": None},
    "pooling": {"pooling": "mean", "fingerprint": None},
    "prompt": {"prompt": "query: ", "fingerprint": None},
    "prompt name": {"prompt_name": "query", "fingerprint": None},
    "numbers": {"fingerprint": moved},
    "numbers and revision": {"revision": "b" * 40, "fingerprint": moved},
}
HARMLESS = {
    "noise": {"fingerprint": fingerprint(A + 0.01 * (-1) ** np.arange(16))},
    "a fork": {"model_id": "someone/fork"},
    "a commit of the README": {"revision": "b" * 40},
    "a declared pooling": {"pooling": "mean"},
    "an unknown pooling": {"pooling": None, "fingerprint": None},
    "float32": {"dtype": "float32"},
    "longer texts": {"max_input_length": 256},
    "no fingerprint": {"fingerprint": None},
}


@pytest.mark.parametrize("changes", SWAPS.values(), ids=SWAPS.keys())
def test_vectors_of_another_space_do_not_meet(changes: dict[str, object]) -> None:
    comparison = compare(SPACE, replace(SPACE, **changes))
    assert not comparison
    assert comparison.reasons


@pytest.mark.parametrize("changes", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_change_that_moves_no_vector_is_no_other_space(changes: dict[str, object]) -> None:
    assert compare(SPACE, replace(SPACE, **changes))


def test_a_space_is_equal_to_itself_and_to_what_was_kept_of_it(tmp_path: Path) -> None:
    write_space(SPACE, tmp_path / "space.json")
    assert compare(read_space(tmp_path / "space.json"), SPACE).verdict == "equal"
    told = json.loads((tmp_path / "space.json").read_text())
    assert Space.of({**told, "later": "key"}) == SPACE


def test_what_is_no_space_is_said() -> None:
    with pytest.raises(OutputsError, match="no model_id"):
        read_space({"dimensions": 3})


def test_a_repr_says_in_a_short_line_what_is_known() -> None:
    space = Space(
        "BAAI/bge-small-en-v1.5",
        "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a",
        384,
        fingerprint="v1:" + "a" * 9000,
    )
    assert (
        repr(space)
        == "Space(model_id='BAAI/bge-small-en-v1.5', revision='5c38ec7c405e', dimensions=384)"
    )
