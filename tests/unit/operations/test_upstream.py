"""`check --upstream`: against an index, a registry and a Baseten on this machine, by the installer's own settings."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from baseten_tei.__main__ import main
from baseten_tei.deployment.instances import AS_OF, SKUS
from baseten_tei.errors import UserError
from baseten_tei.operations.upstream import index_process, upstream_client
from baseten_tei.operations.upstream.parts import (
    Part,
    compare_prices,
    compare_tei,
    compare_version,
    newest_release,
    render_parts,
)
from baseten_tei.operations.upstream.registry_client import find_address
from tests.support.loopback import NOBODY
from tests.unit.operations.upstream_server import Upstream, serve_upstream

STACK = """\
config:
  baseten-tei:models:
    old: {task: embedding, model_id: a/b}
    newer: {task: embedding, model_id: a/b, tei_version: 1.9.3}
"""
HERE = {"truss": "0.18.35", "baseten": "0.13.1", "pulumi": "3.259.0"}
LISTED = {it.name: it.price for it in SKUS}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    versions = {
        "truss": ["0.18.35", "0.18.36", "0.19.0rc1"],
        "baseten": ["0.13.1"],
        "pulumi": ["3.259.0", "3.280.0"],
    }
    tags = [["latest", "sha-4150561", "cpu-1.9", "89-1.8.3"], ["86-1.9.4", "89-1.9.4", "1.10-dev"]]
    with serve_upstream(Upstream(versions, tags, LISTED | {"L4:4x16": 0.02})) as found:
        yield found


@pytest.fixture
def project(upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    index = f"{upstream.url}/simple"
    settings = {
        "PIP_INDEX_URL": index, "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_CACHE_DIR": "1",
        "UV_INDEX_URL": index, "UV_NO_CONFIG": "1", "UV_NO_CACHE": "1",
        "BASETEN_TEI_IMAGE_REGISTRY": upstream.url, "BASETEN_TEI_PRICES": upstream.url,
        "BASETEN_API_KEY": "a-key", "PATH": "/nowhere",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(upstream_client, "version", HERE.__getitem__)
    return tmp_path


def test_it_names_what_is_behind_by_the_index_the_registry_and_baseten(
    project: Path, upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--upstream", "--root", str(project)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert (
        "behind   TEI: 1.8.3 (dev/old); 1.9.3 (dev/newer), newest 1.9.4: write tei_version: 1.9.4"
        in lines
    )
    assert any(
        it.startswith("behind   truss: 0.18.35, newest 0.18.36: run `pip install --upgrade truss`")
        for it in lines
    )
    [built, downloaded] = sorted(it for it in lines if "engine that" in it)
    assert " builds: 3.276.0, newest 3.280.0" in built
    assert " downloads: 3.259.0, newest 3.280.0" in downloaded
    [prices] = [it for it in lines if "prices" in it]
    assert prices.startswith(f"behind   prices: list of {AS_OF}, newest of ")
    assert f"1 of {len(LISTED)} differ; L4:4x16 0.01414 -> 0.02: " in prices
    assert "current  Baseten's SDK: 0.13.1, newest 0.13.1" in lines
    assert sum("page=" in it for it in upstream.asked) == 1


def test_what_does_not_answer_is_unknown_and_hides_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BASETEN_TEI_IMAGE_REGISTRY", NOBODY)
    monkeypatch.delenv("BASETEN_API_KEY")
    monkeypatch.setattr(upstream_client, "AS_OF", f"{datetime.now(UTC):%Y-%m-%d}")
    assert main(["check", "--upstream", "--format", "json", "--root", str(project)]) == 1
    told: list[dict[str, str]] = json.loads(capsys.readouterr().out)
    parts = {it["name"]: it for it in told}
    assert parts["TEI"]["state"] == parts["prices"]["state"] == "unknown"
    assert parts["Pulumi's command line"]["state"] == "unknown"
    assert parts["TEI"]["todo"].startswith(f"{NOBODY}: ")
    assert "no Baseten API key" in parts["prices"]["todo"]
    assert (parts["truss"]["newest"], parts["truss"]["state"]) == ("0.18.36", "behind")


def test_sarif_is_of_rules_alone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--upstream", "--format", "sarif", "--root", str(project)]) == 2
    assert "write --format json with --upstream" in capsys.readouterr().err


def test_an_environment_of_uv_without_pip_is_asked_through_uv(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.dumps([{"name": "truss", "version": "0.18.35", "latest_version": "0.18.36"}])
    assert index_process.read_uv("truss", "0.18.35", said) == "0.18.36"
    assert index_process.read_uv("baseten", "0.13.1", said) == "0.13.1"
    assert index_process.read_uv("truss", "0.18.35", "error: no such option") is None
    monkeypatch.setattr(index_process, "find_spec", lambda _: None)
    monkeypatch.setattr(index_process.shutil, "which", lambda _: None)
    assert not index_process.has_installer()
    assert index_process.find_newest("truss", "0.18.35") is None
    assert project.is_dir()


def test_a_release_newer_than_the_rules_know_says_as_what_it_is_checked() -> None:
    told = compare_tei({"1.9.4": ["dev/bge"]}, "1.9.5", "1.9.4", "")
    assert told.state == "behind"
    assert "know it up to 1.9.4, and check it as that" in told.todo
    many = compare_tei({"1.8.3": [f"m{it}" for it in range(9)]}, None, "1.9.4", "no answer")
    assert (many.here, many.state) == ("1.8.3 (m0, m1, m2 and 6 more)", "unknown")


@pytest.mark.parametrize(
    ("tags", "newest"),
    [
        (["1.9.10", "89-1.9.9", "latest", "1.10"], "1.9.10"),
        (["cpu-arm64-1.9.4", "sha-1.9.9a", "1.9.3-grpc"], "1.9.4"),
        (["latest", "sha-4150561"], None),
    ],
)
def test_the_newest_release_is_read_from_whole_releases_alone(
    tags: list[str], newest: str | None
) -> None:
    assert newest_release(tags) == newest


def test_equal_prices_are_current_and_an_instance_that_is_not_listed_is_behind() -> None:
    assert compare_prices(LISTED, AS_OF, LISTED, "2026-12-01").state == "current"
    told = compare_prices(LISTED, AS_OF, LISTED | {"R200": 1.0}, "2026-12-01")
    assert (told.state, told.newest) == ("behind", "of 2026-12-01")
    assert "1 are not in the list; R200" in told.todo


def test_a_price_list_that_nobody_can_compare_is_old_after_90_days() -> None:
    young = compare_prices(LISTED, "2026-08-27", "no key", "2026-11-25")
    assert (young.state, young.todo) == ("unknown", "no key")
    old = compare_prices(LISTED, "2026-08-27", "no key", "2026-11-26")
    assert (old.state, old.here) == ("behind", "list of 2026-08-27")
    assert old.todo.startswith(
        "91 days old, and not compared (no key): upgrade baseten-tei, or set"
    )
    assert compare_prices(LISTED, "2026-08-27", LISTED, "2027-08-27").state == "current"


def test_what_is_newer_here_than_in_the_index_is_not_behind() -> None:
    assert compare_version("truss", "0.18.36+local", "0.18.36", "").state == "current"
    assert compare_version("truss", "0.18.36", "0.18.35", "").state == "current"
    unknown = compare_version("truss", "0.18.36", None, "", "no answer")
    behind = Part("a", "1", "2", "behind", "b")
    assert render_parts([unknown, behind]).splitlines()[0] == "behind   a: 1, newest 2: b"


def test_the_registry_is_the_images_own_unless_a_variable_names_another() -> None:
    image = "ghcr.io/huggingface/text-embeddings-inference"
    assert find_address(image, {})[1] == "huggingface/text-embeddings-inference"
    other = {"BASETEN_TEI_IMAGE_REGISTRY": "http://127.0.0.1:5000/"}
    assert find_address(image, other)[0] == "http://127.0.0.1:5000"


@pytest.mark.parametrize("given", ["registry.example", "https://me:word@registry.example"])
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(given: str) -> None:
    with pytest.raises(UserError) as caught:
        find_address("registry.example/a/b", {"BASETEN_TEI_IMAGE_REGISTRY": given})
    (line,) = caught.value.problems
    assert line.startswith("BASETEN_TEI_IMAGE_REGISTRY is not a URL without a login: write e.g. ")
    assert "me:word" not in line
