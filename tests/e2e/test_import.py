"""`pulumi import` with the real engine: by id alone, into a stack that knows nothing of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.provider.protocol.package_schema import package_schema
from tests.support.harness import Checked, Emulator, Stack

pytestmark = pytest.mark.e2e

VALUE = "canary-value-7d1f"


@pytest.fixture
def there(emulator: Emulator, tmp_path: Path) -> Stack:
    """A stack without resources, beside a Baseten on which another stack's model and a secret are."""
    emulator.rest("/v1/secrets", "POST", {"name": "hf_access_key", "value": VALUE})
    return Stack(tmp_path / "importing", emulator.url, name="importing")


def imported(stack: Stack, kind: str, resource_id: str, *options: str) -> Checked:
    type_ = f"baseten:index:{kind}"
    return stack.pulumi(
        "import", type_, f"the-{kind}", resource_id, "--yes", "--stack", stack.name, *options
    )


def state(stack: Stack) -> dict[str, dict[str, Any]]:
    """What the state holds, by resource name."""
    told = stack.pulumi("stack", "export", "--stack", stack.name).check().stdout
    resources = json.loads(told)["deployment"].get("resources", [])
    return {it["urn"].split("::")[-1]: it for it in resources}


@pytest.mark.serving
def test_each_resource_is_imported_by_its_id_and_nothing_is_changed_on_baseten(
    there: Stack, emulator: Emulator
) -> None:
    key = emulator.rest("/v1/api_keys", "POST", {"type": "WORKSPACE_INVOKE", "name": "ci"})[
        "api_key"
    ]
    prefix = key.partition(".")[0]
    emulator.forget_calls()
    ids = {
        "ApiKey": prefix,
        "Model": "bge",
        "Environment": "bge/production",
        "Secret": "hf_access_key",
    }
    named = [
        {"type": f"baseten:index:{kind}", "name": f"the-{kind}", "id": resource_id}
        for kind, resource_id in ids.items()
    ]
    file = there.folder / "resources.json"
    file.write_text(json.dumps({"resources": named}))
    options = ("--yes", "--stack", there.name, "--generate-code=false")
    done = there.pulumi("import", "--file", str(file), *options).check()
    assert "failed to validate" not in done.text
    found = state(there)
    assert {kind: found[f"the-{kind}"]["id"] for kind in ids} == ids
    environment = found["the-Environment"]
    assert environment["inputs"]["autoscaling"]["max_replica"] == 1
    schema = package_schema()["resources"]["baseten:index:Environment"]
    assert set(schema["requiredInputs"]) <= set(environment["inputs"]), "printed code has them all"
    deployment = emulator.deployments("bge")[0]["id"]
    assert environment["outputs"]["deployment_id"] == deployment
    assert found["the-ApiKey"]["outputs"]["prefix"] == prefix
    assert f"API key {prefix}: its value is not known" in done.text
    assert not [it for it in (VALUE, key) if it in json.dumps(found)]
    assert {call["method"] for call in emulator.calls()} == {"GET"}


def test_what_is_not_there_is_told_in_one_line_and_is_not_imported(stack: Stack) -> None:
    refused = imported(stack, "Environment", "bge/nope", "--generate-code=false").refused()
    assert (
        "Baseten has no Environment 'bge/nope': its id is [team/]model/environment" in refused.text
    )
    assert "Traceback" not in refused.text
    assert "the-Environment" not in state(stack)


def test_the_import_is_kept_whether_or_not_the_host_can_write_its_code(
    stack: Stack, emulator: Emulator
) -> None:
    """Code comes from the language host: the stand-in has no generator, so the command ends with an error."""
    emulator.rest("/v1/secrets", "POST", {"name": "hf_access_key", "value": VALUE})
    done = imported(stack, "Secret", "hf_access_key")
    assert done.code == 0 or "Method not implemented" in done.text
    assert state(stack)["the-Secret"]["id"] == "hf_access_key"
