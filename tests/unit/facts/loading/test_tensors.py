"""Tensors in their short form: read back as they were, and compared layer by layer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.facts.tei.loading.candle.tensors import Tensors, split_name

NAMES = st.from_regex(r"[a-c](\.[a-c]){0,2}(\.[0-9]{1,2}\.[a-c])?", fullmatch=True)
SHAPES = st.lists(st.integers(0, 9), max_size=3).map(tuple)


@given(st.dictionaries(NAMES, SHAPES, max_size=12))
def test_tensors_are_read_back_from_their_rows(shapes: dict[str, tuple[int, ...]]) -> None:
    tensors = Tensors.from_rows(Tensors.of(shapes).rows())
    assert {name: tensors.shape_of(*split_name(name)) for name in shapes} == shapes
    assert not tensors.has("d")
    assert tensors.depth == max((split_name(name)[1] + 1 for name in shapes), default=0)


def test_a_row_stands_for_the_same_tensor_of_each_layer() -> None:
    shapes: dict[str, tuple[int, ...]] = {
        f"encoder.layer.{n}.dense.weight": (8, 8) for n in (0, 1, 2, 5)
    }
    shapes |= {"encoder.layer.3.dense.weight": (4, 8), "norm.bias": (8,), "logit_scale": ()}
    assert Tensors.of(shapes).rows() == {
        "encoder.layer.*.dense.weight": "4x8 @3; 8x8 @0-2,5",
        "logit_scale": "scalar",
        "norm.bias": "8",
    }


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("layers.11.mlp.Wi.weight", ("layers.*.mlp.Wi.weight", 11)),
        ("0.auto_model.x", ("*.auto_model.x", 0)),
        ("experts.mlp.w1", ("experts.mlp.w1", -1)),
        ("layers.1.experts.3.w", ("layers.*.experts.3.w", 1)),
    ],
)
def test_the_first_number_between_dots_is_a_layer(name: str, split: tuple[str, int]) -> None:
    assert split_name(name) == split
