"""`mypy --strict` over a consumer's code: what is right passes, and what is wrong is found in the editor."""

import re
import shutil
from pathlib import Path

import baseten_tei_client
from baseten_tei_client import backfill
from tests.support.checkers import mypy

HERE = Path(__file__).parent
IMPORTS = """from baseten_tei_client import connect
from baseten_tei_client.backfill import backfill, open_sink, open_source
model = connect("search")
"""
WRONG = {
    'connect("search", timout=5)': 'Unexpected keyword argument "timout"',
    'connect("search", timeout="5")': 'Argument "timeout" to "connect" has incompatible type "str"',
    'connect("search", space="last")': 'Argument "space" to "connect" has incompatible type',
    "model.embed(5)": 'Argument 1 to "embed" of "Model" has incompatible type "int"',
    'model.embed(["a"], on_refusal="drop")': 'Argument "on_refusal" to "embed"',
    'model.embed(["a"]).vector': '"Embeddings" has no attribute "vector"; maybe "vectors"?',
    'model.rerank_results("q", ["a"]).results[0].score': 'has no attribute "score"',
    "backfill(model, [(1, 'a')], open_sink('x'))": 'Missing named argument "journal"',
    "open_source(5)": 'Argument 1 to "open_source" has incompatible type "int"',
}


def test_a_consumer_of_every_public_name_passes_mypy_strict(tmp_path: Path) -> None:
    shutil.copy(HERE / "consumer.py", tmp_path)
    assert mypy(tmp_path, tmp_path / "cache").text == ""


def test_the_consumer_uses_every_public_name() -> None:
    used = set(re.findall(r"\w+", (HERE / "consumer.py").read_text("utf-8")))
    public = {*baseten_tei_client.__all__, *backfill.__all__, "rerank_app", "Settings"}
    assert public - used == set()


def test_what_is_misspelt_or_of_another_type_is_found_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "consumer.py").write_text(f"{IMPORTS}{chr(10).join(WRONG)}\n")
    told = mypy(tmp_path, tmp_path / "cache").text
    for number, (line, said) in enumerate(WRONG.items(), 4):
        assert re.search(
            rf"^consumer.py:{number}: error: .*{re.escape(said)}", told, re.MULTILINE
        ), line
