"""What a lock says of Hugging Face repositories, told to the emulator, which never asks the Hub.

So the emulator's models have the labels, dimensions, lengths and prompts that the real ones have, and want a token
where those do. Of what is not locked it knows its own table, or guesses.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.hub_files import repository_bodies
from baseten_tei.baseten.target import Target
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.network_errors import NoAnswerError
from baseten_tei.facts.network.requests_client import Session

BOUNDS = Bounds(seconds=30.0, size=MIB)
"""Of its answer, which repeats the repository."""


class NotThereError(UserError):
    """No emulator of ours is at that address."""


def teach_lock(target: Target, lock: Iterable[ModelFacts], folder: Path) -> None:
    """Tell the emulator that is the target what is locked; nothing where the target is the real Baseten.

    The embedded one is started for it, with its state in the project that holds `folder`. Another one that does not
    answer is left to who needs it. Raises `UserError`.
    """
    repositories = repository_bodies(lock) if target.loopback else []
    if not repositories:
        return
    if target.embedded:
        ensure_running(target.management_url, folder)
    with nullcontext() if target.embedded else suppress(NotThereError):
        teach(target.management_url, repositories)


def teach(address: str, repositories: Sequence[Mapping[str, Any]]) -> None:
    """Let an emulator know Hugging Face repositories as its `/_emulator/hub` takes them. Raises `UserError`."""
    with Session(BOUNDS) as session:
        session.trust_env = False
        for repository in repositories:
            try:
                answer = session.post(f"{address}/_emulator/hub", json=repository)
            except NoAnswerError as error:
                kind = NotThereError if error.why.unsent else UserError
                raise kind(
                    f"the emulator at {address} does not answer ({error.why.what}): run the same command again"
                ) from error
            if answer.status_code == 404:
                raise NotThereError(
                    f"what answers at {address} is not the emulator: write another baseten:target"
                )
            if answer.status_code != 200:
                raise _refusal(address, str(repository["model_id"]), answer.text)


def _refusal(address: str, model_id: str, said: str) -> UserError:
    """Return the error for what it does not take; one of an earlier release knows no revisions or tensors."""
    if "revision: " in said or "tensors" in said:
        return UserError(
            f"the emulator at {address} is of an earlier release: stop it (its state stays) with "
            f"curl -X POST {address}/_emulator/shutdown, and run the same command again"
        )
    return UserError(
        f"the emulator at {address} does not take {model_id} as locks/ tells it ({said[:200]}): "
        "run `baseten-tei lock`"
    )
