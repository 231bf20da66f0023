"""Text Embeddings Inference on Baseten, as Pulumi resources.

    from baseten_tei import Embedding, EmbeddingArgs, export_models

    bge = Embedding("bge", EmbeddingArgs(model_id="BAAI/bge-base-en-v1.5", accelerator="L4"))
    export_models({"bge": bge})

A whole program, whose models are in the stack's configuration: `deploy`. Components: `Embedding`, `Reranker`,
`Classifier`. Their specs: `EmbeddingArgs`, `RerankerArgs`, `ClassifierArgs`, with `Autoscaling`, `Warm`,
`Schedule`, `Promotion`, `RollingDeploy` and `EnvironmentArgs` in them. Outputs: `export_models`. The stack's shared
token: `Secret`. Keys for callers: `ApiKey`. Everything else is an implementation detail.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from baseten_tei.program.components import Classifier, Embedding, Reranker
    from baseten_tei.program.outputs.stack_exports import export_models
    from baseten_tei.program.resources import ApiKey, Secret
    from baseten_tei.program.whole_program import deploy
    from baseten_tei.spec.args import (
        Autoscaling,
        ClassifierArgs,
        EmbeddingArgs,
        EnvironmentArgs,
        Promotion,
        RerankerArgs,
        RollingDeploy,
    )
    from baseten_tei.spec.schedules import Schedule, Warm

    __version__: str

__all__ = [
    "ApiKey",
    "Autoscaling",
    "Classifier",
    "ClassifierArgs",
    "Embedding",
    "EmbeddingArgs",
    "EnvironmentArgs",
    "Promotion",
    "Reranker",
    "RerankerArgs",
    "RollingDeploy",
    "Schedule",
    "Secret",
    "Warm",
    "deploy",
    "export_models",
]

if sys.platform == "win32":
    raise ImportError(
        "baseten_tei does not run on Windows itself: run it in WSL, or on Linux or macOS"
    )

if (
    sys.argv[:1] == ["-m"] and find_spec("pulumi") is None
):  # a command, in a clone that is not set up, or in half of an environment
    from baseten_tei.errors import setup_advice

    advice = setup_advice("run `pip install baseten-tei` in the environment of this Python")
    sys.exit(f"baseten_tei: what it needs is not installed: {advice}")

_SPECS = ("EmbeddingArgs", "RerankerArgs", "ClassifierArgs")
_IN_SPECS = ("Autoscaling", "EnvironmentArgs", "Promotion", "RollingDeploy")
_HOME = {
    **dict.fromkeys(("Embedding", "Reranker", "Classifier"), "program.components"),
    **dict.fromkeys((*_SPECS, *_IN_SPECS), "spec.args"),
    **dict.fromkeys(("Schedule", "Warm"), "spec.schedules"),
    **dict.fromkeys(("ApiKey", "Secret"), "program.resources"),
    "deploy": "program.whole_program",
    "export_models": "program.outputs.stack_exports",
}


if not TYPE_CHECKING:  # a checker that saw this would take every misspelt name for a public one

    def __getattr__(name: str) -> Any:
        """Import what is asked for, when it is: a push step that imported the specs would take half as long again."""
        if name == "__version__":
            return _installed_version()
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import_module(
            "baseten_tei.program.program_end"
        )  # so that a mistake is one line from here on
        return getattr(import_module(f"baseten_tei.{_HOME[name]}"), name)


def _installed_version() -> str:
    """The package's version, which stands in pyproject.toml and nowhere else."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("baseten-tei")
    except PackageNotFoundError:  # run from a folder that nothing installed
        return "0.0.0"


def __dir__() -> list[str]:
    """Return the public names, none of which has to be imported for that."""
    return sorted({*globals(), *__all__})
