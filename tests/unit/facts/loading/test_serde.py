"""Values read as serde reads them: which fault it names, and in which words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.facts.tei.loading.serde.json_text import Broken, read_json
from baseten_tei.facts.tei.loading.serde.structs import (
    fields_of,
    is_enum,
    is_struct,
    variants_of,
)
from baseten_tei.facts.tei.loading.serde.values import read_struct, read_value
from baseten_tei.facts.tei.loading.serde.words import SerdeError, describe
from baseten_tei.facts.tei.releases import INFERRED, NEWEST, OLDEST, known_release

RELEASES = ("1.8.3", "1.9.0", "1.9.1", "1.9.2", "1.9.3", "1.9.4")
STRUCTS = (
    "ModelConfig", "PoolConfig", "STConfig", "NewSTConfig", "ModuleConfig", "OrtConfig", "TokenizerConfig",
    "BertConfig", "DebertaV2Config", "DistilBertConfig", "Gemma3Config", "GTEConfig", "LlamaConfig", "MistralConfig",
    "ModernBertConfig", "MPNetConfig", "NomicConfig", "Qwen2Config", "Qwen3Config", "DenseConfig", "RopeParameters",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def refusal(type_name: str, value: Any, release: str = NEWEST) -> str | None:
    """What serde says; `None` where the value fits."""
    try:
        read_value(type_name, value, release)
    except SerdeError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("type_name", "value", "said"),
    [
        ("usize", 5, None),
        ("usize", None, "invalid type: null, expected usize"),
        ("usize", 5.0, "invalid type: floating point `5.0`, expected usize"),
        ("usize", -1, "invalid value: integer `-1`, expected usize"),
        ("usize", 2**64, "invalid type: floating point `1.8446744073709552e19`, expected usize"),
        ("usize", "5", 'invalid type: string "5", expected usize'),
        ("usize", True, "invalid type: boolean `true`, expected usize"),
        ("usize", [], "invalid type: sequence, expected usize"),
        ("u32", 2**32, "invalid value: integer `4294967296`, expected u32"),
        ("isize", -1, None),
        ("f32", 1, None),
        ("f64", 1e-12, None),
        ("f32", False, "invalid type: boolean `false`, expected f32"),
        ("bool", 1, "invalid type: integer `1`, expected a boolean"),
        ("string", {}, "invalid type: map, expected a string"),
        ("Option<usize>", None, None),
        ("Option<usize>", "x", 'invalid type: string "x", expected usize'),
        ("list<string>", ["a", 1], "invalid type: integer `1`, expected a string"),
        ("list<string>", "a", 'invalid type: string "a", expected a sequence'),
        ("map<usize>", {"a": 1}, None),
        ("map<usize>", [], "invalid type: sequence, expected a map"),
        ("Pool", "last_token", None),
        ("Pool", "late", "unknown variant `late`, expected one of `cls`, `mean`, `splade`, `last_token`"),
        ("Pool", None, "invalid type: null, expected string or map"),
        ("Pool", {}, "invalid value: map, expected map with a single key"),
        ("PaddingSide", "both", "unknown variant `both`, expected `left` or `right`"),
        ("RopeParameters", {"rope_theta": 1e4, "rope_type": "default", "factor": 2}, None),
        ("RopeParameters", {"rope_type": "default"}, "missing field `rope_theta`"),
        ("RopeParameters", "x", 'invalid type: string "x", expected struct RopeParameters'),
        ("RopeScaling", {"type": "linear", "rope_type": "linear", "factor": 2},
         "data did not match any variant of untagged enum RopeScaling"),
        ("deserialize_pos_att_type", "p2c|c2p", None),
        ("deserialize_pos_att_type", None, "data did not match any variant of untagged enum StringOrVec"),
        ("STConfig", [512], None),
        ("STConfig", [], "invalid length 0, expected struct STConfig with 1 element"),
        ("STConfig", [512, 1], "trailing characters"),
    ],
)  # fmt: skip
def test_a_value_is_refused_in_the_words_of_serde(
    type_name: str, value: Any, said: str | None
) -> None:
    assert refusal(type_name, value) == said


def test_of_two_faults_the_first_in_the_file_counts_and_a_missing_field_last() -> None:
    config = {"max_position_embeddings": "512", "architectures": 1}
    assert refusal("ModelConfig", config) == 'invalid type: string "512", expected usize'
    turned = dict(reversed(config.items()))
    assert refusal("ModelConfig", turned) == "invalid type: integer `1`, expected a sequence"
    assert refusal("ModelConfig", {"model_type": "bert"}) == "missing field `architectures`"
    assert refusal("BertConfig", {}) == "missing field `vocab_size`"


def test_a_member_that_is_there_twice_is_refused_under_either_name() -> None:
    twice = read_json('{"max_seq_length": 1, "max_seq_length": 2}')
    assert refusal("STConfig", twice) == "duplicate field `max_seq_length`"
    both = {"architectures": [], "model_type": "x", "n_positions": 1, "max_position_embeddings": 1}
    assert refusal("ModelConfig", both, "1.9.3") == "duplicate field `max_position_embeddings`"
    assert refusal("ModelConfig", both, "1.9.4") is None


def test_a_default_stands_in_for_a_field_that_is_absent_and_not_for_null() -> None:
    config = {"architectures": [], "model_type": "x", "max_position_embeddings": 1}
    assert read_struct("ModelConfig", config, "1.8.3")["pad_token_id"] == 0
    assert read_struct("ModelConfig", config, "1.9.3")["pad_token_id"] is None
    null = config | {"pad_token_id": None}
    assert refusal("ModelConfig", null, "1.9.1") == "invalid type: null, expected usize"
    assert refusal("ModelConfig", null, "1.9.2") is None


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"a": NaN}', '"\\ud800"', "[1,]", "[" * 100_000])
def test_a_text_that_is_not_json_is_broken(text: str) -> None:
    assert isinstance(read_json(text), Broken)


@given(JSON)
def test_a_text_is_read_back_as_it_was_written(value: Any) -> None:
    assert read_json(json.dumps(value)) == value


@pytest.mark.parametrize("struct", STRUCTS)
@given(value=JSON)
def test_any_value_is_read_or_refused(struct: str, value: Any) -> None:
    for release in (OLDEST, NEWEST):
        said = refusal(struct, value, release)
        assert said is None or said.strip()


@given(JSON)
def test_each_value_has_a_name(value: Any) -> None:
    assert describe(value)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("struct", STRUCTS)
def test_each_field_has_a_type_that_can_be_read_and_a_line(struct: str, release: str) -> None:
    fields = fields_of(struct, release)
    names = [name for field in fields for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names))
    for field in fields:
        inner = field.type.rpartition("<")[2].rstrip(">")
        scalars = {"usize", "u32", "isize", "i64", "f32", "f64", "string", "bool", "RopeScaling"}
        assert inner in scalars or is_struct(inner) or is_enum(inner)
        assert not is_enum(inner) or variants_of(inner, release)
        assert field.source.rpartition(":")[2].isdigit()


def test_releases_beyond_those_that_were_read_take_the_nearest() -> None:
    assert known_release("1.6.0") == OLDEST
    assert known_release("1.9.7") == NEWEST
    assert known_release("1.9.1") == "1.9.1"
    assert set(INFERRED) == {NEWEST}
