"""Whatever a server and a network do, each call of the product ends: in time, in a line, named as what it is."""

import gzip
import socket
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.baseten.target import find_api_key, parse_target
from baseten_tei.errors import UserError
from baseten_tei.facts.network.bounds import (
    MIB,
    Bounds,
    EncodingError,
    LargeError,
    LateError,
    call_within,
    gather,
    unpack,
)
from baseten_tei_client._sources import require_api_key
from baseten_tei_client.errors import UnauthorizedError
from tests.support.callers import BOUNDED, EVERY, KEY, OURS, set_bounds
from tests.support.certificates import DAY, NOW, server_context
from tests.support.loopback import NOBODY
from tests.unit.facts.raw_server import (
    DEEP,
    HEAD,
    REDIRECT,
    SHORT,
    Talk,
    bomb,
    continuing,
    dripping_body,
    dripping_head,
    endless_body,
    endless_headers,
    raw_server,
    saying,
    silent,
    whole,
)

IN_TIME = Bounds(seconds=0.1, size=MIB)
PATIENT = Bounds(seconds=60.0, size=MIB)
LONGEST = 500
SLOW: dict[str, Talk] = {
    it.__name__: it for it in (dripping_body, dripping_head, continuing, silent)
}
LARGE: dict[str, Talk] = {it.__name__: it for it in (endless_body, bomb)}
ODD: dict[str, Talk] = {
    "endless headers": endless_headers,
    "nothing at all": saying(b""),
    "not HTTP": saying(b"SSH-2.0-OpenSSH_9.6\r\n" * 10),
    "less than it says": saying(SHORT),
    "a redirect to itself": saying(REDIRECT),
    "an empty 200": whole(b""),
    "null": whole(b"null"),
    "a page": whole(b"<html><title>log in\x1b[31m</title></html>", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"),
    "deep JSON": whole(DEEP),
    "a deep error": whole(b'{"message": ' + DEEP + b"}", b"HTTP/1.1 400 Bad\r\n"),
    "a charset that is none": whole(b'{"a": "\xff"}', HEAD + b"Content-Type: text/plain; charset=klingon\r\n"),
    "gzip that is none": whole(b"{}", HEAD + b"Content-Encoding: gzip\r\n"),
    "two compressions": whole(b"{}", HEAD + b"Content-Encoding: gzip, gzip\r\n"),
    "a long error": whole(b"no " * 100_000, b"HTTP/1.1 400 Bad\r\n"),
    "escapes": whole("\x1b]0;title\x07\u202emoc\u2028 \x00".encode(), b"HTTP/1.1 503 Busy\r\n"),
}  # fmt: skip


def told(name: str, url: str, bounds: Bounds) -> str:
    """What a caller says of a server that it gets nothing good from; empty where it is content."""
    try:
        EVERY[name](url, bounds)
    except OURS as error:
        for line in str(error).split("\n"):
            assert len(line) <= LONGEST, line
            assert line.isprintable(), line
        return str(error)
    return ""


@pytest.mark.parametrize("talk", SLOW)
@pytest.mark.parametrize("caller", EVERY)
def test_an_answer_that_never_ends_is_given_up(
    caller: str, talk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, IN_TIME)
    with raw_server(SLOW[talk]) as url:
        assert " within 0.1 s" in told(caller, url, IN_TIME)


@pytest.mark.parametrize("talk", LARGE)
@pytest.mark.parametrize("caller", BOUNDED)
def test_an_answer_above_its_limit_is_not_read_to_its_end(
    caller: str, talk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, PATIENT)
    with raw_server(LARGE[talk]) as url:
        assert "1 MiB" in told(caller, url, PATIENT)


@pytest.mark.parametrize("talk", ODD)
@pytest.mark.parametrize("caller", EVERY)
def test_an_odd_answer_is_told_in_a_line(
    caller: str, talk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, PATIENT)
    with raw_server(ODD[talk]) as url:
        told(caller, url, PATIENT)


CALLERS = ("sdk", "lookup", "serve_router", "hub", "forge", "measure")
HTTPS = ("sdk", "lookup", "serve_router", "hub", "forge", "measure", "engine", "client")


@pytest.mark.parametrize("caller", HTTPS)
@pytest.mark.parametrize(
    ("host", "days", "trusted", "what"),
    [
        ("localhost", 1, False, "self-signed certificate"),
        ("localhost", -1, True, "certificate has expired"),
        ("other.example", 1, True, "ostname mismatch"),
    ],
)
def test_a_certificate_that_is_not_valid_is_told_as_such(
    caller: str, host: str, days: int, trusted: bool, what: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    set_bounds(monkeypatch, PATIENT)
    context = server_context(tmp_path, host, NOW + days * DAY)
    if trusted:
        trust(tmp_path, monkeypatch)
    with raw_server(whole(b"{}"), context) as url:
        said = told(caller, url, PATIENT)
    assert what in said
    assert KEY not in said
    if not trusted and caller not in ("client", "engine"):
        assert "export SSL_CERT_FILE=<its CA file> and REQUESTS_CA_BUNDLE=<its CA file>" in said


@pytest.mark.parametrize("caller", HTTPS)
def test_the_variables_that_an_error_names_make_a_certificate_trusted(
    caller: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, PATIENT)
    context = server_context(tmp_path, "localhost")
    trust(tmp_path, monkeypatch)
    with raw_server(whole(b"{}"), context) as url:
        assert "certificate" not in told(caller, url, PATIENT)


def trust(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(folder / "cert.pem"))


@pytest.mark.parametrize("caller", HTTPS)
@pytest.mark.parametrize(
    ("url", "what"),
    [
        (
            "https://no-such-host.invalid",
            ("its host name does not resolve", "Name or service not known"),
        ),
        (NOBODY, ("connection refused", "Connection refused")),
    ],
)
def test_a_host_that_is_not_there_is_told_as_such(
    caller: str, url: str, what: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    set_bounds(monkeypatch, PATIENT)
    if "invalid" in url:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert any(words in told(caller, url, PATIENT) for words in what)


@pytest.mark.parametrize("caller", CALLERS)
def test_a_proxy_that_refuses_is_told_as_such(caller: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_bounds(monkeypatch, PATIENT)
    refusing = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with raw_server(saying(refusing)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("http://", "http://me:secret@"))
        said = told(caller, "https://baseten.example", PATIENT)
    assert "the proxy does not let it through: " in said
    assert "407" in said
    assert "check HTTPS_PROXY" in said
    assert "secret" not in said


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(
    "proxy", ["socks5://me:secret@127.0.0.1:9", "ftp://me:secret@x", "http://"]
)
def test_a_proxy_that_cannot_be_used_is_told_as_such(
    caller: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, PATIENT)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    said = told(caller, "https://127.0.0.1:9", PATIENT)
    assert "HTTPS_PROXY" in said
    assert "secret" not in said


@pytest.mark.parametrize("caller", CALLERS)
def test_a_ca_file_that_is_not_there_is_told_as_such(
    caller: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_bounds(monkeypatch, PATIENT)
    trust(tmp_path, monkeypatch)
    (tmp_path / "server").mkdir()
    context = server_context(tmp_path / "server", "localhost")
    with raw_server(whole(b"{}"), context) as url:
        said = told(caller, url, PATIENT)
    assert "the CA file of SSL_CERT_FILE or REQUESTS_CA_BUNDLE cannot be read" in said


@pytest.mark.parametrize("key", ["a b", "a\nb", "schlüssel", "a\x00b", "k\u202ey"])
def test_a_key_that_no_header_takes_is_refused_before_any_call(key: str) -> None:
    with pytest.raises(UserError, match="BASETEN_API_KEY has a space, a line break") as caught:
        find_api_key(parse_target("baseten"), {"BASETEN_API_KEY": key})
    assert key not in str(caught.value)
    with pytest.raises(UnauthorizedError, match="characters that a header cannot hold"):
        require_api_key(key)


def test_a_call_is_given_up_whatever_it_hangs_in() -> None:
    began, forever = time.monotonic(), threading.Event()
    with pytest.raises(LateError, match=r"within 0\.05 s"):
        call_within(0.05, forever.wait)
    forever.set()
    assert time.monotonic() - began < 60


def test_what_a_call_raises_and_returns_comes_through() -> None:
    assert call_within(60, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        call_within(60, lambda: 1 // 0)


@pytest.mark.parametrize("word", ["gzip", "x-gzip", "deflate", "GZIP "])
def test_an_answer_is_unpacked_within_its_limit(word: str) -> None:
    pack = zlib.compress if word == "deflate" else gzip.compress
    assert unpack(pack(b"x" * 100), word, 100) == b"x" * 100
    with pytest.raises(LargeError):
        unpack(pack(b"x" * 101), word, 100)
    with pytest.raises(EncodingError):
        unpack(pack(b"x" * 100)[:-3], word, 100)


def test_reading_stops_at_the_chunk_above_the_limit() -> None:
    chunks = iter([b"12345"] * 1000)
    with pytest.raises(LargeError, match="larger than 12 bytes"):
        gather(chunks, 12)
    assert len(list(chunks)) == 997


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred\x1b[0m", "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}[0m"),
        ("\u202egnp", "\N{REPLACEMENT CHARACTER}gnp"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("größer: 日本語 😀", "größer: 日本語 😀"),
    ],
)
def test_an_error_shows_as_it_is_on_any_terminal(given: str, shown: str) -> None:
    assert str(UserError(given)) == shown


def test_a_long_error_keeps_its_beginning_and_its_end() -> None:
    said = str(UserError(f"model 'x': {'word ' * 1000}: write this"))
    assert len(said) <= LONGEST
    assert said.startswith("model 'x': word")
    assert said.endswith(": write this")
