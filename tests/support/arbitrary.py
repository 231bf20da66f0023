"""Any subject at all: facts as no repository has them, specs as no front door lets them in."""

from typing import Any

from hypothesis import strategies as st

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.gpus import COMPUTE_CAPABILITY
from baseten_tei.facts.tei.loading.candle.candle_config import type_names
from baseten_tei.facts.tei.releases import NEWEST
from baseten_tei.spec.args import Autoscaling, ModelArgs
from baseten_tei.spec.schedules import Schedule, Warm
from tests.support.corpus import HEALTHY, healthy_facts, healthy_spec

JINA, JINA_CODE = "jinaai/jina-bert-implementation", "jinaai/jina-bert-v2-qk-post-norm"
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_numbers = st.none() | st.integers(-2, 40_000)
_heads = st.sampled_from(
    ["Model", "ForSequenceClassification", "ForTokenClassification", "ForCausalLM", "ForMaskedLM"]
)
_architectures = (
    st.builds("".join, st.tuples(st.sampled_from(["Bert", "New", "Qwen3"]), _heads)) | words
)
_labels = st.none() | st.dictionaries(st.sampled_from("0123") | words, words, max_size=4)
_pooling = st.none() | st.fixed_dictionaries(
    {
        "modes": st.lists(st.sampled_from(["cls", "mean", "lasttoken", "max", ""]), max_size=3),
        "has_cls_and_mean_keys": st.booleans(),
    }
)
_weights = st.none() | st.fixed_dictionaries(
    {
        "format": st.sampled_from(["safetensors", "onnx", "none"]),
        "bytes": st.integers(0, 10**12),
        "files": st.lists(words | st.just("onnx/model.onnx"), max_size=2),
    }
)
_FACTS = {
    "architectures": st.none() | st.lists(_architectures, max_size=3),
    "model_type": st.none() | st.sampled_from(sorted(type_names(NEWEST))) | words,
    "id2label": _labels,
    "label2id": st.none() | st.dictionaries(words, st.integers(-1, 3), max_size=4),
    "problem_type": st.none() | st.just("multi_label_classification") | words,
    "max_position_embeddings": _numbers,
    "n_positions": _numbers,
    "pad_token_id": _numbers,
    "position_embedding_type": st.none() | st.sampled_from(["absolute", "rope", "alibi"]) | words,
    "auto_map": st.none() | st.dictionaries(words, words | st.lists(words, max_size=2), max_size=2),
    "name_or_path": st.none() | st.sampled_from([JINA, JINA_CODE]) | words,
    "max_seq_length": _numbers,
    "max_seq_length_is_null": st.booleans(),
    "pooling": _pooling,
    "modules": st.lists(st.sampled_from(["Transformer", "Dense"]) | words, max_size=3),
    "prompts": st.dictionaries(words, st.none() | words, max_size=2),
    "has_tokenizer_json": st.booleans(),
    "weights": _weights,
}
_texts = (
    st.none()
    | st.sampled_from(["mon-fri", "8-18", "22-6", "0-15", "UTC", "2026-12-24T08:00"])
    | words
)
_schedule = st.builds(
    Schedule,
    **dict.fromkeys(("days", "hours", "minutes", "start", "end", "timezone"), _texts),
    min_replica=st.none() | st.integers(0, 9),
    max_replica=st.none() | st.integers(1, 9),
)
_SPEC = {
    "autoscaling": st.builds(
        Autoscaling,
        warm=st.none()
        | st.builds(Warm, hours=words, timezone=_texts, min_replica=st.integers(1, 9)),
        schedules=st.none() | st.dictionaries(words | st.just("warm"), _schedule, max_size=3),
    ),
    "accelerator": st.none() | st.sampled_from(["CPU", *COMPUTE_CAPABILITY]) | words,
    "instance_type": st.none()
    | st.sampled_from(["L4:4x16", "H100:2", "4x16", "V100:4x16"])
    | words,
    "cpu": st.none() | st.sampled_from(["4", "500m", "9" * 9]) | words,
    "memory": st.none() | st.sampled_from(["16Gi", "1.5E", "2K"]) | words,
    "tei_version": st.sampled_from(["1.6.0", "1.8.2", "1.8.3", "1.9.0", "1.9.3"]),
    "dtype": st.none() | st.sampled_from(["float16", "float32", "bfloat16"]),
    "weights": st.sampled_from(["cached", "baked", "download"]),
    "max_client_batch_size": st.integers(1, 10_000),
    "max_batch_tokens": st.integers(1, 10**9),
    "env": st.dictionaries(st.just("USE_FLASH_ATTENTION") | words, words, max_size=2),
    "model_id": words,
}
_PROMPTED = {
    "pooling": st.none() | st.sampled_from(["cls", "mean", "splade", "last-token", "max"]),
    "default_prompt_name": st.none() | words,
}


@st.composite
def facts(draw: st.DrawFn) -> ModelFacts:
    """Facts of a healthy repository, any of them replaced by anything of its type."""
    task = draw(st.sampled_from(sorted(HEALTHY)))
    more: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=_FACTS))
    return healthy_facts(task, **more)


@st.composite
def specs(draw: st.DrawFn) -> ModelArgs:
    """A spec with any values, those that settings would refuse among them."""
    task = draw(st.sampled_from(sorted(HEALTHY)))
    keys = {**_SPEC, **(_PROMPTED if task == "embedding" else {})}
    return healthy_spec(task, **draw(st.fixed_dictionaries({}, optional=keys)))


subjects = st.builds(Subject, st.just("example"), specs(), st.none() | facts())
