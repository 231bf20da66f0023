"""Start commands as people write them, read back."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.deployment.read_back.router_command import RouterCommand, read_command

ROUTER = "text-embeddings-router"


def read(command: str, **environment: str) -> RouterCommand:
    found = read_command(command, environment)
    assert isinstance(found, RouterCommand), found
    return found


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        (f"{ROUTER} --port 7997 --auto-truncate", {"port": "7997", "auto-truncate": None}),
        (f"{ROUTER} -p 80 --auto-truncate false", {"port": "80", "auto-truncate": "false"}),
        ("/entrypoint.sh --model-id=a/b --json-output", {"model-id": "a/b", "json-output": None}),
        (f"/usr/bin/{ROUTER} --json-output --port=1", {"json-output": None, "port": "1"}),
        (f"{ROUTER} --default-prompt '' --port 1", {"default-prompt": "", "port": "1"}),
        (f"sh -c 'exec {ROUTER} --port 1'", {"port": "1"}),
        (f'bash -lc "{ROUTER} --port 1"', {"port": "1"}),
        (f"sh -c 'export A=b; {ROUTER} \\\n --dtype $A'", {"dtype": "b"}),
        (f"""sh -c "{ROUTER} --default-prompt 'a & b; c' --port 1" """,
         {"default-prompt": "a & b; c", "port": "1"}),
        (f"sh -c '{ROUTER} \"--default-prompt=it is \\$5\"'", {"default-prompt": "it is $5"}),
        (f"{ROUTER} '--default-prompt=$HOME `x`'", {"default-prompt": "$HOME `x`"}),
        (f"sh -c '{ROUTER} --port ${{PORT:-80}}'", {"port": "80"}),
    ],
)  # fmt: skip
def test_flags_are_read_as_the_router_gets_them(command: str, flags: dict[str, str | None]) -> None:
    assert read(command).flags == flags


def test_what_runs_first_and_which_secrets_are_read_is_told() -> None:
    found = read(
        f'bash -c "truss-transfer-cli && HF_TOKEN=$(cat /secrets/hf_access_token) {ROUTER} --port 1"'
    )
    assert found.before == ("truss-transfer-cli",)
    assert found.secrets == ("hf_access_token",)


def test_the_containers_own_variables_fill_in_a_shells() -> None:
    assert read(f"sh -c '{ROUTER} --model-id $MODEL'", MODEL="a/b").flags == {"model-id": "a/b"}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("vllm serve x", "start_command starts 'vllm', not text-embeddings-router"),
        ("", "start_command starts '', not text-embeddings-router"),
        ("sh -c 'a", "start_command cannot be read (No closing quotation)"),
        (f"sh -c '{ROUTER} --port $PORT'",
         "start_command holds '$PORT', which only its container can fill in"),
        (f"sh -c '{ROUTER} --workers `nproc`'",
         "start_command holds '`nproc`', which only its container can fill in"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(command: str, why: str) -> None:
    assert read_command(command, {}) == why


@given(st.text(max_size=30).filter(lambda text: "\x00" not in text))
def test_any_value_comes_back_through_one_quoting_and_through_a_shells_two(value: str) -> None:
    plain = shlex.join([ROUTER, f"--default-prompt={value}", "--port=1"])
    in_shell = shlex.join(["sh", "-c", f"exec {plain}"])
    wanted = {"default-prompt": value, "port": "1"}
    assert read(plain).flags == wanted
    assert read(in_shell).flags == wanted
