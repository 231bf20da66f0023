"""A stack's outputs in other tools' formats: each reader gets the values back, whatever is in them."""

import io
import json
import re
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from baseten_tei.__main__ import main
from baseten_tei.errors import UserError
from baseten_tei.outputs.formats.formats import FORMATS, FORMATS_WITH_KEY
from baseten_tei.outputs.formats.key_rules import require_key, require_place, require_secret
from baseten_tei.outputs.formats.variables import WHOLE, variables
from baseten_tei.outputs.parsing import parse_outputs
from baseten_tei.outputs.types import StackOutputs
from tests.support.hostile import HOSTILE
from tests.support.specs import texts

GOLDEN = Path(__file__).parents[2] / "golden" / "outputs.json"
TOLD = json.loads(GOLDEN.read_text(encoding="utf-8"))


def with_prompt(prompt: str, image: str = "image") -> StackOutputs:
    """Outputs with a text in them that a spec may hold, and with one that only a forged file does."""
    told = deepcopy(TOLD)
    told["models"]["bge"]["space"]["prompt"] = prompt
    told["models"]["bge"]["prompts"] = {"query": prompt, "document": ""}
    told["models"]["bge"]["image"] = image
    return parse_outputs(json.dumps(told))


def with_url(url: str) -> StackOutputs:
    told = deepcopy(TOLD)
    told["models"]["bge"]["sync_url"] = url
    return parse_outputs(json.dumps(told))


def prompt_of(whole: str) -> Any:
    return json.loads(whole)["models"]["bge"]["space"]["prompt"]


def test_json_is_the_contract_and_nothing_else_that_the_program_exports() -> None:
    more = {**TOLD, "db_password": "hunter2", "env": {"X; id": "y"}}
    more["models"] = {**TOLD["models"], "bge": {**TOLD["models"]["bge"], "token": "hf_secret"}}
    for kind, render in FORMATS.items():
        text = render(parse_outputs(json.dumps(more)), "dev")
        assert not [it for it in ("hunter2", "hf_secret", "X; id") if it in text], kind
    assert json.loads(FORMATS["json"](parse_outputs(json.dumps(more)), "dev")) == TOLD


def test_variables_are_texts_and_what_is_unknown_is_left_out() -> None:
    told = deepcopy(TOLD)
    told["models"]["bge"]["limits"]["max_input_length"] = None
    found = variables(parse_outputs(json.dumps(told)))
    assert found["BGE_AUTO_TRUNCATE"] == "true"
    assert found["BGE_MAX_CLIENT_BATCH_SIZE"] == "32"
    assert "BGE_MAX_INPUT_LENGTH" not in found
    assert json.loads(found[WHOLE]) == told


def test_a_variable_that_no_shell_takes_is_refused() -> None:
    told = {**TOLD, "models": {"3m": TOLD["models"]["bge"]}}
    with pytest.raises(UserError, match="model '3m': no shell takes a variable that begins with a"):
        variables(parse_outputs(json.dumps(told)))


def test_a_further_environment_has_variables_of_its_own() -> None:
    found = variables(parse_outputs(json.dumps(TOLD)))
    staging = TOLD["models"]["bge"]["environments"]["staging"]
    assert found["BGE_ENVIRONMENTS_STAGING_SYNC_URL"] == staging["sync_url"]
    assert found["BGE_ENVIRONMENTS_STAGING_MAX_CLIENT_BATCH_SIZE"] == "16"
    assert not [it for it in found if it.startswith("BGE_ENVIRONMENTS_PRODUCTION")]


def test_variables_of_an_environment_and_a_model_that_would_be_one_are_refused() -> None:
    told = deepcopy(TOLD)
    told["models"]["bge-environments-staging"] = TOLD["models"]["bge-reranker"]
    with pytest.raises(UserError, match="model 'bge-environments-staging' and of environment 'sta"):
        variables(parse_outputs(json.dumps(told)))
    both = deepcopy(TOLD)
    environments = both["models"]["bge"]["environments"]
    environments |= {"a-b": environments["staging"], "a_b": environments["staging"]}
    with pytest.raises(UserError, match="have the same names"):
        variables(parse_outputs(json.dumps(both)))


