"""What `pulumi package add` and Pulumi's registry read of the two packages, beside the schemas' contents."""

import struct
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei import __version__
from baseten_tei.program.plugin.component_schema import component_schema
from baseten_tei.provider.protocol.package_facts import REPOSITORY
from baseten_tei.provider.protocol.package_schema import package_schema

ROOT = Path(__file__).parents[3]
SCHEMAS = {"baseten": package_schema(), "baseten-tei": component_schema()}
BOTH = pytest.mark.parametrize("name", SCHEMAS)


@BOTH
def test_a_plugins_folder_is_all_that_pulumi_needs_to_start_it(name: str) -> None:
    folder = ROOT / "packages" / name
    assert yaml.safe_load((folder / "PulumiPlugin.yaml").read_text())["runtime"]["name"] == "python"
    path, _, extra = (folder / "requirements.txt").read_text().strip().partition("[")
    assert (folder / path / "pyproject.toml").resolve() == ROOT / "pyproject.toml"
    assert extra == "emulator]", "the target `emulator` works without a clone"
    module = (folder / "__main__.py").read_text().split("from ")[1].split(" import")[0]
    assert callable(import_module(module).main)


@BOTH
def test_a_package_says_who_publishes_it_and_where_it_comes_from(name: str) -> None:
    schema = SCHEMAS[name]
    assert (schema["name"], schema["version"]) == (name, __version__)
    for key in ("displayName", "description", "publisher", "license", "logoUrl", "keywords"):
        assert schema[key]
    assert "category/infrastructure" in schema["keywords"]
    assert schema["repository"] == schema["homepage"] == REPOSITORY
    assert schema["pluginDownloadURL"].startswith("github://api.github.com/")
    assert all(it["respectSchemaVersion"] for it in schema["language"].values())
    logo = ROOT / schema["logoUrl"].partition(f"/v{__version__}/")[2]
    assert struct.unpack(">II", logo.read_bytes()[16:24]) == (100, 100)


@BOTH
def test_the_example_of_a_package_address_is_that_of_the_schema(name: str) -> None:
    address = f"{REPOSITORY.removeprefix('https://')}/packages/{name}@{__version__}"
    for page in ("installation-configuration.md", "provider.md"):
        assert address in (ROOT / "docs" / page).read_text()


@pytest.mark.parametrize("page", ["_index.md", "installation-configuration.md"])
def test_the_registrys_pages_begin_with_what_the_registry_reads(page: str) -> None:
    _, front, text = (ROOT / "docs" / page).read_text().split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(front)
    assert found["layout"] == "package"
    assert found["title"]
    assert found["meta_desc"]
    assert text.strip()


def test_the_registrys_overview_has_an_example_in_each_language_and_yaml_is_the_example() -> None:
    text = (ROOT / "docs" / "_index.md").read_text()
    for language in ("typescript", "python", "go", "yaml"):
        assert f"{{{{% choosable language {language} %}}}}\n\n```{language}\n" in text
    example = (ROOT / "examples" / "yaml" / "Pulumi.yaml").read_text().partition("resources:")[2]
    assert example in text
    assert (ROOT / "examples" / "typescript" / "index.ts").read_text() in text


@pytest.mark.parametrize("task", ["Embedding", "Reranker", "Classifier"])
def test_words_that_a_key_takes_are_a_type_of_their_own_with_names_for_every_language(
    task: str,
) -> None:
    schema = SCHEMAS["baseten-tei"]
    key = schema["resources"][f"baseten-tei:index:{task}"]["inputProperties"]["tei_version"]
    text, suggested = key["oneOf"]
    assert text == {"type": "string"}
    words = schema["types"][suggested["$ref"].removeprefix("#/types/")]["enum"]
    assert {"name": "V1_9_3", "value": "1.9.3"} in words
