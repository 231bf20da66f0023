"""What a spec adds by itself to the generated container: flags, variables, labels, texts in the command."""

import re
from collections.abc import Iterator, Mapping

from baseten_tei import flags
from baseten_tei.names import perhaps
from baseten_tei.redaction import looks_like_a_token
from baseten_tei.release import RESERVED_LABELS
from baseten_tei.spec import EmbeddingArgs, ModelArgs
from baseten_tei.versions import at_least


def extras_problems(args: ModelArgs) -> Iterator[str]:
    """What cannot be passed on, would be said twice, or would hold a secret."""
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
    if looks_like_a_token(value or ""):
        yield f"{what} would hold a secret in clear: remove it"


def _extra_flags(args: ModelArgs) -> Iterator[str]:
    seen: set[str] = set()
    for name, value in flags.split_flags(args.extra_flags):
        flag = f"extra_flags: --{name}"
        if name in flags.OURS:
            yield f"{flag} is generated already: write {flags.OURS[name]}: … instead"
        elif name in flags.FORBIDDEN:
            yield f"{flag}: {flags.FORBIDDEN[name]}"
        elif name not in flags.FLAGS:
            yield f"{flag} is not a flag of TEI {args.tei_version}.{perhaps(name, flags.FLAGS)}"
        elif name in seen:
            yield f"{flag} is given twice, and TEI refuses that: keep one"
        elif (value is None) != (name in flags.SWITCHES):
            yield f"{flag} {'needs a' if value is None else 'takes no'} value: write {_form(name)}"
        elif name in flags.NUMBERS and not re.fullmatch(r"[1-9][0-9]*", value or ""):
            yield f"{flag} {value!r} is not a number above 0: write {_form(name)}"
        else:
            yield from _unpassable(flag, value)
        seen.add(name)


def _form(name: str) -> str:
    return f"--{name}" if name in flags.SWITCHES else f"--{name}=VALUE"


def _environment_variables(env: Mapping[str, str]) -> Iterator[str]:
    by_variable = {flags.environment_name(flag): flag for flag in flags.FLAGS}
    for name, value in env.items():
        flag = by_variable.get(name, "")
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            yield f"env: {name!r} is not an environment variable's name"
        elif looks_like_a_token(value) or name in {"HF_TOKEN", "HF_API_TOKEN", "API_KEY"}:
            yield (
                f"env: {name} would hold a secret in clear: remove it and write gated: true "
                "(the stack then stores the secret hf_access_key)"
            )
        elif flag in flags.FORBIDDEN:
            yield f"env: {name}: {flags.FORBIDDEN[flag]}"
        elif flag in flags.OURS:
            yield f"env: {name} is generated already: write {flags.OURS[flag]}: … instead"
        elif flag:
            yield f"env: {name} sets a router flag: write extra_flags: [{_form(flag)!r}] instead"


def _labels(labels: Mapping[str, str]) -> Iterator[str]:
    for name, value in labels.items():
        if name in RESERVED_LABELS:
            yield f"labels: {name} is set by the push itself: choose another name"
        if looks_like_a_token(value):
            yield f"labels: {name} would hold a secret in clear: remove it"
