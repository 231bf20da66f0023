"""From one release to the next: what an earlier one deployed, seen by this one's engine run."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from baseten_tei.facts.files.formats import LOCK, STATE
from tests.data import RELEASES, kept
from tests.support.harness import Checked, Stack, status

pytestmark = pytest.mark.e2e

TOKEN = {"HF_ACCESS_KEY": "hf_canary"}


def take_over(release: str, folder: Path) -> Stack:
    """The project of an earlier release with its state; nothing listens where it is deployed, and nothing is asked."""
    stack = Stack(folder, "http://127.0.0.1:9", environment=TOKEN)
    shutil.copytree(kept(release, "."), folder, dirs_exist_ok=True)
    stack.pulumi("stack", "import", "--file", "state.json", "--stack", "test").check()
    return stack


def command(stack: Stack, *words: str) -> Checked:
    ended = subprocess.run(
        [sys.executable, "-m", "baseten_tei", *words],
        cwd=stack.folder, env=stack.env(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


@pytest.mark.parametrize("release", RELEASES)
def test_nothing_of_an_earlier_releases_stack_changes_and_a_later_ones_is_refused(
    release: str, tmp_path: Path
) -> None:
    """In CI, where a generated file that is out of date is refused."""
    stack = take_over(release, tmp_path / "project")
    previewed = stack.preview("--expect-no-changes", "--json", CI="true").check()
    assert json.loads(previewed.stdout)["changeSummary"] == {"same": 20}
    assert status(stack).check().stdout == "test: 4 models, nothing to do\n"

    lock = stack.folder / "locks/test.yaml"
    later = LOCK.version + 1
    lock.write_text(f"format: {later}\nrelease: 0.4.0\nentries: {{}}\n")
    newer = "install 0.4.0 or newer, with `pip install 'baseten-tei>=0.4.0'`"
    refused = stack.preview().refused().text
    said = f"locks/test.yaml: format version {later} of the lock file is newer than {LOCK.version}"
    assert said in refused
    assert newer in refused
    assert newer in command(stack, "check", "--stack", "test").refused().stderr
    shutil.copy(kept(release, "locks/test.yaml"), lock)

    state = json.loads(kept(release, "state.json").read_text())
    [model] = [it for it in state["deployment"]["resources"] if it["urn"].endswith("::bge-model")]
    model["outputs"] |= {"format": STATE.version + 1, "release": "0.4.0"}
    (stack.folder / "state.json").write_text(json.dumps(state))
    stack.pulumi("stack", "import", "--file", "state.json", "--stack", "test").check()
    newer = (
        f"format version {STATE.version + 1} of the resource's state is newer than {STATE.version}"
    )
    assert newer in stack.preview().refused().text
    assert newer in status(stack).refused().stderr
