"""Flags by version: what the router of the image's release would refuse, ignore, or hide."""

import re

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.start_command import router_flags
from baseten_tei.errors import redact
from baseten_tei.facts.tei import flags
from baseten_tei.facts.tei.flag_problems import Kind, find_flag_problems
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.subject_hardware import instance_of, on_cpu

_MAIN = "TEI router/src/main.rs, v1.8.3 to v1.9.3"
_UNPASSABLE = re.compile(r"[%\n\r\x00]")


def _first(subject: Subject, kind: Kind) -> Finding | None:
    place = instance_of(subject)
    if place is None:
        return None
    words = router_flags(subject.args, place.vcpus)
    found = next(
        (it for it in find_flag_problems(words, subject.args.tei_version) if it.kind == kind), None
    )
    if found is None:
        return None
    return Finding(f"TEI {subject.args.tei_version} does not start: {found.message}", found.fix)


def _unknown_flag(subject: Subject) -> Finding | None:
    return _first(subject, "unknown")


def _flag_form(subject: Subject) -> Finding | None:
    return _first(subject, "form")


def _conflicting_flags(subject: Subject) -> Finding | None:
    return _first(subject, "conflict")


def _forbidden_flag(subject: Subject) -> Finding | None:
    for name, _ in flags.split_flags(subject.args.extra_flags):
        if name in flags.FORBIDDEN:
            why, _, todo = flags.FORBIDDEN[name].rpartition("; ")
            return Finding(f"extra_flags hold --{name}: {why}", todo)
    return None


def _model_name_of_new_release(subject: Subject) -> Finding | None:
    """The generated command leaves it out on 1.8.3, where it would be fatal: so the spec is not obeyed."""
    name = subject.args.served_model_name
    if name is None or subject.tei_at_least("1.9.0"):
        return None
    return Finding(
        f"served_model_name {name!r} needs TEI 1.9.0, and the image is {subject.args.tei_version}",
        "leave it out, or write tei_version: 1.9.3",
    )


def _by_environment(subject: Subject) -> Finding | None:
    """Each flag has a variable of its own: one in `env` would say a second thing, or hold a token."""
    by_variable = {flags.environment_name(flag): flag for flag in flags.FLAGS}
    for name, value in subject.args.env.items():
        if (flag := by_variable.get(name)) is None:
            continue
        instead = f"write {flags.OURS[flag]}: …" if flag in flags.OURS else "leave it out of env"
        if flag not in flags.OURS and flag not in flags.FORBIDDEN:
            instead = f"write extra_flags: [--{flag}{'' if flag in flags.SWITCHES else '=VALUE'}]"
        shown = "" if "token" in flag or "key" in flag else f" {redact(value)!r}"
        return Finding(f"env {name}{shown} sets the router's --{flag} behind its flags", instead)
    return None


def _unpassable(subject: Subject) -> Finding | None:
    place = instance_of(subject)
    words = router_flags(subject.args, place.vcpus) if place else []
    for word in words:
        if _UNPASSABLE.search(word):
            return Finding(
                f"{word.partition('=')[0]} holds '%' or a line break, which Truss's process supervisor cannot pass on",
                "leave it out; a prompt can be put before the text by the client",
            )
    return None


def _without_effect(subject: Subject) -> Finding | None:
    """Flags that the router takes and then does nothing with."""
    for name, _ in flags.split_flags(subject.args.extra_flags):
        if name == "prometheus-port":
            return Finding(
                "--prometheus-port has no effect: TEI serves /metrics on its main port and nothing on that one",
                "leave it out",
            )
        if name == "max-batch-requests" and on_cpu(subject):
            return Finding(
                "--max-batch-requests has no effect without a GPU: TEI forces 4 (candle) or 8 (ONNX Runtime)",
                "leave it out",
            )
    return None


def _hides_cpu_fallback(subject: Subject) -> Finding | None:
    names = [name for name, _ in flags.split_flags(subject.args.extra_flags)]
    if "max-batch-requests" not in names or on_cpu(subject):
        return None
    return Finding(
        "--max-batch-requests hides that a router fell back to its CPU, which only /info's max_batch_requests tells",
        "leave it out; max_batch_tokens limits a batch as well",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-FLAG-001", "error", "Every flag exists in the image's release",
         _MAIN, _unknown_flag),
    Rule("TEI-FLAG-002", "error", "Every flag has the form that release takes",
         f"{_MAIN}; TEI #369, #836", _flag_form),
    Rule("TEI-FLAG-003", "error", "No flag is given twice, or with one that excludes it",
         "measured on TEI 1.9.3 (clap, exit code 2)", _conflicting_flags),
    Rule("TEI-FLAG-004", "error", "No flag works against Baseten's proxy, or holds a token",
         "Baseten docs: custom servers; measured on TEI 1.9.3", _forbidden_flag),
    Rule("TEI-FLAG-005", "error", "served_model_name needs TEI 1.9.0",
         "measured on TEI 1.8.3", _model_name_of_new_release),
    Rule("TEI-FLAG-006", "error", "No environment variable sets a flag",
         "TEI router/src/main.rs: each flag has one", _by_environment),
    Rule("TEI-FLAG-007", "error", "No flag holds what the process supervisor would expand",
         "truss 0.18.35: supervisord", _unpassable),
    Rule("TEI-FLAG-008", "warning", "Every flag has an effect",
         "measured on TEI 1.9.3; TEI #454", _without_effect),
    Rule("TEI-FLAG-009", "warning", "Nothing hides a silent fall back to the CPU",
         "measured on TEI 1.9.3; TEI #208, #739", _hides_cpu_fallback),
)  # fmt: skip
