"""Every command in every place that a reader may be in: tests/golden/commands.md has what it says, and its exit code.

The engine runs a program of one's own for real, each question once; commands run in this process. `UPDATE_GOLDEN=1`
writes the table anew.
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from baseten_tei.__main__ import cli
from baseten_tei.commands import rehearse
from baseten_tei.commands.shared.reference import walk
from baseten_tei.errors import UserError
from baseten_tei.project import pulumi_cli
from baseten_tei.project.registered_models import VARIABLE
from tests.support.harness import API_KEY, PULUMI_HOME, ROOT, Emulator

pytestmark = pytest.mark.e2e

TABLE = ROOT / "tests" / "golden" / "commands.md"
ARGUMENTS = {
    "check": "", "explain": "search", "lock": "--check", "generate": "", "outputs": "--format dotenv",
    "operations": "",
    "golden": "search", "adopt": "--all --dry-run", "doctor": "", "status": "", "tune": "search --dry-run",
    "rehearse": "", "stacks": "", "pr init": "--github", "pr preview": "--output report", "pr report": "",
    "space advance": "search --dry-run", "space back": "search --dry-run",
    "space verify": "search --from notes.jsonl --old sqlite-vec:old.db/notes --new sqlite-vec:new.db/notes",
    "backfill": "search --from notes.jsonl --estimate", "pr comment": "--file comment.md",
    "pr verify": "--comment comment.md", "pr snapshot export": "",
    "pr snapshot fetch": "", "pr snapshot restore": "--into restored",
}  # fmt: skip
"""Each command with what it needs to say something; none changes the stack."""
LEAVES = [
    " ".join(it.command_path.split()[1:])
    for it in walk(click.Context(cli, info_name="baseten-tei"))
    if not isinstance(it.command, click.Group)
]
PROJECT = """name: own
runtime: {runtime}
backend: {{url: file://{folder}/.state}}
plugins: {{providers: [{{name: baseten, path: {venv}/bin}}]}}
"""
PYTHON = f"{{name: python, options: {{virtualenv: {ROOT}/.venv}}}}"
PROGRAM = """
import pulumi
from baseten_tei import Embedding, EmbeddingArgs, Reranker, RerankerArgs, export_models

search = Embedding("search", EmbeddingArgs(model_id="BAAI/bge-small-en-v1.5", accelerator="L4"))
rank = Reranker("rank", RerankerArgs(model_id="BAAI/bge-reranker-base"))
export_models({"search": search, "rank": rank})
"""
CONFIGURED = """
  baseten-tei:models: {search: {task: embedding, model_id: BAAI/bge-small-en-v1.5}}
"""
Answer = tuple[int, str, str]


@dataclass
class Engine:
    """The real one, asked each question once; `now` is what the answers hold for."""

    ask: Callable[..., Answer]
    target: str
    now: str = ""
    known: dict[Any, tuple[Answer, str]] = field(default_factory=dict)
    folder: Path | None = None
    made: tuple[Any, ...] = ()

    def __call__(
        self, root: Path, stack: str, words: Sequence[str], environment: Mapping[str, str] | None
    ) -> Answer:
        if words[:2] == (
            "stack",
            "init",
        ):  # of a copy that is thrown away: made when somebody looks at it
            self.made = (root, stack, words, environment)
            return 0, "", ""
        file = Path(environment[VARIABLE]) if environment and VARIABLE in environment else None
        copied = file is not None and self.made[:1] == (root,)
        key = (self.now, stack, *words, file is None, copied)
        if key not in self.known:
            if copied:
                self.ask(*self.made)
            where = root if copied else self.folder or root
            answer = self.ask(where, stack, words, environment if file else None)
            self.known[key] = (answer, file.read_text() if file and file.exists() else "")
        answer, models = self.known[key]
        if file:
            file.write_text(models)
        return answer


def write_project(folder: Path, target: str, runtime: str = PYTHON, config: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".state").mkdir()
    project = PROJECT.format(folder=folder, runtime=runtime, venv=ROOT / ".venv")
    (folder / "Pulumi.yaml").write_text(project)
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "Pulumi.dev.yaml").write_text(
        f"config:\n  baseten:target: {target}{config or chr(10)}"
    )
    return folder


def pulumi(folder: Path, *words: str) -> None:
    ended = subprocess.run(
        ["pulumi", *words, "--stack", "dev", "--non-interactive"], cwd=folder, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


def own_program(place: Path, engine: Engine) -> Path:
    engine.now = "up"
    return place / "own"


def nothing_up(place: Path, engine: Engine) -> Path:
    engine.now = "before"
    return place / "own"


def second_stack(place: Path, engine: Engine) -> Path:
    engine.now = "up"
    folder = shutil.copytree(place / "own", place / "two", symlinks=True)
    shutil.copy(folder / "Pulumi.dev.yaml", folder / "Pulumi.prod.yaml")
    return folder


def empty_folder(place: Path, engine: Engine) -> Path:
    engine.now = "empty"
    (place / "empty").mkdir()
    return place / "empty"


def folder_in_a_clone(place: Path, engine: Engine) -> Path:
    engine.now, engine.folder = "clone", place / "clone"
    folder = write_project(place / "clone", engine.target, config=CONFIGURED) / "infra"
    folder.mkdir()
    return folder


def another_language(place: Path, engine: Engine) -> Path:
    """Of which no engine has a host."""
    engine.now = "another"
    engine.folder = write_project(place / "another", engine.target, "cobol")
    pulumi(engine.folder, "stack", "init")
    return engine.folder


PLACES: Mapping[str, Callable[[Path, Engine], Path]] = {
    "An own program's folder, up": own_program,
    "The same, before anything is up": nothing_up,
    "The same with a second stack, and none selected": second_stack,
    "An empty folder": empty_folder,
    "`infra/` of a clone, which was never up": folder_in_a_clone,
    "A program in a language without a host": another_language,
}


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as context:
        yield context


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Path:
    """Where all places are; only the emulator, Pulumi and git are there for whoever asks."""
    folder = tmp_path_factory.mktemp("everywhere")
    for name in (
        "CI",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_BACKEND_URL",
        "PULUMI_STACK",
        "GITHUB_REPOSITORY",
    ):
        patch.delenv(name, raising=False)
    for name, value in {
        "PULUMI_CONFIG_PASSPHRASE": "test", "PULUMI_HOME": PULUMI_HOME, "HF_ENDPOINT": "http://127.0.0.1:9",
        "XDG_STATE_HOME": str(folder / "xdg"), "XDG_CACHE_HOME": str(folder / "cache"),
        "BASETEN_API_KEY": API_KEY, "BASETEN_EMULATOR_API_KEY": API_KEY, "GIT_CEILING_DIRECTORIES": str(folder),
    }.items():  # fmt: skip
        patch.setenv(name, value)
    return folder


@pytest.fixture(scope="module")
def engine(place: Path, patch: pytest.MonkeyPatch, shared_emulator: Emulator) -> Engine:
    """With an own program, whose models are up: what is asked about before is asked before."""
    engine = Engine(pulumi_cli._run_to_end, shared_emulator.url)
    patch.setattr(pulumi_cli, "_run_to_end", engine)
    patch.setattr(rehearse, "rehearse", _would_begin)
    own = write_project(place / "own", shared_emulator.url)
    pulumi(own, "stack", "init", "--no-select")
    return engine


def _would_begin(script: Any, *_: Any) -> None:
    raise UserError(f"would rehearse {', '.join(script.settings.models)}")


def say(words: str) -> tuple[int, str]:
    """A command's exit code, and the first line that it says."""
    ended = CliRunner().invoke(cli, [*words.split(), *shlex.split(ARGUMENTS[words])])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    lines = (ended.stderr if ended.exit_code == 2 else ended.stdout + ended.stderr).splitlines()
    if ended.exit_code == 2:
        assert len(lines) == 1, f"a mistake is one line: {words}: {lines}"
    return ended.exit_code, lines[0] if lines else "(nothing)"


def plain(line: str, place: Path) -> str:
    """Without what is another each time, short enough for a table."""
    line = line.replace(str(place), "…").replace("|", "\\|")
    line = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", line)
    line = re.sub(r"\bst-[0-9a-f]{20}", "st-ID", line)
    return re.sub(r"model-\w+", "model-ID", line)[:230]


def rows(place: Path, engine: Engine, make: Callable[[Path, Engine], Path]) -> Iterator[str]:
    engine.folder = None
    here = make(place, engine)
    (here / "comment.md").write_text("")
    (here / "notes.jsonl").write_text('{"id": 1, "text": "a note"}\n')
    with pytest.MonkeyPatch.context() as there:
        there.chdir(here)
        for words in LEAVES:
            code, line = say(words)
            options = f" {ARGUMENTS[words]}" if ARGUMENTS[words] else ""
            yield f"| `{words}{options}` | {code} | {plain(line, place)} |"
    for made in ("restored", "report", ".github"):
        shutil.rmtree(here / made, ignore_errors=True)


def test_each_command_says_what_the_table_says_everywhere(place: Path, engine: Engine) -> None:
    sections = {}
    for title, make in sorted(PLACES.items(), key=lambda it: it[1] is not nothing_up):
        sections[title] = [*rows(place, engine, make)]
        if make is nothing_up:
            pulumi(place / "own", "up", "--yes", "--skip-preview")
    text = HEAD + "".join(
        f"\n## {title}\n\n| command | exit code | says |\n|---|---|---|\n" + "\n".join(sections[title]) + "\n"
        for title in PLACES
    )  # fmt: skip
    if os.environ.get("UPDATE_GOLDEN"):
        TABLE.write_text(text)
    assert text == TABLE.read_text()


HEAD = """# What each command says, and where

Written by `tests/e2e/commands/test_everywhere.py`, which holds the commands to it. Only the first line is here;
`rehearse` is stopped before it begins.
"""
