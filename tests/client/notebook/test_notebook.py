"""The notebook is executed from its first cell to its last, with the frames and the progress that notebooks have."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.client.stack import ClientStack
from tests.support.harness import API_KEY, ROOT

FOLDER = Path(__file__).parent
NOTEBOOK = ROOT / "examples" / "notebook" / "search.ipynb"


@pytest.fixture(scope="module")
def python() -> Path:
    """The Python of the environment of examples/notebook."""
    subprocess.run([ROOT / "scripts/venv-of.sh", "examples/notebook", "clients/python"], check=True)
    return ROOT / ".venv-notebook" / "bin" / "python"


def run(python: Path, folder: Path, *command: str | Path) -> str:
    """What a program of that environment prints; it keeps its files below the folder."""
    ended = subprocess.run(
        [python, *command], cwd=folder, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "BASETEN_API_KEY": API_KEY},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def shown(cell: Any) -> str:
    """What is shown below a cell, as text."""
    texts = [out.get("text") or out["data"].get("text/plain", []) for out in cell["outputs"]]
    return "\n".join("".join(it) for it in texts)


def test_the_notebook_runs_from_its_first_cell_to_its_last(
    stack: ClientStack, python: Path, tmp_path: Path
) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps(stack.outputs))
    executed = json.loads(run(python, tmp_path, FOLDER / "execute.py", NOTEBOOK))
    (tmp_path / "executed.ipynb").write_text(json.dumps(executed))
    told = [shown(cell) for cell in executed["cells"] if cell["cell_type"] == "code"]
    assert "<Model 'search': embedding at " in told[0]
    assert "<Embeddings of 6 texts: 384 dimensions>" in told[1]
    assert "search: embed" in told[1]
    assert "6/6" in json.dumps(executed["metadata"]["widgets"])  # what the bar shows in the end
    assert "pass one of them, frame['text']" in told[2]
    assert "Paris is the capital of France." in told[4].splitlines()[1]
    assert "relevance" in told[5]
    assert "joy" in told[6]
    assert "vector: fixed_size_list" in told[7]
    assert "[False, True, False]" in told[8]


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert [it for it in cells if it.get("outputs") or it.get("execution_count")] == []


def test_texts_and_results_of_the_real_pandas_polars_and_arrow(
    python: Path, tmp_path: Path
) -> None:
    assert run(python, tmp_path, FOLDER / "frames.py") == "checked\n"
