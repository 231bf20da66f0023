"""What an editor and a type checker see of the package: every public name, and each word that is misspelt."""

import subprocess
import sys
from pathlib import Path

import pytest

import baseten_tei

ROOT = Path(__file__).parents[3]
GOOD = """
import pulumi

from baseten_tei import Autoscaling, Classifier, ClassifierArgs, Embedding, EmbeddingArgs
from baseten_tei import EnvironmentArgs, Promotion, Reranker, RerankerArgs, RollingDeploy, Secret
from baseten_tei import ApiKey, Schedule, Warm, export_models
from baseten_tei import deploy

steps = RollingDeploy(max_surge_percent=10)
bge = Embedding(
    "bge",
    EmbeddingArgs(
        model_id="BAAI/bge-base-en-v1.5",
        accelerator="L4",
        autoscaling=Autoscaling(
            min_replica=1,
            warm=Warm(days="mon-fri", hours="08:00-18:00", timezone="Europe/Berlin", min_replica=1),
            schedules={"night": Schedule(hours="22:00-06:00", max_replica=1)},
        ),
        promotion=Promotion(rolling_deploy=True, rolling_deploy_config=steps),
        environments={"staging": EnvironmentArgs()},
    ),
    pulumi.ResourceOptions(protect=True),
    team="search",
)
Reranker("rerank", RerankerArgs(model_id="BAAI/bge-reranker-base"))
Classifier("moods", ClassifierArgs(model_id="SamLowe/roberta-base-go_emotions"))
pulumi.export("bge", bge.sync_url)
key = ApiKey("caller", {"models": [bge]})
pulumi.export("key", key.value)
export_models({"bge": bge})
deploy()
secret: Secret | None = None
"""
BAD = """
from baseten_tei import Autoscaling, Embedding, EmbeddingArgs, Embeding

EmbeddingArgs(model_id="x", acelerator="L4")
EmbeddingArgs(model_id="x", accelerator=3)
Autoscaling(min_replicas=1)
Embedding("x", EmbeddingArgs(model_id="x"), teem="search")
Embedding("x", EmbeddingArgs(model_id="x")).sync_uri
Embedding("x", {"model_id": "x"})
"""
FAULTS = {
    2: 'Module "baseten_tei" has no attribute "Embeding"',
    4: 'Unexpected keyword argument "acelerator" for "EmbeddingArgs"',
    5: 'Argument "accelerator" to "EmbeddingArgs" has incompatible type',
    6: 'Unexpected keyword argument "min_replicas" for "Autoscaling"',
    7: 'Unexpected keyword argument "teem" for "Embedding"',
    8: '"Embedding" has no attribute "sync_uri"',
    9: 'Argument 2 to "Embedding" has incompatible type "dict[str, str]"; expected "EmbeddingArgs"',
}


def errors(folder: Path, program: str) -> list[str]:
    """Return what mypy, without a plugin or a configuration, says of a program outside this repository."""
    (folder / "program.py").write_text(program)
    command = ["-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache/programs")]
    done = subprocess.run(
        [sys.executable, *command, "program.py"], cwd=folder, capture_output=True, text=True
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if ": error: " in line]


def test_a_program_with_every_public_name_is_typed(tmp_path: Path) -> None:
    assert set(baseten_tei.__all__) <= {*GOOD.replace(",", " ").split()}
    assert errors(tmp_path, GOOD) == []


def test_each_word_that_is_misspelt_is_a_type_error(tmp_path: Path) -> None:
    told = errors(tmp_path, BAD)
    assert len(told) == len(FAULTS)
    for (number, fault), line in zip(FAULTS.items(), told, strict=True):
        assert line.startswith(f"program.py:{number}: error: {fault}")


def test_dir_shows_the_public_names_and_imports_nothing_for_that() -> None:
    program = (
        "import sys, baseten_tei; print(*dir(baseten_tei)); sys.exit('pydantic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(baseten_tei.__all__) <= {*done.stdout.split()}


def test_on_windows_one_line_says_where_it_runs() -> None:
    program = "import sys; sys.platform = 'win32'; import baseten_tei"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: baseten_tei does not run on Windows itself: run it in WSL, or on Linux or macOS"
    )


@pytest.mark.parametrize("name", baseten_tei.__all__)
def test_each_public_name_can_be_imported(name: str) -> None:
    assert getattr(baseten_tei, name).__name__ == name


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Embeding'"):
        baseten_tei.Embeding  # type: ignore[attr-defined]  # noqa: B018
