"""Embeds the same texts with several models under one name, for as long as two indexes are written."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar, get_args

from baseten_tei_client._outputs import Role
from baseten_tei_client.errors import UsageError

T = TypeVar("T")
M = TypeVar("M")


def choose_roles(models: Mapping[Role, M], wanted: Iterable[Role]) -> dict[Role, M]:
    """Return the models in the wanted roles, as far as there are any. Raises `UsageError` for what is not a role."""
    is_list = isinstance(wanted, Iterable) and not isinstance(wanted, str)
    roles = tuple(wanted) if is_list else (wanted,)
    for role in roles:
        if not isinstance(role, str) or role not in get_args(Role):
            raise UsageError(f"spaces must be some of {get_args(Role)}, not {role!r:.100}")
    return {role: models[role] for role in get_args(Role) if role in roles and role in models}


async def gather_all(models: Mapping[Role, M], ask: Callable[[M], Awaitable[T]]) -> dict[Role, T]:
    """Return what each model answers. The first failure cancels the others and is raised once they have ended."""
    tasks = [asyncio.ensure_future(ask(model)) for model in models.values()]
    try:
        return dict(zip(models, await asyncio.gather(*tasks), strict=True))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
