"""Fetches the tokenizer.json of a model from the Hub, once and in the background; without a network nothing changes.

The outputs name repository and commit, so that the file cannot change; huggingface_hub keeps it in the user's cache.
"""

import logging
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from baseten_tei_client._outputs import ModelOutputs
from baseten_tei_client._spaces import Space
from baseten_tei_client._tokens import Counter, make_counter

FILE = "tokenizer.json"
OFFLINE = "HF_HUB_OFFLINE"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PACKAGES = ("tokenizers", "huggingface_hub")
_TALKER = "huggingface_hub.utils._http"
_futures: dict[tuple[str, str, str | None], "Future[Counter | None]"] = {}
"""By repository, commit and prompt, for the life of the process."""
_lock = threading.Lock()


def start_fetching(outputs: ModelOutputs) -> "Future[Counter | None] | None":
    """Return what will hold the model's counter, or `None`: what serves is unknown, or it must not be fetched."""
    space = outputs.space
    if outputs.task != "embedding" or space is None or not space.knows_its_prompt:
        return None
    if not _COMMIT.fullmatch(space.revision or "") or is_offline():
        return None
    key = (space.model_id, str(space.revision), space.prompt)
    with _lock:
        if key not in _futures and all(find_spec(package) for package in _PACKAGES):
            _futures[key] = Future()
            threading.Thread(target=_fetch, args=(outputs, _futures[key]), daemon=True).start()
        return _futures.get(key)


def is_offline() -> bool:
    """Return whether the Hub's own switch forbids to ask it."""
    return os.environ.get(OFFLINE, "").strip().lower() in ("1", "true", "yes", "on")


def _fetch(outputs: ModelOutputs, future: "Future[Counter | None]") -> None:
    assert outputs.space is not None  # noqa: S101 - `start_fetching` has looked
    try:
        with _quiet():
            counter = make_counter(_download(outputs.space), outputs)
        future.set_result(counter)
    except Exception:  # offline, gated, renamed, no such file: the model's router counts
        future.set_result(None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the Hub's client says of its retries in this thread to itself: nobody waits for them."""
    thread, log = threading.get_ident(), logging.getLogger(_TALKER)

    def is_of_others(record: logging.LogRecord) -> bool:
        return record.thread != thread

    log.addFilter(is_of_others)
    try:
        yield
    finally:
        log.removeFilter(is_of_others)


def _download(space: Space) -> str:
    from huggingface_hub import hf_hub_download  # optional, and slow to import
    from tqdm import tqdm

    class Silent(tqdm):  # type: ignore[misc]  # it has no types
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})

    return str(
        hf_hub_download(
            space.model_id, FILE, revision=space.revision, library_name="baseten-tei-client",
            tqdm_class=Silent,
        )
    )  # fmt: skip
