"""TEI's releases: what is not known of the one that a spec names, and what is known to be wrong with it."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei import releases
from baseten_tei.facts.tei.flags import split_flags
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.rules.flag_rules import HIDING
from baseten_tei.rules.gpu.subject_hardware import on_cpu
from baseten_tei.rules.rule import Finding, Rule


def _unknown_patch(subject: Subject) -> Finding | None:
    version = subject.args.tei_version
    if version in releases.KNOWN or not releases.is_known_minor(version):
        return None
    like = releases.known_release(version)
    age = "newer" if releases.at_least(version, like) else "older"
    known = releases.ADVISED if like in releases.INFERRED else like
    return Finding(
        f"TEI {version} is {age} than what this baseten-tei knows of {releases.minor_of(version)}: it is checked as "
        f"{like}, and whether its image exists shows at the push",
        f"write tei_version: {known}, or look for an upgrade with `baseten-tei check --upstream`",
    )


def _falls_back_to_cpu(subject: Subject) -> Finding | None:
    version = subject.args.tei_version
    change = releases.find_change("driver-6xx", version)
    named = dict(split_flags(subject.args.extra_flags))
    if change is None or on_cpu(subject) or HIDING not in named:
        return None  # which driver there is nobody knows before: the release asks the router, and says so
    return Finding(
        f"TEI {version} {change['what']}; with --{HIDING} no release can tell",
        f"leave --{HIDING} out, or write tei_version: 1.9.4",
    )


def _fails_where_padded(subject: Subject) -> Finding | None:
    version, reading = subject.args.tei_version, subject.reading
    candle = reading.candle if isinstance(reading, Loaded) else None
    if candle is None or candle.model.name != "DebertaV2Model":
        return None
    alone = dict(split_flags(subject.args.extra_flags)).get("max-batch-requests") == "1"
    if alone or releases.find_change("deberta-padding", version) is None:
        return None
    return Finding(
        f"TEI {version} starts and then answers 424 where a batch has texts of different lengths: it masks DeBERTa's "
        "padding with a tensor of another rank",
        "write tei_version: 1.9.4, or extra_flags: [--max-batch-requests=1]",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-REL-001", "warning", "The release is one that this project knows",
         "this project: facts/tei/releases.json", _unknown_patch),
    Rule("TEI-REL-002", "warning", "No flag hides that a router misses the GPU of an NVIDIA driver 6xx",
         "TEI #870, #871; fixed in 1.9.4 by its date", _falls_back_to_cpu),
    Rule("TEI-REL-003", "warning", "DeBERTa answers batches of texts of different lengths",
         "TEI debertav2.rs:176 of v1.9.3, #846; fixed in 1.9.4 by its date", _fails_where_padded, True),
)  # fmt: skip
