"""Cohere's own SDK reranks by a model of a stack, through the ASGI app under a real server."""

import json
import os
import socket
import subprocess
from pathlib import Path

from tests.client.stack import ClientStack
from tests.support.harness import API_KEY


def test_coheres_sdk_finds_its_results_in_the_app_that_uvicorn_serves(
    stack: ClientStack, stores_python: Path, tmp_path: Path
) -> None:
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps(stack.outputs))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ended = subprocess.run(
        [stores_python, Path(__file__).with_name("cohere_calls.py"), outputs, str(port)],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "BASETEN_API_KEY": API_KEY},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    for kind in ("Client", "ClientV2"):
        best, refused = told[kind]
        assert best[0][0] == 1
        assert len(best) == 2
        assert refused == [400, "text 0 is empty, which no model accepts: leave it out"]
    assert told["document"] == "Paris is the capital of France."
    assert told["rank_fields"] == [
        400, "rank_fields is not supported: the text of a document is what is ranked",
    ]  # fmt: skip
