"""The inputs of TEI's routes: text or token ids, alone, paired or in batches.

Source: `router/src/http/types.rs`, whose untagged enums decide what counts as a batch.
"""

from dataclasses import dataclass
from typing import Any

from baseten_emulator.tei.http.serde import (
    MismatchError,
    list_of,
    string,
    unsigned,
    untagged,
    within,
    wrong_type,
)
from baseten_emulator.tei.model.tokenizing import Item, Sequences

_PREDICT_INPUT = (
    "a string, a pair of strings [string, string] or a batch of mixed strings and pairs"
    " [[string], [string, string], ...]"
)


@dataclass(frozen=True)
class Texts:
    """Inputs of an embedding route. A lone string and a lone list of ids are no batch."""

    items: tuple[Item, ...]
    is_batch: bool


@dataclass(frozen=True)
class Pairs:
    """Inputs of `/predict`: each is one text or a pair. `["a", "b"]` is one pair, no batch."""

    items: tuple[Sequences, ...]
    is_batch: bool


_item = untagged("InputType", string, list_of(unsigned(32, "u32")))
texts = untagged(
    "Input",
    lambda value: Texts((_item(value),), is_batch=False),
    lambda value: Texts(tuple(list_of(_item)(value)), is_batch=True),
)
strings = untagged(
    "TokenizeInput",
    lambda value: Texts((string(value),), is_batch=False),
    lambda value: Texts(tuple(list_of(string)(value)), is_batch=True),
)
ids = untagged(
    "InputIds",
    lambda value: Texts((list_of(unsigned(32, "u32"))(value),), is_batch=False),
    lambda value: Texts(tuple(list_of(list_of(unsigned(32, "u32")))(value)), is_batch=True),
)


def predict_input(value: Any) -> Pairs:
    """Decode `/predict`'s inputs in any of their three forms."""
    if isinstance(value, str):
        return Pairs(((value,),), is_batch=False)
    if not isinstance(value, list):
        mismatch = wrong_type(value, _PREDICT_INPUT)
        raise MismatchError(mismatch.reason, "inside" if isinstance(value, dict) else mismatch.at)
    if not value:
        raise _wrong_length(0)
    first = within(0, untagged("Internal", string, list_of(string)), value[0])
    if isinstance(first, str):
        return Pairs((_pair(value),), is_batch=False)
    rest = [within(n, list_of(string), v) for n, v in enumerate(value[1:], start=1)]
    return Pairs(tuple(_sequences(texts) for texts in [first, *rest]), is_batch=True)


def _pair(value: list[Any]) -> Sequences:
    texts = tuple(within(n, string, text) for n, text in enumerate(value[:3]))
    if len(value) > 3:  # the third ends the reading
        mismatch = _wrong_length(3)
        raise MismatchError(mismatch.reason, "third")
    if len(texts) > 2:
        raise _wrong_length(3)
    return texts


def _sequences(texts: list[str]) -> Sequences:
    if len(texts) not in (1, 2):
        raise _wrong_length(len(texts))
    return tuple(texts)


def _wrong_length(length: int) -> MismatchError:
    return MismatchError(f"invalid length {length}, expected {_PREDICT_INPUT}")
