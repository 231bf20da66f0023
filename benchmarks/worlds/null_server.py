"""`python -m benchmarks.worlds.null_server`: answers every request at once with nothing; prints its URL first."""

import asyncio

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-compute-tokens: 100\r\n\r\n{}"


class Nothing(asyncio.Protocol):
    """One connection, with one request after the other, each with its length."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport, self.read = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer once the body is complete."""
        self.read += data
        head, _, body = self.read.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) == length and isinstance(self.transport, asyncio.Transport):
            self.read = b""
            self.transport.write(ANSWER)


async def serve() -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Nothing, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