def shell(text: str, name: str) -> str:
    """A variable as a POSIX shell reads the file."""
    command = ["sh", "-c", f'set -eu; . /dev/stdin; printf %s "${name}"']
    ended = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return ended.stdout


@pytest.mark.parametrize("prompt", HOSTILE)
def test_a_shell_reads_any_prompt_back_from_dotenv(prompt: str) -> None:
    text = FORMATS["dotenv"](with_prompt(prompt), "dev")
    assert prompt_of(shell(text, WHOLE)) == prompt
    assert json.loads(shell(text, "BGE_PROMPTS")) == {"query": prompt, "document": ""}
    assert len(text.splitlines()) == len(variables(parse_outputs(json.dumps(TOLD)))) + 1


@given(texts)
def test_what_is_quoted_for_dotenv_has_nothing_that_its_readers_differ_about(prompt: str) -> None:
    for line in FORMATS["dotenv"](with_prompt(prompt), "dev").splitlines():
        value = line.partition("=")[2]
        if value.startswith("'"):
            assert re.fullmatch(r"'[^'$`]*'", value)
            assert "\\\\" not in value


@pytest.mark.parametrize("url", ["a'b", "$(id)", "a`b", "a\nb", "a\rb", "a\\\\b", "a\x00b"])
def test_what_dotenv_cannot_hold_for_all_readers_is_refused(url: str) -> None:
    with pytest.raises(UserError, match=r"^BGE_SYNC_URL holds .* take --format json, or github"):
        FORMATS["dotenv"](with_url(url), "dev")


@pytest.mark.parametrize("url", ["a b", "a#b", 'a"b', "a;id", "a|b", "a&b", "*", "~", "a\\b", ""])
def test_a_shell_reads_a_quoted_value_back_from_dotenv(url: str) -> None:
    assert shell(FORMATS["dotenv"](with_url(url), "dev"), "BGE_SYNC_URL") == url


