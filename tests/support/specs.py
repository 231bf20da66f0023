"""Specs for tests: the shortest one of each task, and awkward ones from hypothesis."""

from typing import Any

from hypothesis import strategies as st

from baseten_tei.rules.settings import parse_settings
from baseten_tei.spec.args import ModelArgs

MODEL_IDS = {
    "embedding": "BAAI/bge-base-en-v1.5",
    "reranker": "BAAI/bge-reranker-base",
    "classifier": "SamLowe/roberta-base-go_emotions",
}


def raw(task: str = "embedding", **more: Any) -> dict[str, Any]:
    """What YAML would give for one model."""
    return {"task": task, "model_id": MODEL_IDS[task], **more}


def spec(task: str = "embedding", *, name: str = "bge", **more: Any) -> ModelArgs:
    """One model's spec, through the front door."""
    return parse_settings({name: raw(task, **more)}).models[name]


AWKWARD = [
    "yes", "No", "null", "~", "on", "y", "1", "1e3", "0x10", "1.5", "", " leading", "trailing ", "a: b",
    "# not a comment", "a #b", "'single'", '"double"', "back\\slash", "line\n", "tab\t", "é", "日本", "🦀",
    "\x7f", "\x85", "\u2028", "\ufeff", "- a", "{a}", "[a]", "*a", "&a", "!a", "|", ">", "@a", "`a`",
    "<<", "=", ".inf", "2026-11-22", "---", "...", "?", "a" * 300,
]  # fmt: skip
"""Texts that some YAML writer gets wrong."""

texts = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
variables = st.sampled_from(["XA", "x_b", "_C1"])
prompts = texts.filter(lambda text: not set(text) & set("%\n\r\x00") and "hf_" not in text)


@st.composite
def specs(draw: st.DrawFn) -> ModelArgs:
    """Any spec without problems, awkward texts included."""
    task = draw(st.sampled_from(sorted(MODEL_IDS)))
    values = texts.filter(lambda text: "hf_" not in text)
    more: dict[str, Any] = {
        "env": draw(st.dictionaries(variables, values, max_size=3)),
        "gated": draw(st.booleans()),
        "accelerator": draw(st.sampled_from(["CPU", "T4", "L4", "A10G", "A100", "H100", "H200"])),
        "tei_version": draw(st.sampled_from(["1.8.3", "1.9.0", "1.9.2", "1.9.3"])),
        "weights": draw(st.sampled_from(["cached", "download"])),
        "max_client_batch_size": draw(st.integers(1, 512)),
        "auto_truncate": draw(st.booleans()),
    }
    if task == "embedding":
        more["default_prompt"] = draw(st.none() | prompts)
    return spec(task, **{key: value for key, value in more.items() if value is not None})
