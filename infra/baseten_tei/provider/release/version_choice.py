"""Decisions among a model's versions: which one is meant, which one a pin means, which ones may go."""

from collections.abc import Collection, Iterable, Sequence

from baseten_tei.baseten.statuses import FAILED
from baseten_tei.baseten.versions import Version
from baseten_tei.deployment.ownership import Owner

PREVIOUS = "previous"
SHOWN = 5
"""Versions that an error names at the most."""


def version_of_digest(
    versions: Iterable[Version], digest: str, environment: str, instance_type: str = ""
) -> Version | None:
    """Return the deployment of a digest that an environment should serve; Baseten may have copied it for another one.

    One that has not failed comes first, then one of the wanted instance type, then what serves this
    environment already, then one that serves none (promoting another's would make a copy), then the newest.
    """
    same = [
        version for version in versions if version.digest == digest and not version.is_development
    ]
    return max(
        same,
        key=lambda it: (
            it.status not in FAILED,
            it.instance_type == instance_type,
            it.environment == environment,
            it.environment is None,
            it.created_at,
        ),
        default=None,
    )  # fmt: skip


def pinned_version(
    versions: Sequence[Version], pin: str, environment: str, previous_id: str | None = None
) -> Version | None:
    """Return the version that `deployment: <pin>` means: an id, a config digest, or `previous`.

    `previous_id` is what served the environment before its last release; where that is not known or gone,
    `previous` is the newest version that could serve, serves nothing, and is older than what serves.
    """
    by_id = {version.id: version for version in versions}
    if pin != PREVIOUS:
        return by_id.get(pin) or version_of_digest(versions, pin, environment)
    if previous_id in by_id:
        return by_id[previous_id]
    serving = [it.created_at for it in versions if it.environment == environment]
    spare = [it for it in versions if not (it.environment or it.is_development)]
    older = [it for it in spare if all(it.created_at < made for made in serving)]
    alive = [it for it in older if it.status not in FAILED]
    return max(alive, key=lambda it: it.created_at, default=None)


def pin_problem(versions: Sequence[Version], pin: str) -> str:
    """Return the error text for a pin that matches no version."""
    newest = sorted(versions, key=lambda it: it.created_at, reverse=True)[:SHOWN]
    there = ", ".join(f"{it.id} ({it.status})" for it in newest) or "none"
    wanted = "no earlier version is left" if pin == PREVIOUS else "no such deployment or digest"
    return f"deployment: {pin}: {wanted}: write one of these ids, or remove it: {there}"


def split_by_keep(
    versions: Sequence[Version],
    owner: Owner,
    in_use: Collection[str],
    digest: str,
    keep: int,
) -> tuple[list[Version], list[Version]]:
    """Return this stack's versions that serve nothing: the `keep` newest, for rollback, and those to delete.

    `in_use` are ids that some environment serves or is on its way to. A second deployment of the wanted digest
    is a copy that nobody needs once the digest serves; until then it is never deleted, nor is another version
    that is still being built. A failed one is useless for a rollback and goes first.
    """
    spare = [
        version
        for version in versions
        if owner.owns(version)
        and version.id not in in_use
        and version.environment is None
        and not version.is_development
    ]
    serves = any(version.digest == digest and version.id in in_use for version in versions)
    copies = [version for version in spare if version.digest == digest and serves]
    older = [version for version in spare if version.digest != digest]
    newest = sorted(older, key=lambda it: it.created_at, reverse=True)
    alive = [version for version in newest if version.status not in FAILED]
    dead = [version for version in newest if version.status in FAILED]
    settled = [version for version in alive[keep:] if version.status in _SETTLED]
    return alive[:keep], settled + dead + copies


_SETTLED = frozenset({"ACTIVE", "SCALED_TO_ZERO", "INACTIVE", "UNHEALTHY"})
