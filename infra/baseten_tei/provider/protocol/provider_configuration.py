"""The provider's own configuration: `target`, and nothing else."""

from collections.abc import Iterator

from baseten_tei.baseten.target import parse_target
from baseten_tei.errors import UserError, did_you_mean
from baseten_tei.provider.protocol.resource import UNKNOWN, Failure, Values

KNOWN = ("target",)
_ENGINES_OWN = ("version", "pluginDownloadURL", "pluginChecksums", "parameterization", "__internal")
"""Keys that the engine writes beside ours (sdk/go/common/resource: providers)."""


def config_failures(config: Values) -> Iterator[Failure]:
    """Yield what is wrong with it, by key; what only the update will know passes."""
    for key in config:
        if key not in (*KNOWN, *_ENGINES_OWN):
            known = did_you_mean(key, KNOWN) or f" Known: {', '.join(KNOWN)}"
            yield Failure(key, f"unknown key 'baseten:{key}'.{known}")
    target = config.get("target")
    if target == UNKNOWN:
        return
    if target is not None and not isinstance(target, str):
        yield Failure("target", "baseten:target is a text: write baseten:target: baseten")
        return
    try:
        parse_target(target)
    except UserError as error:
        yield Failure("target", str(error))
