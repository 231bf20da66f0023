"""Servers on this machine that answer as no server should: each is a function over a socket."""

import gzip
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], None]
DRIP_SECONDS = 0.01
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BOMB = gzip.compress(bytes(100 << 20), 9)
"""100 MiB of zeros in 100 kB."""


@contextmanager
def raw_server(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address. Each connection is talked to once its request was read, and then closed."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def serve() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    threading.Thread(
                        target=_serve_one, args=(connection, talk, tls), daemon=True
                    ).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://localhost:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def _serve_one(connection: socket.socket, talk: Talk, tls: ssl.SSLContext | None) -> None:
    with suppress(OSError), connection:
        connection.settimeout(5)
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        connection.recv(1 << 20)
        talk(connection)
        connection.shutdown(socket.SHUT_WR)


def saying(answer: bytes) -> Talk:
    """Say it, and hang up."""
    return lambda connection: connection.sendall(answer)


def _forever(connection: socket.socket, part: bytes, pause: float = 0.0) -> None:
    waiting = threading.Event()
    with suppress(OSError):
        for _ in itertools.count():
            connection.sendall(part)
            waiting.wait(pause)


def dripping_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n{")
    _forever(connection, b" ", DRIP_SECONDS)


def dripping_head(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"X-Slow: ")
    _forever(connection, b"x", DRIP_SECONDS)


def continuing(connection: socket.socket) -> None:
    """100 Continue, again and again."""
    _forever(connection, b"HTTP/1.1 100 Continue\r\n\r\n", DRIP_SECONDS)


def endless_headers(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    _forever(connection, b"X-More: of the same\r\n")


def endless_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n[")
    _forever(connection, b"0," * 10_000)


def silent(connection: socket.socket) -> None:
    while connection.recv(1 << 16):
        pass


def bomb(connection: socket.socket) -> None:
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
    connection.sendall(head + BOMB)


REDIRECT = (
    b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)
SHORT = HEAD + b"Content-Length: 100\r\n\r\n{}"
DEEP = b"[" * 100_000 + b"]" * 100_000


def whole(body: bytes, head: bytes = HEAD) -> Talk:
    """A body with its right length."""
    return saying(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
