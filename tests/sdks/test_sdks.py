"""SDKs of both packages: they generate for Python, TypeScript and Go, and a program over them is one that compiles."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from baseten_tei import __version__
from baseten_tei.program.plugin.component_schema import component_schema
from baseten_tei.provider.protocol.package_schema import package_schema
from pulumi_engine.cache import cache_root, publish
from pulumi_engine.versions import BUILT
from tests.support.checkers import TYPESCRIPT
from tests.support.harness import ROOT

SCHEMAS = {"baseten": package_schema, "baseten-tei": component_schema}
GENERATOR = Path(__file__).with_name("generator")
ENGINE = ROOT / "engine" / "pulumi_engine" / "build"
"""Its go.mod and go.sum pin Pulumi's modules; what the engine's build has compiled is in Go's cache already."""
GO_MODULE = "example.com/baseten-tei/sdk/go"
TRIMMED = ("-mod=mod", "-trimpath")
"""As the engine is built: with other flags Go would compile everything once more."""


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both packages' SDKs, by language."""
    if shutil.which("go") is None:
        pytest.skip("there is no go on PATH: Pulumi's code generators are a Go module")
    folder = tmp_path_factory.mktemp("sdks")
    generator = folder / "generator"
    pinned = _pin(folder, "baseten-tei/tests/sdks/generator")
    go(GENERATOR, "build", *TRIMMED, "-modfile", str(pinned), "-o", str(generator), ".")
    for name, schema in SCHEMAS.items():
        (folder / f"{name}.json").write_text(json.dumps(schema()))
        run([str(generator), f"{name}.json", name], folder)
    return folder


def test_python_program_imports_both_sdks(sdks: Path) -> None:
    program = (
        "import pulumi_baseten_tei as tei, pulumi_baseten as baseten\n"
        "args = tei.EmbeddingArgs(model_id='a/b', autoscaling=tei.AutoscalingArgs(max_replica=2),\n"
        "    next=tei.EmbeddingChangesArgs(model_id='a/c', autoscaling={'max_replica': 3}))\n"
        "assert args.next.model_id == 'a/c'\n"
        "assert args.autoscaling.max_replica == 2\n"
        "baseten.ModelArgs(name='a', digest='')\n"
    )
    for name in SCHEMAS:  # what pip would write
        module = f"pulumi_{name.replace('-', '_')}"
        metadata = sdks / name / "python" / f"{module}-{__version__}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: {__version__}\n")
    path = os.pathsep.join([*(str(sdks / name / "python") for name in SCHEMAS), *sys.path])
    run([sys.executable, "-c", program], sdks, {"PYTHONPATH": path})


PROGRAM = """\
import * as baseten from "./baseten";
import * as tei from "./baseten-tei";
const search = new tei.Embedding("search", {
    model_id: "BAAI/bge-small-en-v1.5",
    accelerator: "L4",
    tei_version: tei.TeiVersion.V1_9_3,
    autoscaling: { max_replica: 2 },
    environments: { staging: { autoscaling: { min_replica: 1 } } },
    next: { model_id: "BAAI/bge-m3", accelerator: "H100", autoscaling: { max_replica: 4 } },
}, { protect: true });
new baseten.Environment("pinned", {
    model: "bge", environment: "staging", digest: "", deployment: "previous", autoscaling: {},
});
export const embeddings_url = search.outputs.embeddings_url;
export const longest = search.outputs.limits.max_input_length;
// @ts-expect-error
new tei.Embedding("misspelt", { model_id: "a/b", max_batch_token: 8192 });
// @ts-expect-error
new tei.Embedding("misspelt-next", { model_id: "a/b", next: { modelid: "a/c" } });
// @ts-expect-error
new tei.Reranker("no-such-gpu", { model_id: "a/b", accelerator: "L5" });
"""


def test_a_typescript_program_compiles_in_strict_mode_and_a_misspelt_key_does_not(
    sdks: Path,
) -> None:
    modules = node_modules()
    folder = sdks / "typescript"
    for name in SCHEMAS:
        shutil.copytree(sdks / name / "nodejs", folder / name)
    (folder / "index.ts").write_text(PROGRAM)
    (folder / "node_modules").symlink_to(modules)
    options = ["--strict", "--noEmit", "--skipLibCheck", "--target", "es2020", "--types", "node"]
    more = ["--module", "commonjs", "--moduleResolution", "node"]
    tsc = modules / "typescript" / "bin" / "tsc"
    run(["node", str(tsc), *options, *more, "index.ts"], folder)


GO_PROGRAM = f"""\
package program

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"{GO_MODULE}/baseten"
	"{GO_MODULE}/basetentei"
)

func Program(ctx *pulumi.Context) error {{
	search, err := basetentei.NewEmbedding(ctx, "search", &basetentei.EmbeddingArgs{{
		Model_id:    pulumi.String("BAAI/bge-small-en-v1.5"),
		Accelerator: basetentei.AcceleratorL4,
		Autoscaling: &basetentei.AutoscalingArgs{{Max_replica: pulumi.Int(2)}},
		Next: &basetentei.EmbeddingChangesArgs{{
			Model_id:    pulumi.String("BAAI/bge-m3"),
			Autoscaling: &basetentei.AutoscalingArgs{{Max_replica: pulumi.Int(4)}},
		}},
	}})
	if err != nil {{
		return err
	}}
	ctx.Export("embeddings_url", search.Outputs.Embeddings_url())
	_, err = baseten.NewModel(ctx, "model", &baseten.ModelArgs{{
		Name: pulumi.String("bge"), Digest: pulumi.String(""),
	}})
	return err
}}
"""


def test_a_go_program_builds(sdks: Path) -> None:
    folder = sdks / "go-module"
    for name, package in (("baseten", "baseten"), ("baseten-tei", "basetentei")):
        shutil.copytree(sdks / name / "go" / package, folder / package)
    (folder / "program").mkdir()
    (folder / "program" / "program.go").write_text(GO_PROGRAM)
    _pin(folder, GO_MODULE)
    go(folder, "build", *TRIMMED, "./program")


def test_the_generators_are_those_of_the_engine_that_is_built() -> None:
    assert f"github.com/pulumi/pulumi/pkg/v3 v{BUILT}" in (ENGINE / "go.mod").read_text()


def _pin(folder: Path, module: str) -> Path:
    """A go.mod with the engine's pins, as another module."""
    _, _, pins = (ENGINE / "go.mod").read_text().partition("\n")
    (folder / "go.mod").write_text(f"module {module}\n{pins}")
    shutil.copy(ENGINE / "go.sum", folder)
    return folder / "go.mod"


def node_modules() -> Path:
    """TypeScript and Pulumi's SDK from npm, installed once for this user."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("there is no npm and node on PATH: TypeScript's compiler cannot be installed")

    def install(folder: Path) -> None:
        (folder / "package.json").write_text(json.dumps({"private": True}), encoding="utf-8")
        wanted = [f"typescript@{TYPESCRIPT}", f"@pulumi/pulumi@{BUILT}", "@types/node@20.19.43"]
        run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", *wanted], folder)

    folder = cache_root(os.environ) / f"pulumi-{BUILT}-typescript-{TYPESCRIPT}"
    return publish(folder, install, print) / "node_modules"


def go(folder: Path, *arguments: str) -> None:
    run(["go", *arguments], folder, {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"})


def run(command: list[str], folder: Path, environ: Mapping[str, str] | None = None) -> None:
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, **(environ or {})}, capture_output=True, text=True,
        timeout=1800, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
