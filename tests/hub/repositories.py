"""Small repositories of the kinds that decide a deployment, as the Hub's own look."""

from typing import Any

from tests.hub.loopback import Repo, safetensors
from tests.support.tei.models import GOOD_MODELS

BERT: dict[str, Any] = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 16,
    "position_embedding_type": "absolute",
    "vocab_size": 11,
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "initializer_range": 0.02,
    "pad_token_id": 0,
    "torch_dtype": "float32",
}
MODULES = [
    {
        "idx": i,
        "name": str(i),
        "path": path,
        "type": f"sentence_transformers.models.{path[2:] or 'Transformer'}",
    }
    for i, path in enumerate(("", "1_Pooling", "2_Normalize"))
]


def pooling(mode: str) -> dict[str, Any]:
    """`1_Pooling/config.json` with one mode on."""
    modes = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    return {"word_embedding_dimension": 8} | {
        f"pooling_mode_{name}": name == mode for name in modes
    }


def labels(count: int) -> dict[str, Any]:
    """Both maps of a classifier."""
    names = [f"label-{i}" for i in range(count)]
    return {
        "id2label": {str(i): name for i, name in enumerate(names)},
        "label2id": {name: i for i, name in enumerate(names)},
    }


def bert_weights(config: dict[str, Any]) -> bytes:
    """The tensors of a BERT of these sizes, with a head where its config has labels, and a buffer of integers."""
    count = len(config.get("id2label", ()))
    model = GOOD_MODELS["bert-classifier" if count else "bert"]
    positions = config["max_position_embeddings"]
    shapes = model.tensors(
        V=config["vocab_size"],
        H=config["hidden_size"],
        I=config["intermediate_size"],
        P=positions,
        L=count,
    )
    floats = {name: ("F32", list(shape)) for name, shape in shapes.items()}
    return safetensors({**floats, "embeddings.position_ids": ("I64", [1, positions])})


def repo(config: dict[str, Any], files: dict[str, Any] | None = None, **about: Any) -> Repo:
    """A repository with a tokenizer and weights, unless `files` says otherwise (`None`: not there)."""
    every = {
        "config.json": config,
        "tokenizer.json": {},
        "model.safetensors": bert_weights(config),
        **(files or {}),
    }
    return Repo({name: value for name, value in every.items() if value is not None}, **about)


def embedder(mode: str = "cls_token") -> Repo:
    """A sentence-transformers repository."""
    return repo(BERT, {
        "1_Pooling/config.json": pooling(mode),
        "modules.json": MODULES,
        "sentence_bert_config.json": {"max_seq_length": 12, "do_lower_case": True},
        "config_sentence_transformers.json": {"prompts": {"query": "query: "}},
    })  # fmt: skip


def classifier(kind: str, **config: Any) -> dict[str, Any]:
    """A config.json with a head."""
    return BERT | {"architectures": [f"Bert{kind}"], **config}


CLASSIFICATION = "ForSequenceClassification"
SHARDS = [safetensors({f"layer.{i}.weight": ("BF16", [4, 4])}) for i in (1, 2)]
SHARDED: dict[str, Any] = {
    "model.safetensors": None,
    "model-00001-of-00002.safetensors": SHARDS[0],
    "model-00002-of-00002.safetensors": SHARDS[1],
    "model.safetensors.index.json": {
        "metadata": {"total_size": 64},
        "weight_map": {f"layer.{i}.weight": f"model-0000{i}-of-00002.safetensors" for i in (1, 2)},
    },
}

KINDS: dict[str, Repo] = {
    "tiny/embedder": embedder(),
    "tiny/embedder-without-pooling": repo(BERT),
    "tiny/max-pooling": embedder("max_tokens"),
    "tiny/reranker": repo(classifier(CLASSIFICATION, **labels(1))),
    "tiny/two-labels": repo(classifier(CLASSIFICATION, **labels(2))),
    "tiny/emotions": repo(
        classifier(CLASSIFICATION, **labels(28), problem_type="multi_label_classification")
    ),
    "tiny/no-label-maps": repo(classifier(CLASSIFICATION)),
    "tiny/ner": repo(classifier("ForTokenClassification", **labels(5))),
    "tiny/no-architectures": repo({k: v for k, v in BERT.items() if k != "architectures"}),
    "tiny/no-tokenizer": repo(BERT, {"tokenizer.json": None, "vocab.txt": b"a\nb\n"}),
    "tiny/unsupported": repo(BERT | {"architectures": ["T5EncoderModel"], "model_type": "t5"}),
    "tiny/sharded": repo(BERT, SHARDED),
    "tiny/pytorch": repo(BERT, {"model.safetensors": None, "pytorch_model.bin": b"pickled"}),
    "tiny/onnx": repo(BERT, {"model.safetensors": None, "onnx/model.onnx": b"graph"}),
    "tiny/long-header": repo(
        BERT, {"model.safetensors": safetensors({"w": ("F16", [3])}, padding=120_000)}
    ),
    "tiny/damaged": repo(BERT, {"model.safetensors": b"not a header", "modules.json": b"{nope"}),
    "tiny/gated": Repo(embedder().files, gated="manual", license="gemma"),
    "tiny/private": Repo(embedder().files, private=True),
}
