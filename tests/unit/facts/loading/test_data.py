"""The rows of TEI's models hang together: each type has a struct and its models, each model its tensors and lines."""

import re
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.facts.tei.loading.candle import model_class
from baseten_tei.facts.tei.loading.candle.candle_config import type_names
from baseten_tei.facts.tei.loading.candle.sizes import find_sizes
from baseten_tei.facts.tei.loading.candle.tensor_lines import blocks_of
from baseten_tei.facts.tei.loading.rows import read_rows
from baseten_tei.facts.tei.loading.serde.structs import fields_of

FOLDER = Path(model_class.__file__).parent
TYPES, CLASSES, TENSORS = (
    read_rows(FOLDER / f"{name}.json") for name in ("model_types", "model_classes", "tensors")
)
PLACE = re.compile(r"[\w/.]+\.rs:\d+")
KINDS = {"cpu", "cuda", "flash"}


def test_each_type_has_a_struct_and_each_model_a_type() -> None:
    used = {row[kind] for row in TYPES.values() for kind in KINDS & set(row)}
    assert used == set(CLASSES)
    assert all(fields_of(row["struct"], "1.9.3") for row in TYPES.values())
    assert all("cpu" in row or "no_cpu" in row for row in TYPES.values())
    assert all("cuda" in row or "no_flash" in row for row in TYPES.values())


@pytest.mark.parametrize("name", CLASSES)
def test_each_model_names_its_source_and_fields_that_its_struct_has(name: str) -> None:
    row = CLASSES[name]
    assert PLACE.fullmatch(row["source"])
    struct = next(t["struct"] for t in TYPES.values() if name in (t.get(k) for k in KINDS))
    fields = {field.name for field in fields_of(struct, "1.9.3")} | {"task", "pooling", "dtype"}
    for check in row["checks"]:
        assert set(check["when"]) <= fields
        assert "line" in check or PLACE.fullmatch(check["source"])
    assert row.get("positions", "task") in fields


@pytest.mark.parametrize("name", CLASSES)
def test_each_size_of_a_tensor_is_a_field_or_is_computed(name: str) -> None:
    struct = next(t["struct"] for t in TYPES.values() if name in (t.get(k) for k in KINDS))
    fields: dict[str, Any] = dict.fromkeys((field.name for field in fields_of(struct, "1.9.3")), 1)
    fields |= {"pos_att_type": [], "norm_rel_ebd": ""} if struct == "DebertaV2Config" else {}
    sizes = find_sizes(fields, 1)
    heads = [head for head in ("classifier", "splade") if head in TENSORS[CLASSES[name]["tensors"]]]
    blocks = [b for head in (None, *heads) for b in blocks_of(CLASSES[name]["tensors"], head)]
    lines = [line for b in blocks for parts in b.attempts for part in parts for line in part.lines]
    assert lines
    for line in lines:
        words = [w for term in (*line.shape, *line.when) for w in term.split("*")]
        plain = [w for w in words if " " not in w and not w.isdigit()]
        assert set(plain) <= set(sizes), set(plain) - set(sizes)


def test_the_model_types_of_a_release_are_listed_in_the_order_of_its_source() -> None:
    listed = (
        "bert deberta-v2 camembert distilbert gemma3_text gte new mpnet mistral modernbert nomic_bert qwen2 qwen3",
        "bidirectional_pplx_qwen3 roberta xlm-roberta llama llama_bidirec",
    )
    assert list(type_names("1.9.3")) == " ".join(listed).split()
    assert "deberta-v2" not in type_names("1.8.3")
    assert "bidirectional_pplx_qwen3" not in type_names("1.9.1")
