"""Fields of a repository's own files that TEI cannot read, or reads past the end of."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.input_length import position_offset
from baseten_tei.facts.tei.model_types import model_type, type_name
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.subject_hardware import may_use_onnx
from baseten_tei.spec.args import EmbeddingArgs

_RAN = "measured on TEI 1.8.3 and 1.9.3"


def _suggest_fork(what: str) -> str:
    return f"write a model_id whose {what}, e.g. a fork where it is fixed"


def _auto_map(subject: Subject) -> Finding | None:
    if subject.facts is None or not subject.tei_at_least("1.9.0"):
        return None
    lists = [
        key for key, value in (subject.facts.auto_map or {}).items() if not isinstance(value, str)
    ]
    if not lists:
        return None
    return Finding(
        f"auto_map.{lists[0]} in config.json is a list, which TEI {subject.args.tei_version} cannot read",
        "write tei_version: 1.8.3",
    )


def _pad_token(subject: Subject) -> Finding | None:
    facts, kind = subject.facts, model_type(subject.facts)
    if facts is None or (facts.pad_token_id is None and may_use_onnx(subject)):
        return None
    if facts.pad_token_id is not None and facts.pad_token_id < 0:
        said = f"pad_token_id is {facts.pad_token_id}"
    elif facts.pad_token_id is None and kind is not None and kind.needs_pad_token:
        said = (
            f"model type {facts.model_type} has to have a pad_token_id, and it is missing or null"
        )
    else:
        return None
    return Finding(said, _suggest_fork("config.json has a pad_token_id of 0 or more"))


def _positions(subject: Subject) -> Finding | None:
    facts = subject.facts
    if facts is None or facts.max_position_embeddings is not None:
        return None
    if facts.n_positions is None:
        said = "config.json has no max_position_embeddings, and TEI does not start without"
    elif facts.model_type == "nomic_bert" or model_type(facts) is None or may_use_onnx(subject):
        return None
    else:
        said = f"config.json has n_positions only, which TEI does not take for model type {facts.model_type}"
    return Finding(said, _suggest_fork("config.json has max_position_embeddings"))


def _null_length(subject: Subject) -> Finding | None:
    if subject.facts is None or not subject.facts.max_seq_length_is_null:
        return None
    return Finding(
        "sentence_bert_config.json has max_seq_length: null, which TEI cannot read",
        _suggest_fork("sentence_bert_config.json has a number for max_seq_length"),
    )


def _too_long(subject: Subject) -> Finding | None:
    facts = subject.facts
    kind = model_type(facts)
    if facts is None or kind is None or kind.positions != "absolute":
        return None
    if facts.max_seq_length is None or facts.max_position_embeddings is None:
        return None
    table = facts.max_position_embeddings - position_offset(facts)
    if facts.max_seq_length <= table:
        return None
    return Finding(
        f"max_seq_length {facts.max_seq_length} is above the {table} positions the model has, "
        'and the warm-up ends in "index-select invalid index"',
        _suggest_fork(f"sentence_bert_config.json has max_seq_length: {table}"),
    )


def _null_prompt(subject: Subject) -> Finding | None:
    empty = [
        name
        for name, text in (subject.facts.prompts if subject.facts else {}).items()
        if text is None
    ]
    if not empty:
        return None
    return Finding(
        f"prompt {empty[0]!r} in config_sentence_transformers.json is null, which TEI cannot read",
        _suggest_fork("prompts are all texts"),
    )


def _unknown_prompt(subject: Subject) -> Finding | None:
    name = subject.args.default_prompt_name if isinstance(subject.args, EmbeddingArgs) else None
    if subject.facts is None or name is None or name in subject.facts.prompts:
        return None
    known = " or ".join(sorted(subject.facts.prompts))
    return Finding(
        f"default_prompt_name {name!r} is not a prompt of {subject.facts.model_id}",
        f"write default_prompt_name: {known}"
        if known
        else "write default_prompt with the text itself",
    )


def _position_type(subject: Subject) -> Finding | None:
    facts = subject.facts
    kind = model_type(facts)
    if facts is None or kind is None or kind.positions == "other" or may_use_onnx(subject):
        return None
    given = facts.position_embedding_type or ("absolute" if kind.needs_pad_token else None)
    if given is None or given == kind.positions:
        return None
    return Finding(
        f"position_embedding_type is {given}, and TEI has {kind.positions} for model type {type_name(facts)}",
        f"write a model_id with {kind.positions} positions",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-MODEL-010", "error", "auto_map has no lists, on TEI 1.9",
         "measured: TEI 1.9.3 does not start, 1.8.3 does", _auto_map, True),
    Rule("TEI-MODEL-011", "error", "pad_token_id is a number", _RAN, _pad_token, True),
    Rule("TEI-MODEL-012", "error", "config.json has max_position_embeddings",
         _RAN, _positions, True),
    Rule("TEI-MODEL-013", "error", "max_seq_length is not null", _RAN, _null_length, True),
    Rule("TEI-MODEL-014", "error", "max_seq_length fits the model's positions",
         _RAN, _too_long, True),
    Rule("TEI-MODEL-015", "error", "Every prompt is a text", _RAN, _null_prompt, True),
    Rule("TEI-MODEL-016", "error", "default_prompt_name is one of the model's prompts",
         "TEI router/src/lib.rs: default-prompt-name", _unknown_prompt, True),
    Rule("TEI-MODEL-017", "error", "Positions are encoded as TEI does it for the model type",
         "TEI backends/candle/src/models", _position_type, True),
)  # fmt: skip
