"""Deletes versions that no rollback needs; one that cannot be deleted does not fail a release."""

from collections.abc import Callable, Collection

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.deployment.ownership import owner_of
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.release.version_choice import split_by_keep


def tidy(
    api: BasetenApi,
    inputs: Values,
    model_id: str,
    warn: Callable[[str], None],
    refused: Collection[str] = (),
) -> list[str]:
    """Delete what is older than the versions to keep, and say which ids are kept for a rollback.

    `refused` are the ids of versions for which there was no machine: no rollback needs them.
    """
    try:
        versions, environments = api.versions(model_id), api.environments(model_id)
        in_use = {it.id for e in environments for it in (e.current, e.candidate) if it}
        kept, surplus = split_by_keep(
            versions, owner_of(inputs), in_use, inputs["digest"], inputs["keep_deployments"]
        )
        useless = [it for it in kept if it.id in refused]
        kept = [it for it in kept if it.id not in refused]
        for version in [*surplus, *useless]:
            api.delete_version(model_id, version.id)
    except UserError as error:
        warn(f"model {inputs['model']!r}: older deployments were not all removed: {error}")
        return []
    return [version.id for version in kept]
