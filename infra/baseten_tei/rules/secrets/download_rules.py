"""Downloads: which files of the weights arrive, from where, at which commit, and whether TEI loads them."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.router_reading import find_files
from baseten_tei.facts.hub.model_facts import Weights
from baseten_tei.facts.tei.gpus import CPU
from baseten_tei.facts.tei.loading import onnx
from baseten_tei.facts.tei.loading.candle.candle_config import type_names
from baseten_tei.facts.tei.loading.candle.weights import PYTORCH, SINGLE
from baseten_tei.facts.tei.loading.formats import find_format
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.facts.tei.releases import KNOWN
from baseten_tei.rules.gpu.subject_hardware import instance_of, on_cpu
from baseten_tei.rules.model.refusals import find_refusal, quote_reason
from baseten_tei.rules.model.ways_out import Change
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.spec.names import is_commit

_LOADABLE = (SINGLE, PYTORCH)
MOVING_REVISION = "TEI-SEC-011"
_NOT_CLONED = ("refs/pr/", "refs/convert/")


def generate_config(subject: Subject) -> Mapping[str, Any]:
    """Return the generated config; empty where there is none for want of hardware or image."""
    if instance_of(subject) is None:
        return {}
    try:
        return subject.config
    except ValueError:
        return {}


def filter_files(weights: Weights, patterns: list[str]) -> list[str]:
    """Return files of the weights that no ignore pattern drops; a pattern without `/` means every folder."""
    return [
        name
        for name in weights.files
        if not any(fnmatchcase(name, pattern) for pattern in patterns)
    ]


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
    if weights is None or instance_of(subject) is None or _is_other_format(subject):
        return None
    kept = filter_files(weights, _patterns(subject))
    wanted = [*_LOADABLE, *(onnx.FILES if on_cpu(subject) else ())]
    sharded = weights.format == "sharded-safetensors"
    if any(name in wanted or (sharded and name.endswith(".safetensors")) for name in kept):
        return _not_found(subject)
    files = ", ".join(weights.files[:3]) or "no weights"
    dropped = len(weights.files) - len(kept)
    how = f", of which ignore_patterns drop {dropped}" if dropped else ""
    return Finding(
        f"TEI loads model.safetensors, its shards or pytorch_model.bin, and {subject.args.model_id} has {files}{how}",
        _find_loadable(subject),
    )


def _find_loadable(subject: Subject) -> str:
    """Return what to write where the files are there in another format: ONNX is for the CPU image alone."""
    facts = subject.facts
    copy = "a model_id with model.safetensors, e.g. a converted copy"
    kind = facts.model_type if facts else None
    if kind and not any(kind in type_names(release) for release in KNOWN):
        copy = f"a model_id of a model type that TEI loads: {kind} is not one"
    if facts is None or facts.weights is None or not set(onnx.FILES) & set(facts.weights.files):
        return f"write {copy}"
    on_cpu = Change("", {"accelerator": CPU, "instance_type": None, "dtype": None})
    starts = isinstance(on_cpu.read(subject), Loaded)
    return f"write accelerator: CPU, or {copy}" if starts else f"write {copy}"


def _is_other_format(subject: Subject) -> bool:
    """E.g. GGUF alone: another rule's finding, which names it."""
    facts = subject.facts
    return facts is not None and find_format(find_files(subject.args, facts)) is not None


def _not_found(subject: Subject) -> Finding | None:
    """E.g. one shard of several."""
    refusal = find_refusal(subject)
    if refusal is None or refusal.about != "weights":
        return None
    said = f"TEI {subject.args.tei_version} does not find the weights of {subject.args.model_id}"
    return Finding(f"{said} ({quote_reason(refusal)})", "write a model_id with all of its files")


def _patterns(subject: Subject) -> list[str]:
    sources = generate_config(subject).get("weights") or ()
    return [pattern for source in sources for pattern in source.get("ignore_patterns") or ()]


def _no_onnx(subject: Subject) -> Finding | None:
    weights = subject.facts.weights if subject.facts else None
    if weights is None or not on_cpu(subject):
        return None
    if set(onnx.FILES).intersection(filter_files(weights, _patterns(subject))):
        return None
    return Finding(
        f"{subject.args.model_id} has no onnx/model.onnx: the CPU image then runs candle, several times slower",
        "write accelerator: T4, or a model_id with ONNX files",
    )


def _moving_revision(subject: Subject) -> Finding | None:
    revision, facts = subject.args.revision, subject.facts
    if is_commit(revision):
        return None
    commit = facts.commit if facts else "<commit>"
    return Finding(
        f"revision {revision!r} can move: {subject.args.environment} may serve other vectors after its next start",
        f"write revision: {commit}",
    )


def _bake_new_release(subject: Subject) -> Finding | None:
    if subject.args.weights != "baked" or not subject.tei_at_least("1.9.0"):
        return None
    return Finding(
        f"weights: baked needs a Truss build, and TEI {subject.args.tei_version} runs from the unmodified "
        "upstream image",
        "write weights: cached, or tei_version: 1.8.3",
    )


def _bake_pull_request(subject: Subject) -> Finding | None:
    """Git's clone brings branches and tags alone, and the build checks a commit out in it."""
    asked = subject.facts.revision if subject.facts else subject.args.revision
    if subject.args.weights != "baked" or not asked.startswith(_NOT_CLONED):
        return None
    return Finding(
        f"weights: baked clones the repository, and a clone has no {asked}: the build ends in "
        '"reference is not a tree"',
        "write weights: cached, or the revision of a branch or tag",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-SEC-008", "warning", "Weights are not fetched from the Hub at each start",
         "Baseten docs: weights (mirrored once)", _every_start),
    Rule("TEI-SEC-009", "error", "What is left of the weights can be loaded",
         "TEI backends/src/lib.rs: download_weights", _nothing_loadable, True),
    Rule("TEI-SEC-010", "warning", "A CPU image finds ONNX files",
         "TEI backends/src/lib.rs: ONNX Runtime before candle", _no_onnx, True),
    Rule(MOVING_REVISION, "warning", "A revision is a commit",
         "huggingface.co: branches and tags move", _moving_revision),
    Rule("TEI-SEC-012", "error", "Only TEI 1.8.3 can have its weights baked in",
         "truss 0.18.35: a build wants python3 in the base image", _bake_new_release, is_firm=True),
    Rule("TEI-SEC-015", "error", "A revision whose weights are baked in is in a clone",
         "git clone; huggingface.co: pull requests are references of their own", _bake_pull_request),
)  # fmt: skip