def runner(text: str) -> dict[str, str]:
    """As GitHub's runner reads the file (actions/runner, FileCommandManager.cs: EnvFileKeyValuePairs)."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            found[line[:equals]] = line[equals + 1 :]
            continue
        name, end = line.split("<<", 1)
        value = []
        while (inner := next(lines)) != end:
            value.append(inner)
        found[name] = "\n".join(value)
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_githubs_runner_reads_any_text_back_and_no_variable_more(text: str) -> None:
    outputs = with_url(text)
    assert runner(FORMATS["github"](outputs, "dev")) == variables(outputs)
    assert prompt_of(runner(FORMATS["github"](with_prompt(text), "dev"))[WHOLE]) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_config_map_holds_every_text_as_a_text(text: str) -> None:
    outputs = with_url(text)
    manifest = yaml.safe_load(FORMATS["kubernetes"](outputs, "acme/search/Prod_1"))
    assert manifest["metadata"] == {"name": "baseten-tei-acme-search-prod-1"}
    assert manifest["data"] == variables(outputs)
    assert (manifest["apiVersion"], manifest["kind"]) == ("v1", "ConfigMap")


def esc(value: Any) -> Any:
    """As Pulumi ESC reads a document without references: `$$` is `$`, and `${` would be one."""
    match value:
        case str():
            assert "${" not in value.replace("$$", "")
            return value.replace("$$", "$")
        case dict():
            assert not any(key.startswith("fn::") for key in value)
            return {key: esc(inner) for key, inner in value.items()}
        case list():
            return [esc(inner) for inner in value]
    return value


@pytest.mark.parametrize("text", HOSTILE)
def test_esc_reads_any_text_back_and_no_reference(text: str) -> None:
    outputs = with_prompt(text, image=text)
    values = esc(yaml.safe_load(FORMATS["esc"](outputs, "dev"))["values"])
    assert values["environmentVariables"] == variables(outputs)
    assert values["baseten_tei"] == outputs.model_dump(mode="json")


def test_no_yaml_reader_takes_a_text_for_anything_else() -> None:
    for kind in ("kubernetes", "esc"):
        text = FORMATS[kind](with_prompt("0o17", image="1e3"), "dev")
        scalars = re.findall(r"^[^\":]*: ([^\n\[{].*)$", text, re.MULTILINE)
        assert not [it for it in scalars if not re.fullmatch(r'".*"|-?\d+|true|false|null', it)]
        assert "&id" not in text


# --- a key

CANARY = "abcdefgh.CanaryCanaryCanary0123456789ABCD"


def test_a_key_is_a_secret_of_kubernetes_beside_the_config_map() -> None:
    outputs = parse_outputs(json.dumps(TOLD))
    config, secret = yaml.safe_load_all(FORMATS_WITH_KEY["kubernetes"](outputs, "dev", CANARY))
    assert config == yaml.safe_load(FORMATS["kubernetes"](outputs, "dev"))
    assert (secret["kind"], secret["metadata"]) == ("Secret", config["metadata"])
    assert secret["stringData"] == {"BASETEN_API_KEY": CANARY}


def test_a_key_is_a_secret_of_esc() -> None:
    outputs = parse_outputs(json.dumps(TOLD))
    values = yaml.safe_load(FORMATS_WITH_KEY["esc"](outputs, "dev", CANARY))["values"]
    assert values["environmentVariables"].pop("BASETEN_API_KEY") == {"fn::secret": CANARY}
    assert {"values": values} == yaml.safe_load(FORMATS["esc"](outputs, "dev"))


def test_a_key_is_taken_from_a_secret_output_alone_and_no_error_shows_it() -> None:
    shown = {"search_key": "[secret]", "open_key": CANARY}
    require_secret(shown, "search_key", "dev")
    for name, said in (("other", "has no output 'other'"), ("open_key", "is not a secret")):
        with pytest.raises(UserError, match=said) as refusal:
            require_secret(shown, name, "dev")
        assert CANARY not in str(refusal.value)
    assert require_key(CANARY, "search_key", "dev") == CANARY
    for value in (None, {"a": CANARY}, f"{CANARY}\n", "${x}", ""):
        with pytest.raises(UserError, match="is not an API key") as refusal:
            require_key(value, "search_key", "dev")
        assert CANARY not in str(refusal.value)


@pytest.mark.parametrize(
    ("form", "output", "check", "said"),
    [
        (
            "json",
            Path("x"),
            False,
            "json has no place for a secret: write --format kubernetes or esc",
        ),
        ("kubernetes", None, False, "write --output FILE"),
        ("esc", Path("x"), True, "leave --check out"),
    ],
)
def test_a_key_is_never_printed(form: str, output: Path | None, check: bool, said: str) -> None:
    with pytest.raises(UserError, match=said):
        require_place(form, output, check)


# --- the command


def told(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["outputs", *arguments])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def test_outputs_come_from_a_file_or_from_stdin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text, _ = told("--file", str(GOLDEN), capsys=capsys)
    assert (code, json.loads(text)) == (0, TOLD)
    monkeypatch.setattr("sys.stdin", io.StringIO(GOLDEN.read_text(encoding="utf-8")))
    assert told("--file", "-", "--format", "dotenv", capsys=capsys)[1].startswith("BGE_TASK=")


def test_a_file_that_is_none_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = told("--file", str(tmp_path / "no.json"), capsys=capsys)
    assert (code, error.count("\n")) == (2, 1)
    assert "no.json: is not there" in error
    binary = tmp_path / "x"
    binary.write_bytes(b"\xff\xfe")
    assert told("--file", str(binary), capsys=capsys)[0] == 2
