"""What a repository asks for and a router that is ready leaves out: its vectors are others, and nobody says so."""

from functools import partial

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.router_reading import find_files
from baseten_tei.facts.tei.loading.formats import find_format
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.facts.tei.loading.skipped import Kind
from baseten_tei.rules.model.ways_out import find_change
from baseten_tei.rules.rule import Finding, Rule

_RAN = "measured on TEI 1.8.3 and 1.9.3"
_OTHERS = "write a model_id that TEI applies in full, or silence this if its vectors without it are what you want"

_ONE_POOLING = "write a model_id that has one pooling, or silence this if the vectors of 1_Pooling are what you want"


def _skipped(kind: Kind, said: str, subject: Subject) -> Finding | None:
    what = _what(subject.reading, kind)
    if not what or subject.facts is None or subject.args.task != "embedding":
        return None
    if find_format(find_files(subject.args, subject.facts)):
        return None  # a finding of its own
    fix = find_change(subject, lambda reading: not _what(reading, kind))
    others = _ONE_POOLING if kind == "pooling" else _OTHERS
    return Finding(said.format(what=what, version=subject.args.tei_version), fix or others)


def _what(reading: object, kind: Kind) -> str:
    skipped = reading.skipped if isinstance(reading, Loaded) else ()
    return ", ".join(it.what for it in skipped if it.kind == kind)


def _drops_mask(subject: Subject) -> Finding | None:
    if not _is_dropping(subject.reading):
        return None
    fix = find_change(subject, lambda reading: not _is_dropping(reading))
    return Finding(
        "texts of equal length in one batch get other vectors than alone: without flash attention "
        f"TEI {subject.args.tei_version} leaves out the attention mask where nothing is padded",
        fix
        or "no release, GPU or dtype avoids it, so write another model_id; or send this one text at a time, from one "
        "caller, and silence this",
    )


def _is_dropping(reading: object) -> bool:
    candle = reading.candle if isinstance(reading, Loaded) else None
    return candle is not None and candle.drops_mask


_KINDS: tuple[tuple[str, Kind, str, str], ...] = (
    ("TEI-MODEL-021", "dense", "Every Dense layer of modules.json is applied",
     "TEI {version} leaves out the Dense layers {what}: vectors of another size and space"),
    ("TEI-MODEL-022", "module", "Every module of modules.json is applied",
     "TEI {version} leaves out the modules {what}: other vectors than the model's"),
    ("TEI-MODEL-023", "pooling", "modules.json has one pooling",
     "TEI {version} serves the vectors of 1_Pooling for every text and leaves out {what}"),
    ("TEI-MODEL-024", "attention", "Attention is causal where config.json says so, and only there",
     "TEI {version} does not read {what} of config.json: its attention is another, and so are its vectors"),
    ("TEI-MODEL-026", "code", "is_causal is said where the repository's own code would decide it",
     "config.json has no is_causal, and the repository's own code ({what}) that would decide it is not run: TEI "
     "{version} looks back alone, and other vectors than the model's come of it if that code looks both ways"),
)  # fmt: skip
RULES: tuple[Rule, ...] = (
    *(
        Rule(rule_id, "error", title, _RAN, partial(_skipped, kind, said), True)
        for rule_id, kind, title, said in _KINDS
    ),
    Rule("TEI-MODEL-025", "warning", "A text's vector does not depend on its batch",
         f"TEI #882; {_RAN}", _drops_mask, True),
)  # fmt: skip
