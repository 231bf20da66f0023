"""Model type and TEI release: which loads which, with a head or without, in full or in part."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import did_you_mean
from baseten_tei.facts.tei.model_types import MODEL_TYPES, model_type, type_name
from baseten_tei.facts.tei.releases import DEFAULT, KNOWN, at_least
from baseten_tei.rules.model import file_rules, precision_rules
from baseten_tei.rules.model.precision_rules import classifies, kind_of
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.subject_hardware import may_use_onnx

_CANDLE = "TEI backends/candle/src/lib.rs"
_BEI = "serve it with Baseten's BEI, or write a model_id of a BERT-like type, e.g. BAAI/bge-reranker-v2-m3"


def _release(since: str) -> str:
    """What to type to get a release that new: the mirrored one where it will do, else the newest."""
    return f"write tei_version: {DEFAULT if at_least(DEFAULT, since) else KNOWN[-1]}"


def _no_release(subject: Subject) -> Finding | None:
    facts = subject.facts
    if facts is None or may_use_onnx(subject) or model_type(facts) is not None:
        return None
    names = [name for name in MODEL_TYPES if "/" not in name]
    hint = did_you_mean(facts.model_type or "", names)
    return Finding(
        f"no release of TEI loads model type {facts.model_type or '(missing in config.json)'}",
        f"write a model_id of one of {', '.join(names)}{hint and '.' + hint}",
    )


def _too_new(subject: Subject) -> Finding | None:
    kind = kind_of(subject)
    if subject.facts is None or kind is None or subject.tei_at_least(kind.since):
        return None
    return Finding(
        f"model type {type_name(subject.facts)} came with TEI {kind.since}, "
        f"and tei_version is {subject.args.tei_version}",
        _release(kind.since),
    )


def _no_head(subject: Subject) -> Finding | None:
    kind, facts = kind_of(subject), subject.facts
    if facts is None or kind is None or not classifies(facts):
        return None
    if kind.classifies_since is None:
        return Finding(f"TEI has no classification head for model type {type_name(facts)}", _BEI)
    if subject.tei_at_least(kind.classifies_since) or not subject.tei_at_least(kind.since):
        return None
    return Finding(
        f"the head of model type {type_name(facts)} came with TEI {kind.classifies_since}, "
        f"and tei_version is {subject.args.tei_version}",
        _release(kind.classifies_since),
    )


def _dense(subject: Subject) -> Finding | None:
    facts = subject.facts
    if facts is None or "Dense" not in facts.modules or subject.args.weights == "download":
        return None
    if subject.tei_at_least("1.8.3"):
        return None
    return Finding(
        f"modules.json has a Dense layer, which TEI {subject.args.tei_version} leaves out of a model in a folder: "
        "wrong vectors, silently",
        _release("1.8.3"),
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-MODEL-001", "error", "TEI loads the model type",
         f"{_CANDLE}: enum Config; TEI #113", _no_release, True),
    Rule("TEI-MODEL-002", "error", "The release of TEI knows the model type",
         f"{_CANDLE}, tag by tag; TEI #457, #281", _too_new, True),
    Rule("TEI-MODEL-003", "error", "TEI has a classification head for the model type",
         "TEI backends/candle/src/models; PR #695", _no_head, True),
    Rule("TEI-MODEL-004", "error", "Dense layers of a folder are read from TEI 1.8.3 on",
         "TEI #732, PR #738", _dense, True),
    *precision_rules.RULES,
    *file_rules.RULES,
)  # fmt: skip
