"""Flags by version: what the router of the image's release would refuse, ignore, or hide."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Literal

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import redact
from baseten_tei.facts.tei import flags
from baseten_tei.facts.tei.flag_problems import find_flag_problems
from baseten_tei.rules.gpu.subject_hardware import on_cpu
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs
from baseten_tei.spec.credentials import is_vendor_key, right_place

_MAIN = "TEI router/src/main.rs, v1.8.3 to v1.9.3"
HIDING = "max-batch-requests"
"""Without it /info tells a router on its CPU by the number that TEI forces."""
_TEXTS = ("served_model_name", "default_prompt", "default_prompt_name")
_BY_VARIABLE = {flags.environment_name(flag): flag for flag in flags.FLAGS}
_ALLOWED = flags.FLAGS.keys() - flags.FORBIDDEN.keys()
Kind = Literal["unknown", "form", "conflict", "forbidden", "unpassable"]


def _flags(kind: Kind, subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong with extra_flags in one way: each of them is wrong in one way alone."""
    seen: set[str] = set()
    for name, value in flags.split_flags(subject.args.extra_flags):
        found, finding = _judge_flag(name, value, seen, subject.args) or (None, None)
        if found == kind and finding is not None:
            yield finding
        seen.add(name)


def _judge_flag(
    name: str, value: str | None, seen: set[str], args: ModelArgs
) -> tuple[Kind, Finding] | None:
    flag = f"extra_flags: --{redact(name)}"
    if name in flags.OURS:
        said = f"{flag} is generated already"
        return "conflict", Finding(said, f"write {flags.OURS[name]}: … instead")
    if name in flags.FORBIDDEN:
        why, _, todo = flags.FORBIDDEN[name].rpartition("; ")
        return "forbidden", Finding(f"{flag}: {why}", todo)
    if name in seen and name not in flags.REPEATABLE:
        return "conflict", Finding(f"{flag} is given twice, and TEI refuses that", "keep one")
    word = f"--{name}" if value is None else f"--{name}={value}"
    if problem := next(find_flag_problems([word], args.tei_version), None):
        kind: Kind = problem.kind
        fix = right_place(name, _ALLOWED) if kind == "unknown" else None
        return kind, Finding(f"extra_flags: {problem.message}", fix or problem.fix)
    if _is_unpassable(value):
        return "unpassable", _unpassable(flag, "leave it out")
    return None


def _conflicts(subject: Subject) -> Iterator[Finding]:
    yield from _flags("conflict", subject)
    args = subject.args
    if not isinstance(args, EmbeddingArgs):
        return
    if args.default_prompt is not None and args.default_prompt_name is not None:
        yield Finding("default_prompt and default_prompt_name are both set", "keep one of them")


def _model_name_of_new_release(subject: Subject) -> Finding | None:
    """The generated command leaves it out on 1.8.3, where it would be fatal: so the spec is not obeyed."""
    name, release = subject.args.served_model_name, subject.args.tei_version
    if name is None or subject.tei_at_least("1.9.0"):
        return None
    return Finding(
        f"served_model_name needs TEI 1.9.0 (TEI {release} does not start with it)",
        "leave it out, or write tei_version: 1.9.3",
    )


def _by_environment(subject: Subject) -> Iterator[Finding]:
    """Each flag has a variable of its own: one in `env` would say a second thing, or hold a token."""
    for name in subject.args.env:
        flag = _BY_VARIABLE.get(name)
        if flag is None or is_vendor_key(name):
            continue
        if flag in flags.FORBIDDEN:
            why, _, todo = flags.FORBIDDEN[flag].rpartition("; ")
            yield Finding(f"env: {name}: {why}", todo)
        elif flag in flags.OURS:
            yield Finding(
                f"env: {name} is generated already", f"write {flags.OURS[flag]}: … instead"
            )
        else:
            form = f"--{flag}{'' if flag in flags.SWITCHES else '=VALUE'}"
            yield Finding(
                f"env: {name} sets a router flag", f"write extra_flags: [{form!r}] instead"
            )


def _unpassable_texts(subject: Subject) -> Iterator[Finding]:
    yield from _flags("unpassable", subject)
    for key in _TEXTS:
        if _is_unpassable(getattr(subject.args, key, None)):
            client = f"leave it out of {key}, or put the prompt before the text in the client"
            yield _unpassable(key, client if "prompt" in key else "leave it out")


def _is_unpassable(value: str | None) -> bool:
    return re.search(r"[%\n\r\x00]", value or "") is not None


def _unpassable(what: str, fix: str) -> Finding:
    said = f"{what} holds '%' or a line break, which Truss's process supervisor cannot pass on"
    return Finding(said, fix)


def _without_effect(subject: Subject) -> Finding | None:
    """Flags that the router takes and then does nothing with."""
    for name, value in flags.split_flags(subject.args.extra_flags):
        word = f"--{name}={value}"
        if next(find_flag_problems([word], subject.args.tei_version), None):
            continue  # it does not start with that
        if name == "prometheus-port":
            return Finding(
                "--prometheus-port has no effect: TEI serves /metrics on its main port and nothing on that one",
                "leave it out",
            )
        if name == HIDING and on_cpu(subject):
            return Finding(
                "--max-batch-requests has no effect without a GPU: TEI forces 4 (candle) or 8 (ONNX Runtime)",
                "leave it out",
            )
    return None


def _hides_cpu_fallback(subject: Subject) -> Finding | None:
    names = [name for name, _ in flags.split_flags(subject.args.extra_flags)]
    if HIDING not in names or on_cpu(subject):
        return None
    return Finding(
        "--max-batch-requests hides that a router fell back to its CPU, which only /info's max_batch_requests tells",
        "leave it out; max_batch_tokens limits a batch as well",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-FLAG-001", "error", "Every flag exists in the image's release",
         _MAIN, partial(_flags, "unknown"), is_firm=True),
    Rule("TEI-FLAG-002", "error", "Every flag has the form that release takes",
         f"{_MAIN}; TEI #369, #836", partial(_flags, "form"), is_firm=True),
    Rule("TEI-FLAG-003", "error", "No flag is given twice, or with one that excludes it",
         "measured on TEI 1.9.3 (clap, exit code 2)", _conflicts, is_firm=True),
    Rule("TEI-FLAG-004", "error", "No flag works against Baseten's proxy, or holds a token",
         "Baseten docs: custom servers; measured on TEI 1.9.3", partial(_flags, "forbidden"), is_firm=True),
    Rule("TEI-FLAG-005", "error", "served_model_name needs TEI 1.9.0",
         "measured on TEI 1.8.3", _model_name_of_new_release, is_firm=True),
    Rule("TEI-FLAG-006", "error", "No environment variable sets a flag",
         "TEI router/src/main.rs: each flag has one", _by_environment, is_firm=True),
    Rule("TEI-FLAG-007", "error", "No flag holds what the process supervisor would expand",
         "truss 0.18.35: supervisord", _unpassable_texts, is_firm=True),
    Rule("TEI-FLAG-008", "warning", "Every flag has an effect",
         "measured on TEI 1.9.3; TEI #454", _without_effect),
    Rule("TEI-FLAG-009", "warning", "Nothing hides a silent fall back to the CPU",
         "measured on TEI 1.9.3; TEI #208, #739", _hides_cpu_fallback),
)  # fmt: skip
