"""What the docs show runs, block after block, against the emulator."""

import json
import re
from pathlib import Path

import pytest

from baseten_tei_client.settings import Settings
from tests.client.stack import ClientStack
from tests.support.harness import API_KEY, ROOT

PAGES = [ROOT / "clients" / "python" / "README.md", ROOT / "docs" / "python-client.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_block_of_python_runs(
    page: Path, stack: ClientStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BASETEN_API_KEY", API_KEY)
    Path("outputs.json").write_text(json.dumps(stack.outputs))
    blocks = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)  # noqa: S102 - our own docs
    assert stack.count_calls()["sync/v1/embeddings", 200]


def test_the_numbers_in_the_docs_are_the_defaults() -> None:
    told = PAGES[1].read_text("utf-8")
    assert f"`wake_after` seconds ({Settings().wake_after:.0f})" in told
    assert f"`request_timeout` seconds ({Settings().request_timeout:.0f})" in told
    assert f"`timeout` ({Settings().timeout:.0f})" in told
