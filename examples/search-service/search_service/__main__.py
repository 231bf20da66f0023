"""The service's commands: `python -m search_service index`, `serve` and `switch`.

They take the settings, which are an output of the service's Pulumi stack, and BASETEN_API_KEY. Exit codes: 0; 1 with a
line that says what to run; 3 if the index has a different embedding space than the model.
"""

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import get_args

import uvicorn

from baseten_tei_client import SpaceMismatchError, TeiClientError
from search_service.documents import read_documents
from search_service.errors import ServiceError
from search_service.index import Index, switch
from search_service.indexing import index
from search_service.serving import Serving
from search_service.settings import Role, read_settings
from search_service.web import make_app

DOCUMENTS = Path(__file__).parents[1] / "documents.jsonl"
MISMATCH = 3
INSTEAD = "`python -m search_service index --rebuild`, or `pulumi config set embeddings STACK` and `pulumi up`"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        asyncio.run(arguments.run(arguments))
    except SpaceMismatchError as error:
        print(f"search-service: {arguments.index}: {error} ({INSTEAD})", file=sys.stderr)
        return MISMATCH
    except (ServiceError, TeiClientError) as error:
        print(f"search-service: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--settings", type=Path, default=Path("settings.json"))
    shared.add_argument("--index", type=Path, default=Path("index.db"))
    beside = argparse.ArgumentParser(add_help=False)
    beside.add_argument(
        "--next",
        type=Path,
        default=Path("next.db"),
        help="the index that is to follow, or was before",
    )
    parser = argparse.ArgumentParser(prog="python -m search_service", description=__doc__)
    commands = parser.add_subparsers(required=True)
    indexing = commands.add_parser("index", parents=[shared], help="embed documents")
    indexing.add_argument(
        "documents", type=Path, nargs="?", default=DOCUMENTS, help="a JSON object a line"
    )
    indexing.add_argument("--rebuild", action="store_true", help="embed all of them again")
    indexing.add_argument(
        "--space",
        choices=get_args(Role),
        default="current",
        help="of which model a new index is, while the embeddings stack replaces one",
    )
    indexing.set_defaults(run=_index)
    serving = commands.add_parser("serve", parents=[shared, beside], help="answer searches")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8000, help="0 for any that is free")
    serving.set_defaults(run=_serve)
    switching = commands.add_parser(
        "switch", parents=[shared, beside], help="search the next index; once more: the one before"
    )
    switching.set_defaults(run=_switch)
    return parser


async def _index(arguments: argparse.Namespace) -> None:
    settings, documents = read_settings(arguments.settings), read_documents(arguments.documents)
    done = await index(settings, documents, arguments.index, arguments.rebuild, arguments.space)
    print(
        f"{arguments.index}: embedded {done.embedded} documents, kept {done.kept}, removed {done.removed}"
    )
    if done.cut:
        print(f"the model reads only the beginning of {', '.join(done.cut)}: split what is longer")


async def _serve(arguments: argparse.Namespace) -> None:
    read_settings(arguments.settings)
    Index.open(arguments.index).close()  # what is missing is said in one line
    serving = Serving(arguments.settings, arguments.index)
    async with serving.running():
        app = make_app(serving, arguments.next)
        listening = _listening(arguments.host, arguments.port)
        print(_greeting(serving.now.search.index, listening), flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        await server.serve(sockets=[listening])


async def _switch(arguments: argparse.Namespace) -> None:
    switch(arguments.index, arguments.next)
    with closing(Index.open(arguments.index)) as searched:
        print(f"{arguments.index}: {len(searched)} documents of {searched.space.model_id}")


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise ServiceError(
            f"cannot listen at {host}:{port} ({why}): give another --port"
        ) from error


def _greeting(kept: Index, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"search-service: {len(kept)} documents at http://{host}:{port} (Ctrl-C ends it)"


if __name__ == "__main__":
    sys.exit(main())
