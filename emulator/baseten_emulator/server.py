"""The socket edge: HTTP/1.1 on 127.0.0.1, one thread for each connection.

It parses, hands over to `App.handle`, and acts out what only a socket can: waiting, hanging up,
stopping. Origin form and proxy form (`POST http://localhost:8000/graphql/`) are the same to it.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
import traceback
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .app import App
from .wire import ApiError, Request, Response

HOST = "127.0.0.1"
MAX_BODY_BYTES = 512 * 1024 * 1024
HOLD_LOOK_SECONDS = 0.02
_OWN_HOSTS = ("127.0.0.1", "localhost")


class Server(ThreadingHTTPServer):
    """The emulator's server; `port` 0 takes any free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        super().__init__((HOST, port), _Edge)
        app.world.base_url = f"http://{HOST}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the server's."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop serving, from any thread."""
        threading.Thread(target=self.shutdown, daemon=True).start()


class _Edge(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "baseten-emulator"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for head and body
    server: Server

    def handle_expect_100(self) -> bool:
        """Say "go on" at once: the buffer would keep it, and boto3 wait a second for each upload."""
        agreed = super().handle_expect_100()
        self.wfile.flush()
        return agreed

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return self._send(ApiError(413, "PAYLOAD_TOO_LARGE", "the body is too large").response)
        request = Request.of(self.command, self.path, dict(self.headers.items()), body)
        if not _is_ours(request):
            message = f"this emulator does not forward to {request.host}"
            return self._send(ApiError(404, "NOT_FOUND", message).response)
        answer = self._answer(request)
        while answer.held_by and self._waited_for(answer.held_by):
            answer = self._answer(request) if answer.untried else replace(answer, held_by=None)
        if not answer.held_by:
            self._act(answer)
        return None

    def _waited_for(self, fault_id: str) -> bool:
        """Wait until a fault lets go; False where the caller has gone by then, and nothing may happen."""
        while self.server.app.holds(fault_id):
            time.sleep(HOLD_LOOK_SECONDS)
        if _is_open(self.connection):
            return True
        self.close_connection = True
        return False

    def _answer(self, request: Request) -> Response:
        try:
            return self.server.app.handle(request)
        except (
            Exception
        ) as error:  # a bug must reach the client as an answer and the user as a trace
            traceback.print_exc(file=sys.stderr)
            message = f"bug in the emulator: {type(error).__name__}: {error}"
            return ApiError(500, "INTERNAL_ERROR", message).response

    def _act(self, response: Response) -> None:
        if response.delay_seconds:
            time.sleep(response.delay_seconds)
        if response.hang_up:
            self._hang_up(with_reset=response.reset)
            return
        self._send(response)
        if response.stop:
            self.server.stop()

    def _hang_up(self, *, with_reset: bool) -> None:
        self.close_connection = True
        if with_reset:  # to close a socket that lingers for 0 seconds is to reset it
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.server.close_request(self.connection)

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            return self._chunks()
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            return None
        return self.rfile.read(length)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        if response.content_type:
            self.send_header("Content-Type", response.content_type)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_CONNECT = _serve  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay quiet: the call log tells more, without the credentials."""


def _is_open(connection: socket.socket) -> bool:
    """Whether the other side is still there: a closed one reads as an end, or as an error."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _is_ours(request: Request) -> bool:
    return request.host in _OWN_HOSTS or request.host.endswith(".localhost")
