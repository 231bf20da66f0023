"""Generated files: written when they change, checked where they may not, removed with their model."""

import subprocess
import sys
from pathlib import Path

import pytest

from baseten_tei.__main__ import main
from baseten_tei.deployment.config.config_yaml import HEADER, render_config
from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.project import generated_files
from tests.support.specs import spec

STACK = """\
config:
  baseten-tei:models:
    bge: {task: embedding, model_id: BAAI/bge-base-en-v1.5}
"""


def config(**more: object) -> str:
    args = spec(**more)
    return render_config(build_config("bge", args), args)


def test_a_config_is_written_once(tmp_path: Path) -> None:
    path = generated_files.config_path(tmp_path, "dev", "bge")
    assert path == tmp_path / "truss_configs" / "dev" / "bge" / "config.yaml"
    assert generated_files.write_if_changed(path, config())
    before = path.stat().st_mtime_ns
    assert not generated_files.write_if_changed(path, config())
    assert path.stat().st_mtime_ns == before
    assert generated_files.write_if_changed(path, config(max_batch_tokens=1024))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"accelerator": "A10G"}, "base_image.image"),
        ({"max_batch_tokens": 1024}, "docker_server.start_command"),
        (
            {"predict_concurrency": 4, "max_concurrent_requests": 1024},
            "runtime.predict_concurrency",
        ),
        ({"env": {"A": "1"}}, "environment_variables"),
        ({"revision": "v1"}, "weights"),
    ],
)
def test_a_stale_config_is_told_by_its_field_and_how_to_mend_it(
    change: dict[str, object], field: str, tmp_path: Path
) -> None:
    path = generated_files.config_path(tmp_path, "dev", "bge")
    generated_files.write_if_changed(path, config())
    assert generated_files.stale_problem(path, config(**change), tmp_path) == (
        f"truss_configs/dev/bge/config.yaml is stale at {field}: run `baseten-tei generate` and commit it"
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"{HEADER}- a\n", "its first line"),
        (f"{HEADER}a: [", "a line that is not valid YAML"),
        (config() + "# mine\n", "a comment"),
    ],
)
def test_a_config_edited_by_hand_is_stale(text: str, where: str, tmp_path: Path) -> None:
    path = generated_files.config_path(tmp_path, "dev", "bge")
    generated_files.write_if_changed(path, text)
    problem = generated_files.stale_problem(path, config(), tmp_path)
    assert problem is not None
    assert f"is stale at {where}:" in problem


def test_a_config_that_an_older_version_wrote_is_not_stale(tmp_path: Path) -> None:
    path = generated_files.config_path(tmp_path, "dev", "bge")
    old = config().replace("`baseten-tei generate`", "`baseten-tei generate`")
    generated_files.write_if_changed(path, old)
    assert generated_files.stale_problem(path, config(), tmp_path) is None
    assert generated_files.orphans(tmp_path, "dev", []) == [path]


def test_a_missing_config_is_told_and_a_fresh_one_is_not(tmp_path: Path) -> None:
    path = generated_files.config_path(tmp_path, "dev", "bge")
    told = "truss_configs/dev/bge/config.yaml is missing: run `baseten-tei generate` and commit it"
    assert generated_files.stale_problem(path, config(), tmp_path) == told
    generated_files.write_if_changed(path, config())
    assert generated_files.stale_problem(path, config(), tmp_path) is None


def test_only_generated_configs_of_this_stack_are_orphans(tmp_path: Path) -> None:
    for stack, name, text in (
        ("dev", "kept", HEADER),
        ("dev", "gone", HEADER),
        ("dev", "by-hand", "model_name: mine\n"),
        ("production", "gone", HEADER),
    ):
        generated_files.write_if_changed(generated_files.config_path(tmp_path, stack, name), text)
    gone = generated_files.config_path(tmp_path, "dev", "gone")
    assert generated_files.orphans(tmp_path, "dev", ["kept"]) == [gone]
    assert generated_files.orphans(tmp_path, "new", []) == []


def test_a_folder_goes_with_its_config_unless_something_else_is_in_it(tmp_path: Path) -> None:
    alone, shared = (
        generated_files.config_path(tmp_path, "dev", name) for name in ("alone", "shared")
    )
    for path in (alone, shared):
        generated_files.write_if_changed(path, HEADER)
    (shared.parent / "notes.md").write_text("mine")
    generated_files.remove(alone)
    generated_files.remove(shared)
    assert not alone.parent.exists()
    assert [path.name for path in shared.parent.iterdir()] == ["notes.md"]


def test_generate_writes_what_check_asks_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    orphan = generated_files.config_path(tmp_path, "dev", "gone")
    generated_files.write_if_changed(orphan, HEADER)
    check = ["generate", "--check", "--root", str(tmp_path)]
    write = ["generate", "--root", str(tmp_path)]

    assert main(check) == 1
    assert capsys.readouterr().out.splitlines() == [
        "truss_configs/dev/bge/config.yaml is missing: run `baseten-tei generate` and commit it",
        "truss_configs/dev/gone/config.yaml belongs to no model: run `baseten-tei generate` and commit",
    ]
    assert not generated_files.config_path(tmp_path, "dev", "bge").exists()
    assert orphan.exists()

    assert main(write) == 0
    assert not orphan.exists()
    assert main(check) == 0
    assert main(write) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "generated files are up to date"
    assert not (tmp_path / "docs").exists()


def test_a_schema_is_written_where_it_is_wanted_and_then_kept_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    generate = ["generate", "--root", str(tmp_path)]
    assert main([*generate, "--schemas"]) == 0
    schemas = sorted((tmp_path / "docs").iterdir())
    assert [it.name for it in schemas] == ["outputs.schema.json", "stack-config.schema.json"]
    schemas[0].write_text("{}")
    assert main([*generate, "--check"]) == 1
    assert main(generate) == 0
    assert main([*generate, "--check"]) == 0


def test_a_users_project_has_no_page_of_the_product_and_no_command_is_imported_for_it(
    tmp_path: Path,
) -> None:
    """A page of the same name is the user's own."""
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    pages = {"rules.md", "cli.md", "configuration.md", "quickstart.md"}
    (tmp_path / "docs").mkdir()
    for name in pages:
        (tmp_path / "docs" / name).write_text("# Ours\n<!-- include docs/none -->\n```py\n```\n")
    program = (
        "import sys; from baseten_tei.__main__ import main; main(sys.argv[1:]); "
        "print('baseten_tei.commands.tune' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, "generate", "--root", str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout.splitlines() == ["generated files are up to date", "False"]
    assert {it.read_text().splitlines()[0] for it in (tmp_path / "docs").iterdir()} == {"# Ours"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a\n", "Pulumi.dev.yaml: must be a mapping with a `config:` mapping in it"),
        ("config: [", "Pulumi.dev.yaml: is not valid YAML: "),
        ("config: {baseten-tei:models: 3}\n", "Pulumi.dev.yaml: baseten-tei:models must map "),
    ],
)
def test_a_stack_file_that_makes_no_sense_is_told_in_one_line(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    assert main(["generate", "--root", str(tmp_path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(told)
    assert {path.name for path in tmp_path.iterdir()} == {"Pulumi.yaml", "Pulumi.dev.yaml"}
