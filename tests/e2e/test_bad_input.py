"""Bad input through the real engine: one line, exit 1, and Baseten hears nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness import BGE, GATED, RERANKER, Emulator, Stack, running_emulator

pytestmark = pytest.mark.e2e


def bge(**changes: Any) -> dict[str, Any]:
    return {**BGE, **changes}


MISTAKES: dict[str, tuple[Any, str]] = {
    "unknown-key": (bge(max_batch_token=1), "unknown key 'max_batch_token'. Perhaps you meant 'max_batch_tokens'?"),
    "unknown-accelerator": (bge(accelerator="L5"), "accelerator 'L5' is not known"),
    "accelerator-with-a-count": (bge(accelerator="L4:2"), "accelerator 'L4:2' asks for several GPUs"),
    "instance-with-two-gpus": (bge(instance_type="L4:2x24x96"), "has 2 GPUs and TEI uses one"),
    "no-image-for-the-gpu": (bge(accelerator="V100"), "accelerator V100 has no TEI image"),
    "no-image-for-the-release": (bge(accelerator="B200"), "has no image for TEI 1.8.3: write tei_version: 1.9.3"),
    "no-model-id": ({"task": "embedding"}, "model_id is missing"),
    "no-task": ({"model_id": "a/b"}, "task is missing"),
    "unknown-task": (bge(task="embeding"), "Perhaps you meant 'embedding'?"),
    'name-with-a-"quote': (BGE, "model_name 'name-with-a-\"quote' must start with a letter"),
    "name with spaces": (BGE, "write e.g. name-with-spaces"),
    "": (BGE, "model_name '' must start with a letter"),
    "n" * 200: (BGE, "model_name has 200 characters"),
    "one-name-twice": (  # case does not tell models apart
        {**RERANKER, "model_name": "NO-TASK-2"}, "already has the Baseten name"),
    "no-task-2": (BGE, ""),
    "port-as-a-key": (bge(port=8080), "always listens on 7997"),
    "port-as-a-flag": (bge(extra_flags=["--port=8080"]), "Baseten keeps 8080 for its own proxy"),
    "port-as-a-variable": (bge(env={"PORT": "8080"}), "Baseten keeps 8080 for its own proxy"),
    "texts-below-the-batch": (bge(max_concurrent_requests=8), "is below max_client_batch_size 32"),
    "text-for-a-number": (bge(max_batch_tokens="16384"), "should be a valid integer, not '16384' (text)"),
    "text-for-a-boolean": (bge(auto_truncate="yes"), "auto_truncate should be a valid boolean"),
    "zero": (bge(max_batch_tokens=0), "should be greater than or equal to 1, not 0"),
    "negative": (bge(predict_concurrency=-1), "should be greater than or equal to 1, not -1"),
    "target-above-concurrency": (
        bge(predict_concurrency=4, autoscaling={"concurrency_target": 8}), "write concurrency_target: 4 or less"),
    "a-text": ("BAAI/bge-base-en-v1.5", "must be a mapping, not text"),
    "generated-variable": (bge(env={"MAX_BATCH_TOKENS": "1"}), "write max_batch_tokens: … instead"),
    "generated-flag": (bge(extra_flags=["--max-batch-tokens=1"]), "write max_batch_tokens: … instead"),
    "token-in-the-environment": (bge(env={"X": "hf_" + "a" * 30}), "env.X holds a Hugging Face token in clear"),
}  # fmt: skip
"""A model of each mistake, by its name, and what its error says; `no-task-2` only has the name that another takes."""

REFUSED: dict[str, tuple[Any, str]] = {
    "an unknown key": ({"bge": bge(max_batch_token=1)}, "unknown key 'max_batch_token'"),
    "models as a list": ([BGE], "must map names to specs, not a list"),
    "a gated model without a token": ({"gemma": GATED}, "model 'gemma' is gated and there is no Hugging Face token"),
}  # fmt: skip
"""What stands alone: a mistake, one of all models, and one that shows once all specs are right."""


@pytest.fixture(scope="module")
def quiet() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory, quiet: Emulator) -> Stack:
    """One stack for every row: a refusal must leave nothing behind for the next."""
    return Stack(tmp_path_factory.mktemp("refusing") / "project", quiet.url)


@pytest.mark.parametrize("row", REFUSED)
def test_bad_input_is_one_line_and_touches_nothing(
    refusing: Stack, quiet: Emulator, row: str
) -> None:
    models, said = REFUSED[row]
    refusing.configure(models)
    before = files(refusing.folder)
    told = refusing.up(HF_ACCESS_KEY="").refused()
    assert told.code in (1, 255)
    assert one_line(told.text, said)
    assert quiet.calls() == []
    assert files(refusing.folder) == before


def test_mistakes_of_every_kind_are_one_error_each(refusing: Stack, quiet: Emulator) -> None:
    refusing.configure({name: spec for name, (spec, _) in MISTAKES.items()})
    before = files(refusing.folder)
    told = refusing.up().refused().text
    assert "Traceback" not in told
    errors = error_lines(told)
    wanted = {name: said for name, (_, said) in MISTAKES.items() if said}
    assert len(errors) == len(wanted), told
    for name, said in wanted.items():
        [found] = [line for line in errors if line.startswith(f"error: model {name!r}: ")]
        assert said in found
    assert quiet.calls() == []
    assert files(refusing.folder) == before


def one_line(text: str, said: str) -> str:
    """The one error; it holds what a test expects, and no traceback stands around it."""
    assert "Traceback" not in text, text
    lines = diagnostics(text)
    found = [line for line in lines if said in line]
    assert len(found) == len(error_lines(text)) == 1, text
    return found[0]


def diagnostics(text: str) -> list[str]:
    told = text.partition("Diagnostics:")[2].partition("Resources:")[0]
    return [line.strip() for line in told.splitlines()]


def error_lines(text: str) -> list[str]:
    lines = diagnostics(text)
    return [line for line in lines if line.startswith("error: ") and line != ENGINES_OWN]


ENGINES_OWN = "error: update failed"
"""What the engine says below the error of a resource."""


def files(folder: Path) -> dict[str, bytes]:
    """Every file of the project but Pulumi's own state."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.relative_to(folder).parts[0] != "state"
        and ".pulumi" not in path.parts
    }  # fmt: skip


