"""What a spec adds by itself to the generated container: flags, variables, labels, texts in the command."""

import re
from collections.abc import Iterator, Mapping

from baseten_tei.deployment.labels import RESERVED_LABELS
from baseten_tei.errors import did_you_mean
from baseten_tei.facts.tei import flags
from baseten_tei.facts.tei.releases import at_least
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs
from baseten_tei.spec.credentials import is_vendor_key, right_place


def container_problems(args: ModelArgs) -> Iterator[str]:
    """Yield what cannot be passed on, would be said twice, or would hold a secret."""
    yield from _options(args)
    yield from _extra_flags(args)
    yield from _environment_variables(args.env)
    yield from _labels(args.labels)


def _options(args: ModelArgs) -> Iterator[str]:
    if args.served_model_name is not None and not at_least(args.tei_version, "1.9.0"):
        yield (
            f"served_model_name needs TEI 1.9.0 (TEI {args.tei_version} does not start with it): "
            "leave it out, or write tei_version: 1.9.3"
        )
    yield from _unpassable("served_model_name", args.served_model_name)
    if not isinstance(args, EmbeddingArgs):
        return
    if args.default_prompt is not None and args.default_prompt_name is not None:
        yield "default_prompt and default_prompt_name are both set: keep one of them"
    for key in ("default_prompt", "default_prompt_name"):
        todo = f"leave it out of {key}, or put the prompt before the text in the client"
        yield from _unpassable(key, getattr(args, key), todo)


def _unpassable(what: str, value: str | None, todo: str = "leave it out") -> Iterator[str]:
    if re.search(r"[%\n\r\x00]", value or ""):
        yield f"{what} holds '%' or a line break, which Truss's process supervisor cannot pass on: {todo}"


def _extra_flags(args: ModelArgs) -> Iterator[str]:
    seen: set[str] = set()
    for name, value in flags.split_flags(args.extra_flags):
        flag = f"extra_flags: --{name}"
        if name in flags.OURS:
            yield f"{flag} is generated already: write {flags.OURS[name]}: … instead"
        elif name in flags.FORBIDDEN:
            yield f"{flag}: {flags.FORBIDDEN[name]}"
        elif name not in flags.FLAGS:
            yield f"{flag} is not a flag of TEI {args.tei_version}.{_instead(name)}"
        elif name in seen and name not in flags.REPEATABLE:
            yield f"{flag} is given twice, and TEI refuses that: keep one"
        elif (value is None) != (name in flags.SWITCHES):
            yield f"{flag} {'needs a' if value is None else 'takes no'} value: write {_form(name)}"
        elif name in flags.NUMBERS and not re.fullmatch(r"[1-9][0-9]*", value or ""):
            yield f"{flag} {value!r} is not a number above 0: write {_form(name)}"
        else:
            yield from _unpassable(flag, value)
        seen.add(name)


def _instead(name: str) -> str:
    known = flags.FLAGS.keys() - flags.FORBIDDEN.keys()
    todo = right_place(name, known)
    return f" {todo[:1].upper()}{todo[1:]}" if todo else did_you_mean(name, known)


def _form(name: str) -> str:
    return f"--{name}" if name in flags.SWITCHES else f"--{name}=VALUE"


def _environment_variables(env: Mapping[str, str]) -> Iterator[str]:
    by_variable = {flags.environment_name(flag): flag for flag in flags.FLAGS}
    for name in env:
        flag = by_variable.get(name, "")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            yield f"env: {name!r} is not an environment variable's name"
        elif is_vendor_key(name):
            yield f"env: {name} would be in clear: {right_place(name)}"
        elif flag in flags.FORBIDDEN:
            yield f"env: {name}: {flags.FORBIDDEN[flag]}"
        elif flag in flags.OURS:
            yield f"env: {name} is generated already: write {flags.OURS[flag]}: … instead"
        elif flag:
            yield f"env: {name} sets a router flag: write extra_flags: [{_form(flag)!r}] instead"


def _labels(labels: Mapping[str, str]) -> Iterator[str]:
    for name in labels:
        if name in RESERVED_LABELS:
            yield f"labels: {name} is set by the push itself: choose another name"
        elif is_vendor_key(name):
            yield f"labels: {name} would be in clear: {right_place(name)}"
