"""Task, pooling and labels: what of them keeps the router from starting."""

from baseten_tei.rules.model.refusals import Cause

_ROUTER = "TEI router/src/lib.rs"
_RAN = "measured on TEI 1.8.3 and 1.9.3"

CAUSES = (
    Cause("TEI-TASK-007", "A head comes with id2label and label2id", f"{_RAN}; TEI #169, #511",
          "a head without label maps that TEI can read",
          "write a model_id whose config.json has id2label and label2id, e.g. a fork with both added"),
    Cause("TEI-TASK-011", "config.json has architectures", _RAN,
          "config.json has no architectures",
          "write a model_id whose config.json has architectures, e.g. a fork with them added"),
    Cause("TEI-TASK-012", "There is a tokenizer.json", f"{_RAN}; TEI #122",
          "there is no tokenizer.json that TEI can read",
          "write a model_id that has one, e.g. a fork with what AutoTokenizer(…, use_fast=True).save_pretrained wrote"),
    Cause("TEI-TASK-014", "Pooling is known: by the repository, the spec, or for BERT types by default",
          f"{_ROUTER}: The `--pooling` arg is not set",
          "there is no 1_Pooling/config.json, and for model type {type} TEI takes no default",
          "write pooling: {usual}, as the model's card says"),
    Cause("TEI-TASK-015", "1_Pooling/config.json has the two keys that TEI reads", _RAN,
          "1_Pooling/config.json has not the keys that TEI reads",
          "write pooling: {usual}"),
    Cause("TEI-TASK-016", "1_Pooling/config.json asks for a pooling that TEI has",
          f"{_ROUTER}: Pooling config is not supported",
          "1_Pooling/config.json asks for {modes}, and TEI has cls, mean and last-token",
          "write another model_id; pooling: mean starts, but its vectors are not the model's"),
    Cause("TEI-TASK-018", "Splade needs a masked language model", f"{_ROUTER}: Splade pooling is not supported",
          "pooling splade needs a ForMaskedLM architecture", "leave pooling out"),
    Cause("TEI-TASK-022", "config.json says as many labels as the weights have",
          f"{_RAN}; TEI backends/candle/src/models/modernbert.rs:426",
          "the head of the weights has {labels} labels, and config.json says another number where TEI reads it",
          "write a model_id whose config.json has {label_keys}, e.g. a fork with that added"),
    Cause("TEI-TASK-019", "The model type can do the pooling, on this hardware",
          "TEI backends/candle/src/models, v1.8.3 and v1.9.3",
          "TEI has no pooling {pooling} for model type {type} here", "write a model_id whose own pooling TEI has"),
)  # fmt: skip
