"""API keys, as Baseten lists them and as they are asked for."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from baseten_tei.baseten.teams import the_model
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.errors import UserError, did_you_mean


@dataclass(frozen=True)
class RemoteKey:
    """A key as the workspace lists it: all but its value, which Baseten shows once."""

    prefix: str
    name: str
    kind: str
    model_ids: tuple[str, ...]
    """None of them: every model of its team."""
    team: str
    used: bool
    """Whether it was ever used, as far as Baseten tells."""


@dataclass(frozen=True)
class WantedKey:
    """A key to make."""

    name: str
    kind: str
    model_ids: tuple[str, ...] = ()
    team: str | None = None


def prefix_of(key: str) -> str:
    """Return the public part of a whole key (Baseten docs: `abcdefgh.1234567890…`)."""
    return key.partition(".")[0]


def find_lost(keys: Iterable[RemoteKey], name: str, held: Collection[str]) -> list[RemoteKey]:
    """Return the keys of a name that nobody can have: made by a call whose answer was lost, and so never used.

    `held` are the prefixes that the state knows.
    """
    return [it for it in keys if it.name == name and not it.used and it.prefix not in held]


def find_model_ids(models: Collection[RemoteModel], wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of models that are named by id or by name, sorted. Raises `UserError` for one without a model."""
    ids = {it.id for it in models}
    return tuple(sorted({it if it in ids else _find_by_name(models, it) for it in wanted}))


def _find_by_name(models: Collection[RemoteModel], name: str) -> str:
    """Raise `UserError` also for a name of several teams."""
    if found := the_model((it for it in models if it.name == name), name):
        return found.id
    hint = did_you_mean(name, [it.name for it in models]) or " The API key may not see its team"
    raise UserError(f"models: Baseten has no model with the id or name {name!r}.{hint}")
