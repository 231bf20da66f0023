"""Commands and output that README and docs/ show are run here, so that they stay true."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from baseten_tei.rules.settings import parse_settings
from tests.support.harness import DEV_STACK, ROOT, Checked, file_of_project

README = (ROOT / "README.md").read_text()
QUICKSTART = (ROOT / "docs" / "quickstart.md").read_text()
PRODUCTION = (ROOT / "docs" / "production.md").read_text()
COPIED = ("Pulumi.yaml", "Pulumi.dev.yaml", "Makefile")
LINKED = ("engine", "examples", "scripts", "truss_configs", "locks", ".venv", ".engine")


class Checkout:
    """A checkout of the project to type commands in, with an emulator port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            (folder / name).write_bytes(file_of_project(name).read_bytes())
        for name in LINKED:
            (folder / name).symlink_to(file_of_project(name))
        (folder / ".state").mkdir()
        # Not a link: the emulator keeps its state in the project that the program stands in, which is not this clone.
        (folder / "infra").mkdir()
        (folder / "infra" / "__main__.py").write_bytes(
            (ROOT / "infra" / "__main__.py").read_bytes()
        )

    def type(self, script: str) -> Checked:
        dropped = ("CI", "BASETEN_API_KEY", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_BACKEND_URL")
        environment = {k: v for k, v in os.environ.items() if k not in dropped}
        environment |= {"BASETEN_EMULATOR_PORT": str(self.port), "PULUMI_SKIP_UPDATE_CHECK": "true"}
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, env=environment,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        return Checked(ended.returncode, ended.stdout, ended.stderr)

    @property
    def port(self) -> int:
        if not hasattr(self, "_port"):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self._port = int(free.getsockname()[1])
        return self._port


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    checkout.type("source engine/env.sh; scripts/dev-stack.sh").check()
    try:
        yield checkout
    finally:
        checkout.type("make emulator-stop")


def marked(page: str, mark: str = "run") -> list[str]:
    """The blocks of a page below a mark, in their order."""
    return re.findall(rf"<!-- {mark} -->\n```(?:sh)?\n(.*?)```", page, re.DOTALL)


def own_account(page: str) -> list[str]:
    """The commands of the block that sets up a clone, without comments."""
    block = re.search(r"```sh\n(make setup .*?)```", page, re.DOTALL)
    assert block is not None
    return [line.partition("  #")[0].rstrip() for line in block[1].splitlines()]


@pytest.mark.e2e
def test_the_preview_prints_what_the_readme_shows(checkout: Checkout) -> None:
    """Of the stack that README shows; the lines of resources may be padded."""
    stack_file = checkout.folder / "Pulumi.dev.yaml"
    dev_stack = stack_file.read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    stack_file.write_text(block)
    locks = checkout.folder / "locks"
    locks.unlink()
    try:
        preview = "source engine/env.sh; pulumi preview --stack dev --suppress-outputs"
        printed = " ".join(checkout.type(preview).check().text.split())
    finally:
        stack_file.write_text(dev_stack)
        locks.symlink_to(DEV_STACK / "locks")
    (shown,) = marked(README, "preview")
    for line in shown.splitlines():
        assert " ".join(line.split()) in printed


@pytest.mark.e2e
def test_the_readme_can_be_typed_and_the_demo_pushes_nothing_the_second_time(
    checkout: Checkout,
) -> None:
    by_hand, clean_up = marked(QUICKSTART)
    (call,) = marked(README)
    (shown,) = marked(README, "demo")
    told = checkout.type(by_hand).check().text
    assert "14 created" in told.replace("+ ", "")
    assert '"openai_base_url"' in told or "openai_base_url" in told
    answer = json.loads(checkout.type(f"source engine/env.sh\n{call}").check().stdout)
    assert len(answer["data"][0]["embedding"]) == 768
    demo = checkout.type("source engine/env.sh; python scripts/demo.py").check().stdout
    assert "14 unchanged" in demo
    for line in shown.splitlines():
        assert line in demo
    for line in ("source engine/env.sh", "make clean", "make emulator-stop"):
        assert line in demo
    told = checkout.type(f"source engine/env.sh\n{clean_up}").check().text
    assert "14 deleted" in told.replace("- ", "")
    assert "the emulator has stopped" in told


def test_the_production_example_is_valid_as_it_is_shipped() -> None:
    example = yaml.safe_load((ROOT / "Pulumi.production.example.yaml").read_text())["config"]
    assert example["baseten:target"] == "baseten"
    assert parse_settings(example["baseten-tei:models"]).models


def test_six_commands_lead_to_an_account_and_lock_before_the_first_up() -> None:
    commands = [command.split()[0:2] for command in own_account(PRODUCTION)]
    assert len(commands) == 6
    assert commands.index(["baseten-tei", "lock"]) < commands.index(["pulumi", "up"])


def test_each_way_in_is_at_most_six_lines_and_locks_before_the_first_up() -> None:
    ways = README.partition("## Your own project")[2].partition("## ")[0]
    template, library, other = re.findall(r"```(?:sh|python|ts)\n(.*?)```", ways, re.DOTALL)[:3]
    assert max(block.count("\n") for block in (template, library, other)) <= 6
    assert template.index("baseten-tei lock") < template.index("pulumi up")


def test_the_readme_shows_every_make_target_it_names() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", README + QUICKSTART + PRODUCTION))
    assert named <= targets


def test_every_output_is_documented() -> None:
    from baseten_tei.baseten.endpoints import endpoint_templates
    from baseten_tei.baseten.target import parse_target

    page = (ROOT / "docs/outputs.md").read_text()
    for task in ("embedding", "reranker", "classifier"):
        for key in endpoint_templates(parse_target("emulator"), "production", task):
            assert f"`{key}`" in page, key
