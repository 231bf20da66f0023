"""The traps that docs/recipes.md warns of are still there, and each proposed patch mends its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.recipes.conftest import Consumer
from tests.support.harness import ROOT

pytestmark = pytest.mark.e2e

TRAPS = Path(__file__).parent / "traps"
PATCHES = sorted((ROOT / "examples" / "clients" / "upstream").glob("*.patch"))

MENDED = {
    "baseten_predict_takes_no_list": "no error that says",
    "haystack_tei_ranker_drops_the_path": "no error that says",
    "langchain_baseten_cannot_embed": "no error that says",
    "llamaindex_baseten_knows_production_alone": "/environments/staging/",
    "llamaindex_tei_rerank_hides_what_was_refused": "HTTPStatusError: Client error '413",
}
"""Patch and trap → what the trap's own assertion says once it is mended."""


def look_at(consumer: Consumer, *traps: str, **environment: str) -> dict[str, str | None]:
    """Trap → None while it is there, else why not."""
    command = [consumer.python, TRAPS, consumer.emulator.url, *traps]
    ended = consumer.run(*command, **environment)
    assert ended.code == 0, ended.text
    return dict(json.loads(ended.stdout))


def test_every_trap_is_still_there(consumer: Consumer) -> None:
    found = look_at(consumer)
    gone = "\n".join(f"{name}: {why}" for name, why in found.items() if why)
    assert not gone, f"drop or mend these rows of docs/recipes.md, and their traps:\n{gone}"


def test_each_proposed_patch_mends_its_trap(consumer: Consumer, tmp_path: Path) -> None:
    assert [patch.stem for patch in PATCHES] == sorted(MENDED)
    for patch in PATCHES:
        apply(patch, consumer.python.parents[1], tmp_path)
    found = look_at(consumer, *MENDED, PYTHONPATH=str(tmp_path))
    for trap, words in MENDED.items():
        why = found[trap]
        assert why is not None, f"{trap} is still there"
        assert words in why, why


def apply(patch: Path, environment: Path, overlay: Path) -> None:
    """Copy the package that a patch is for out of an environment, and patch the copy."""
    (site_packages,) = (environment / "lib").glob("python*/site-packages")
    named = patch.read_text().splitlines()[0].removeprefix("--- a/")
    package = next(
        folder
        for folder in reversed(Path(named).parents)
        if (site_packages / folder / "__init__.py").exists()
    )
    shutil.copytree(site_packages / package, overlay / package)
    outside_any_checkout = {**os.environ, "GIT_CEILING_DIRECTORIES": str(overlay.parent)}
    subprocess.run(["git", "apply", patch], cwd=overlay, env=outside_any_checkout, check=True)
