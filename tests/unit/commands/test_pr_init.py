"""`baseten-tei pr init`: workflows for a user's project, and what becomes of a file that the user edited."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from baseten_tei import __version__
from baseten_tei.__main__ import main
from baseten_tei.commands.pr.init import choose_forges
from baseten_tei.review.workflows.written_file import mark
from tests.support.harness import ROOT

PULUMI = "name: search\nruntime: {name: python, options: {virtualenv: .venv}}\n"
PINNED = "baseten-tei[emulator]==0.1.0 # ours\n"
DEPLOY = ".github/workflows/baseten-tei-deploy.yml"
UV_LOCK = '[[package]]\nname = "baseten-tei"\nversion = "0.1.0"\n'
Init = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository without a commit, with a project in it."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "Pulumi.yaml").write_text(PULUMI)
    (tmp_path / "requirements.txt").write_text(PINNED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def init(capsys: pytest.CaptureFixture[str]) -> Init:
    def run(*options: str) -> tuple[int, list[str]]:
        code = main(["pr", "init", *options])
        out, err = capsys.readouterr()
        return code, [*out.splitlines(), *err.splitlines()]

    return run


def scripts(path: Path) -> str:
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return "\n".join(step["run"] for job in jobs for step in job["steps"] if "run" in step)


def test_the_workflows_are_written_once_and_then_up_to_date(repository: Path, init: Init) -> None:
    assert init("--github", "--check") == (
        1,
        [
            f".github/workflows/baseten-tei-{name}.yml is missing: run `baseten-tei pr init --github` and commit it"
            for name in ("comment", "deploy", "drift", "preview")
        ],
    )
    assert not (repository / ".github").exists()
    code, lines = init("--github")
    assert (code, sum(line.startswith("wrote ") for line in lines)) == (0, 4)
    assert init("--github") == init("--github", "--check") == (0, ["the workflows are up to date"])
    first = (repository / DEPLOY).read_text().partition("\n")[0]
    assert first.startswith("# Written by baseten-tei ")
    assert "`baseten-tei pr init --github --branch main` brings it up to date" in first


def test_they_need_nothing_of_the_products_repository(repository: Path, init: Init) -> None:
    init("--github", "--gitlab")
    written = [*(repository / ".github").rglob("*.yml"), *(repository / ".gitlab").iterdir()]
    assert len(written) == 5
    for path in written:
        for ours in ("make", "scripts/", "engine/", "pytest"):
            assert ours not in path.read_text()


def test_what_an_older_version_wrote_is_brought_up_to_date(repository: Path, init: Init) -> None:
    init("--github")
    path = repository / DEPLOY
    path.write_text(mark(DEPLOY, "name: old\n", "0.0.9", "baseten-tei pr init --github").text)
    code, [line] = init("--github", "--check")
    assert (code, line.partition(":")[0]) == (1, f"{DEPLOY} is behind")
    assert init("--github")[1][0] == f"wrote {DEPLOY}"
    assert init("--github", "--check")[0] == 0


def test_edits_of_what_is_up_to_date_otherwise_are_kept(repository: Path, init: Init) -> None:
    init("--github")
    path = repository / DEPLOY
    edited = path.read_text().replace("timeout-minutes: 120", "timeout-minutes: 300")
    path.write_text(edited)
    assert init("--github", "--check") == (0, ["the workflows are up to date"])
    kept = f"kept {DEPLOY}: it was edited, and is up to date otherwise"
    assert init("--github") == (0, [kept])
    assert path.read_text() == edited
    assert init("--github", "--force")[0] == 0
    assert path.read_text() != edited


@pytest.mark.parametrize("first", ["", "# Written by baseten-tei 0.0.9 (0123456789ab): old.\n"])
def test_a_file_that_is_not_ours_or_was_edited_is_shown_and_nothing_is_written(
    repository: Path, init: Init, first: str
) -> None:
    path = repository / DEPLOY
    path.parent.mkdir(parents=True)
    path.write_text(f"{first}name: theirs\n")
    assert init("--github", "--check")[0] == 1
    code, lines = init("--github")
    assert code == 2
    assert "-name: theirs" in lines
    assert "+name: baseten-tei deploy" in lines
    assert lines[-1].startswith(f"{DEPLOY} has edits, and was not written: take over what you want")
    assert lines[-1].endswith("or run `baseten-tei pr init --github --force` to lose the edits")
    assert [it.name for it in path.parent.iterdir()] == [path.name]
    assert init("--github", "--force")[0] == 0
    assert init("--github", "--check")[0] == 0


def test_edits_with_the_new_first_line_count_as_merged(repository: Path, init: Init) -> None:
    init("--github")
    path = repository / DEPLOY
    first, _, body = path.read_text().partition("\n")
    path.write_text(f"# Written by baseten-tei 0.0.9 (0123456789ab)\n{body}# and mine\n")
    assert init("--github")[0] == 2
    path.write_text(f"{first}\n{body}# and mine\n")
    assert init("--github", "--check")[0] == 0


def test_a_project_in_a_folder_has_workflows_at_the_top_that_run_in_its_folder(
    repository: Path, init: Init
) -> None:
    folder = repository / "ml" / "search"
    folder.mkdir(parents=True)
    for name in ("Pulumi.yaml", "requirements.txt"):
        (repository / name).rename(folder / name)
    assert init("--github", "--gitlab", "--root", str(folder))[0] == 0
    path = repository / ".github/workflows/baseten-tei-ml-search-preview.yml"
    workflow = yaml.safe_load(path.read_text())
    assert workflow["name"] == "baseten-tei-ml-search preview"
    assert workflow["defaults"]["run"]["working-directory"] == "ml/search"
    assert workflow[True]["pull_request"]["paths"] == [
        "ml/search/**",
        ".github/workflows/baseten-tei-ml-search-*.yml",
    ]
    text = path.read_text()
    assert "path: ml/search/report/report.json" in text
    assert "hashFiles('ml/search/requirements.txt')" in text
    comment = yaml.safe_load(path.with_name("baseten-tei-ml-search-comment.yml").read_text())
    assert comment[True]["workflow_run"]["workflows"] == ["baseten-tei-ml-search preview"]
    assert (
        "state-${{ matrix.stack }}@ml-search"
        in path.with_name("baseten-tei-ml-search-deploy.yml").read_text()
    )
    jobs = yaml.safe_load((repository / ".gitlab/baseten-tei-ml-search.yml").read_text())
    assert jobs[".baseten-tei-ml-search"]["before_script"][0] == "cd ml/search"
    assert jobs["baseten-tei-ml-search-preview"]["artifacts"]["paths"] == ["ml/search/report/"]
    assert jobs["baseten-tei-ml-search-check"]["rules"][0]["changes"] == ["ml/search/**/*"]
    assert not (folder / ".github").exists()


VENV = "python -m venv .venv\n.venv/bin/python -m pip install -r"
UV = "python -m pip install uv==0.13.9\nuv sync --locked"
POETRY = "python -m pip install poetry==2.5.1\nPOETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction"


@pytest.mark.parametrize(
    ("pulumi", "files", "install", "command", "up"),
    [
        (PULUMI, {"requirements.txt": PINNED}, f"{VENV} requirements.txt", ".venv/bin/baseten-tei", "pulumi up"),
        (PULUMI + "main: infra/\n", {"infra/requirements.txt": PINNED},
         f"{VENV} infra/requirements.txt", ".venv/bin/baseten-tei", "pulumi up"),
        ("name: a\nruntime: python\n", {"requirements.lock": PINNED, "requirements.txt": "baseten-tei\n"},
         "python -m pip install -r requirements.lock", "baseten-tei", "pulumi up"),
        ("name: a\nruntime: python\n", {"uv.lock": UV_LOCK},
         UV, "uv run --no-sync baseten-tei", "uv run --no-sync pulumi up"),
        ("name: a\nruntime: {name: python, options: {toolchain: poetry}}\n", {"poetry.lock": UV_LOCK},
         POETRY, "poetry run baseten-tei", "poetry run pulumi up"),
    ],
)  # fmt: skip
def test_packages_are_installed_as_the_project_has_them(
    repository: Path,
    init: Init,
    pulumi: str,
    files: dict[str, str],
    install: str,
    command: str,
    up: str,
) -> None:
    (repository / "requirements.txt").unlink()
    (repository / "Pulumi.yaml").write_text(pulumi)
    for name, text in files.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(text)
    assert init("--github")[0] == 0
    run = scripts(repository / DEPLOY)
    assert f"{install}\n" in run
    assert f'\n{command} pr verify --comment comment.md --stack "$STACK"\n' in run
    assert f"\n{up} --yes" in run


def test_a_lock_file_of_a_workspace_counts_for_a_project_in_it(
    repository: Path, init: Init
) -> None:
    (repository / "uv.lock").write_text(UV_LOCK)
    folder = repository / "search"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: search\nruntime: python\n")
    assert init("--github", "--root", str(folder))[0] == 0
    path = repository / ".github/workflows/baseten-tei-search-preview.yml"
    assert "hashFiles('uv.lock')" in path.read_text()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"requirements.lock": "pulumi==3 --hash=sha256:00\n"}, "has hashes, and no baseten-tei: add baseten-tei=="),
        ({"uv.lock": "version = 1\n"}, "uv.lock has no baseten-tei: run `uv add baseten-tei==0.1.0`"),
    ],
)  # fmt: skip
def test_a_lock_file_without_this_package_is_told_in_one_line(
    repository: Path, init: Init, files: dict[str, str], said: str
) -> None:
    (repository / "requirements.txt").unlink()
    for name, text in files.items():
        (repository / name).write_text(text)
    code, [line] = init("--github")
    assert code == 2
    assert said.replace("0.1.0", __version__) in line


@pytest.mark.parametrize(
    "line",
    [
        "baseten_tei==0.1.0",
        "baseten-tei @ git+https://example.org/baseten-tei.git@v0.1.0",
        "./vendor/baseten_tei-0.1.0-py3-none-any.whl",
        "-e ../baseten-tei",
        "git+ssh://git@example.org/o/baseten-tei@v0.1.0#egg=baseten-tei",
        "baseten-tei==0.1.0 \\\n    --hash=sha256:00",
    ],
)
def test_a_version_may_be_pinned_in_any_way(repository: Path, init: Init, line: str) -> None:
    (repository / "requirements.txt").write_text(f"# baseten-tei>=0\npulumi\n{line}\n")
    assert init("--github")[0] == 0
    assert f"{VENV} requirements.txt\n" in scripts(repository / DEPLOY)


@pytest.mark.parametrize(
    "text",
    [
        "pulumi\n",
        "baseten-tei-client==1\n",
        "baseten-tei[emulator]>=0.1,<0.2\n",
        "git+https://example.org/baseten-tei\n",
        "-e git+ssh://git@example.org/o/baseten-tei.git\n",
        None,
    ],
)
def test_where_several_versions_are_allowed_a_job_takes_the_one_that_wrote_it(
    repository: Path, init: Init, text: str | None
) -> None:
    path = repository / "requirements.txt"
    path.unlink() if text is None else path.write_text(text)
    assert init("--github")[0] == 0
    requirements = "" if text is None else "-r requirements.txt "
    line = f'pip install {requirements}"baseten-tei[emulator]=={__version__}"\n'
    assert line in scripts(repository / DEPLOY)


def test_a_file_that_includes_another_one_is_not_judged(repository: Path, init: Init) -> None:
    (repository / "requirements.txt").write_text("-r requirements/base.txt\n")
    assert init("--github")[0] == 0
    assert "baseten-tei[emulator]" not in scripts(repository / DEPLOY)


def test_a_program_in_another_language_gets_its_packages_where_it_runs(
    repository: Path, init: Init
) -> None:
    (repository / "Pulumi.yaml").write_text("name: search\nruntime: nodejs\n")
    (repository / ".python-version").write_text("3.13\n")
    assert init("--github", "--gitlab")[0] == 0
    for name, runs in (("comment", False), ("preview", True), ("deploy", True), ("drift", True)):
        path = repository / f".github/workflows/baseten-tei-{name}.yml"
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            [install] = [it["run"] for it in job["steps"] if it.get("name") == "Install"]
            engine = any("pulumi/actions" in it.get("uses", "") for it in job["steps"])
            assert install.endswith("\npulumi install\n") == engine
        assert ("pulumi install" in path.read_text()) == runs
        assert 'python-version: "3.13"' in path.read_text()
    assert "- pulumi install\n" in (repository / ".gitlab/baseten-tei.yml").read_text()


@pytest.mark.parametrize(
    ("address", "forges"),
    [
        ("git@github.com:a/gitlab-tools.git", ["github"]),
        ("https://gitlab.example.org/github/b", ["gitlab"]),
        ("ssh://git@github.example.org:22/a/b.git", ["github"]),
        ("https://user@github.com/a/b", ["github"]),
    ],
)
def test_the_host_says_which_forge_a_remote_is(address: str, forges: list[str]) -> None:
    assert choose_forges(False, False, address) == forges


def test_the_forge_is_the_one_of_the_remote(repository: Path, init: Init) -> None:
    assert init() == (
        2,
        [
            "the address of the remote `origin` does not say where this repository is: write --github or --gitlab"
        ],
    )
    remote = ["git", "-C", str(repository), "remote", "add", "origin"]
    subprocess.run([*remote, "git@gitlab.example.org:a/b.git"], check=True)
    init()
    assert (repository / ".gitlab/baseten-tei.yml").exists()
    assert not (repository / ".github").exists()


def test_a_gitlab_file_of_the_users_own_is_not_touched_but_has_to_include_the_jobs(
    repository: Path, init: Init
) -> None:
    own = repository / ".gitlab-ci.yml"
    init("--gitlab")
    assert yaml.safe_load(own.read_text()) == {"include": [{"local": ".gitlab/baseten-tei.yml"}]}
    own.write_text("theirs: {script: [true]}\n")
    for options in ([], ["--check"]):
        code, lines = init("--gitlab", *options)
        assert (code, lines[-1]) == (
            1,
            ".gitlab-ci.yml does not include .gitlab/baseten-tei.yml: "
            "write `include: [{local: .gitlab/baseten-tei.yml}]` into it",
        )
    assert own.read_text() == "theirs: {script: [true]}\n"


def test_the_branch_is_kept_as_it_was_written(repository: Path, init: Init) -> None:
    init("--github", "--branch", "trunk")
    assert yaml.safe_load((repository / DEPLOY).read_text())[True]["push"]["branches"] == ["trunk"]
    assert init("--github", "--check")[0] == 0
    assert init("--github", "--check", "--branch", "main")[0] == 1


def test_outside_of_git_it_says_what_to_run(
    tmp_path: Path, init: Init, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "Pulumi.yaml").write_text(PULUMI)
    assert init("--github", "--root", str(tmp_path)) == (
        2,
        [f"{tmp_path} is not in a git repository: run `git init` first"],
    )


def test_this_repository_has_the_workflows_that_a_user_gets(init: Init) -> None:
    """It is a project that one can clone."""
    assert init("--github", "--gitlab", "--check", "--root", str(ROOT)) == (
        0,
        ["the workflows are up to date"],
    )


@pytest.mark.parametrize("option", [[], ["--check"], ["--force"]])
def test_workflows_of_a_later_release_are_left_alone_and_the_line_says_what_to_install(
    repository: Path, init: Init, option: list[str]
) -> None:
    init("--github")
    newer = (repository / DEPLOY).read_text().replace(f"tei {__version__} (", "tei 99.1.0 (")
    (repository / DEPLOY).write_text(newer)
    code, [line] = init("--github", *option)
    assert code == 2
    assert line.endswith(
        f"{DEPLOY}: the file was written by baseten-tei 99.1.0, which is newer than {__version__}: "
        "install 99.1.0 or newer, with `pip install 'baseten-tei>=99.1.0'`"
    )
    assert (repository / DEPLOY).read_text() == newer
