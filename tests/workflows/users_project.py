"""A user's project in a git repository of its own, outside of this clone: the template, with two stacks.

Its environment is what the wheel installs. One stack is on a developer's machine, and one, `production`, on an
emulator that stands for Baseten.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from baseten_tei import __version__
from tests.support.harness import API_KEY, BGE, ROOT, Emulator
from tests.workflows.users_machine import UsersMachine

PINNED = {**BGE, "revision": "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"}
TEMPLATE = ROOT / "templates" / "stack"
COPIED = ("__main__.py", "requirements.txt", "plugin")
VIRTUALENV = "venv"
"""As the template names it."""
INSTALL = f'{VIRTUALENV}/bin/python -m pip install -r requirements.txt "baseten-tei[emulator]=={__version__}"'


class UsersProject:
    """The project in `folder` of the repository `top`, on a branch `feature` off `main`."""

    def __init__(
        self, place: Path, machine: UsersMachine, emulator: Emulator, folder: str = ""
    ) -> None:
        self.top = place / "checkout"
        self.folder = self.top / folder
        self.folder.mkdir(parents=True)
        (place / "home").mkdir()
        (place / "state").mkdir()
        self.machine = machine
        self.emulator = emulator
        self.secrets = {
            "BASETEN_API_KEY": API_KEY,
            "PULUMI_BACKEND_URL": f"file://{place}/state",
            "PULUMI_CONFIG_PASSPHRASE": "canary-passphrase-of-production",
        }
        for name in COPIED:
            copy = shutil.copytree if (TEMPLATE / name).is_dir() else shutil.copy
            copy(TEMPLATE / name, self.folder / name)
        pulumi = (TEMPLATE / "Pulumi.yaml").read_text().replace("${PROJECT}", "search")
        (self.folder / "Pulumi.yaml").write_text(pulumi.replace("${DESCRIPTION}", "search"))
        ignored = (TEMPLATE / ".gitignore").read_text().replace("/\n", "\n")  # links here
        (self.folder / ".gitignore").write_text(f"{ignored}report\nsnapshots\ncomment.md\n")
        small = {"dev": {"baseten:target": "emulator", "baseten-tei:models": {"bge": PINNED}}}
        (self.folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": small["dev"]}))
        git(self.top, "init", "--quiet", "--initial-branch", "main")
        self.by_hand("pulumi stack init production --non-interactive --no-select")
        self.write()
        git(self.top, "checkout", "--quiet", "-b", "feature")

    def by_hand(self, line: str) -> str:
        """What somebody types on a machine of their own; what it prints."""
        self.install()
        variables = {
            **self.machine.variables,
            **self.secrets,
            "PATH": f"{self.folder}/{VIRTUALENV}/bin:{self.machine.variables['PATH']}",
            "HOME": str(self.top.parent / "home"),
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line], cwd=self.folder, env=variables, check=True,
            capture_output=True, text=True,
        ).stdout  # fmt: skip

    def install(self) -> None:
        link = self.folder / VIRTUALENV
        if not link.is_symlink():
            link.symlink_to(self.machine.environment)

    def write(self, **spec: Any) -> str:
        """Commit a version of the one model of `production`; the commit."""
        path = self.folder / "Pulumi.production.yaml"
        document = yaml.safe_load(path.read_text())
        models = {"bge": {**PINNED, **spec}}
        document["config"] = {"baseten:target": self.emulator.url, "baseten-tei:models": models}
        path.write_text(yaml.safe_dump(document))
        self.by_hand("baseten-tei generate")
        return self.commit(f"bge: {spec}")

    def commit(self, message: str) -> str:
        git(self.top, "add", "--all")
        git(self.top, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(self.top, "rev-parse", "HEAD")

    def check_out_anew(self) -> None:
        """What nobody committed is not there in a job."""
        git(self.top, "clean", "-ffdxq")


def git(folder: Path, *arguments: str) -> str:
    who = {
        f"GIT_{role}_{key}": "test@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for key in ("NAME", "EMAIL")
    }
    ended = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **who}, capture_output=True, text=True, check=True
    )  # fmt: skip
    return ended.stdout.strip()
