"""The model's tokenizer.json comes from the Hub once, and counts only if it counts as the router does."""

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session, constants
from huggingface_hub.utils import _http as http_of_the_hub
from tokenizers import Tokenizer, models, pre_tokenizers

from baseten_tei_client import Model, _hub_tokenizer, connect
from baseten_tei_client._hub_tokenizer import start_fetching
from tests.client.stack import ClientStack
from tests.client.toy import toy_tokenizer
from tests.support.harness import API_KEY

COMMIT = "c0ffee" + "0" * 34
TEXTS = ["short", "words " * 200, "w " * 300]


def other_tokenizer() -> Tokenizer:
    """One that counts otherwise: a token for each word, and no special ones."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0}, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


@contextmanager
def hub_of(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """A Hub with one file in each repository, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(200 if content else 404)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(params=["its own", "another", "damaged", "absent"])
def hub(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, list[str]]]:
    kinds = {
        "its own": toy_tokenizer().to_str().encode(),
        "another": other_tokenizer().to_str().encode(), "damaged": b"{", "absent": b"",
    }  # fmt: skip
    with hub_of(kinds[request.param]) as (url, asked):
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            url + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(_hub_tokenizer, "_futures", {})
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        close_session()
        yield request.param, asked


def pinned(stack: ClientStack, revision: str = COMMIT) -> dict[str, Any]:
    space = {**stack.models["search"]["space"], "revision": revision}
    return stack.change_outputs("search", space=space)


def settled(model: Model) -> Any:
    """What the background thread has found."""
    future = start_fetching(model._model._outputs)
    assert future is not None
    return future.result(timeout=60)


def test_it_counts_from_then_on_and_without_it_the_router_does(
    stack: ClientStack, hub: tuple[str, list[str]]
) -> None:
    kind, asked = hub
    with connect("search", outputs=pinned(stack), api_key=API_KEY) as model:
        counter = settled(model)
        first = model.embed(TEXTS)
        calls = stack.count_calls()["sync/tokenize", 200]
        again = model.embed([f"again {text}" for text in TEXTS])
    assert (counter is None) == (kind in ("damaged", "absent"))
    assert [(it.index, it.tokens) for it in first.truncated] == [(2, 302)]
    assert [(it.index, it.tokens) for it in again.truncated] == [(2, 303)]
    assert (stack.count_calls()["sync/tokenize", 200] == calls) == (kind == "its own")
    assert f"HEAD /sentence-transformers/all-MiniLM-L6-v2/resolve/{COMMIT}/tokenizer.json" in asked


@pytest.mark.parametrize("hub", ["its own"], indirect=True)
def test_it_is_fetched_once_for_all_processes(
    stack: ClientStack, hub: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    _, asked = hub
    for _ in range(2):
        with connect("search", outputs=pinned(stack), api_key=API_KEY) as model:
            assert settled(model)
        monkeypatch.setattr(_hub_tokenizer, "_futures", {})  # another process
    assert sum(it.startswith("GET") for it in asked) == 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("hub", ["its own"], indirect=True)
def test_it_is_not_fetched_where_it_must_not_be_or_may_be_another(
    stack: ClientStack, hub: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, asked = hub

    def fetches(outputs: Any, **options: Any) -> bool:
        made = connect(next(iter(outputs["models"])), outputs=outputs, api_key=API_KEY, **options)
        assert not asked  # nothing is sent before the first call
        return made._model._fetches and start_fetching(made._model._outputs) is not None

    assert not fetches(pinned(stack), fetch_tokenizer=False)
    assert not fetches(pinned(stack), tokenizer=toy_tokenizer())
    assert not fetches(pinned(stack, "main"))
    assert not fetches(stack.change_outputs("rerank"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert not fetches(pinned(stack))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(_hub_tokenizer, "find_spec", lambda _: None)
    assert not fetches(pinned(stack))
    assert asked == []


def test_a_network_without_the_hub_is_not_told_of_its_retries(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    talker = http_of_the_hub.logger
    monkeypatch.setattr(logging.getLogger("huggingface_hub"), "propagate", True)
    with _hub_tokenizer._quiet():
        talker.warning("Retrying in 1s [Retry 1/5].")
        other = threading.Thread(target=talker.warning, args=("of somebody else",))
        other.start()
        other.join()
    talker.warning("afterwards")
    assert caplog.messages == ["of somebody else", "afterwards"]