def test_no_api_key_is_one_line_and_no_call(refusing: Stack, quiet: Emulator) -> None:
    refusing.configure({"bge": BGE})
    told = refusing.up(BASETEN_API_KEY="").refused()
    assert one_line(told.text, "no Baseten API key: create one at")
    assert quiet.calls() == []
    refusing.preview(BASETEN_API_KEY="").check()


def test_a_wrong_api_key_is_one_line_from_the_first_call(refusing: Stack, quiet: Emulator) -> None:
    refusing.configure({"bge": BGE})
    told = refusing.up(BASETEN_API_KEY="not-the-key").refused()
    assert one_line(told.text, "Baseten refused the API key (401): check BASETEN_API_KEY")
    assert len(quiet.calls()) == 1
    quiet.forget_calls()


def test_baseten_unreachable_is_one_line(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "project", "http://127.0.0.1:9")
    stack.configure({"bge": BGE})
    told = stack.up().refused()
    assert one_line(told.text, "Baseten cannot be reached at http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("version", "said"),
    [("0.17.9", "truss 0.17.9 is too old"), (None, "truss is not installed beside this program")],
)
def test_a_truss_that_cannot_push_is_told_before_any_push(
    refusing: Stack, quiet: Emulator, tmp_path: Path, version: str | None, said: str
) -> None:
    """Another truss's metadata comes first on the program's path; none at all hides the real one."""
    refusing.configure({"bge": BGE})
    told = refusing.up(PYTHONPATH=str(truss_seen_as(tmp_path, version))).refused()
    assert one_line(told.text, said)
    assert quiet.calls() == []


def truss_seen_as(folder: Path, version: str | None) -> Path:
    """A folder that, on PYTHONPATH, makes importlib.metadata see this version of truss, or none."""
    if version is not None:
        info = folder / f"truss-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: truss\nVersion: {version}\n")
        return folder
    (folder / "sitecustomize.py").write_text(
        "import importlib.metadata as metadata\n"
        "known = metadata.version\n"
        "def version(name):\n"
        "    if name == 'truss':\n"
        "        raise metadata.PackageNotFoundError(name)\n"
        "    return known(name)\n"
        "metadata.version = version\n"
    )
    return folder


def test_a_target_that_is_no_baseten_is_refused(refusing: Stack, quiet: Emulator) -> None:
    refusing.configure({"bge": BGE})
    path = refusing.folder / "Pulumi.test.yaml"
    path.write_text(path.read_text().replace(refusing.target, "https://example.com"))
    assert one_line(refusing.up().refused().text, "'https://example.com' is neither Baseten nor")
    assert quiet.calls() == []


def test_ci_never_writes_and_names_the_stale_field(refusing: Stack, quiet: Emulator) -> None:
    refusing.configure({"bge": BGE})
    shutil.rmtree(refusing.folder / "truss_configs", ignore_errors=True)
    told = refusing.up(CI="true").refused()
    assert one_line(
        told.text, "truss_configs/test/bge/config.yaml is missing: run `baseten-tei generate`"
    )
    path = refusing.config_text("bge")
    path.parent.mkdir(parents=True)
    path.write_text("docker_server: {server_port: 1}\n")
    told = refusing.preview(CI="true").refused()
    assert one_line(told.text, "is stale at docker_server.server_port: run `baseten-tei generate`")
    assert path.read_text() == "docker_server: {server_port: 1}\n"
    assert quiet.calls() == []
