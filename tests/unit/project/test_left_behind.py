"""Files that a renamed stack left under its old name."""

from pathlib import Path

from baseten_tei.project.left_behind import left_behind


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_what_is_left_under_an_old_name_is_named_with_what_to_run(tmp_path: Path) -> None:
    write(tmp_path, "Pulumi.new.yaml", "locks/old.yaml", "golden/old/bge.json")
    write(tmp_path, "truss_configs/old/bge/config.yaml", "golden/README.md")
    assert left_behind(tmp_path, "new") == (
        "locks/old.yaml, golden/old, truss_configs/old: no stack has this name, and stack 'new' has no such files: "
        "models may be pushed again or released unchecked. If the stack was renamed, run `git mv locks/old.yaml "
        "locks/new.yaml && git mv golden/old golden/new && git mv truss_configs/old truss_configs/new`"
    )


def test_files_of_another_stack_or_of_an_example_are_not_left_behind(tmp_path: Path) -> None:
    write(tmp_path, "Pulumi.new.yaml", "Pulumi.dev.yaml", "Pulumi.production.example.yaml")
    write(tmp_path, "locks/dev.yaml", "locks/production.yaml", "golden/dev/bge.json")
    assert left_behind(tmp_path, "new") is None


def test_a_stack_that_has_its_own_files_misses_none(tmp_path: Path) -> None:
    write(tmp_path, "Pulumi.new.yaml", "locks/old.yaml", "locks/new.yaml")
    assert left_behind(tmp_path, "new") is None
