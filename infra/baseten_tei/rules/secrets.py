"""Secrets and downloads: who may read the weights, under which name, which files of them, and at which commit."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from baseten_tei.command import SECRET_NAME
from baseten_tei.facts import Weights
from baseten_tei.flags import split_flags
from baseten_tei.names import same_secret
from baseten_tei.redaction import looks_like_a_token
from baseten_tei.rules.placed import instance_of, on_cpu
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.subject import Subject
from baseten_tei.spec import EmbeddingArgs
from baseten_tei.truss_config import truss_config

TRUSS_SECRET = "hf_access_token"  # noqa: S105  # a secret's name, not its value
"""Where truss looks for a token when a model cache names none (0.18.35, `ModelRepo.runtime_secret_name`)."""

_SECRET_PATH = re.compile(r"(?<!/run)/secrets/([A-Za-z0-9._-]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SECRET_VARIABLE = re.compile(r"(?i)(^|_)(token|secret|password|passwd|access_key|api_key)$")
_LOADABLE = ("model.safetensors", "pytorch_model.bin")
_ONNX = ("onnx/model.onnx", "model.onnx")
_GATED_SOURCE = "huggingface.co: /resolve/<revision>/config.json answers 401; Baseten docs: secrets"


def secrets_read(config: Mapping[str, Any]) -> list[str]:
    """Names of the secrets that a Truss config reads: by path, for its weights, for its cache, for its build."""
    return list(dict.fromkeys(_read(config)))


def undeclared_secrets(config: Mapping[str, Any]) -> list[str]:
    """Those it reads and does not list under `secrets:`; without that, Baseten mounts nothing."""
    declared = config.get("secrets") or {}
    return [
        name
        for name in secrets_read(config)
        if not any(same_secret(name, str(known)) for known in declared)
    ]


def _read(config: Mapping[str, Any]) -> Iterator[str]:
    server, variables = (
        config.get("docker_server") or {},
        config.get("environment_variables") or {},
    )
    commands = [server.get("start_command"), *(config.get("build_commands") or ())]
    for text in (*commands, *variables.values()):
        yield from _SECRET_PATH.findall(str(text or ""))
    for source in config.get("weights") or ():
        if name := (source.get("auth") or {}).get("auth_secret_name"):
            yield name
    for cached in config.get("model_cache") or ():
        if name := cached.get("runtime_secret_name"):
            yield name
    yield from (config.get("build") or {}).get("secret_to_path_mapping") or {}


def kept_files(weights: Weights, patterns: list[str]) -> list[str]:
    """Files of the weights that no ignore pattern drops; a pattern without `/` means every folder."""
    return [
        name
        for name in weights.files
        if not any(fnmatchcase(name, pattern) for pattern in patterns)
    ]


def _config(subject: Subject) -> Mapping[str, Any] | None:
    """The generated config; `None` where there is none for want of hardware or image."""
    if instance_of(subject) is None:
        return None
    try:
        return truss_config(subject.name, subject.args)
    except ValueError:
        return None


def _wants_token(subject: Subject) -> Finding | None:
    if subject.facts is None or not subject.facts.gated or subject.args.gated:
        return None
    return Finding(
        f"{subject.args.model_id} is gated: without a token its weights answer 401",
        f"write gated: true (the stack then stores the secret {SECRET_NAME})",
    )


def _needless_token(subject: Subject) -> Finding | None:
    if subject.facts is None or subject.facts.gated or not subject.args.gated:
        return None
    return Finding(
        f"gated: true, and {subject.args.model_id} is open: its deployment would depend on a secret for nothing",
        "leave gated out",
    )


def _undeclared(subject: Subject) -> Finding | None:
    names = undeclared_secrets(_config(subject) or {})
    if not names:
        return None
    return Finding(
        f"the container reads /secrets/{names[0]}, which secrets: does not list, so Baseten mounts nothing there",
        f"write gated: true for the Hugging Face token (/secrets/{SECRET_NAME}), or leave /secrets/{names[0]} out",
    )


def _token_in_clear(subject: Subject) -> Finding | None:
    args = subject.args
    texts = {
        **{f"env {name}": value for name, value in args.env.items()},
        **{f"labels {name}": value for name, value in args.labels.items()},
        **{f"extra_flags --{name}": value or "" for name, value in split_flags(args.extra_flags)},
        "served_model_name": args.served_model_name or "",
    }
    if isinstance(args, EmbeddingArgs):
        texts["default_prompt"] = args.default_prompt or ""
    for where, text in texts.items():
        if looks_like_a_token(text):
            return Finding(
                f"{where} holds a Hugging Face token in clear, in config.yaml and in the router's log",
                "leave it out, revoke it at huggingface.co, and write gated: true",
            )
    return None


def _both_variables(subject: Subject) -> Finding | None:
    args = subject.args
    ours = args.gated and args.weights == "download"
    given = {name for name in ("HF_TOKEN", "HF_API_TOKEN") if name in args.env}
    if "HF_API_TOKEN" not in given or not (ours or "HF_TOKEN" in given):
        return None
    return Finding(
        "env HF_API_TOKEN beside HF_TOKEN: TEI takes one of the two and exits where both are set, even empty",
        "leave HF_API_TOKEN out of env",
    )


def _secret_as_variable(subject: Subject) -> Finding | None:
    for name in subject.args.env:
        if _SECRET_VARIABLE.search(name):
            return Finding(
                f"env {name} would stand in config.yaml in clear, and Baseten fills no variable from a secret",
                "leave it out of env; for the Hugging Face token write gated: true",
            )
    return None


def _old_download(subject: Subject) -> Finding | None:
    if subject.args.weights != "download" or subject.tei_at_least("1.7.0"):
        return None
    return Finding(
        f"weights: download on TEI {subject.args.tei_version} fails with "
        '"relative URL without a base", since the Hub redirects',
        "write weights: cached, or tei_version: 1.8.3",
    )


def _every_start(subject: Subject) -> Finding | None:
    weights = subject.facts.weights if subject.facts else None
    if subject.args.weights != "download":
        return None
    size = f"{weights.bytes / 2**30:.1f} GiB" if weights else "its weights"
    return Finding(
        f"weights: download fetches {size} from huggingface.co at each start of a replica, and fails when the Hub does",
        "write weights: cached, or leave weights out",
    )


def _nothing_loadable(subject: Subject) -> Finding | None:
    weights = subject.facts.weights if subject.facts else None
    if weights is None or instance_of(subject) is None:
        return None
    kept = kept_files(weights, _patterns(subject))
    wanted = [*_LOADABLE, *(_ONNX if on_cpu(subject) else ())]
    sharded = weights.format == "sharded-safetensors"
    if any(name in wanted or (sharded and name.endswith(".safetensors")) for name in kept):
        return None
    files = ", ".join(weights.files[:3]) or "no weights"
    dropped = len(weights.files) - len(kept)
    how = f", of which ignore_patterns drop {dropped}" if dropped else ""
    return Finding(
        f"TEI loads model.safetensors, its shards or pytorch_model.bin, and {subject.args.model_id} has {files}{how}",
        "write a model_id with model.safetensors, e.g. a converted copy",
    )


def _patterns(subject: Subject) -> list[str]:
    sources = (_config(subject) or {}).get("weights") or ()
    return [pattern for source in sources for pattern in source.get("ignore_patterns") or ()]


def _no_onnx(subject: Subject) -> Finding | None:
    weights = subject.facts.weights if subject.facts else None
    if weights is None or not on_cpu(subject):
        return None
    if set(_ONNX).intersection(kept_files(weights, _patterns(subject))):
        return None
    return Finding(
        f"{subject.args.model_id} has no onnx/model.onnx: the CPU image then runs candle, several times slower",
        "write accelerator: T4, or a model_id with ONNX files",
    )


def _moving_revision(subject: Subject) -> Finding | None:
    revision, facts = subject.args.revision, subject.facts
    if _COMMIT.fullmatch(revision):
        return None
    commit = facts.commit if facts else "<commit>, or type `make lock`"
    return Finding(
        f"revision {revision!r} can move: {subject.args.environment} may serve other vectors after its next start",
        f"write revision: {commit}",
    )


def _baked(subject: Subject) -> Finding | None:
    if subject.args.weights != "baked" or not subject.tei_at_least("1.9.0"):
        return None
    return Finding(
        f"weights: baked needs a Truss build, and TEI {subject.args.tei_version} runs from upstream's unmodified image",
        "write weights: cached, or tei_version: 1.8.3",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-SEC-001", "error", "A gated repository is read with a token",
         _GATED_SOURCE, _wants_token, True),
    Rule("TEI-SEC-002", "warning", "An open repository is read without one",
         _GATED_SOURCE, _needless_token, True),
    Rule("TEI-SEC-003", "error", "Every secret that is read is listed",
         "Baseten docs: secrets; 11 configs of truss-examples", _undeclared),
    Rule("TEI-SEC-004", "error", "No token stands in clear",
         "measured on TEI 1.9.3: the router logs its arguments", _token_in_clear),
    Rule("TEI-SEC-005", "error", "One of HF_TOKEN and HF_API_TOKEN, not both",
         "measured on TEI 1.9.3 (clap, conflicts_with)", _both_variables),
    Rule("TEI-SEC-006", "warning", "Environment variables hold no secrets",
         "Baseten docs: secrets; 21 configs of truss-examples", _secret_as_variable),
    Rule("TEI-SEC-007", "error", "Downloads from the Hub need TEI 1.7",
         "TEI #527, #672", _old_download),
    Rule("TEI-SEC-008", "warning", "Weights are not fetched from the Hub at each start",
         "Baseten docs: weights (mirrored once)", _every_start),
    Rule("TEI-SEC-009", "error", "What is left of the weights can be loaded",
         "TEI backends/src/lib.rs: download_weights", _nothing_loadable, True),
    Rule("TEI-SEC-010", "warning", "A CPU image finds ONNX files",
         "TEI backends/src/lib.rs: ONNX Runtime before candle", _no_onnx, True),
    Rule("TEI-SEC-011", "warning", "A revision is a commit",
         "huggingface.co: branches and tags move", _moving_revision),
    Rule("TEI-SEC-012", "error", "Only TEI 1.8.3 can have its weights baked in",
         "truss 0.18.35: a build wants python3 in the base image", _baked),
)  # fmt: skip
