"""A model's own files: what keeps the router from starting, and what it cannot serve whatever it does."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.router_reading import find_files
from baseten_tei.facts.tei.loading.candle.candle_config import type_names
from baseten_tei.facts.tei.loading.formats import Format, find_format
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.facts.tei.releases import NEWEST
from baseten_tei.rules.model import precision_rules, skipped_rules
from baseten_tei.rules.model.refusals import ANY_OTHER, TOO_OLD, UNSEEN_TYPE, Cause
from baseten_tei.rules.rule import Finding, Rule

_RAN = "measured on TEI 1.8.3 and 1.9.3"
_CANDLE = "TEI backends/candle/src/lib.rs"
_MODELS = "TEI backends/candle/src/models"
_FORK = "write a model_id whose {what}, e.g. a fork where it is fixed"
_BEI = "serve it with Baseten's BEI, or write a model_id of a BERT-like type, e.g. BAAI/bge-reranker-v2-m3"
_TYPES = ", ".join(type_names(NEWEST))

CAUSES = (
    Cause(UNSEEN_TYPE, "TEI loads the model type", f"{_CANDLE}: enum Config; TEI #113",
          "no release of TEI loads model type {type}", f"write a model_id whose model_type is one of {_TYPES}"),
    Cause(TOO_OLD, "The release of TEI knows the model type", f"{_CANDLE}, tag by tag; TEI #457, #281",
          "model type {type} is not in TEI {version}", "write tei_version: {release}"),
    Cause("TEI-MODEL-003", "TEI has a classification head for the model type", f"{_MODELS}; PR #695",
          "TEI has no classification head for model type {type} here", _BEI),
    Cause("TEI-MODEL-005", "A model type that needs flash attention has it", f"{_CANDLE}; TEI #327",
          "model type {type} needs flash attention, which there is not here, or in another version",
          "write accelerator: L4, and leave dtype out"),
    Cause("TEI-MODEL-007", "The model type runs in the dtype", f"{_CANDLE}; TEI #748",
          "model type {type} does not run in this dtype", "write another dtype"),
    Cause("TEI-MODEL-010", "auto_map is as the release reads it", "measured: TEI 1.9.3 does not start, 1.8.3 does",
          "auto_map in config.json holds a list or null", _FORK.format(what="auto_map has texts alone")),
    Cause("TEI-MODEL-011", "pad_token_id is a number", _RAN,
          "model type {type} has to have a pad_token_id of 0 or more",
          _FORK.format(what="config.json has a pad_token_id of 0 or more")),
    Cause("TEI-MODEL-012", "config.json says how many positions there are, once", f"{_RAN}; TEI #927",
          "config.json has no max_position_embeddings that TEI can read, or has it under two names",
          _FORK.format(what="config.json has max_position_embeddings alone")),
    Cause("TEI-MODEL-013", "sentence_bert_config.json has a number for max_seq_length", _RAN,
          "sentence_bert_config.json has no number for max_seq_length",
          _FORK.format(what="sentence_bert_config.json has one, or is not there")),
    Cause("TEI-MODEL-015", "Every prompt is a text", _RAN,
          "a prompt in config_sentence_transformers.json is not a text", _FORK.format(what="prompts are all texts")),
    Cause("TEI-MODEL-016", "default_prompt_name is one of the model's prompts",
          "TEI router/src/lib.rs: default-prompt-name",
          "default_prompt_name is not a prompt of the model",
          "write one of its prompts, or default_prompt with the text itself"),
    Cause("TEI-MODEL-017", "Positions are encoded as TEI does it for the model type", _MODELS,
          "position_embedding_type is not what TEI has for model type {type}",
          "write a model_id with the positions that TEI has"),
    Cause("TEI-MODEL-018", "The weights have the tensors that TEI reads", f"{_MODELS}; TEI #524; {_RAN}",
          "the weights do not fit config.json as TEI reads it for model type {type}",
          "write a model_id whose weights are saved as transformers saves model type {type}, not quantized"),
    Cause(ANY_OTHER, "The router starts with the repository's files", f"TEI router/src/lib.rs, {_CANDLE}; {_RAN}",
          "{about} of the repository is not as TEI reads it", _FORK.format(what="files TEI can read")),
)  # fmt: skip
_FORMATS: dict[Format, tuple[str, str]] = {
    "gguf": ("holds GGUF files alone", "write the model_id that they were made from"),
    "adapter": ("holds an adapter alone", "write the model_id of a copy that is merged with its base model"),
    "static": ("is a table of static embeddings, without a model", "serve it without TEI, or write another model_id"),
    "quantized": ("holds quantized weights", "write the model_id that they were made from"),
    "late-interaction": ("gives a vector for each token", "serve it without TEI, or write another model_id"),
    "sparse": ("gives sparse vectors by modules of its own", "serve it without TEI, or write another model_id"),
}  # fmt: skip


def _format(subject: Subject) -> Finding | None:
    found = subject.facts and find_format(find_files(subject.args, subject.facts))
    if not found or subject.facts is None:
        return None
    what, fix = _FORMATS[found]
    starts = isinstance(subject.reading, Loaded)
    then = "would serve other vectors, silently" if starts else "does not start"
    return Finding(f"{subject.facts.model_id} {what}, which TEI does not read: it {then}", fix)


def _positions(subject: Subject) -> Finding | None:
    """On a CPU the warm-up fails; a GPU reads past the table's end."""
    reading = subject.reading
    is_refused = isinstance(reading, Refusal) and reading.about == "positions"
    is_beyond = isinstance(reading, Loaded) and any(
        it.kind == "positions" for it in reading.skipped
    )
    if not is_refused and not is_beyond:
        return None
    said = subject.facts and subject.facts.max_seq_length
    length = reading.length.longest if isinstance(reading, Loaded) else said
    return Finding(
        f"max_seq_length {length} is above the positions the model has, "
        'and the warm-up ends in "index-select invalid index"',
        _FORK.format(what="sentence_bert_config.json has a max_seq_length within its positions"),
    )


RULES: tuple[Rule, ...] = (
    *(cause.rule() for cause in CAUSES),
    Rule("TEI-MODEL-014", "error", "max_seq_length fits the model's positions", _RAN, _positions, True),
    Rule("TEI-MODEL-019", "error", "The repository is a model of the kind that TEI reads", f"{_RAN}; TEI #454",
         _format, True),
    *precision_rules.RULES,
    *skipped_rules.RULES,
)  # fmt: skip
