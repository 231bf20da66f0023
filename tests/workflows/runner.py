"""A runner for workflows: every `run:` goes to bash as it stands, in the environment that its step declares.

What is not our own is stood in for, openly: the actions (`ACTIONS`), and the lines in `STAND_INS`, which would make a
virtual environment or start the whole test suite. A key, an action or an expression that it does not know is an error.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.harness import ROOT
from tests.workflows.expressions import UnknownError, condition, filled
from tests.workflows.loopback_forges import REPOSITORY, TOKEN, GitHub
from tests.workflows.users_machine import SYSTEM_PATH
from tests.workflows.users_project import INSTALL, VIRTUALENV, UsersProject, git

WORKFLOWS = ROOT / ".github" / "workflows"
STAND_INS = {
    f"python -m venv {VIRTUALENV}": f'ln -s "$STAND_IN_ENVIRONMENT" {VIRTUALENV}',
    INSTALL: f"test -f requirements.txt && test -x {VIRTUALENV}/bin/python",
    "make check": "make --dry-run check",
    "make ranges": "make --dry-run ranges",
    "make .venv/.ready": "test -x .venv/bin/python",
    ".venv/bin/python -m pytest -n auto tests/unit tests/components": "test -d tests/unit && test -d tests/components",
}
_WORKFLOW = {
    "name",
    True,
    "permissions",
    "concurrency",
    "defaults",
    "jobs",
}  # YAML reads `on` as true
_JOB = {"name", "needs", "if", "strategy", "runs-on", "timeout-minutes", "permissions",
        "environment", "env", "outputs", "steps", "concurrency"}  # fmt: skip
_STEP = {"name", "id", "if", "uses", "with", "env", "run"}
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
"""documented: what `shell: bash` means."""


def read(name: str, top: Path = ROOT) -> dict[Any, Any]:
    """A workflow, every part of which is one that is known here."""
    found: dict[Any, Any] = yaml.safe_load(
        (top / WORKFLOWS.relative_to(ROOT) / f"{name}.yml").read_text()
    )
    refuse_unknown(found, _WORKFLOW, name)
    refuse_unknown(found["defaults"]["run"], {"shell", "working-directory"}, f"{name}: defaults")
    if found["defaults"]["run"]["shell"] != "bash":
        raise UnknownError(f"{name}: defaults {found['defaults']}")
    for job_id, job in found["jobs"].items():
        refuse_unknown(job, _JOB, f"{name}.{job_id}")
        for step in job["steps"]:
            refuse_unknown(step, _STEP, f"{name}.{job_id} step")
    return found


def refuse_unknown(part: Mapping[Any, Any], known: set[Any], where: str) -> None:
    if unknown := set(part) - known:
        raise UnknownError(f"{where} has {unknown}")


@dataclass
class Ran:
    """How a step ended."""

    name: str
    outcome: str
    text: str = ""


@dataclass
class Job:
    """How a job ended."""

    status: str
    steps: list[Ran]
    outputs: dict[str, str]
    summary: str

    def check(self) -> "Job":
        assert self.status == "success", self.text
        return self

    @property
    def text(self) -> str:
        return "\n".join(f"== {it.name}: {it.outcome}\n{it.text}" for it in self.steps)

    def outcome(self, name: str) -> str:
        (found,) = (it.outcome for it in self.steps if it.name == name)
        return found


@dataclass
class Runner:
    """A user's project in a repository on a loopback GitHub."""

    project: UsersProject
    forge: GitHub
    machine: dict[str, str] = field(default_factory=dict)
    """What a job's shells have; an action may add to it."""
    cwd: Path = Path()
    artifacts: dict[str, dict[str, bytes]] = field(default_factory=dict)
    ran: set[str] = field(default_factory=set)
    """Every script that was run, as it stands in a workflow."""

    def run(
        self,
        workflow: str,
        job_id: str,
        event_name: str,
        event: Mapping[str, Any],
        *,
        secrets: Mapping[str, str] | None = None,
        matrix: Mapping[str, str] | None = None,
        needs: Mapping[str, Any] | None = None,
    ) -> Job:
        """A job of a workflow, from its first step to its last."""
        whole = read(workflow, self.project.top)
        described = whole["jobs"][job_id]
        self.cwd = self.project.top / whole["defaults"]["run"].get("working-directory", "")
        self.machine = bare_machine(self.project)
        self.forge.permissions = described["permissions"]
        temp = self.project.top.parent / "runner-temp"
        shutil.rmtree(temp, ignore_errors=True)
        temp.mkdir()
        for name in ("output", "summary", "event.json"):
            (temp / name).touch()
        (temp / "event.json").write_text(json.dumps(event))
        contexts: dict[str, Any] = {
            "github": {"event": event, "event_name": event_name, "token": TOKEN},
            "secrets": dict(secrets or {}),
            "matrix": dict(matrix or {}),
            "needs": dict(needs or {}),
            "runner": {"temp": str(temp), "os": "Linux"},
            "steps": {},
            "job": {"status": "success"},
        }
        if "if" in described and not condition(described["if"], contexts):
            return Job("skipped", [], {}, "")
        environment = self._environment(temp, event_name) | self._filled(described, contexts)
        steps = [self._step(it, contexts, environment, temp) for it in described["steps"]]
        outputs = {name: filled(it, contexts) for name, it in described.get("outputs", {}).items()}
        return Job(contexts["job"]["status"], steps, outputs, (temp / "summary").read_text())

    def _environment(self, temp: Path, event_name: str) -> dict[str, str]:
        """documented: variables that every job has."""
        head = git(self.project.top, "rev-parse", "HEAD")
        return {
            "HOME": str(self.project.top.parent / "home"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.forge.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(temp / "event.json"),
            "GITHUB_OUTPUT": str(temp / "output"),
            "GITHUB_STEP_SUMMARY": str(temp / "summary"),
            "GITHUB_SHA": head,
            "RUNNER_TEMP": str(temp),
        }

    def _filled(self, part: Mapping[str, Any], contexts: Mapping[str, Any]) -> dict[str, str]:
        env = {name: filled(str(it), contexts) for name, it in part.get("env", {}).items()}
        return {name: "" if it is None else str(it) for name, it in env.items()}

    def _step(
        self, step: Mapping[str, Any], contexts: dict[str, Any], job_env: dict[str, str], temp: Path
    ) -> Ran:
        name = step.get("name") or step.get("uses", step.get("run", ""))
        if condition(step.get("if", "!cancelled() && job.status == 'success'"), contexts):
            ran = self._done(step, contexts, job_env, name)
        else:
            ran = Ran(name, "skipped")
        if ran.outcome == "failure":
            contexts["job"]["status"] = "failure"
        if "id" in step:
            lines = (temp / "output").read_text().splitlines()
            outputs = dict(line.split("=", 1) for line in lines)
            contexts["steps"][step["id"]] = {"outcome": ran.outcome, "outputs": outputs}
        return ran

    def _done(
        self, step: Mapping[str, Any], contexts: dict[str, Any], job_env: dict[str, str], name: str
    ) -> Ran:
        if "uses" in step:
            with_ = {key: filled(str(it), contexts) for key, it in step.get("with", {}).items()}
            action = step["uses"].partition("@")[0]
            if action not in ACTIONS:
                raise UnknownError(f"unknown action {action}")
            return Ran(name, "success" if ACTIONS[action](self, with_) else "failure")
        self.ran.add(step["run"])
        environment = job_env | self._filled(step, contexts)
        ended = bash(stood_in(step["run"]), self.cwd, self.machine | environment)
        outcome = "failure" if ended.returncode else "success"
        return Ran(name, outcome, ended.stdout + ended.stderr)

    def _checkout(self, options: Mapping[str, Any]) -> bool:
        assert options.pop("persist-credentials") == "False"  # type: ignore[attr-defined]  # a dict
        refuse_unknown(options, {"fetch-depth"}, "checkout")
        self.project.check_out_anew()
        return True

    def _pulumi(self, options: Mapping[str, Any]) -> bool:
        """documented: without a command it installs the CLI, and puts it on the PATH."""
        refuse_unknown(options, {"pulumi-version"}, "pulumi/actions")
        self.machine = {**self.machine, **self.project.machine.variables}
        return True

    def _upload(self, options: Mapping[str, Any]) -> bool:
        refuse_unknown(options, {"name", "path", "retention-days"}, "upload-artifact")
        file = self.project.top / options["path"]
        if file.is_file():  # documented: without files it warns
            self.artifacts[options["name"]] = {file.name: file.read_bytes()}
        return True

    def _download(self, options: Mapping[str, Any]) -> bool:
        refuse_unknown(options, {"name", "path", "run-id", "github-token"}, "download-artifact")
        folder = Path(options["path"])
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.artifacts.get(options["name"], {}).items():
            (folder / name).write_bytes(content)
        return options["name"] in self.artifacts

    def _nothing(self, options: Mapping[str, Any]) -> bool:
        del options
        return True


ACTIONS: dict[str, Callable[[Runner, dict[str, Any]], bool]] = {
    "actions/checkout": Runner._checkout,
    "actions/setup-python": Runner._nothing,
    "actions/cache": Runner._nothing,
    "actions/cache/save": Runner._nothing,
    "actions/upload-artifact": Runner._upload,
    "pulumi/actions": Runner._pulumi,
    "actions/download-artifact": Runner._download,
}


def bare_machine(project: UsersProject) -> dict[str, str]:
    """What a job has before its first step, and where its stand-ins are."""
    port = project.emulator.url.rpartition(":")[2]
    return {
        "PATH": SYSTEM_PATH,
        "BASETEN_EMULATOR_PORT": port,
        "STAND_IN_ENVIRONMENT": str(project.machine.environment),
    }


def stood_in(script: str) -> str:
    """A script with each line that is stood in for replaced; all other lines as they are."""
    return "\n".join(STAND_INS.get(line.strip(), line) for line in script.splitlines())


def bash(
    script: str, folder: Path, environment: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    """A script as GitHub's runner runs one: from a file, which ends with its first command that fails."""
    file = Path(environment["RUNNER_TEMP"]) / "step.sh"
    file.write_text(script)
    return subprocess.run(
        [*BASH, str(file)], cwd=folder, env=dict(environment), capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
