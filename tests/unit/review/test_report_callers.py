"""A change of what readers of the outputs rely on is in the comment of the pull request that makes it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.commands.pr import preview
from baseten_tei.outputs.json_schema import OUTPUTS_SCHEMA_PATH, outputs_schema
from baseten_tei.review.report.html_report import render_page
from baseten_tei.review.report.markdown_report import render_markdown
from baseten_tei.review.report.report_data import ChangeReport
from baseten_tei.review.report.text_report import render_text
from tests.support.reports import model_report, stack_of


def repository(folder: Path, schema: dict[str, Any] | None) -> Path:
    """A branch that left a main on which the outputs were as this schema says."""

    def git(*words: str) -> None:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch", "main")
    if schema is not None:
        (folder / OUTPUTS_SCHEMA_PATH).parent.mkdir()
        (folder / OUTPUTS_SCHEMA_PATH).write_text(json.dumps(schema))
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "base")
    git("checkout", "--quiet", "-b", "change")
    return folder


def with_another_key() -> dict[str, Any]:
    schema = outputs_schema()
    schema["properties"]["gone_now"] = {"type": "string"}
    return schema


@pytest.mark.parametrize(
    ("schema", "told"),
    [(None, ()), (outputs_schema(), ()), (with_another_key(), ("gone_now is gone",))],
)
def test_a_key_that_goes_is_told_and_an_unchanged_contract_is_not(
    tmp_path: Path, schema: dict[str, Any] | None, told: tuple[str, ...]
) -> None:
    assert preview._breaking_changes(repository(tmp_path, schema)) == told


def test_without_git_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    assert preview._breaking_changes(tmp_path) == ()


def test_every_form_of_the_report_tells_it_before_the_stacks() -> None:
    report = ChangeReport(contract=("gone_now is gone",), stacks=(stack_of(model_report()),))
    for text in (render_markdown(report), render_text(report), render_page(report)):
        told = text.replace("\\", "")  # Markdown's escapes
        assert told.index("gone_now is gone") < told.index("1 pushed")
    assert "🔴 **Breaks readers of the outputs**" in render_markdown(report)
