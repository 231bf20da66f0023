"""Who else reads a secret: models outside a stack that would lose it with the stack."""

from baseten_tei.baseten.api import BasetenApi, NotFoundError
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.deployment.ownership import Owner, owner_of
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.spec.names import same_secret


def reason_to_keep(api: BasetenApi, state: Values) -> str | None:
    """Return why a secret should not be deleted; `None` if there is no reason."""
    try:
        user = other_user(api, state["name"], state.get("team"), owner_of(state))
    except UserError as error:
        return f"it could not be seen whether another model reads it ({error})"
    return f"model {user.name!r}, which this stack did not push, reads it" if user else None


def other_user(api: BasetenApi, secret: str, team: str | None, owner: Owner) -> RemoteModel | None:
    """Return the first model found that reads this secret and that `owner` did not push.

    By the `secrets` of what its environments serve, or are on their way to, and of its development slot.
    """
    for model in api.models(team):
        try:
            if _is_another_user(api, model.id, secret, owner):
                return model
        except NotFoundError:  # it went while we looked: it reads nothing any more
            continue
    return None


def _is_another_user(api: BasetenApi, model_id: str, secret: str, owner: Owner) -> bool:
    versions = api.versions(model_id)
    if owner.owns_any(versions):
        return False
    serving = [it for e in api.environments(model_id) for it in (e.current, e.candidate) if it]
    used = {
        version.id
        for version in (*serving, *versions)
        if version in serving or version.is_development
    }
    return any(_reads(api, model_id, deployment_id, secret) for deployment_id in sorted(used))


def _reads(api: BasetenApi, model_id: str, deployment_id: str, secret: str) -> bool:
    named = api.config(model_id, deployment_id).get("secrets") or {}
    return any(same_secret(str(name), secret) for name in named)
