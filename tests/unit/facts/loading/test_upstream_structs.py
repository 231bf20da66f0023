"""The script that compares TEI's sources with our rows: what it reads of a struct, and what it calls a difference."""

import runpy
from pathlib import Path

from tests.support.harness import ROOT

SCRIPT = runpy.run_path(str(ROOT / "scripts" / "tei_structs.py"))
RUST = """
#[derive(Debug, Deserialize)]
pub struct STConfig {
    pub max_seq_length: usize,
}

#[derive(Debug, Deserialize)]
pub struct ModelConfig {
    pub architectures: Vec<String>,
    // a comment: with a colon,
    #[serde(alias = "n_positions")]
    pub max_position_embeddings: usize,
    #[serde(default = "default_is_causal")]
    pub is_causal: bool,
    #[serde(default)]
    pub pad_token_id: Option<usize>,
    pub label2id: Option<HashMap<String, usize>>,
    #[serde(rename(deserialize = "_sliding_window_pattern"))]
    pub sliding_window_pattern: usize,
}
"""


def test_a_struct_of_rust_is_read_with_its_attributes() -> None:
    assert SCRIPT["read_fields"](RUST, "ModelConfig") == [
        "architectures: list<string>",
        "max_position_embeddings: usize n_positions",
        "is_causal: bool default default_is_causal",
        "pad_token_id: Option<usize> default True",
        "label2id: Option<map<usize>>",
        "_sliding_window_pattern: usize",
    ]
    assert SCRIPT["read_fields"](RUST, "PoolConfig") == []


def test_each_field_that_differs_is_a_line(tmp_path: Path) -> None:
    source = tmp_path / "router" / "src" / "lib.rs"
    source.parent.mkdir(parents=True)
    source.write_text(RUST, encoding="utf-8")
    lines = list(SCRIPT["compare_structs"](tmp_path, "1.9.3"))
    assert not [line for line in lines if line.startswith("STConfig")]
    assert "ModelConfig: new: is_causal: bool default default_is_causal" in lines
    assert "ModelConfig: gone: model_type: string" in lines
    assert "BertConfig: gone: vocab_size: usize" in lines
