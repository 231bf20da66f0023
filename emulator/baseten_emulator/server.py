"""The socket edge: HTTP/1.1 on 127.0.0.1, one thread for each connection.

It parses, calls `App.handle`, and does what only a socket can: wait, hang up, stop. Origin form and proxy form
(`POST http://localhost:8000/graphql/`) are treated alike. The head of a request decides whether its body is read at
all; neither may be too large, nor arrive too slowly.
"""

import io
import resource
import socket
import sqlite3
import struct
import sys
import threading
import time
import traceback
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from baseten_emulator.app import App
from baseten_emulator.http.deadlines import (
    BYTES_PER_SECOND,
    GRACE_SECONDS,
    HEAD_BYTES,
    HEAD_SECONDS,
    IDLE_SECONDS,
    HeadTooLargeError,
    TimedConnection,
)
from baseten_emulator.http.doorkeeper import require_own_host
from baseten_emulator.http.incoming import BodyReader, read_declared_length
from baseten_emulator.world.wire import ApiError, RefusedError, Request, Response

HOST = "127.0.0.1"
MAX_CONNECTIONS = 2000
"""At once; more of them wait to be accepted."""
HOLD_LOOK_SECONDS = 0.02
ACCEPT_SECONDS = 0.5
_FILES_BESIDES = 200


class Server(ThreadingHTTPServer):
    """The emulator's server; `port` 0 takes any free one."""

    daemon_threads = True
    request_queue_size = 2048  # the system may have a lower limit of its own

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__((HOST, port), _Edge)
        app.world.base_url = f"http://{HOST}:{self.server_port}"

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection once there is a place for it; an OSError makes the base class try again."""
        if not self._places.acquire(timeout=ACCEPT_SECONDS):
            raise TimeoutError
        try:
            return super().get_request()
        except OSError:
            self._places.release()
            time.sleep(
                HOLD_LOOK_SECONDS
            )  # the process has no file left for it, until another connection ends
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the thread of a connection; where the system has none left, the connection ends."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            self._places.release()
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print no trace for a client that closed the connection, or is too slow."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop serving, from any thread."""
        threading.Thread(target=self.shutdown, daemon=True).start()


def allow_many_files() -> None:
    """Let this process have a file for each connection: many systems start one with 256 or 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + _FILES_BESIDES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class _Edge(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # also for HTTP/0.9, whose answers have no head
    command, requestline, request_version = "", "", "HTTP/1.0"  # until a request line has been read
    server_version = "baseten-emulator"
    server: Server

    def setup(self) -> None:
        """Put deadlines under both streams; one packet for head and body."""
        self.connection = self.request
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timed = TimedConnection(self.connection)
        self.incoming = io.BufferedReader(self.timed)
        self.rfile, self.wfile = self.incoming, io.BufferedWriter(self.timed)

    def handle_one_request(self) -> None:
        """Wait for a request, read its head, and answer; end the connection where the head never arrives whole."""
        self.timed.allow(IDLE_SECONDS)
        try:
            if not self.incoming.peek(1):
                self.close_connection = True
                return
            self.timed.allow(HEAD_SECONDS, HEAD_BYTES)
            super().handle_one_request()
        except HeadTooLargeError:
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except OSError:
            self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what the base class could not parse: as the client's mistake, and in JSON."""
        del explain
        status = {501: 405, 505: 400}.get(code, code)
        reason = message or HTTPStatus(code).phrase
        self._turn_away(
            ApiError(status, "BAD_REQUEST", f"the request cannot be read: {reason}").response
        )

    def handle_expect_100(self) -> bool:
        """Send "100 Continue" only once the head has been judged."""
        return True

    def _serve(self) -> None:
        try:
            length = read_declared_length(self.headers)
            head = Request.of(self.command, self.path, dict(self.headers.items()), b"")
            require_own_host(head)
            if self.server.app.judge_head(head):
                return self._refuse(head, length)
            body = self._read_body(length, self.server.app.body_limit(head))
        except RefusedError as refusal:
            return self._turn_away(refusal.response)
        return self._carry_out(replace(head, body=body))

    def _refuse(self, head: Request, length: int | None) -> None:
        """Answer without the body; the connection can be kept where there is none."""
        answer = self._answer(head)
        return self._send(answer) if length == 0 else self._turn_away(answer)

    def _read_body(self, length: int | None, limit: int) -> bytes:
        reader = BodyReader(self.incoming, self.timed, limit)
        reader.require_room(length or 0)
        if self.headers.get("expect", "").lower() == "100-continue" and length != 0:
            self.timed.allow(GRACE_SECONDS)
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
            self.wfile.flush()  # the buffer would keep it, and boto3 wait a second for each upload
        return reader.read(length)

    def _carry_out(self, request: Request) -> None:
        answer = self._answer(request)
        while answer.held_by and self._wait_for_release(answer.held_by):
            answer = self._answer(request) if answer.untried else replace(answer, held_by=None)
        if not answer.held_by:
            self._act_out(answer)

    def _wait_for_release(self, fault_id: str) -> bool:
        """Wait until a fault lets go; return False where the caller has gone: then nothing may happen."""
        while self.server.app.is_holding(fault_id) and self.timed.is_open():
            time.sleep(HOLD_LOOK_SECONDS)
        self.close_connection = self.close_connection or not self.timed.is_open()
        return not self.close_connection

    def _answer(self, request: Request) -> Response:
        try:
            return self.server.app.handle(request)
        except sqlite3.Error as error:  # a full disk, a file that somebody changed
            message = f"the emulator's state cannot be read or written: {error}"
            print(message, file=sys.stderr, flush=True)
            return ApiError(503, "STATE_UNAVAILABLE", message).response
        except (
            Exception
        ) as error:  # a bug must reach the client as an answer and the user as a trace
            traceback.print_exc(file=sys.stderr)
            message = f"bug in the emulator: {type(error).__name__}: {error}"
            return ApiError(500, "INTERNAL_ERROR", message).response

    def _act_out(self, response: Response) -> None:
        until = time.monotonic() + response.delay_seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))
            if not self.timed.is_open():
                break  # the answer is lost in any case
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

    def _turn_away(self, response: Response) -> None:
        """Answer and end the connection: what else comes on it is not read."""
        self.close_connection = True
        self._send(replace(response, headers=(*response.headers, ("Connection", "close"))))
        self.timed.drain()

    def _send(self, response: Response) -> None:
        self.timed.allow(GRACE_SECONDS + len(response.body) / BYTES_PER_SECOND)
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
        """Log nothing: the call log has more, without the credentials."""
