"""What the Hugging Face Hub says of a model, once, so that a preview can check it offline.

Only what decides a deployment is kept. Field names are those of the repository's own files.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pooling(_Facts):
    """`1_Pooling/config.json`: the modes that are on, and whether the two keys that TEI asks for are there."""

    modes: tuple[str, ...] = ()
    """E.g. `("cls",)`, `("mean",)`, `("max",)`; `pooling_mode_mean_tokens` is `mean`."""
    has_cls_and_mean_keys: bool = True
    """TEI <= 1.9.3 refuses a file without `pooling_mode_cls_token` and `pooling_mode_mean_tokens`."""


class Weights(_Facts):
    """Files that hold weights."""

    format: Literal["safetensors", "sharded-safetensors", "pytorch", "onnx", "none"]
    bytes: int
    """Size of that format's files."""
    parameters: int | None = None
    """From the safetensors headers; `None` where the format has none."""
    dtypes: tuple[str, ...] = ()
    """Of the tensors, most parameters first: `F32`, `F16`, `BF16`, …"""
    files: tuple[str, ...] = ()
    """Names, for judging ignore patterns."""


_SHAPE = r"(scalar|\d{1,18}(x\d{1,18})*)( @\d{1,6}(-\d{1,6})?(,\d{1,6}(-\d{1,6})?)*)?"
TENSOR_ROW = rf"^{_SHAPE}(; {_SHAPE})*$"
TensorRow = Annotated[str, StringConstraints(pattern=TENSOR_ROW)]
"""`768x3072 @0-11`; see `facts.tei.loading.candle.tensors`."""


class KeptRepository(_Facts):
    """What TEI reads of a repository, in any release; what else a lock says of it is derived from this."""

    files: dict[str, str]
    """JSON files, without the members that no release reads; of a file that is not JSON, why."""
    sizes: dict[str, int]
    """Every other file that decides something, and its bytes."""
    tensors: dict[str, TensorRow] | None = None
    """Of the safetensors files that TEI opens: a row for the same tensor of every layer, with its shape."""
    parameters: dict[str, int] | None = None
    """How many there are of each dtype, from the same headers; `None` where one cannot be read."""


class ModelFacts(_Facts):
    """One repository at one commit."""

    model_id: str
    revision: str
    """What was asked for: a branch, tag or commit."""
    commit: str
    """What it was at that time: 40 hex digits."""
    source: str
    """Where these facts came from, e.g. `huggingface.co, 2026-11-22`."""
    pushed_unlocked: bool = False
    """Whether the model was pushed by the branch's name, from this commit, before it was locked: then it stays as it
    was pushed. Without this, a branch is deployed as its commit, and what the spec leaves open is derived."""
    gated: bool = False
    license: str | None = None
    architectures: tuple[str, ...] | None = None
    """`None` where config.json has none, which TEI does not start with."""
    model_type: str | None = None
    id2label: dict[str, str] | None = None
    label2id: dict[str, int] | None = None
    problem_type: str | None = None
    hidden_size: int | None = None
    intermediate_size: int | None = None
    num_hidden_layers: int | None = None
    num_attention_heads: int | None = None
    max_position_embeddings: int | None = None
    n_positions: int | None = None
    position_embedding_type: str | None = None
    pad_token_id: int | None = None
    torch_dtype: str | None = None
    auto_map: dict[str, str | list[str]] | None = None
    name_or_path: str | None = None
    """`_name_or_path`: tells Jina's BERT variants apart."""
    max_seq_length: int | None = None
    """From `sentence_bert_config.json` or one of its older names."""
    max_seq_length_is_null: bool = False
    """TEI does not start with `max_seq_length: null`."""
    pooling: Pooling | None = None
    """`None` where there is no `1_Pooling/config.json`."""
    modules: tuple[str, ...] = ()
    """Types in `modules.json`, last word only: `Transformer`, `Pooling`, `Dense`, `Normalize`."""
    prompts: dict[str, str | None] = {}
    """From `config_sentence_transformers.json`."""
    has_tokenizer_json: bool = True
    weights: Weights | None = None
    repository: KeptRepository | None = None
    """`None` in a lock of format 1, which has the fields above in its place."""

    @property
    def labels(self) -> list[str] | None:
        """Return the labels in the order of the scores that the head computes; `None` where they have no numbers."""
        found = self.id2label or {}
        numbered = bool(found) and all(map(str.isdecimal, found))
        return [found[number] for number in sorted(found, key=int)] if numbered else None
