"""What must hold of every workflow, whatever its steps do."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pulumi_engine.versions import BUNDLE
from tests.support.harness import ROOT
from tests.workflows.expressions import UnknownError, condition, evaluate, filled
from tests.workflows.runner import BASH, WORKFLOWS, read, refuse_unknown, stood_in

FILES = sorted(it.stem for it in WORKFLOWS.glob("*.yml"))
OF_USERS = [f"baseten-tei-{name}" for name in ("comment", "deploy", "drift", "preview")]
"""What `baseten-tei pr init` writes; the rest is the product's own."""
PRIVILEGED = {"baseten-tei-comment", "baseten-tei-deploy", "baseten-tei-drift", "release"}
WRITES = {
    "baseten-tei-comment": {"pull-requests"},
    "release.attest": {"id-token", "attestations"},
    "release.github": {"contents"},
    "release.index": {"id-token"},
}
"""What the jobs of a workflow may write, or one of its jobs alone."""
CONTEXTS: dict[str, Any] = {
    "github": {"event_name": "push"},
    "secrets": {},
    "needs": {"a-b": {"outputs": {"x": '["s"]'}}},
    "job": {"status": "success"},
}


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in read(name)["jobs"].values() for step in job["steps"]]


def test_the_workflows_of_a_user_and_the_products_own_are_there() -> None:
    assert {*OF_USERS, "ci"} <= set(FILES)


def test_a_step_of_the_products_own_is_a_command_that_this_repository_has() -> None:
    """Line for line; what would take minutes is stood in for."""
    scripts = [step["run"] for step in steps("ci") if "run" in step]
    assert len(scripts) == 4
    for script in scripts:
        assert stood_in(script) != script
        subprocess.run([*BASH, "-c", stood_in(script)], cwd=ROOT, check=True, capture_output=True)


def test_the_products_tests_are_in_no_workflow_of_a_user() -> None:
    for name in OF_USERS:
        assert not re.search("make |pytest|scripts/", "\n".join(map(str, steps(name))))


def test_the_cli_that_workflows_install_is_the_bundle_whose_sums_are_pinned() -> None:
    pins = {
        step["with"]["pulumi-version"]
        for name in OF_USERS
        for step in steps(name)
        if step.get("uses", "").startswith("pulumi/actions@")
    }
    assert pins == {str(BUNDLE)}


def test_every_action_is_pinned_by_its_full_commit_with_one_version_everywhere() -> None:
    found = [
        re.fullmatch(r"\s*(?:- )?uses: ([\w/-]+)@(\S+) # (v\d+\.\d+\.\d+)(, .*)?", line)
        for name in FILES
        for line in (WORKFLOWS / f"{name}.yml").read_text().splitlines()
        if "uses:" in line
    ]
    assert found
    pins = {(it[1], it[2], it[3]) for it in found if it}
    assert None not in found
    assert all(re.fullmatch("[0-9a-f]{40}", commit) for _, commit, _ in pins)
    assert len(pins) == len({action for action, _, _ in pins})


@pytest.mark.parametrize("name", FILES)
def test_a_workflow_has_no_permission_and_each_job_only_what_it_names(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] == {}
    for job_id, job in workflow["jobs"].items():
        written = {scope for scope, level in job["permissions"].items() if level == "write"}
        assert written == WRITES.get(f"{name}.{job_id}", WRITES.get(name, set()))
        assert "contents" in job["permissions"]
        assert job["timeout-minutes"] <= 120


@pytest.mark.parametrize("name", FILES)
def test_no_expression_stands_in_a_script(name: str) -> None:
    scripts = [step["run"] for step in steps(name) if "run" in step]
    assert scripts
    assert [it for it in scripts if "${{" in it] == []
    assert all(len(it.strip().splitlines()) <= 3 for it in scripts)


@pytest.mark.parametrize("name", FILES)
def test_secrets_are_given_to_single_steps_of_jobs_with_an_environment(name: str) -> None:
    for job in read(name)["jobs"].values():
        outside = {key: it for key, it in job.items() if key != "steps"}
        assert "secrets." not in str(outside)
        assert "environment" in job or "secrets." not in str(job["steps"])


@pytest.mark.parametrize("name", sorted(PRIVILEGED))
def test_what_may_write_or_deploy_takes_nothing_from_a_cache(name: str) -> None:
    uses = [step.get("uses", "").partition("@")[0] for step in steps(name)]
    assert [action for action in uses if action in ("actions/cache", "actions/cache/restore")] == []


def test_the_workflow_that_writes_checks_out_no_code_but_the_default_branchs() -> None:
    (checkout,) = (
        it
        for it in steps("baseten-tei-comment")
        if it.get("uses", "").startswith("actions/checkout")
    )
    assert checkout["with"] == {"persist-credentials": False}
    assert list(read("baseten-tei-comment")[True]) == ["workflow_run"]


def lint(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["scripts/lint-workflows.sh"], cwd=ROOT, env={**os.environ, **environment},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_make_check_lints_the_workflows() -> None:
    dry = subprocess.run(
        ["make", "--dry-run", "check"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "scripts/lint-workflows.sh" in dry.stdout


def test_zizmor_actionlint_and_shellcheck_have_nothing_to_say() -> None:
    ended = lint()
    if "cannot be linted" in ended.stderr:
        pytest.skip(ended.stderr)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "No findings" in ended.stdout


def test_without_actionlint_and_go_it_says_in_one_line_what_to_install(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "dirname"):
        (tools / tool).symlink_to(Path("/usr/bin") / tool)
    ended = lint(PATH=str(tools), XDG_CACHE_HOME=str(tmp_path))
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "the workflows cannot be linted: install actionlint 1.7, or Go, which then fetches it"
    ]


def test_another_actionlint_than_1_7_is_not_used(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "dirname", "grep"):
        (tools / tool).symlink_to(Path("/usr/bin") / tool)
    (tools / "actionlint").write_text("#!/bin/bash\necho v1.6.27\n")
    (tools / "actionlint").chmod(0o755)
    assert "cannot be linted" in lint(PATH=str(tools), XDG_CACHE_HOME=str(tmp_path)).stderr


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.event_name == 'push'", True),
        ("github.event_name != 'push' || 'it''s' == 'it''s'", True),
        ("!(github.event_name == 'push') && 'x'", False),
        ("fromJSON(needs.a-b.outputs.x)", ["s"]),
        ("secrets.ABSENT", None),
        ("'a' && 'b'", "b"),
    ],
)
def test_the_runner_reads_expressions_as_github_documents_them(text: str, value: object) -> None:
    assert evaluate(text, CONTEXTS) == value
    assert filled(f"${{{{ {text} }}}}", CONTEXTS) == value


@pytest.mark.parametrize(
    "text",
    ["github.actor", "steps.x", "contains('a', 'b')", "'a' < 'b'", "github.event_name ==", "'a' 'b'"],
)  # fmt: skip
def test_what_the_runner_does_not_know_it_refuses(text: str) -> None:
    with pytest.raises(UnknownError):
        evaluate(text, CONTEXTS)
    with pytest.raises(UnknownError):
        refuse_unknown({"run": 1, "shell": 2}, {"run"}, "a step")


def test_a_condition_without_a_function_of_the_status_wants_success() -> None:
    failed = {**CONTEXTS, "job": {"status": "failure"}}
    assert condition("github.event_name == 'push'", CONTEXTS)
    assert not condition("github.event_name == 'push'", failed)
    assert condition("${{ !cancelled() && github.event_name == 'push' }}", failed)
